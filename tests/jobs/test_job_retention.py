"""What the sweep removes, and what it leaves."""

import pytest

from regard.errors import ResourceNotFound
from regard.jobs.records import DAY_MS, Job
from regard.jobs.retention import JobRetention
from tests.jobs.job_room import JobRoom


def finished(room: JobRoom) -> Job:
    """A job that has succeeded, with a result."""
    job = room.submit("1")
    board = room.board()
    done = room.finished(board)
    board.forgotten(done[-1].walk.id)
    (room.store.results / job.id).mkdir()
    (room.store.results / job.id / "ALL").write_text("rows")
    return job


def swept(room: JobRoom) -> int:
    """How many jobs went."""
    return JobRetention(room.store, room.clock).sweep()


def test_job_and_result_are_kept_for_seven_days(room: JobRoom) -> None:
    job = finished(room)
    room.now_ms += 7 * DAY_MS - 1
    assert swept(room) == 0
    assert (room.queue.get(job.id).state, (room.store.results / job.id / "ALL").read_text()) == ("succeeded", "rows")


def test_job_result_notices_and_walk_go_after_seven_days(room: JobRoom) -> None:
    finished(room)
    room.now_ms += 7 * DAY_MS
    assert swept(room) == 1
    assert (room.queue.notices(), list(room.store.results.iterdir())) == ([], [])
    with room.store.reading() as connection:
        for table in ("jobs", "walks", "steps", "notices"):
            assert connection.exec_driver_sql(f"SELECT * FROM {table}").all() == []


def test_job_is_not_found_after_seven_days_though_nobody_swept(room: JobRoom) -> None:
    job = finished(room)
    room.now_ms += 7 * DAY_MS
    assert room.queue.jobs() == []
    with pytest.raises(ResourceNotFound):
        room.queue.get(job.id)


def test_job_that_has_not_ended_is_kept(room: JobRoom) -> None:
    job = room.submit()
    room.now_ms += 30 * DAY_MS
    assert swept(room) == 0
    assert room.queue.get(job.id).state == "queued"


def test_what_a_crash_left_is_removed(room: JobRoom) -> None:
    running = room.submit("3")
    step = room.planned(room.board())
    cancelled = room.queue.cancel(room.submit("other").id)
    kept = [room.store.walks / step.walk.id, room.store.results / running.id]
    left = [room.store.walks / "f00d", room.store.results / "f00d", room.store.results / cancelled.id]
    for folder in (*kept, *left):
        folder.mkdir()
    swept(room)
    assert [folder for folder in (*kept, *left) if folder.exists()] == kept
