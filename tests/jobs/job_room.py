"""A folder of jobs with a clock set by hand, and workers that take one step when told."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from regard.jobs.notices import NoticePlace
from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.records import Job, Media, NewJob, Step
from regard.jobs.steps import StepBoard
from regard.jobs.worker import Worker
from regard.storage.job_store import JobStore
from tests.jobs.fake_walker import FakeWalker

ACCOUNT, REGION = "123456789012", "us-east-1"
WAYS = ("video",)


def a_job(name: str = "3", kind: str = "labels", *, priority: int = 0, token: str | None = None) -> NewJob:
    """A job over the object of that name, with a topic that is told of its end."""
    operation = f"Start{kind.capitalize()}Detection"
    return NewJob(ACCOUNT, REGION, "key", kind, operation, Media("b", name), token=token, topic="t", priority=priority)


def places(job: Job) -> Sequence[NoticePlace]:
    """One place, which is told the job's state."""
    return [NoticePlace("sns", job.new.topic or "", f"{job.new.kind} {job.state}")]


class JobRoom:
    """The store, the queue of clients and as many boards of workers as wanted."""

    def __init__(self, folder: Path, limits: JobLimits | None = None) -> None:
        self.now_ms = 1_000_000_000_000
        self.store = JobStore.open(folder)
        self.queue = JobQueue(self.store, places, limits or JobLimits(), self.clock)
        self.walker = FakeWalker(folder)

    def clock(self) -> int:
        """The time set by hand."""
        return self.now_ms

    def board(self, worker: str = "w1") -> StepBoard:
        """A worker's view."""
        return StepBoard(self.store, worker, places, self.clock)

    def worker(self, most_disk_bytes: int | None = None) -> Worker:
        """A whole worker with the fake walker."""
        return Worker(self.store, {"video": self.walker}, places, self.clock, most_disk_bytes=most_disk_bytes)

    def submit(self, name: str = "3", kind: str = "labels", *, priority: int = 0) -> Job:
        """A new job in the queue."""
        return self.queue.submit(a_job(name, kind, priority=priority), "video")

    def claimed(self, board: StepBoard, last: Step | None = None) -> Step:
        """The next step of that worker, which there must be."""
        step = board.claim(WAYS, last)
        assert step is not None
        return step

    def planned(self, board: StepBoard, chunks: int = 3) -> Step:
        """The plan that was claimed and finished, with chunks of the fake walker's kind."""
        step = self.claimed(board)
        assert step.stage == "plan"
        assert board.finish_plan(step, FakeWalker.planned(chunks))
        return step

    def finished(self, board: StepBoard) -> list[Step]:
        """Does all there is to do, and says what it was."""
        done: list[Step] = []
        while (step := board.claim(WAYS, done[-1] if done else None)) is not None:
            done.append(step)
            if step.stage == "plan":
                board.finish_plan(step, FakeWalker.planned(int(step.walk.media.name.split()[0])))
            elif step.stage == "chunk":
                board.finish_chunk(step)
            else:
                board.finish_settle(step, {job.id: {"rows": 1} for job in step.walk.jobs})
        return done


@contextmanager
def working(room: JobRoom, most_disk_bytes: int | None = None) -> Iterator[Worker]:
    """A worker that works while in the context, and hears of new jobs."""
    worker = room.worker(most_disk_bytes)
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
