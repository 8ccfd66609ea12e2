"""`regard jobs watch` while a job is at work: how far it is, how long it will take, and how it ended."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO

import pytest
from click import unstyle

from regard.cli.job_tables import duration_text
from regard.jobs.records import Job
from tests.cli.job_place import Place
from tests.cli.test_serve import REGARD, environment


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0, "0 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (179.0, "2 min"),
        (3_599.0, "59 min"),
        (3_600.0, "1 h 0 min"),
        (7_530.0, "2 h 5 min"),
        (360_000.0, "100 h 0 min"),
    ],
)
def test_duration_is_told_in_the_units_that_people_plan_with(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


def at_work(place: Place) -> Job:
    """A job with three of its four chunks done in 22,509 s, so that the last takes 7,503 s."""
    job, board = place.submit("4 a.mp4"), place.board()
    last = place.planned(board, 4)
    for _ in range(3):
        last = place.claimed(board, last)
        board.finish_chunk(last)
    place.plan_earlier(22_509)
    return job


def finish(place: Place, job: Job) -> None:
    """Does what `at_work` has left."""
    board = place.board()
    board.finish_chunk(place.claimed(board))
    board.finish_settle(place.claimed(board), {job.id: {}})


def cancel(place: Place, job: Job) -> None:
    place.queue.cancel(job.id)


@contextmanager
def watching(place: Place, job: Job, *options: str, stdout: int) -> Iterator[subprocess.Popen[bytes]]:
    """The process of the command."""
    command = [REGARD, "jobs", "watch", job.id, *options, "--data", str(place.data)]
    environ = environment(TERM="xterm", COLUMNS="250")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def screens(terminal: IO[bytes]) -> Iterator[str]:
    """All that a terminal was told, each time that there is more, until nobody has it open."""
    told = b""
    with suppress(OSError):  # which is how a terminal that nobody has open reads
        while more := os.read(terminal.fileno(), 65536):
            told += more
            yield unstyle(told.decode(errors="replace"))


@pytest.mark.parametrize(
    ("end", "state", "exit_code"), [(finish, "succeeded", 0), (cancel, "cancelled", 1)], ids=["succeeds", "cancelled"]
)
def test_terminal_shows_how_far_the_job_is_and_how_long_it_will_take_until_it_ends(
    place: Place, end: Callable[[Place, Job], None], state: str, exit_code: int
) -> None:
    job = at_work(place)
    name = rf"{job.id[:12]} labels b/4 a\.mp4"
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as terminal, watching(place, job, stdout=theirs) as process:
        os.close(theirs)
        shown = screens(terminal)
        assert any(re.search(rf"{name} running .* 75% 2 h 5 min left", one) for one in islice(shown, 1000))
        end(place, job)
        *_, last = shown
        assert process.wait(60) == exit_code
    assert re.search(rf"{name} {state} ", last)
    assert "left" not in last.rpartition(state)[2]


def test_watch_as_json_tells_how_far_the_job_is_and_how_long_it_will_take(place: Place) -> None:
    job = at_work(place)
    with watching(place, job, "--json", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        cancel(place, job)
        *_, last = map(json.loads, process.stdout)
        assert process.wait(60) == 1
    assert (first["state"], first["progress"]["share"], first["progress"]["done_chunks"]) == ("running", 0.75, 3)
    assert 7_503 <= first["progress"]["seconds_left"] < 7_560
    assert (last["id"], last["state"], last["progress"]["seconds_left"]) == (job.id, "cancelled", None)
