"""Steps: who gets which, what counts, and what becomes of those that go wrong."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from regard.jobs.choosing import StepPlace, first_of, middle_of, next_of
from regard.jobs.records import Media
from regard.storage import job_schema
from tests.jobs.fake_walker import FakeWalker
from tests.jobs.job_room import WAYS, JobRoom, a_job


def nobody_is_dead(worker: str) -> bool:
    return False


def everybody_is_dead(worker: str) -> bool:
    return True


def places_of(pattern: str) -> list[StepPlace]:
    """A place for each letter: `f`ree, `t`aken, `w`aiting; `.` is one that is done."""
    letters = [(number, letter) for number, letter in enumerate(pattern) if letter != "."]
    return [StepPlace(number, number, letter == "t", letter == "f") for number, letter in letters]


@pytest.mark.parametrize(
    ("pattern", "done", "expected"),
    [("...ff", 2, 3), ("..tff", 2, 3), ("..wff", 1, None), ("..tff", 1, None), ("ff...", 4, None)],
)
def test_next_is_the_one_right_behind(pattern: str, done: int, expected: int | None) -> None:
    place = next_of(places_of(pattern), done)
    assert (place and place.number) == expected


@pytest.mark.parametrize(
    ("pattern", "is_sequential", "expected"),
    [
        (".fff", False, 1),
        (".wff", False, 2),
        (".wff", True, None),
        (".fff", True, 1),
        ("ftff", False, None),
        ("f.t.", True, None),
        ("....", False, None),
    ],
)
def test_first_is_of_a_walk_nobody_is_at(pattern: str, is_sequential: bool, expected: int | None) -> None:
    place = first_of(places_of(pattern), is_sequential)
    assert (place and place.number) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("tfffff", 3), ("tff.ffff", 6), ("tf", 1), ("tfftff", 2), ("tfwffft", 4), ("t.w.", None), ("t", None)],
)
def test_middle_is_that_of_the_longest_run(pattern: str, expected: int | None) -> None:
    place = middle_of(places_of(pattern))
    assert (place and place.number) == expected


def test_a_worker_goes_from_the_plan_over_the_chunks_to_the_result(room: JobRoom) -> None:
    job = room.submit("3")
    done = room.finished(room.board())
    assert [(step.stage, step.number, step.attempt) for step in done] == [
        ("plan", -1, 1),
        ("chunk", 0, 1),
        ("chunk", 1, 1),
        ("chunk", 2, 1),
        ("settle", 3, 1),
    ]
    assert [dict(step.span) for step in done] == [{}, {"from": 0}, {"from": 1}, {"from": 2}, {}]
    ended = room.queue.get(job.id)
    assert (ended.state, ended.outcome, ended.facts, ended.chunks) == ("succeeded", {"rows": 1}, {"chunks": 3}, 3)
    assert [notice.body for notice in room.queue.notices()] == ["labels succeeded"]


def test_jobs_over_one_object_share_a_walk_in_the_order_they_came(room: JobRoom) -> None:
    kinds = ["labels", "faces", "text"]
    ids = [room.submit(kind=kind).id for kind in kinds]
    other = room.submit("4")
    step = room.claimed(room.board())
    assert [job.id for job in step.walk.jobs] == ids
    assert room.queue.get(other.id).state == "queued"


@pytest.mark.parametrize(
    "change",
    [
        {"account": "000000000000"},
        {"region": "eu-west-1"},
        {"media": Media("c", "3")},
        {"media": Media("b", "4")},
        {"media": Media("b", "3", "v1")},
    ],
    ids=["account", "region", "bucket", "name", "version"],
)
def test_jobs_that_differ_share_no_walk(room: JobRoom, change: dict[str, str]) -> None:
    first = room.submit()
    room.queue.submit(replace(a_job(), **change), "video")  # type: ignore[arg-type]  # some are media
    assert [job.id for job in room.claimed(room.board()).walk.jobs] == [first.id]


def test_job_that_comes_while_the_walk_is_planned_joins_it(room: JobRoom) -> None:
    room.submit(kind="labels")
    board = room.board()
    plan = room.claimed(board)
    late = room.submit(kind="faces", priority=4)
    board.finish_plan(plan, FakeWalker.planned(1))
    assert [job.new.kind for job in room.claimed(board).walk.jobs] == ["labels", "faces"]
    assert room.queue.get(late.id).state == "running"


def test_job_that_comes_after_the_plan_has_a_walk_of_its_own(room: JobRoom) -> None:
    room.submit(kind="labels")
    board = room.board()
    room.planned(board)
    room.submit(kind="faces")
    done = room.finished(board)
    assert [(step.stage, len(step.walk.jobs)) for step in done] == [
        *[("chunk", 1)] * 3,
        ("settle", 1),
        ("plan", 1),
        *[("chunk", 1)] * 3,
        ("settle", 1),
    ]


def test_worker_of_another_way_finds_nothing(room: JobRoom) -> None:
    room.submit()
    assert room.board().claim(("pictures",)) is None


def test_higher_priority_comes_first_and_then_age(room: JobRoom) -> None:
    names = [("1 a", 0), ("1 b", 5), ("1 c", 5)]
    ids = [room.submit(name, priority=priority).id for name, priority in names]
    plans = [step for step in room.finished(room.board()) if step.stage == "plan"]
    assert [step.walk.jobs[0].id for step in plans] == [ids[1], ids[2], ids[0]]


def test_higher_priority_goes_before_chunks_of_a_walk_at_hand(room: JobRoom) -> None:
    room.submit("3")
    board = room.board()
    room.planned(board)
    first = room.claimed(board)
    board.finish_chunk(first)
    urgent = room.submit("1 urgent", priority=1)
    assert room.claimed(board, first).walk.jobs[0].id == urgent.id


def test_second_worker_takes_the_middle_and_goes_on_behind_it(room: JobRoom) -> None:
    room.submit("9")
    one, two = room.board("w1"), room.board("w2")
    room.planned(one, 9)
    zero = room.claimed(one)
    middle = room.claimed(two)
    one.finish_chunk(zero)
    two.finish_chunk(middle)
    assert (zero.number, middle.number) == (0, 5)
    assert (room.claimed(one, zero).number, room.claimed(two, middle).number) == (1, 6)


def test_worker_takes_a_walk_nobody_is_at_before_it_helps_with_another(room: JobRoom) -> None:
    room.submit("3 a")
    one, two = room.board("w1"), room.board("w2")
    room.planned(one)
    room.claimed(one)
    second = room.submit("3 b", priority=1)
    room.planned(two)
    with room.store.writing() as connection:
        connection.execute(update(job_schema.walks).values(priority=0))
    assert room.claimed(two).walk.jobs[0].id == second.id


def test_chunks_that_can_only_be_reached_in_turn_have_one_worker(room: JobRoom) -> None:
    room.submit("3")
    one, two = room.board("w1"), room.board("w2")
    one.finish_plan(room.claimed(one), FakeWalker.planned(3, is_sequential=True))
    first = room.claimed(one)
    assert two.claim(WAYS) is None
    one.fail(first, "once")
    assert two.claim(WAYS) is None  # the next one is not to be had before the first
    room.now_ms += 2_000
    assert room.claimed(two).number == 0


def test_nothing_new_is_begun_where_there_is_no_room(room: JobRoom) -> None:
    room.submit("1 a")
    board = room.board()
    room.planned(board, 1)
    room.submit("1 b")
    chunk = board.claim(WAYS, may_begin=False)
    assert chunk is not None
    board.finish_chunk(chunk)
    settle = board.claim(WAYS, may_begin=False)
    assert settle is not None
    board.finish_settle(settle, {job.id: {} for job in settle.walk.jobs})
    assert board.claim(WAYS, may_begin=False) is None
    assert room.claimed(board).stage == "plan"


def test_step_is_tried_three_times_with_pauses_and_the_job_parked(room: JobRoom) -> None:
    job, board = room.submit(), room.board()
    room.planned(board)
    for wait_ms in (2_000, 10_000):
        step = room.claimed(board)
        board.fail(step, "RuntimeError: no")
        room.now_ms += wait_ms - 1
        assert room.claimed(board).number != step.number
        room.now_ms += 1
    last = room.claimed(board)
    assert (last.number, last.attempt) == (0, 3)
    board.fail(last, "RuntimeError: no")
    failed = room.queue.get(job.id)
    assert (failed.state, failed.is_parked, failed.message) == (
        "failed",
        True,
        "given up after 3 attempts: RuntimeError: no",
    )
    assert [notice.body for notice in room.queue.notices()] == ["labels failed"]
    assert board.claim(WAYS) is None


def given_up(room: JobRoom) -> None:
    """The plan of the walk at hand is tried in vain."""
    board = room.board()
    for _ in range(3):
        board.fail(room.claimed(board), "RuntimeError: no")
        room.now_ms += 10_000


def test_shared_walk_that_is_given_up_is_split(room: JobRoom) -> None:
    jobs = [room.submit(kind="labels"), room.submit(kind="faces")]
    given_up(room)
    assert [room.queue.get(job.id).state for job in jobs] == ["queued", "queued"]
    assert room.queue.notices() == []
    given_up(room)
    assert [room.queue.get(job.id).state for job in jobs] == ["failed", "queued"]
    room.submit(kind="text")
    done = room.finished(room.board())
    assert [[job.new.kind for job in step.walk.jobs] for step in done if step.stage == "plan"] == [["faces"], ["text"]]
    assert [notice.body for notice in room.queue.notices()] == ["text succeeded", "faces succeeded", "labels failed"]


def test_what_is_wrong_with_the_object_fails_all_its_jobs_at_once(room: JobRoom) -> None:
    jobs = [room.submit(kind="labels"), room.submit(kind="faces")]
    board = room.board()
    assert board.refuse(room.claimed(board), "The object is no video")
    ended = [room.queue.get(job.id) for job in jobs]
    assert [(job.state, job.is_parked, job.message) for job in ended] == [
        ("failed", False, "The object is no video")
    ] * 2
    assert len(room.queue.notices()) == 2
    assert board.claim(WAYS) is None


def test_step_given_back_does_not_count_as_tried(room: JobRoom) -> None:
    room.submit()
    one, two = room.board("w1"), room.board("w2")
    for board in (one, two, one, two, one):
        step = room.claimed(board)
        assert step.attempt == 1
        assert board.give_back(step)


def test_step_of_a_dead_worker_is_taken_over_at_once(room: JobRoom) -> None:
    room.submit()
    dead, living = room.board("w1"), room.board("w2")
    lost = room.claimed(dead)
    assert living.take_over(nobody_is_dead) == 0
    assert living.take_over(lambda worker: worker == "w1") == 1
    assert (room.claimed(living).key, lost.attempt + 1) == (lost.key, 2)


def test_step_of_a_silent_worker_is_taken_over_after_a_minute(room: JobRoom) -> None:
    room.submit()
    silent, living = room.board("w1"), room.board("w2")
    lost = room.claimed(silent)
    room.now_ms += 50_000
    silent.beat(lost, 0.5)
    room.now_ms += 60_000
    assert living.take_over(nobody_is_dead) == 0
    room.now_ms += 1
    assert living.take_over(nobody_is_dead) == 1


def test_worker_thought_dead_changes_nothing_when_it_comes_back(room: JobRoom) -> None:
    job = room.submit("1")
    late, board = room.board("w1"), room.board("w2")
    room.planned(late, 1)
    lost = room.claimed(late)
    board.take_over(everybody_is_dead)
    assert not late.finish_chunk(lost)
    theirs = room.claimed(board)
    assert [late.is_wanted(lost), late.finish_chunk(lost), late.fail(lost, "x"), late.refuse(lost, "x")] == [False] * 4
    assert not late.give_back(lost)
    assert board.is_wanted(theirs)
    board.finish_chunk(theirs)
    assert room.queue.get(job.id).done_chunks == 1


def test_settling_twice_ends_the_job_once(room: JobRoom) -> None:
    job = room.submit("1")
    late, board = room.board("w1"), room.board("w2")
    room.planned(late, 1)
    late.finish_chunk(room.claimed(late))
    lost = room.claimed(late)
    board.take_over(everybody_is_dead)
    assert board.finish_settle(room.claimed(board), {job.id: {"by": "w2"}})
    assert not late.finish_settle(lost, {job.id: {"by": "w1"}})
    assert room.queue.get(job.id).outcome == {"by": "w2"}
    assert len(room.queue.notices()) == 1


def test_step_whose_workers_die_three_times_parks_its_job(room: JobRoom) -> None:
    job = room.submit()
    for worker in ("w1", "w2", "w3"):
        room.claimed(room.board(worker))
        room.board("other").take_over(everybody_is_dead)
    failed = room.queue.get(job.id)
    assert (failed.state, failed.is_parked) == ("failed", True)
    assert failed.message == "given up after 3 attempts: the process that worked on it ended in the middle"


def test_steps_of_a_walk_that_ended_are_gone(room: JobRoom) -> None:
    room.submit()
    room.finished(room.board())
    with room.store.reading() as connection:
        assert connection.execute(select(job_schema.steps)).all() == []
