"""Holding a data folder against everybody: no server, no worker, no change of jobs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from regard.storage.backup_contents import JOBS_DATABASE
from regard.storage.database import Database
from regard.storage.errors import DataFolderInUse, StorageError
from regard.storage.lock import DataLock

WORKERS = "jobs/workers"


@contextmanager
def held_alone(folder: Path) -> Iterator[Database | None]:
    """Within it nothing in the folder changes; gives the database of jobs where there is one.

    A worker that is started meanwhile waits for that database, as do commands that change a job.
    Raises DataFolderInUse, which names the process, and StorageError where there is no such folder.
    """
    if not folder.is_dir():
        raise StorageError(f"there is no data folder {folder}")
    lock = DataLock(folder)
    try:
        with ExitStack() as ends:
            jobs = None
            if (folder / JOBS_DATABASE).is_file():
                jobs = Database(folder / JOBS_DATABASE)
                ends.callback(jobs.close)
                ends.enter_context(jobs.writing())
            refuse_workers(folder)
            yield jobs
    finally:
        lock.release()


def refuse_workers(folder: Path) -> None:
    """Raises DataFolderInUse, which names the process, where a worker process is at work in the folder."""
    for path in sorted((folder / WORKERS).glob("*.lock")):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue  # its worker has just ended
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 20, 0).decode("ascii", "replace").strip() or path.stem
            raise DataFolderInUse(
                f"the data folder {folder} is in use by the worker process {holder}; stop that first"
            ) from error
        finally:
            os.close(file)
