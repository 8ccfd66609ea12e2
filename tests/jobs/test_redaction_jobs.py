"""Redaction jobs: their states, their files, and what a restart finds. The work itself is `redaction/work.py`'s."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regard.errors import LimitExceeded, ResourceInUse, ResourceNotFound
from regard.jobs.redaction_records import RedactionJob
from regard.jobs.redactions import KEPT_MS, MOST_WAITING, RedactionJobs
from regard.media.video_errors import VideoError
from regard.redaction.plan import Plan, PlannedInput
from regard.redaction.settings import RedactionSettings
from regard.redaction.work import Cancelled, Progress, Redacted, Watch

SETTINGS = RedactionSettings()
PLAN = Plan(PlannedInput("input", "0" * 64, 1, 16, 16, 1, 0), SETTINGS, ())


class SlowWork:
    """Waits until it may end, and writes the input turned round."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.fault: Exception | None = None

    def redact(self, source: Path, target: Path, settings: RedactionSettings, watch: Watch) -> Redacted:
        """As `VideoWork`."""
        while not self.may_end.wait(0.01):
            watch.on_progress(Progress("rendering", 10, 5, 20, 3))
            if watch.is_cancelled():
                raise Cancelled
        if self.fault is not None:
            raise self.fault
        target.write_bytes(source.read_bytes()[::-1])
        return Redacted(PLAN, target, "0" * 64, 1, 1, ())

    def report(self, done: Redacted, watch: Watch) -> int:
        """As `VideoWork`."""
        done.target.with_name(f"{done.target.name}.report.json").write_text("{}")
        return 2


class Bench:
    """Jobs on a clock that is set by hand."""

    def __init__(self, top: Path) -> None:
        self.now_ms = 1_000_000
        self.work = SlowWork()
        self.jobs = RedactionJobs(top, lambda: self.work, lambda: self.now_ms)

    def submit(self, owner: str = "door") -> RedactionJob:
        """A new job."""
        with self.jobs.arriving() as path:
            path.write_bytes(b"video")
            return self.jobs.submit(owner, SETTINGS, ".mp4", path)

    def wait_for(self, job: RedactionJob, *states: str) -> RedactionJob:
        """The job once it is in one of these states."""
        pause = threading.Event()
        for _ in range(2000):
            now, _ = self.jobs.get(job.owner, job.id)
            if now.state in states:
                return now
            pause.wait(0.005)
        raise AssertionError(f"still {now.state}")


@contextmanager
def started(top: Path) -> Iterator[Bench]:
    """Jobs that are worked on while in the context."""
    bench = Bench(top)
    bench.jobs.start()
    try:
        yield bench
    finally:
        bench.jobs.close()


def test_job_goes_from_waiting_to_its_files(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        bench.wait_for(job, "running")
        bench.work.may_end.set()
        done = bench.wait_for(job, "done")
        assert (done.uncertain, done.ended_ms, done.message) == (2, 1_000_000, "")
        assert bench.jobs.file("door", job.id, "video").read_bytes() == b"oediv"
        assert Plan.from_bytes(bench.jobs.file("door", job.id, "plan").read_bytes()).input == PLAN.input
        assert not (tmp_path / job.id / "input").exists()


def test_progress_is_told_while_it_runs(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        bench.wait_for(job, "running")
        while (progress := bench.jobs.get("door", job.id)[1]) is None:
            pass
        assert progress.stage == "rendering"
        assert progress.share == pytest.approx(0.4 * 0.5 + 0.6 * 0.25)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_cancelled_job_leaves_its_record_alone(state: str, tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        first, second = bench.submit(), bench.submit()
        bench.wait_for(first, "running")
        job = first if state == "running" else second
        bench.jobs.cancel("door", job.id)
        bench.wait_for(job, "cancelled")
        assert [path.name for path in (tmp_path / job.id).iterdir()] == ["job.json"]
        with pytest.raises(ResourceInUse, match="is cancelled; there is nothing to fetch"):
            bench.jobs.file("door", job.id, "video")


def test_fault_is_told_without_the_servers_paths(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        bench.work.fault = VideoError(f"{tmp_path / job.id / 'input'} is no video")
        bench.work.may_end.set()
        assert bench.wait_for(job, "failed").message == "input is no video"


def test_bug_in_the_work_fails_that_job_alone(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        bench.work.fault = ZeroDivisionError()
        bench.work.may_end.set()
        assert bench.wait_for(job, "failed").message == "An internal error; the server's log has it"
        bench.work.fault = None
        bench.wait_for(bench.submit(), "done")


def test_restart_takes_up_what_was_running(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        bench.wait_for(job, "running")
    with started(tmp_path) as again:
        again.work.may_end.set()
        again.wait_for(job, "done")
        assert again.jobs.file("door", job.id, "video").read_bytes() == b"oediv"


def test_others_see_nothing_of_a_job(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        assert bench.jobs.of_owner("other") == []
        for act in (bench.jobs.get, bench.jobs.cancel, bench.jobs.remove):
            with pytest.raises(ResourceNotFound, match=job.id):
                act("other", job.id)


def test_job_at_work_is_not_removed_and_an_ended_one_leaves_nothing(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        bench.wait_for(job, "running")
        with pytest.raises(ResourceInUse, match="cancel it first"):
            bench.jobs.remove("door", job.id)
        bench.work.may_end.set()
        bench.wait_for(job, "done")
        bench.jobs.remove("door", job.id)
        assert not (tmp_path / job.id).exists()
        assert bench.jobs.of_owner("door") == []


def test_what_ended_is_kept_for_seven_days(tmp_path: Path) -> None:
    with started(tmp_path) as bench:
        job = bench.submit()
        bench.work.may_end.set()
        bench.wait_for(job, "done")
        bench.now_ms += KEPT_MS
        bench.jobs.sweep()
        assert (tmp_path / job.id).exists()
        bench.now_ms += 1
        bench.jobs.sweep()
        assert not (tmp_path / job.id).exists()


def test_no_more_may_wait_than_the_limit(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for _ in range(MOST_WAITING):
        bench.submit()
    with pytest.raises(LimitExceeded, match="100 redactions are waiting or running; the limit is 100"):
        bench.submit()
    bench.submit("another")


def test_video_that_does_not_arrive_whole_leaves_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with contextlib.suppress(VideoError), bench.jobs.arriving() as path:
        path.write_bytes(b"half")
        raise VideoError("broken off")
    assert list(tmp_path.iterdir()) == []
    assert bench.jobs.of_owner("door") == []


def test_what_had_not_arrived_when_the_server_died_is_removed(tmp_path: Path) -> None:
    with Bench(tmp_path).jobs.arriving() as path:
        path.write_bytes(b"half")
        with started(tmp_path):
            assert list(tmp_path.iterdir()) == []
