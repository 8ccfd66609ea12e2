"""What clients and operators do with jobs: start them, look at them, call them off. `jobs/steps.py` is for workers."""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from regard.errors import IdempotentParameterMismatch, LimitExceeded, ResourceInUse, ResourceNotFound
from regard.jobs.claiming import follow_priorities
from regard.jobs.disk import JobDisk
from regard.jobs.ending import Places, end_job, end_walk
from regard.jobs.records import ENDED, KEPT_MS, Job, JobState, NewJob, Notice, NoticeState
from regard.jobs.rows import JOB_ROWS, NOT_ENDED, NOTICE_ROWS, job_of, notice_of, values_of
from regard.storage.job_schema import jobs, notices, steps
from regard.storage.job_store import JobStore

_ALMOST = 0.99  # a job whose chunks are all done still has its result to be written


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What may be asked for; None means no limit."""

    most_in_progress: int | None = None  # jobs of one account and region that have not ended
    most_disk_bytes: int | None = None  # of the folder of jobs with all results


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is."""

    share: float  # 0 to 1
    done_chunks: int
    chunks: int | None  # None until planned
    seconds_left: float | None  # None where nothing can be said


class JobQueue:
    """The jobs of one data folder. Threads may share it; other processes may have their own."""

    def __init__(self, store: JobStore, places: Places, limits: JobLimits, now_ms: Callable[[], int]) -> None:
        self._store, self._places, self._limits, self._now_ms = store, places, limits, now_ms
        self._disk = JobDisk(store.folder, limits.most_disk_bytes)
        self._listeners: list[Callable[[], None]] = []

    def when_queued(self, listener: Callable[[], None]) -> None:
        """Has `listener` called after each job that comes into the queue here; it must not block or fail."""
        self._listeners.append(listener)

    def submit(self, new: NewJob, way: str) -> Job:
        """The new job, or the one that its token was used for within the last seven days. way: see `Walker`.

        Raises IdempotentParameterMismatch for a token that was used for something else, LimitExceeded and DiskFull.
        """
        self._disk.measure()  # now, for in the transaction others would wait for it
        with self._store.writing() as connection:
            earlier = self._earlier(connection, new, way)
            if earlier is not None:
                return earlier
            self._check_limits(connection, new)
            key = self._insert(connection, new, way)
            job = job_of(connection.execute(JOB_ROWS.where(jobs.c.key == key)).one())
        self._tell()
        return job

    def get(self, job_id: str) -> Job:
        """A job. Raises ResourceNotFound, for one that ended over seven days ago too."""
        with self._store.reading() as connection:
            return job_of(self._row(connection, job_id))

    def get_of(self, account: str, region: str, operation: str, job_id: str) -> Job:
        """A job that this operation started for this account in this region. Raises ResourceNotFound for others."""
        job = self.get(job_id)
        if (job.new.account, job.new.region, job.new.operation) != (account, region, operation):
            raise _not_found(job_id)
        return job

    def jobs(
        self,
        *,
        account: str | None = None,
        region: str | None = None,
        kind: str | None = None,
        states: Collection[JobState] = (),
        before_key: int | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """The newest first, of those that fit everything said; states: any of these, or all where there is none.

        before_key: only those that are older than the job of this key, to read on behind a page.
        """
        chosen = JOB_ROWS.where((jobs.c.ended_ms.is_(None)) | (jobs.c.ended_ms > self._now_ms() - KEPT_MS))
        for column, value in ((jobs.c.account, account), (jobs.c.region, region), (jobs.c.kind, kind)):
            if value is not None:
                chosen = chosen.where(column == value)
        if states:
            chosen = chosen.where(jobs.c.state.in_(states))
        if before_key is not None:
            chosen = chosen.where(jobs.c.key < before_key)
        with self._store.reading() as connection:
            return list(map(job_of, connection.execute(chosen.order_by(jobs.c.key.desc()).limit(limit))))

    def cancel(self, job_id: str) -> Job:
        """The job, cancelled if it had not ended; whoever works on it hears of that. Raises ResourceNotFound."""
        with self._store.writing() as connection:
            row = self._row(connection, job_id)
            now_ms = self._now_ms()
            if end_job(connection, row.key, "cancelled", now_ms, self._places) and row.walk_key is not None:
                others = select(func.count()).select_from(jobs).where(jobs.c.walk_key == row.walk_key, NOT_ENDED)
                if not connection.execute(others).scalar():
                    end_walk(connection, row.walk_key, now_ms)
            return job_of(self._row(connection, job_id))

    def retry(self, job_id: str) -> Job:
        """The job, in the queue again, alone. Raises ResourceNotFound; ResourceInUse unless it failed or was
        cancelled.
        """
        with self._store.writing() as connection:
            row = self._row(connection, job_id)
            if row.state not in ("failed", "cancelled"):
                raise ResourceInUse(
                    f"The job {job_id} is {row.state}; only one that failed or was cancelled is retried"
                )
            again = {"state": "queued", "is_alone": True, "is_parked": False, "message": "", "retries": row.retries + 1}
            nothing = dict.fromkeys(("started_ms", "ended_ms", "walk_key"))
            connection.execute(update(jobs).where(jobs.c.key == row.key).values(**again, **nothing))
            job = job_of(self._row(connection, job_id))
        self._tell()
        return job

    def set_priority(self, job_id: str, priority: int) -> Job:
        """The job, to be begun before those of a lower priority. Raises ResourceNotFound; ResourceInUse for one that
        has ended.
        """
        with self._store.writing() as connection:
            row = self._row(connection, job_id)
            if row.state in ENDED:
                raise ResourceInUse(f"The job {job_id} is {row.state}; its priority means nothing any more")
            connection.execute(update(jobs).where(jobs.c.key == row.key).values(priority=priority))
            if row.walk_key is not None:
                follow_priorities(connection, row.walk_key)
            return job_of(self._row(connection, job_id))

    def ids(self, beginning: str, limit: int = 2) -> list[str]:
        """Ids of jobs that begin so, the newest first."""
        fitting = select(jobs.c.id).where(jobs.c.id.startswith(beginning, autoescape=True))
        with self._store.reading() as connection:
            return list(connection.execute(fitting.order_by(jobs.c.key.desc()).limit(limit)).scalars())

    def progress(self, job_id: str) -> JobProgress:
        """How far a job is. Raises ResourceNotFound."""
        with self._store.reading() as connection:
            row = self._row(connection, job_id)
            job = job_of(row)
            is_begun = job.state == "running" and job.chunks
            share = _share(connection, row) if is_begun else float(job.state == "succeeded")
        left = None
        if is_begun and share > 0:
            left = max(0.0, (self._now_ms() - row.planned_ms) / 1000 * (1 - share) / share)
        return JobProgress(min(share, _ALMOST) if is_begun else share, job.done_chunks, job.chunks, left)

    def notices(
        self, *, job_id: str | None = None, states: Collection[NoticeState] = (), limit: int = 100
    ) -> list[Notice]:
        """The newest first; states: any of these, or all where there is none."""
        chosen = NOTICE_ROWS
        if job_id is not None:
            chosen = chosen.where(jobs.c.id == job_id)
        if states:
            chosen = chosen.where(notices.c.state.in_(states))
        with self._store.reading() as connection:
            return list(map(notice_of, connection.execute(chosen.order_by(notices.c.key.desc()).limit(limit))))

    def redeliver(self, notice_id: str) -> Notice:
        """The notice, to be sent again at once and as often as a new one. Raises ResourceNotFound; ResourceInUse for
        one that is being tried anyway.
        """
        one = NOTICE_ROWS.where(notices.c.id == notice_id)
        with self._store.writing() as connection:
            row = connection.execute(one).first()
            if row is None:
                raise ResourceNotFound(f"There is no notice {notice_id}")
            if row.state == "waiting":
                raise ResourceInUse(f"The notice {notice_id} is waiting to be sent already")
            again = {"state": "waiting", "attempts": 0, "due_ms": self._now_ms(), "worker": None, "beat_ms": None}
            connection.execute(update(notices).where(notices.c.key == row.key).values(again))
            return notice_of(connection.execute(one).one())

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _row(self, connection: Connection, job_id: str) -> Row[Any]:
        row = connection.execute(JOB_ROWS.where(jobs.c.id == job_id)).first()
        if row is None or (row.ended_ms is not None and row.ended_ms <= self._now_ms() - KEPT_MS):
            raise _not_found(job_id)
        return row

    def _earlier(self, connection: Connection, new: NewJob, way: str) -> Job | None:
        """What the token was used for; one of seven days ago is free again unless its job still goes on."""
        if new.token is None:
            return None
        mine = (jobs.c[name] == getattr(new, name) for name in ("account", "region", "operation", "token"))
        row = connection.execute(JOB_ROWS.where(*mine)).first()
        if row is None:
            return None
        if row.state in ENDED and row.created_ms <= self._now_ms() - KEPT_MS:
            connection.execute(update(jobs).where(jobs.c.key == row.key).values(token=None))
            return None
        if row.digest != values_of(new, way)["digest"]:
            raise IdempotentParameterMismatch(
                f"The ClientRequestToken: {new.token} you have supplied is already in use."
            )
        return job_of(row)

    def _check_limits(self, connection: Connection, new: NewJob) -> None:
        self._disk.check()
        most = self._limits.most_in_progress
        if most is None:
            return
        mine = (jobs.c.account == new.account, jobs.c.region == new.region, NOT_ENDED)
        count = connection.execute(select(func.count()).select_from(jobs).where(*mine)).scalar_one()
        if count >= most:
            user = f"arn:aws:iam::{new.account}:user/{new.principal}"
            raise LimitExceeded(f"{count} open Jobs for User {user} Maximum limit: {most}")

    def _insert(self, connection: Connection, new: NewJob, way: str) -> int:
        beginning = {
            **{"id": secrets.token_hex(32), "state": "queued", "created_ms": self._now_ms(), "retries": 0},
            **{"is_parked": False, "is_alone": False, "message": "", "outcome": "{}"},
        }
        done = connection.execute(insert(jobs).values(**values_of(new, way), **beginning))
        assert done.inserted_primary_key is not None
        return int(done.inserted_primary_key[0])


def _share(connection: Connection, row: Row[Any]) -> float:
    """The share of a planned walk's chunks that is done, with those at hand as far as they are."""
    at_hand = select(func.sum(steps.c.share)).where(
        steps.c.walk_key == row.walk_key, steps.c.stage == "chunk", steps.c.state == "taken"
    )
    thousandths = connection.execute(at_hand).scalar() or 0
    return float((row.done_chunks + thousandths / 1000) / row.chunks)


def _not_found(job_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"The job {job_id} does not exist")
