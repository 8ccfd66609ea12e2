"""A worker from end to end, on threads of its own, with a walker that makes things up."""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from regard.jobs.kinds import StepWatch
from regard.jobs.records import Job, Walk
from regard.jobs.worker import Worker
from regard.jobs.worker_locks import WorkerLock, is_dead, remove_dead
from regard.storage import job_schema
from regard.storage.errors import StorageError
from tests.jobs.fake_walker import FakeWalker
from tests.jobs.job_room import JobRoom


@contextmanager
def working(room: JobRoom) -> Iterator[Worker]:
    """A worker that works while in the context, and hears of new jobs."""
    worker = room.worker()
    room.queue.when_queued(worker.wake)
    with closing(worker):
        worker.start()
        yield worker


def until(is_so: Callable[[], bool]) -> None:
    """Returns once it is so; fails after a while."""
    pause = threading.Event()
    for _ in range(2000):
        if is_so():
            return
        pause.wait(0.01)
    raise AssertionError("it never came about")


def ended(room: JobRoom, job: Job) -> Job:
    """The job once it has ended."""
    until(lambda: room.queue.get(job.id).ended_ms is not None)
    return room.queue.get(job.id)


def test_job_is_done_and_its_files_are_where_they_belong(room: JobRoom) -> None:
    with working(room):
        job = ended(room, room.submit("2"))
        until(lambda: list(room.store.walks.iterdir()) == [])
    assert (job.state, job.outcome) == ("succeeded", {"rows": 2})
    rows = json.loads((room.store.results / job.id / "rows").read_text())
    assert rows == ["labels", {"span": {"from": 0}, "square": 0}, {"span": {"from": 1}, "square": 1}]


def test_jobs_over_one_object_are_walked_once(room: JobRoom) -> None:
    jobs = [room.submit("2", kind) for kind in ("labels", "faces")]
    with working(room):
        assert [ended(room, job).state for job in jobs] == ["succeeded", "succeeded"]
    assert room.walker.done == [("plan", -1), ("chunk", 0), ("chunk", 1), ("settle", 2)]


def test_fault_of_the_object_is_told_and_not_tried_again(room: JobRoom) -> None:
    with working(room):
        job = ended(room, room.submit("2 fault at chunk 1"))
    assert (job.state, job.message, job.is_parked) == ("failed", "the video has no picture", False)
    assert room.walker.done == [("plan", -1), ("chunk", 0), ("chunk", 1)]


def test_error_is_logged_and_tells_no_places_of_files(room: JobRoom, caplog: pytest.LogCaptureFixture) -> None:
    with working(room), caplog.at_level(logging.ERROR):
        room.submit("1 error at plan")
        until(lambda: _errors(room) != [])
    assert _errors(room) == ["RuntimeError: this went wrong in walks"]
    assert "Attempt 1 of a step of the walk" in caplog.text


class ForgetfulWalker(FakeWalker):
    """Settles nothing."""

    def settle(self, walk: Walk, watch: StepWatch) -> Mapping[str, Mapping[str, Any]]:
        """Says nothing of any job."""
        return {}


def _errors(room: JobRoom) -> list[str]:
    with room.store.reading() as connection:
        return [error for error in connection.execute(select(job_schema.steps.c.error)).scalars() if error]


def test_cancelled_job_stops_its_step_and_leaves_no_files(room: JobRoom) -> None:
    with working(room):
        job = room.submit("1 wait at chunk 0")
        until(lambda: ("chunk", 0) in room.walker.done)
        room.queue.cancel(job.id)
        following = ended(room, room.submit("1"))  # the worker is free again
        until(lambda: list(room.store.walks.iterdir()) == [])
    assert [room.queue.get(job.id).state, following.state] == ["cancelled", "succeeded"]


def test_worker_that_closes_gives_its_step_back(room: JobRoom) -> None:
    job = room.submit("1 wait at chunk 0")
    with working(room):
        until(lambda: ("chunk", 0) in room.walker.done)
    assert (room.queue.get(job.id).state, list(room.store.workers.iterdir())) == ("running", [])
    assert room.claimed(room.board("other")).attempt == 1


def test_walker_that_forgets_a_job_is_tried_again(room: JobRoom, caplog: pytest.LogCaptureFixture) -> None:
    room.walker = ForgetfulWalker(room.store.folder)
    job = room.submit("1")
    with working(room):
        until(lambda: _errors(room) != [])
    assert _errors(room) == [f"ValueError: settling told nothing of the jobs {job.id}"]


def test_workers_lock_tells_the_living_from_the_dead(tmp_path: Path) -> None:
    lock = WorkerLock(tmp_path)
    assert not is_dead(tmp_path, lock.id)
    remove_dead(tmp_path)
    assert not is_dead(tmp_path, lock.id)
    lock.release()
    assert is_dead(tmp_path, lock.id)


def test_files_of_dead_workers_are_removed(tmp_path: Path) -> None:
    (tmp_path / "0123.lock").write_text("1\n")
    assert is_dead(tmp_path, "0123")
    remove_dead(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_worker_that_can_make_no_lock_says_so(room: JobRoom) -> None:
    room.store.workers.rmdir()
    with pytest.raises(StorageError, match=r"nothing can be written to .*workers: No such file"):
        room.worker()
