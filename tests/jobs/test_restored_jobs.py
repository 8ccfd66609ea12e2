"""Jobs that had not ended when their folder was backed up are done in the folder that is restored."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from regard.jobs.records import Job
from regard.storage.backup import back_up
from regard.storage.restoring import restore
from tests.jobs.job_room import JobRoom, ended, working
from tests.jobs.video_kinds import NEVER


def queued(room: JobRoom) -> Job:
    return room.submit("3")


def in_the_middle(room: JobRoom) -> Job:
    """A job with one chunk done and one in the hands of a worker that has died."""
    job, board = room.submit("3"), room.board("dead")
    plan = room.claimed(board)
    board.finish_plan(plan, room.walker.plan(plan.walk, NEVER))
    chunk = room.claimed(board, plan)
    room.walker.chunk(chunk, NEVER)
    board.finish_chunk(chunk)
    room.claimed(board, chunk)
    return job


def silent(done: int, total: int) -> None:
    """No progress."""


@pytest.mark.parametrize(
    ("begin", "left"),
    [
        (queued, [("plan", -1), ("chunk", 0), ("chunk", 1), ("chunk", 2), ("settle", 3)]),
        (in_the_middle, [("chunk", 1), ("chunk", 2), ("settle", 3)]),
    ],
)
def test_job_goes_on_in_the_restored_folder_from_where_it_was(
    tmp_path: Path, begin: Callable[[JobRoom], Job], left: list[tuple[str, int]]
) -> None:
    room = JobRoom(tmp_path / "data/jobs")
    with closing(room.store):
        job = begin(room)
    back_up(tmp_path / "data", tmp_path / "out.tar", {}, silent, has_buckets=False)
    restore(tmp_path / "out.tar", tmp_path / "new", silent)
    restored = JobRoom(tmp_path / "new/jobs")
    with closing(restored.store), working(restored):
        assert ended(restored, job).state == "succeeded"
    assert restored.walker.done == left
    rows = json.loads((tmp_path / "new/jobs/results" / job.id / "rows").read_text())
    assert rows == ["labels", *({"span": {"from": number}, "square": number**2} for number in (0, 1, 2))]
