"""Priorities that operators change, and ids that they abbreviate."""

import pytest

from regard.errors import ResourceInUse, ResourceNotFound
from tests.jobs.job_room import JobRoom


def test_job_whose_priority_was_raised_is_begun_first(room: JobRoom) -> None:
    room.submit("1 first")
    second = room.submit("1 second")
    assert room.queue.set_priority(second.id, 5).new.priority == 5
    assert [job.id for job in room.claimed(room.board()).walk.jobs] == [second.id]


def test_walk_that_is_at_work_already_follows_its_jobs(room: JobRoom) -> None:
    first, second = room.submit("2 first", priority=2), room.submit("2 second", priority=1)
    boards = [room.board(f"w{number}") for number in range(3)]
    room.planned(boards[0], 2)
    room.queue.set_priority(first.id, 0)
    assert [job.id for job in room.claimed(boards[1]).walk.jobs] == [second.id]


def test_priority_of_a_job_that_has_ended_is_refused(room: JobRoom) -> None:
    job = room.submit()
    room.queue.cancel(job.id)
    with pytest.raises(ResourceInUse, match=f"The job {job.id} is cancelled; its priority means nothing any more"):
        room.queue.set_priority(job.id, 1)
    with pytest.raises(ResourceNotFound, match="The job f00d does not exist"):
        room.queue.set_priority("f00d", 1)


@pytest.mark.parametrize("digits", [1, 12, 64])
def test_job_is_found_by_the_beginning_of_its_id(room: JobRoom, digits: int) -> None:
    job = room.submit()
    assert room.queue.ids(job.id[:digits]) == [job.id]
    assert room.queue.ids(job.id + "0") == []


def test_beginning_of_an_id_is_no_pattern(room: JobRoom) -> None:
    room.submit()
    assert [room.queue.ids(beginning) for beginning in ("%", "_", "\\")] == [[], [], []]


def test_beginning_that_several_share_gives_as_many_as_asked_for(room: JobRoom) -> None:
    jobs = [room.submit(f"1 {number}").id for number in range(3)]
    assert room.queue.ids("", 2) == [jobs[2], jobs[1]]
