"""How long all five analyses of a video take as jobs: by a worker in this process, and by `regard worker` processes.

The data folder is one of this measurement, with the video in a local bucket; jobs are put into its queue directly, for
no request is measured here.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.video_walks import WISHES, Cost, app_of, environment, measured
from regard.jobs.queue import JobQueue
from regard.jobs.records import Job, Media, NewJob
from regard.jobs.worker import Worker

BUCKET = "films"
_LONGEST_SECONDS = 6 * 3600
_START_SECONDS = 120
_POLL_SECONDS = 0.02


class JobRoom:
    """A data folder with videos in a bucket, and a queue on it."""

    def __init__(self, data: Path) -> None:
        """Made anew."""
        shutil.rmtree(data, ignore_errors=True)
        self.data = data
        (data / "buckets" / BUCKET).mkdir(parents=True)
        self.app = app_of(data)

    def close(self) -> None:
        """Lets go of the folder and removes it."""
        self.app.stored.close()
        shutil.rmtree(self.data, ignore_errors=True)

    def put(self, video: Path) -> str:
        """Makes it an object; its name."""
        target = self.data / "buckets" / BUCKET / video.name
        target.unlink(missing_ok=True)
        try:
            os.link(video, target)
        except OSError:
            shutil.copyfile(video, target)
        return video.name

    def submit(self, name: str) -> list[Job]:
        """A job of each kind over one object; all share a walk."""
        return [self._queue.submit(_new_job(kind, name), "video") for kind in WISHES]

    def wait(self, jobs: Sequence[Job]) -> None:
        """Until all have succeeded. Raises RuntimeError where one fails, or they take too long."""
        end = time.monotonic() + _LONGEST_SECONDS
        for job in jobs:
            while (now := self._queue.get(job.id)).ended_ms is None:
                if time.monotonic() > end:
                    raise RuntimeError(f"the {now.new.kind} are {now.state} after {_LONGEST_SECONDS:,} s")
                time.sleep(_POLL_SECONDS)
            if now.state != "succeeded":
                raise RuntimeError(f"the {now.new.kind} {now.state}: {now.message}")

    def by_a_thread(self, video: Path) -> Cost:
        """From before the first job is queued to when all five have ended, by a worker in this process."""
        name = self.put(video)
        worker = self.app.make_worker()
        try:
            return measured(lambda: self._worked(worker, name))
        finally:
            worker.close()

    def by_processes(self, count: int, video: Path, short: Path) -> float:
        """Seconds from before the first job is queued to when all five have ended, by so many worker processes.

        short: done by each of them beforehand, one after the other, so that their networks are loaded.
        """
        names = self.put(short), self.put(video)
        with _processes(self.data, count, lambda: self.wait(self.submit(names[0]))):
            began = time.perf_counter()
            self.wait(self.submit(names[1]))
            return time.perf_counter() - began

    def _worked(self, worker: Worker, name: str) -> None:
        jobs = self.submit(name)
        worker.start()
        self.wait(jobs)

    @property
    def _queue(self) -> JobQueue:
        return self.app.jobs()


def _new_job(kind: str, name: str) -> NewJob:
    operation = f"bench {kind}"
    return NewJob("123456789012", "us-east-1", "bench", kind, operation, Media(BUCKET, name), WISHES[kind])


@contextmanager
def _processes(data: Path, count: int, warm: Callable[[], None]) -> Iterator[None]:
    """So many workers; each was alone in the world when it warmed itself."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(count):
            processes.append(_started(data, data / f"worker-{number}.log"))
            warm()
            time.sleep(1)  # it may still be tidying, and must not be stopped while it writes
            processes[-1].send_signal(signal.SIGSTOP)
        for process in processes:
            process.send_signal(signal.SIGCONT)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _started(data: Path, log: Path) -> subprocess.Popen[bytes]:
    """A worker that works. Raises RuntimeError with what it said."""
    command = [Path(sys.executable).with_name("regard"), "worker", "--data", data, "--limits", "relaxed"]
    with log.open("wb") as output:
        process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=output, env=environment())
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if b"Working on the jobs" in log.read_bytes():
            return process
        time.sleep(0.1)
    process.kill()
    process.wait()
    raise RuntimeError(f"the worker did not start: {log.read_text()[-2000:]}")
