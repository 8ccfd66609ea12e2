"""`regard jobs` as a person types it, beside whoever else has the data folder open."""

import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from regard.cli.main import app
from regard.storage import job_schema
from tests.cli.job_place import Place, rows
from tests.jobs.fake_walker import FakeWalker

UNKNOWN = "f" * 64


def test_list_shows_each_job_with_how_far_it_is(place: Place) -> None:
    done, going, waiting = place.submit("1 a.mp4"), place.submit("4 b.mp4", "faces"), place.submit("9 c.mp4", "text")
    board = place.board()
    place.planned(board, 1)
    board.finish_chunk(place.claimed(board))
    board.finish_settle(place.claimed(board), {done.id: {}})
    place.planned(board, 4)
    board.finish_chunk(place.claimed(board))
    place.plan_earlier(2_501)  # for a quarter, so that the rest takes 7,503 s
    shown = place.run("list")
    assert shown.exit_code == 0
    assert [row[:7] for row in rows(shown.stdout)] == [
        [waiting.id[:12], "queued", "text", "StartTextDetection", "b/9 c.mp4", "", ""],
        [going.id[:12], "running", "faces", "StartFacesDetection", "b/4 b.mp4", "25 % (1 of 4)", "2 h 5 min"],
        [done.id[:12], "succeeded", "labels", "StartLabelsDetection", "b/1 a.mp4", "100 % (1 of 1)", ""],
    ]


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (["--state", "queued"], ["text", "faces"]),
        (["--state", "cancelled"], ["labels"]),
        (["--state", "queued", "--state", "cancelled"], ["text", "faces", "labels"]),
        (["--kind", "faces"], ["faces"]),
        (["--limit", "1"], ["text"]),
        (["--state", "parked"], []),
    ],
    ids=" ".join,
)
def test_list_shows_what_was_asked_for(place: Place, options: list[str], kinds: list[str]) -> None:
    place.queue.cancel(place.submit(kind="labels").id)
    place.submit(kind="faces")
    place.submit(kind="text")
    assert [job["kind"] for job in place.json("list", *options)] == kinds


def test_list_of_nothing_says_so(place: Place) -> None:
    assert place.run("list").stdout == "there are no jobs\n"
    assert place.run("list", "--kind", "faces").stdout == "there are no such jobs\n"
    assert place.json("list") == []


def test_state_that_is_none_is_refused(place: Place) -> None:
    result = place.run("list", "--state", "done")
    assert (result.exit_code, result.stderr) == (
        2,
        "regard: --state is 'done'; it must be one of queued, running, succeeded, failed, cancelled, parked\n",
    )


def failing(place: Place, attempts: int) -> str:
    """The id of a job whose second chunk failed so often."""
    job = place.submit("2 bad.mp4")
    board = place.board()
    place.planned(board, 2)
    board.finish_chunk(place.claimed(board))
    for _ in range(attempts):
        with place.store.writing() as connection:
            connection.execute(update(job_schema.steps).values(due_ms=0))
        board.fail(place.claimed(board), "ValueError: no such thing")
    return job.id


def test_parked_job_is_shown_with_its_reason_and_its_notice(place: Place) -> None:
    job_id = failing(place, 3)
    shown = place.run("show", job_id[:8]).stdout
    reason = "given up after 3 attempts: ValueError: no such thing"
    assert ["id", job_id] in [line.split() for line in shown.splitlines()]
    assert f"message    {reason}" in shown
    assert "state      failed (parked)" in shown
    assert "progress   50 % (1 of 2)" in shown
    assert rows(shown)[0][1:6] == [job_id[:12], "sns", "t", "waiting", "0"]
    told = place.json("show", job_id)
    assert (told["message"], told["is_parked"], told["progress"]["done_chunks"]) == (reason, True, 1)
    assert [(one["channel"], one["body"]) for one in told["notices"]] == [("sns", "labels failed")]
    assert [job["id"] for job in place.json("list", "--state", "parked")] == [job_id]


def test_job_that_is_tried_again_is_shown_with_its_attempts(place: Place) -> None:
    job_id = failing(place, 2)
    assert rows(place.run("show", job_id).stdout) == [["chunk 1", "2", "no", "ValueError: no such thing"]]
    assert [(one["stage"], one["number"], one["attempts"]) for one in place.json("show", job_id)["trials"]] == [
        ("chunk", 1, 2)
    ]


def test_show_gives_the_facts_and_what_was_wished(place: Place) -> None:
    job = place.submit("2 a.mp4")
    place.planned(place.board(), 2)
    told = place.json("show", job.id)
    assert (told["facts"], told["media"]) == (
        dict(FakeWalker.planned(2).facts),
        {"bucket": "b", "name": "2 a.mp4", "version": None},
    )
    assert "token" not in told


@pytest.mark.parametrize("command", ["show", "cancel", "retry", "watch", "notices"])
@pytest.mark.parametrize("job_id", [UNKNOWN, "no job", "%", ""], ids=["digits", "words", "pattern", "nothing"])
def test_unknown_id_is_told(place: Place, command: str, job_id: str) -> None:
    place.submit()
    result = place.run(command, job_id)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"regard: There is no job {job_id}\n")


def test_beginning_that_several_ids_share_is_told(place: Place) -> None:
    first, second = place.submit(), place.submit()
    with place.store.writing() as connection:
        for job, digit in ((first, "a"), (second, "b")):
            connection.execute(
                update(job_schema.jobs).where(job_schema.jobs.c.id == job.id).values(id="c0ffee" + digit * 58)
            )
    result = place.run("cancel", "c0ffee")
    assert (result.exit_code, result.stderr) == (
        2,
        f"regard: several jobs begin with c0ffee, as c0ffee{'b' * 58} and c0ffee{'a' * 58}; give more digits\n",
    )
    assert place.run("cancel", "c0ffeea").exit_code == 0


