"""Jobs as clients and operators see them: tokens, limits, cancellation, another try, progress, notices."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from regard.errors import IdempotentParameterMismatch, LimitExceeded, ResourceInUse, ResourceNotFound
from regard.jobs.disk import tree_bytes
from regard.jobs.queue import JobLimits
from regard.jobs.records import DAY_MS, Media
from regard.storage import job_schema
from tests.jobs.job_room import ACCOUNT, REGION, JobRoom, a_job

START = "StartLabelsDetection"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[JobRoom]:
    """A room of two jobs an account and region."""
    made = JobRoom(tmp_path / "small", JobLimits(most_in_progress=2))
    yield made
    made.store.close()


def test_new_job_is_queued_under_64_hexadecimal_digits(room: JobRoom) -> None:
    job = room.submit()
    assert (job.state, job.created_ms, len(bytes.fromhex(job.id))) == ("queued", room.now_ms, 32)
    assert room.queue.get(job.id) == job


def test_everything_asked_for_is_kept(room: JobRoom) -> None:
    new = replace(
        a_job(token="t"), media=Media("b", "n", "v1"), wish={"MinConfidence": 50.5}, tag="tag", name="n", priority=3
    )
    assert room.queue.get(room.queue.submit(new, "video").id).new == new


def test_unknown_job_is_not_found(room: JobRoom) -> None:
    with pytest.raises(ResourceNotFound, match="The job f00d does not exist"):
        room.queue.get("f00d")


@pytest.mark.parametrize(
    ("account", "region", "operation"),
    [("000000000000", REGION, START), (ACCOUNT, "eu-west-1", START), (ACCOUNT, REGION, "StartFaceDetection")],
    ids=["account", "region", "operation"],
)
def test_job_of_another_is_not_found(room: JobRoom, account: str, region: str, operation: str) -> None:
    job = room.submit()
    assert room.queue.get_of(ACCOUNT, REGION, START, job.id) == job
    with pytest.raises(ResourceNotFound):
        room.queue.get_of(account, region, operation, job.id)


def test_same_token_gives_the_same_job_even_after_its_end(room: JobRoom) -> None:
    job = room.queue.submit(a_job(token="once"), "video")
    room.finished(room.board())
    again = room.queue.submit(a_job(token="once"), "video")
    assert (again.id, again.state) == (job.id, "succeeded")
    assert len(room.queue.jobs()) == len(room.queue.notices()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"media": Media("b", "other")},
        {"media": Media("b", "3", "v1")},
        {"wish": {"MinConfidence": 60}},
        {"tag": "other"},
        {"topic": "other"},
    ],
    ids=["object", "version", "wish", "tag", "topic"],
)
def test_token_used_for_something_else_is_refused_in_amazons_words(room: JobRoom, change: dict[str, Any]) -> None:
    room.queue.submit(a_job(token="once"), "video")
    with pytest.raises(
        IdempotentParameterMismatch, match=r"^The ClientRequestToken: once you have supplied is already"
    ):
        room.queue.submit(replace(a_job(token="once"), **change), "video")


@pytest.mark.parametrize(
    "change",
    [{"operation": "StartFaceDetection"}, {"account": "000000000000"}, {"region": "eu-west-1"}, {"token": None}],
    ids=["operation", "account", "region", "none"],
)
def test_token_counts_for_one_operation_of_one_account_and_region(room: JobRoom, change: dict[str, Any]) -> None:
    first = room.queue.submit(a_job(token="once"), "video")
    assert room.queue.submit(replace(a_job(token="once"), **change), "video").id != first.id


def test_another_access_key_of_the_account_gets_the_same_job(room: JobRoom) -> None:
    first = room.queue.submit(a_job(token="once"), "video")
    assert room.queue.submit(replace(a_job(token="once"), principal="other"), "video").id == first.id


def test_token_is_free_again_after_seven_days(room: JobRoom) -> None:
    first = room.queue.submit(a_job(token="once"), "video")
    room.now_ms += DAY_MS
    room.finished(room.board())
    room.now_ms += 6 * DAY_MS
    assert room.queue.submit(a_job("other", token="once"), "video").id != first.id
    assert room.queue.get(first.id).state == "succeeded"


def test_one_job_too_many_is_refused(small: JobRoom) -> None:
    small.submit()
    small.submit()
    with pytest.raises(
        LimitExceeded, match=r"^2 open Jobs for User arn:aws:iam::123456789012:user/\w+ Maximum limit: 2$"
    ):
        small.submit()


@pytest.mark.parametrize("change", [{"account": "000000000000"}, {"region": "eu-west-1"}], ids=["account", "region"])
def test_limit_is_one_of_an_account_and_region(small: JobRoom, change: dict[str, Any]) -> None:
    small.submit()
    small.submit()
    assert small.queue.submit(replace(a_job(), **change), "video").state == "queued"


def test_jobs_that_ended_do_not_count_against_the_limit(small: JobRoom) -> None:
    small.submit()
    small.queue.cancel(small.submit().id)
    assert small.submit().state == "queued"


def test_same_token_is_answered_at_the_limit(small: JobRoom) -> None:
    first = small.queue.submit(a_job(token="once"), "video")
    small.submit()
    assert small.queue.submit(a_job(token="once"), "video").id == first.id


def test_full_quota_refuses_and_names_both_sizes(tmp_path: Path) -> None:
    made = JobRoom(tmp_path / "jobs", JobLimits(most_disk_bytes=500_000))
    (made.store.results / "large").write_bytes(bytes(600_000))
    with pytest.raises(LimitExceeded, match=r"take [\d,]{7} bytes of the disk; the limit is 500,000 .REGARD_JOB_DISK"):
        made.submit()
    assert made.queue.jobs() == []
    made.store.close()


def test_disk_is_measured_with_what_is_in_folders(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(bytes(1000))
    (tmp_path / "d").write_bytes(bytes(24))
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert tree_bytes(tmp_path) == 1024


def test_jobs_come_newest_first_and_page_by_page(room: JobRoom) -> None:
    ids = [room.submit().id for _ in range(3)]
    page = room.queue.jobs(limit=2)
    assert [job.id for job in page] == [ids[2], ids[1]]
    assert [job.id for job in room.queue.jobs(before_key=page[-1].key)] == [ids[0]]


def test_jobs_are_filtered_by_kind_state_account_and_region(room: JobRoom) -> None:
    labels, faces = room.submit(kind="labels"), room.submit(kind="faces")
    room.queue.cancel(faces.id)
    assert [job.id for job in room.queue.jobs(kind="labels")] == [labels.id]
    assert [job.id for job in room.queue.jobs(states=["cancelled", "failed"])] == [faces.id]
    assert room.queue.jobs(account="000000000000") == room.queue.jobs(region="eu-west-1") == []
    assert len(room.queue.jobs(account=ACCOUNT, region=REGION)) == 2


def test_queued_job_is_cancelled_and_told_of(room: JobRoom) -> None:
    job = room.queue.cancel(room.submit().id)
    assert (job.state, job.ended_ms) == ("cancelled", room.now_ms)
    assert [notice.body for notice in room.queue.notices(job_id=job.id)] == ["labels cancelled"]
    assert room.board().claim(("video",)) is None


def test_cancelling_what_has_ended_changes_nothing(room: JobRoom) -> None:
    job = room.submit()
    room.finished(room.board())
    assert room.queue.cancel(job.id).state == "succeeded"
    assert len(room.queue.notices()) == 1


def test_cancelled_job_leaves_its_walk_to_the_others(room: JobRoom) -> None:
    labels, faces = room.submit(kind="labels"), room.submit(kind="faces")
    board = room.board()
    room.planned(board)
    step = room.claimed(board)
    room.queue.cancel(labels.id)
    assert board.is_wanted(step)
    assert board.finish_chunk(step)
    assert [[job.id for job in step.walk.jobs] for step in room.finished(board)] == [[faces.id]] * 3
    assert [room.queue.get(job.id).state for job in (labels, faces)] == ["cancelled", "succeeded"]


def test_step_of_a_walk_whose_jobs_were_all_cancelled_is_not_wanted_and_does_not_count(room: JobRoom) -> None:
    job, board = room.submit(), room.board()
    room.planned(board)
    step = room.claimed(board)
    room.queue.cancel(job.id)
    assert (board.is_wanted(step), board.ended_walks(["video"])) == (False, [])
    assert not board.finish_chunk(step)
    assert board.claim(("video",)) is None
    assert board.ended_walks(["video"]) == [(step.walk.id, "video")]


@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_only_what_failed_or_was_cancelled_is_tried_again(room: JobRoom, state: str) -> None:
    job = room.submit()
    with room.store.writing() as connection:
        connection.execute(update(job_schema.jobs).values(state=state))
    with pytest.raises(ResourceInUse, match=f"is {state}; only one that failed or was cancelled"):
        room.queue.retry(job.id)


def test_job_tried_again_is_alone_and_has_another_end_to_tell_of(room: JobRoom) -> None:
    job, board = room.submit(), room.board()
    board.refuse(room.claimed(board), "no picture")
    room.submit(kind="faces")
    assert room.queue.retry(job.id).state == "queued"
    plans = [step for step in room.finished(board) if step.stage == "plan"]
    assert [[job.new.kind for job in step.walk.jobs] for step in plans] == [["labels"], ["faces"]]
    told = room.queue.notices(job_id=job.id)
    assert sorted(notice.body for notice in told) == ["labels failed", "labels succeeded"]
    assert len({notice.id for notice in told}) == 2


def test_progress_is_the_share_of_chunks_and_the_time_left_goes_by_them(room: JobRoom) -> None:
    job, board = room.submit("4"), room.board()
    assert room.queue.progress(job.id).share == 0
    room.planned(board, 4)
    first = room.claimed(board)
    board.finish_chunk(first)
    board.beat(room.claimed(board, first), 0.6)
    room.now_ms += 40_000
    progress = room.queue.progress(job.id)
    assert (progress.done_chunks, progress.chunks) == (1, 4)
    assert progress.share == pytest.approx(0.4)  # 1.6 of 4
    assert progress.seconds_left == pytest.approx(60)  # 40 s for 0.4, so 60 s for the rest


def test_progress_is_not_whole_before_the_result_is_there(room: JobRoom) -> None:
    job, board = room.submit("1"), room.board()
    room.planned(board, 1)
    board.finish_chunk(room.claimed(board))
    assert room.queue.progress(job.id).share == 0.99
    room.finished(board)
    assert room.queue.progress(job.id).share == 1


def test_listeners_hear_of_new_jobs_and_of_retries(room: JobRoom) -> None:
    heard: list[int] = []
    room.queue.when_queued(lambda: heard.append(len(room.queue.jobs(states=["queued"]))))
    room.queue.retry(room.queue.cancel(room.submit().id).id)
    assert heard == [1, 1]


def test_dead_notice_is_sent_again_under_the_same_id(room: JobRoom) -> None:
    room.queue.cancel(room.submit().id)
    with room.store.writing() as connection:
        connection.execute(update(job_schema.notices).values(state="dead", attempts=9, due_ms=0))
    (dead,) = room.queue.notices(states=["dead"])
    again = room.queue.redeliver(dead.id)
    assert again == replace(dead, state="waiting", attempts=0, due_ms=room.now_ms)


def test_notice_that_waits_is_not_sent_again(room: JobRoom) -> None:
    room.queue.cancel(room.submit().id)
    (waiting,) = room.queue.notices()
    with pytest.raises(ResourceInUse, match="is waiting to be sent already"):
        room.queue.redeliver(waiting.id)
    with pytest.raises(ResourceNotFound, match="There is no notice f00d"):
        room.queue.redeliver("f00d")
