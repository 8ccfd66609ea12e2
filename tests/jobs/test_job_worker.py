"""A worker from end to end, on threads of its own, with a walker that makes things up."""

import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from regard.jobs import disk, pulse
from regard.jobs.kinds import StepStopped, StepWatch
from regard.jobs.records import Step, Walk
from regard.jobs.worker_locks import WorkerLock, is_dead, remove_dead
from regard.storage import job_schema
from regard.storage.errors import StorageError
from tests.jobs.fake_walker import FakeWalker
from tests.jobs.job_room import JobRoom, ended, until, working


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


class HeldWalker(FakeWalker):
    """Stays at a chunk, as far as the test says."""

    share = 0.0

    def chunk(self, step: Step, watch: StepWatch) -> None:
        """Ends only when it must."""
        while not watch.must_stop():
            watch.on_share(self.share)
            time.sleep(0.005)
        raise StepStopped


def _last_beat(room: JobRoom) -> tuple[int, ...]:
    """When the step at hand gave its last sign of life, and how far it was, in thousandths; nothing where none is."""
    at_hand = select(job_schema.steps.c.beat_ms, job_schema.steps.c.share).where(job_schema.steps.c.state == "taken")
    with room.store.reading() as connection:
        return tuple(connection.execute(at_hand).first() or ())


def test_worker_that_is_long_at_a_step_gives_signs_of_life_and_keeps_it(
    room: JobRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.02)
    room.walker = walker = HeldWalker(room.store.folder)
    job = room.submit("1")
    with working(room):
        walker.share = 0.25
        until(lambda: _last_beat(room) == (room.now_ms, 250))
        room.now_ms += 59_000  # one that is silent for 60 s counts as gone
        walker.share = 0.75
        until(lambda: _last_beat(room) == (room.now_ms, 750))
        room.now_ms += 59_000
        until(lambda: _last_beat(room) == (room.now_ms, 750))
        assert room.board("other").take_over(lambda worker: False) == 0
        assert room.queue.progress(job.id).share == 0.75


QUOTA = 100_000_000  # bytes; far more than the database of a few jobs takes


def test_worker_over_its_quota_finishes_what_is_begun_and_begins_again_when_there_is_room(
    room: JobRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(disk, "_PAUSE", 0)
    begun = room.submit("2 begun")
    (room.store.walks / room.planned(room.board(), 2).walk.id).mkdir()
    urgent = room.submit("1 urgent", priority=1)  # which would be the first to be done if there were room
    filler = room.store.folder / "filler"
    filler.touch()
    os.truncate(filler, QUOTA)
    with working(room, most_disk_bytes=QUOTA) as worker:
        assert ended(room, begun).state == "succeeded"
        assert (room.queue.get(urgent.id).state, room.walker.done) == (
            "queued",
            [("chunk", 0), ("chunk", 1), ("settle", 2)],
        )
        filler.unlink()
        worker.wake()
        assert ended(room, urgent).state == "succeeded"


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