def test_cancelled_job_has_ended_and_its_topic_will_hear_of_it(place: Place) -> None:
    job = place.submit()
    result = place.run("cancel", job.id)
    assert (result.exit_code, result.stdout) == (0, f"{job.id} is cancelled\n")
    assert place.queue.get(job.id).state == "cancelled"
    [notice] = place.queue.notices(job_id=job.id)
    assert (notice.channel, notice.target, json.loads(notice.body)["Status"]) == ("sns", "t", "FAILED")


def test_nothing_is_cancelled_where_one_of_the_ids_is_unknown(place: Place) -> None:
    job = place.submit()
    assert place.run("cancel", job.id, UNKNOWN).exit_code == 2
    assert place.queue.get(job.id).state == "queued"


def test_job_that_has_ended_stays_as_it_is(place: Place) -> None:
    job = place.submit("1")
    place.finished(place.board())
    assert place.run("cancel", job.id).stdout == f"{job.id} is succeeded\n"


def test_retried_job_waits_again(place: Place) -> None:
    job_id = failing(place, 3)
    assert place.run("retry", job_id[:10]).stdout == f"{job_id} is queued\n"
    assert place.queue.get(job_id).state == "queued"


def test_job_that_cannot_be_retried_is_told(place: Place) -> None:
    job = place.submit()
    result = place.run("retry", job.id)
    assert (result.exit_code, result.stderr) == (
        1,
        f"regard: The job {job.id} is queued; only one that failed or was cancelled is retried\n",
    )


def test_priority_is_changed(place: Place) -> None:
    job = place.submit()
    assert place.run("priority", job.id, "7").stdout == f"{job.id} is queued, priority 7\n"
    assert place.queue.get(job.id).new.priority == 7
    assert place.run("priority", job.id, "1001").exit_code == 2


@pytest.mark.parametrize("is_good", [True, False], ids=["succeeds", "fails"])
def test_watch_ends_with_the_job_and_says_by_its_exit_code_how(place: Place, is_good: bool) -> None:
    job = place.submit("1 a.mp4" if is_good else "1 a.mp4 fault")
    worker = threading.Thread(target=lambda: ended(place, job.id, is_good=is_good))
    worker.start()
    result = place.run("watch", job.id)
    worker.join()
    assert result.exit_code == (0 if is_good else 1)
    last = result.stdout.splitlines()[-1]
    assert last.partition("mp4")[0] == f"{job.id[:12]} labels b/1 a."
    assert last.endswith("succeeded" if is_good else "failed: The video is [odd]")


def ended(place: Place, job_id: str, *, is_good: bool) -> None:
    """Does the only job there is, or fails it."""
    board = place.board()
    place.planned(board, 1)
    step = place.claimed(board)
    if not is_good:
        board.refuse(step, "The video is [odd]")
        return
    board.finish_chunk(step)
    board.finish_settle(place.claimed(board), {job_id: {}})


def test_watch_as_json_has_a_line_for_each_change(place: Place) -> None:
    job = place.submit("1 a.mp4")
    place.finished(place.board())
    result = place.run("watch", job.id, "--json")
    [line] = result.stdout.splitlines()
    assert (json.loads(line)["state"], json.loads(line)["progress"]["share"]) == ("succeeded", 1.0)


def test_watch_without_ids_and_without_jobs_ends_at_once(place: Place) -> None:
    result = place.run("watch")
    assert (result.exit_code, result.stdout) == (0, "no job is waiting or running\n")


def dead_notice(place: Place) -> str:
    """The id of a notice that was given up."""
    place.queue.cancel(place.submit().id)
    with place.store.writing() as connection:
        connection.execute(update(job_schema.notices).values(state="dead", attempts=12, error="no answer in 10 s"))
    [notice] = place.queue.notices()
    return notice.id


def test_dead_notices_are_listed_with_why(place: Place) -> None:
    notice_id = dead_notice(place)
    place.queue.cancel(place.submit().id)
    assert len(rows(place.run("notices").stdout)) == 2
    [row] = rows(place.run("notices", "--dead").stdout)
    assert (row[0], row[4], row[5], row[7]) == (notice_id, "dead", "12", "no answer in 10 s")
    assert [one["id"] for one in place.json("notices", "--dead")] == [notice_id]


@pytest.mark.parametrize("by_id", [True, False], ids=["by id", "all dead"])
def test_dead_notice_is_sent_again(place: Place, by_id: bool) -> None:
    notice_id = dead_notice(place)
    result = place.run("redeliver", notice_id if by_id else "--dead")
    assert (result.exit_code, result.stdout) == (0, "1 notice waits to be sent\n")
    assert [(one.id, one.state, one.attempts) for one in place.queue.notices()] == [(notice_id, "waiting", 0)]


def test_redeliver_without_saying_what_and_of_nothing_known(place: Place) -> None:
    result = place.run("redeliver")
    assert (result.exit_code, result.stderr) == (2, "regard: give either the ids of notices or --dead\n")
    result = place.run("redeliver", "no-notice")
    assert (result.exit_code, result.stderr) == (2, "regard: There is no notice no-notice\n")


def test_folder_without_jobs_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["jobs", "list", "--data", str(tmp_path / "typo")])
    assert (result.exit_code, result.stderr) == (
        1,
        f"regard: {tmp_path}/typo holds no jobs; `regard serve` and `regard worker` make them\n",
    )
    assert not (tmp_path / "typo").exists()
