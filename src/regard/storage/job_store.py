"""The database of jobs in `DATA/jobs`, and the folders beside it. Any number of processes share it.

The people's database is held by one process alone and scrubs what it deletes; this one does neither, for it says of
nobody who they are.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from regard.storage import job_schema
from regard.storage.database import Database, Follower
from regard.storage.errors import StorageError
from regard.storage.migrating import migrate

JOB_DATABASE = "jobs.sqlite"
JOB_MIGRATIONS = Path(__file__).parent / "job_migrations"
_FOLDERS = ("walks", "results", "workers")
_REASONS = {
    "SQLITE_BUSY": "other processes have been writing it for too long",
    "SQLITE_READONLY": "it cannot be written to; give this user the right to write it and its folder",
    "SQLITE_CANTOPEN": "it cannot be opened; see that its folder is there and that this user may write to it",
}


class JobStore:
    """One folder of jobs. Threads may share it, and so may processes, with one for each process."""

    def __init__(self, folder: Path, database: Database) -> None:
        """`JobStore.open` makes one."""
        self.folder = folder
        self.walks, self.results, self.workers = (folder / name for name in _FOLDERS)
        self._database = database

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Makes the folder and its database, or brings the database to the form that this version knows.

        Raises StorageError where it cannot be written, Corrupt for a database that is damaged or of a newer version,
        and DiskFull; nothing is changed then.
        """
        try:
            for made in (folder, *(folder / name for name in _FOLDERS)):
                made.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _one_at_a_time(folder):
                return cls(folder, _opened(folder / JOB_DATABASE))
        except OSError as error:
            raise StorageError(f"the folder of jobs {folder} cannot be used: {error.strerror}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state from its first statement on: `Database.reading`. Raises StorageError."""
        with _errors_told(self._database), self._database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept when the block ends well: `Database.writing`.

        Nobody else writes meanwhile, in this process or another. Raises DiskFull and StorageError; then nothing was
        changed.
        """
        with _errors_told(self._database), self._database.writing() as connection:
            yield connection

    def after_commit(self, follow: Follower) -> None:
        """Within `writing`: what is to follow it: `Database.after_commit`."""
        self._database.after_commit(follow)

    def close(self) -> None:
        """Lets go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        """Itself; it is open already."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


def _opened(path: Path) -> Database:
    database = Database(path)
    try:
        with _errors_told(database):
            migrate(database, job_schema.REVISION, JOB_MIGRATIONS)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two processes that made the tables at once would find each other's; and changing to a journal does not wait."""
    file = os.open(folder / "opening.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


@contextmanager
def _errors_told(database: Database) -> Iterator[None]:
    """What only happens to a database that others share or that may not be written, as StorageError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raw = error.orig if isinstance(error, DBAPIError) else error
        name = getattr(raw, "sqlite_errorname", "")
        for beginning, reason in _REASONS.items():
            if name.startswith(beginning):
                raise StorageError(f"{database.path}: {reason} ({raw})") from error
        raise
