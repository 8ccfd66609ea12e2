"""`regard worker` as a person types it, beside a server that holds the data folder."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.records import Job, Media, NewJob
from regard.models.cards import default_cards
from regard.models.weights import WeightStore
from regard.people.clock import wall_ms
from regard.storage.job_store import JobStore
from regard.storage.lock import DataLock
from tests.cli.test_serve import REGARD, environment, run


@contextmanager
def working(folder: Path, data: Path) -> Iterator[subprocess.Popen[str]]:
    """A worker's process, once it works."""
    process = subprocess.Popen(
        [REGARD, "worker", "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=folder,
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == f"Working on the jobs of {data}\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(queue: JobQueue, job: Job) -> Job:
    """The job once it has ended."""
    pause = threading.Event()
    for _ in range(3000):
        now = queue.get(job.id)
        if now.ended_ms is not None:
            return now
        pause.wait(0.01)
    raise AssertionError(f"still {now.state}")


@pytest.mark.weights
def test_worker_works_beside_the_server_and_ends_when_asked(tmp_path: Path, store: WeightStore) -> None:
    for card in default_cards():
        store.path(card)  # fetched before it starts
    data = tmp_path / "data"
    (data / "buckets" / "films").mkdir(parents=True)
    lock = DataLock(data)  # as the server has it
    with JobStore.open(data / "jobs") as jobs, working(tmp_path, data) as process:
        queue = JobQueue(jobs, lambda job: (), JobLimits(), wall_ms)
        new = NewJob("123456789012", "us-east-1", "key", "labels", "StartLabelDetection", Media("films", "none.mp4"))
        job = ended(queue, queue.submit(new, "video"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert list(jobs.workers.iterdir()) == []
    assert job.state == "failed"
    assert "none.mp4" in job.message
    lock.release()


def test_worker_wants_the_data_folder_of_a_server(tmp_path: Path) -> None:
    done = run(tmp_path, "worker", "--data", "nowhere")
    assert (done.returncode, done.stderr) == (
        1,
        "regard: there is no data folder nowhere; give that of the server with --data\n",
    )


def test_worker_refuses_jobs_of_a_newer_version(tmp_path: Path) -> None:
    with JobStore.open(tmp_path / "data" / "jobs") as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'j9999'")
    done = run(tmp_path, "worker", "--data", "data")
    assert done.returncode == 1
    assert done.stderr.startswith("regard: data/jobs/jobs.sqlite was made by a newer version of Regard (its form is j")
