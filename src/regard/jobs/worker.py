"""One that works off the steps of jobs: a thread of the server, or the process of `regard worker`."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from regard.jobs.disk import JobDisk
from regard.jobs.ending import Places
from regard.jobs.failing import StepRules
from regard.jobs.kinds import JobFault, StepStopped, StepWatch, Walker
from regard.jobs.pulse import Pulse
from regard.jobs.records import Step
from regard.jobs.retention import JobRetention
from regard.jobs.steps import DEFAULT_RULES, StepBoard
from regard.jobs.worker_locks import WorkerLock, is_dead
from regard.storage.errors import StorageError
from regard.storage.job_store import JobStore

POLL_SECONDS = 0.5
_TROUBLE_SECONDS = 2.0
_TIDY_SECONDS = 5.0
_SWEEP_SECONDS = 3600.0
_LOG = logging.getLogger(__name__)

Report = Callable[[], object]


class Worker:
    """One worker. `run` does the work in the thread that calls it; the other methods may be called from any."""

    def __init__(
        self,
        store: JobStore,
        walkers: Mapping[str, Walker],
        places: Places,
        now_ms: Callable[[], int],
        *,
        most_disk_bytes: int | None = None,
        rules: StepRules = DEFAULT_RULES,
    ) -> None:
        """walkers: by the ways of walks that it goes. Raises StorageError where its lock cannot be made."""
        self._store, self._walkers = store, walkers
        try:
            self._lock = WorkerLock(store.workers)
        except OSError as error:
            raise StorageError(f"nothing can be written to {store.workers}: {error.strerror}") from error
        self._board = StepBoard(store, self._lock.id, places, now_ms, rules)
        self._disk = JobDisk(store.folder, most_disk_bytes)
        self._retention = JobRetention(store, now_ms)
        self._is_closing = threading.Event()
        self._wake = threading.Event()
        self._last: Step | None = None
        self._next_tidy = self._next_sweep = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Works on a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="jobs", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Ends soon: the step at hand is given back. Does not wait, and may be called by a signal's handler."""
        self._is_closing.set()
        self._wake.set()

    def close(self) -> None:
        """Ends, and returns when that is done. To be called once."""
        self.stop()
        if self._thread is not None:
            self._thread.join()
        self._lock.release()

    def run(self) -> None:
        """Works until `stop`."""
        while not self._is_closing.is_set():
            try:
                did_something = self._turn()
            except Exception:
                _LOG.exception("The worker cannot get at its jobs, and will try again")
                self._is_closing.wait(_TROUBLE_SECONDS)
                continue
            if not did_something:
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()
        self._let_go()

    def _turn(self) -> bool:
        """Whether there was something to do."""
        self._board.take_over(partial(is_dead, self._store.workers))
        step = self._board.claim(self._walkers.keys(), self._last, self._disk.has_room())
        if step is None or (self._last is not None and step.walk.key != self._last.walk.key):
            self._let_go()
        if step is not None:
            self._do(step)
        self._tidy(is_due=step is not None and step.stage != "chunk")
        return step is not None

    def _do(self, step: Step) -> None:
        with Pulse(self._board, step, self._is_closing.is_set) as pulse:
            report = self._worked(step, pulse.watch)
            while not self._is_told(report) and not self._is_closing.wait(_TROUBLE_SECONDS):
                pass

    def _is_told(self, report: Report) -> bool:
        """What is not told for want of room has to be told later: nobody takes a step over from one who lives."""
        try:
            report()
        except (StorageError, SQLAlchemyError):
            _LOG.exception("What became of a step could not be written, and will be tried again")
            return False
        return True

    def _worked(self, step: Step, watch: StepWatch) -> Report:
        """What is to be told of the step."""
        self._last = None
        try:
            report = self._advanced(step, watch)
        except StepStopped:
            return partial(self._board.give_back, step)
        except JobFault as fault:
            return partial(self._board.refuse, step, str(fault))
        except Exception as error:
            _LOG.exception("Attempt %d of a step of the walk %s failed", step.attempt, step.walk.id)
            return partial(self._board.fail, step, self._reason(error))
        self._last = step
        return report

    def _advanced(self, step: Step, watch: StepWatch) -> Report:
        walker = self._walkers[step.walk.way]
        if step.stage == "plan":
            planned = walker.plan(step.walk, watch)
            if not planned.spans:
                raise ValueError("the plan has no chunks")
            return partial(self._board.finish_plan, step, planned)
        if step.stage == "chunk":
            walker.chunk(step, watch)
            return partial(self._board.finish_chunk, step)
        outcomes = walker.settle(step.walk, watch)
        lacking = [job.id for job in step.walk.jobs if job.id not in outcomes]
        if lacking:
            raise ValueError(f"settling told nothing of the jobs {', '.join(lacking)}")
        return partial(self._board.finish_settle, step, outcomes)

    def _reason(self, error: Exception) -> str:
        """Without the places of files, since whoever started the job reads it."""
        return f"{type(error).__name__}: {error}".replace(f"{self._store.folder}/", "")

    def _let_go(self) -> None:
        """Closes what is open, since the next step is not right behind the last."""
        for walker in self._walkers.values():
            walker.close()
        self._last = None

    def _tidy(self, is_due: bool) -> None:
        now = time.monotonic()
        if is_due or now >= self._next_tidy:
            self._next_tidy = now + _TIDY_SECONDS
            for walk_id, way in self._board.ended_walks(self._walkers.keys()):
                self._forget(walk_id, way)
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_SECONDS
            self._retention.sweep()

    def _forget(self, walk_id: str, way: str) -> None:
        if self._last is not None and self._last.walk.id == walk_id:
            self._let_go()
        try:
            self._walkers[way].forget(walk_id)
        except OSError:
            _LOG.warning("The files of the walk %s cannot be removed", walk_id, exc_info=True)
        else:
            self._board.forgotten(walk_id)
