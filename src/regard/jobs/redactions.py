"""Videos to redact, one after the other on a thread of their own, so that requests are answered meanwhile.

A job that was running when the process ended goes on at the next start, from the last segment that was finished. What
has ended is kept for seven days, or until somebody removes it; the video that came is removed as soon as its job ends.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from regard.errors import LimitExceeded, ResourceInUse, ResourceNotFound
from regard.jobs.redaction_records import ENDED, JobFolder, RedactionJob, State, is_id, new_id
from regard.media.video_errors import VideoError
from regard.redaction.kept import KeptFault
from regard.redaction.plan import PlanFault
from regard.redaction.settings import RedactionSettings
from regard.redaction.work import Cancelled, Progress, Redacted, Watch

KEPT_MS = 7 * 24 * 3_600_000
MOST_WAITING = 100  # of one owner
_LOG = logging.getLogger(__name__)
_ARRIVING = "arriving-"
_SWEEP_SECONDS = 3600.0


class VideoWork(Protocol):
    """What a job does; `app.py` has the real one."""

    def redact(self, source: Path, target: Path, settings: RedactionSettings, watch: Watch) -> Redacted:
        """As `redaction.work.redact_video`."""

    def report(self, done: Redacted, watch: Watch) -> int:
        """Writes the leak report beside the output; how many spans are uncertain."""


class RedactionJobs:
    """All jobs of one data folder. Threads may share it."""

    def __init__(self, top: Path, work: Callable[[], VideoWork], now_ms: Callable[[], int]) -> None:
        self._top, self._work, self._now_ms = top, work, now_ms
        self._changed = threading.Condition()
        self._jobs: dict[str, RedactionJob] = {}
        self._progress: dict[str, Progress] = {}
        self._stopping: set[str] = set()  # jobs to be cancelled
        self._is_closing = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Takes up what an earlier process left, and begins to work. Raises OSError."""
        self._top.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._top.iterdir()):
            self._take_up(path)
        self._thread = threading.Thread(target=self._run, name="redactions", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops at the next frame; the job at hand goes on at the next start."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def arriving(self) -> Iterator[Path]:
        """A path for a video to be written to, and from there to be submitted; gone afterwards. Raises OSError."""
        self._top.mkdir(parents=True, exist_ok=True)
        path = self._top / f"{_ARRIVING}{new_id()}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def submit(self, owner: str, settings: RedactionSettings, suffix: str, video: Path) -> RedactionJob:
        """A new job, which takes the file. Raises LimitExceeded and OSError; then there is no job."""
        waiting = sum(job.owner == owner and job.state not in ENDED for job in self._jobs.values())
        if waiting >= MOST_WAITING:
            raise LimitExceeded(f"{waiting} redactions are waiting or running; the limit is {MOST_WAITING}")
        job = RedactionJob(new_id(), owner, suffix, settings, "queued", self._now_ms())
        folder = self._folder(job.id)
        folder.path.mkdir(parents=True, mode=0o700)
        try:
            video.rename(folder.input)
            folder.write(job)
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        with self._changed:
            self._jobs[job.id] = job
            self._changed.notify_all()
        return job

    def get(self, owner: str, job_id: str) -> tuple[RedactionJob, Progress | None]:
        """A job and how far it is. Raises ResourceNotFound."""
        with self._changed:
            return self._of(owner, job_id), self._progress.get(job_id)

    def of_owner(self, owner: str) -> list[RedactionJob]:
        """All of one owner's, the newest first."""
        with self._changed:
            jobs = [job for job in self._jobs.values() if job.owner == owner]
        return sorted(jobs, key=lambda job: (-job.created_ms, job.id))

    def cancel(self, owner: str, job_id: str) -> RedactionJob:
        """Stops a job; one that has ended stays as it is. Raises ResourceNotFound."""
        with self._changed:
            job = self._of(owner, job_id)
            if job.state == "queued":
                job = self._ended(job, "cancelled")
            elif job.state == "running":
                self._stopping.add(job_id)
            return job

    def remove(self, owner: str, job_id: str) -> None:
        """Removes a job that has ended and everything of it. Raises ResourceNotFound, ResourceInUse."""
        with self._changed:
            job = self._of(owner, job_id)
            if job.state not in ENDED:
                raise ResourceInUse(f"The redaction {job_id} is {job.state}; cancel it first")
            self._forget(job_id)

    def file(self, owner: str, job_id: str, what: str) -> Path:
        """The path of 'video', 'report', 'page' or 'plan'. Raises ResourceNotFound, ResourceInUse before it is done."""
        with self._changed:
            job = self._of(owner, job_id)
        if job.state != "done":
            raise ResourceInUse(f"The redaction {job_id} is {job.state}; there is nothing to fetch")
        folder = self._folder(job_id)
        output = folder.output(job)
        paths = {
            "video": output,
            "report": output.with_name(f"{output.name}.report.json"),
            "page": output.with_name(f"{output.name}.report.html"),
            "plan": folder.plan,
        }
        return paths[what]

    def sweep(self) -> None:
        """Removes what ended more than seven days ago."""
        before = self._now_ms() - KEPT_MS
        with self._changed:
            for job in list(self._jobs.values()):
                if job.ended_ms is not None and job.ended_ms < before:
                    self._forget(job.id)

    def _of(self, owner: str, job_id: str) -> RedactionJob:
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise ResourceNotFound(f"There is no redaction {job_id}")
        return job

    def _folder(self, job_id: str) -> JobFolder:
        return JobFolder(self._top, job_id)

    def _take_up(self, path: Path) -> None:
        if path.name.startswith(_ARRIVING):
            path.unlink(missing_ok=True)
        if not path.is_dir() or not is_id(path.name):
            return
        try:
            job = self._folder(path.name).read()
        except (OSError, ValueError):
            _LOG.exception("The redaction in %s cannot be read and is left alone", path)
            return
        if job is None:
            shutil.rmtree(path, ignore_errors=True)
            return
        self._jobs[job.id] = replace(job, state="queued") if job.state == "running" else job

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._do(job)
            except Exception:
                _LOG.exception("The redaction %s failed", job.id)
                with self._changed:
                    self._ended(job, "failed", "An internal error; the server's log has it")

    def _next(self) -> RedactionJob | None:
        """The oldest that waits, now running; None at the end."""
        while True:
            self.sweep()
            with self._changed:
                if self._is_closing:
                    return None
                waiting = [job for job in self._jobs.values() if job.state == "queued"]
                if waiting:
                    return self._put(replace(min(waiting, key=lambda job: job.created_ms), state="running"))
                self._changed.wait(_SWEEP_SECONDS)

    def _do(self, job: RedactionJob) -> None:
        folder, work = self._folder(job.id), self._work()
        watch = Watch(lambda progress: self._note(job.id, progress), lambda: self._must_stop(job.id))
        with self._told(job):
            done = work.redact(folder.input, folder.output(job), job.settings, watch)
            folder.plan.write_bytes(done.plan.to_bytes())
            uncertain = work.report(done, watch)
            with self._changed:
                self._ended(replace(job, uncertain=uncertain), "done")

    @contextmanager
    def _told(self, job: RedactionJob) -> Iterator[None]:
        """Puts what a user can be told of a fault into the record."""
        try:
            yield
        except Cancelled:
            with self._changed:
                if job.id in self._stopping:
                    self._ended(job, "cancelled")
        except (VideoError, PlanFault, KeptFault) as error:
            with self._changed:
                message = str(error).replace(str(self._folder(job.id).path) + "/", "")
                self._ended(job, "failed", message)

    def _note(self, job_id: str, progress: Progress) -> None:
        self._progress[job_id] = progress

    def _must_stop(self, job_id: str) -> bool:
        return self._is_closing or job_id in self._stopping

    def _put(self, job: RedactionJob) -> RedactionJob:
        self._folder(job.id).write(job)
        self._jobs[job.id] = job
        return job

    def _ended(self, job: RedactionJob, state: State, message: str = "") -> RedactionJob:
        """Records the end, and keeps of the folder what belongs to a job that is done, or the record alone."""
        folder = self._folder(job.id)
        ended = self._put(replace(job, state=state, message=message, ended_ms=self._now_ms()))
        self._progress.pop(job.id, None)
        self._stopping.discard(job.id)
        folder.input.unlink(missing_ok=True)
        if state != "done":
            for path in folder.path.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name != "job.json":
                    path.unlink(missing_ok=True)
        return ended

    def _forget(self, job_id: str) -> None:
        shutil.rmtree(self._folder(job_id).path, ignore_errors=True)
        del self._jobs[job_id]
