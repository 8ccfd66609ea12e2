"""The rows of notices, as those see them who send: taken by one process at a time, for a while."""

from collections.abc import Callable, Mapping

from sqlalchemy import Row, func, or_, select, update

from regard.jobs.records import Notice
from regard.storage.job_schema import jobs, notices
from regard.storage.job_store import JobStore

LEASE_MS = 60_000  # several times what an attempt takes; after it, whoever took a notice is thought dead


class NoticeClaims:
    """Notices to be sent by one worker. Threads may share it.

    What a worker says of a notice counts only while it has it: after LEASE_MS another may have taken it over.
    """

    def __init__(self, store: JobStore, worker: str, now_ms: Callable[[], int]) -> None:
        """worker: a name that no other process has."""
        self._store, self._worker, self._now_ms = store, worker, now_ms

    def take(self, channel: str) -> Notice | None:
        """The notice of that channel that has been due longest, with this attempt counted; None if none is due."""
        now_ms = self._now_ms()
        due = (
            select(notices, jobs.c.id.label("job_id"))
            .join(jobs, jobs.c.key == notices.c.job_key)
            .where(notices.c.channel == channel, notices.c.state == "waiting", notices.c.due_ms <= now_ms)
            .where(or_(notices.c.worker.is_(None), notices.c.beat_ms <= now_ms - LEASE_MS))
            .order_by(notices.c.due_ms, notices.c.key)
            .limit(1)
        )
        with self._store.reading() as connection:
            if connection.execute(due).first() is None:
                return None
        with self._store.writing() as connection:  # nobody else writes between the look and the claim
            row = connection.execute(due).first()
            if row is None:
                return None
            claim = {"worker": self._worker, "beat_ms": now_ms, "attempts": row.attempts + 1}
            connection.execute(update(notices).where(notices.c.key == row.key).values(claim))
        return _notice(row, row.attempts + 1)

    def end_delivered(self, notice: Notice) -> None:
        """It arrived."""
        self._end(notice, {"state": "delivered", "error": ""})

    def end_failed(self, notice: Notice, error: str, due_ms: int) -> None:
        """It did not arrive, and is due again at `due_ms`."""
        self._end(notice, {"error": error, "due_ms": due_ms})

    def end_dead(self, notice: Notice, error: str) -> None:
        """It did not arrive and is given up."""
        self._end(notice, {"state": "dead", "error": error})

    def counts(self) -> Mapping[str, int]:
        """How many notices there are by state: waiting, delivered, dead."""
        with self._store.reading() as connection:
            rows = connection.execute(select(notices.c.state, func.count()).group_by(notices.c.state)).all()
        return {"waiting": 0, "delivered": 0, "dead": 0} | {state: count for state, count in rows}

    def _end(self, notice: Notice, values: Mapping[str, object]) -> None:
        is_ours = (notices.c.id == notice.id) & (notices.c.worker == self._worker)
        with self._store.writing() as connection:
            connection.execute(
                update(notices)
                .where(is_ours, notices.c.attempts == notice.attempts, notices.c.state == "waiting")
                .values(worker=None, beat_ms=None, **values)
            )


def _notice(row: Row[tuple[object, ...]], attempts: int) -> Notice:
    return Notice(
        id=row.id,
        job_id=row.job_id,
        channel=row.channel,
        target=row.target,
        body=row.body,
        state=row.state,
        attempts=attempts,
        due_ms=row.due_ms,
        error=row.error,
    )
