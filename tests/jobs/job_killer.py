"""Run by test_job_kills.py: kills those who start jobs and those who work on them, again and again, and counts ends.

python -m tests.jobs.job_killer FOLDER KILLS SEED

A process of its own, since it forks, which one with threads must not. Prints how many jobs were accepted, how many
there were (some whose acceptance was not heard), how many walks they shared, and how many steps were lost.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from regard.jobs.failing import StepRules
from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.records import Job
from regard.jobs.worker import Worker
from regard.storage.job_store import JobStore
from tests.forked import Say, failure, lines_until_killed
from tests.jobs.fake_walker import FakeWalker
from tests.jobs.job_room import a_job, places

KINDS = ("labels", "faces", "text")
WORKERS = 3
_CHUNK_SECONDS = 0.004
# Nothing is wrong with the jobs: however often a step's workers are killed, it is to be done in the end.
_RULES = StepRules(most_attempts=1_000_000, waits_ms=(0,))
# The database itself notes each end and each notice, and so knows of those that were undone too.
_WITNESS = (
    "CREATE TABLE seen (what TEXT, job TEXT)",
    "CREATE TRIGGER end_seen AFTER UPDATE OF state ON jobs WHEN new.ended_ms IS NOT NULL"
    " BEGIN INSERT INTO seen VALUES ('end', new.id); END",
    "CREATE TRIGGER notice_seen AFTER INSERT ON notices"
    " BEGIN INSERT INTO seen SELECT 'notice', id FROM jobs WHERE key = new.job_key; END",
    "CREATE TRIGGER loss_seen AFTER UPDATE OF state ON steps WHEN new.error LIKE '%ended in the middle'"
    " BEGIN INSERT INTO seen VALUES ('loss', new.key); END",
)


def wall_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def main(folder: Path, kills: int, seed: int) -> None:
    """Fails where an accepted job is gone, has not ended, ended twice, or has another result than it should."""
    luck = random.Random(seed)
    _in_a_child(partial(_prepare, folder))
    workers = [_forked(partial(_work, folder)) for _ in range(WORKERS)]
    accepted: list[str] = []
    for kill in range(kills):
        if kill % 3 == 0:  # the server, as it starts jobs
            start = partial(_start_jobs, folder, kill, luck.randrange(1000))
            accepted += lines_until_killed(start, luck.uniform(0, 0.1), after_lines=1)
        else:
            time.sleep(luck.uniform(0, 0.08))
            _kill(workers.pop(luck.randrange(WORKERS)))
            workers.append(_forked(partial(_work, folder)))
    for worker in workers:
        _kill(worker)
    _in_a_child(partial(_check, folder, accepted))


def _prepare(folder: Path) -> None:
    with JobStore.open(folder) as store, store.writing() as connection:
        for statement in _WITNESS:
            connection.exec_driver_sql(statement)


def _start_jobs(folder: Path, kill: int, seed: int, say: Say) -> None:
    """Starts jobs, some over the same video, and says which were accepted, until it is killed."""
    luck = random.Random(seed)
    with JobStore.open(folder) as store:
        queue = JobQueue(store, places, JobLimits(), wall_ms)
        for number in range(1_000_000):
            name = f"{1 + (kill + number // 3) % 6} of {kill} {number // 3}"
            say(queue.submit(a_job(name, luck.choice(KINDS), priority=luck.randrange(2)), "video").id)
            time.sleep(0.03 if number % 3 == 2 else 0)


def _work(folder: Path) -> None:
    with JobStore.open(folder) as store:
        Worker(store, {"video": FakeWalker(folder, _CHUNK_SECONDS)}, places, wall_ms, rules=_RULES).run()


def _check(folder: Path, accepted: list[str]) -> None:
    with JobStore.open(folder) as store:
        queue = JobQueue(store, places, JobLimits(), wall_ms)
        _finish(store, queue)
        jobs = queue.jobs(limit=1_000_000)
        with store.reading() as connection:
            seen = Counter((what, job) for what, job in connection.exec_driver_sql("SELECT what, job FROM seen"))
            walks = connection.exec_driver_sql("SELECT count(*) FROM walks").scalar()
            assert connection.exec_driver_sql("SELECT * FROM steps").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        losses = sum(count for (what, _), count in seen.items() if what == "loss")
        assert set(accepted) <= {job.id for job in jobs}
        ends = {(what, job.id): 1 for job in jobs for what in ("end", "notice")}
        assert {one: count for one, count in seen.items() if one[0] != "loss"} == ends
        for job in jobs:
            _check_one(store, job)
        assert not any(store.walks.iterdir())
        print(len(accepted), len(jobs), walks, losses)


def _finish(store: JobStore, queue: JobQueue) -> None:
    """One more worker does what the killed ones left, and removes their files."""
    worker = Worker(store, {"video": FakeWalker(store.folder)}, places, wall_ms, rules=_RULES)
    with closing(worker):
        worker.start()
        deadline = time.monotonic() + 60
        while queue.jobs(states=["queued", "running"], limit=1) or any(store.walks.iterdir()):
            assert time.monotonic() < deadline, "jobs have not ended after a minute"
            time.sleep(0.01)


def _check_one(store: JobStore, job: Job) -> None:
    count = int(job.new.media.name.split()[0])
    assert (job.state, job.outcome) == ("succeeded", {"rows": count}), job
    rows = [{"span": {"from": number}, "square": number**2} for number in range(count)]
    assert (store.results / job.id / "rows").read_text() == json.dumps([job.new.kind, *rows])


def _forked(act: Callable[[], None]) -> int:
    child = os.fork()
    if not child:
        try:
            act()
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            os.write(2, f"{failure()}\n".encode())
        finally:
            os._exit(1)
    return child


def _in_a_child(act: Callable[[], None]) -> None:
    """This process never opens the database: SQLite's locks do not stand a fork."""
    _, status = os.waitpid(_forked(act), 0)
    assert os.waitstatus_to_exitcode(status) == 0


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "the worker ended by itself"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
