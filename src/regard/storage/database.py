"""One SQLite file: many readers, one writer at a time, and nothing left of what was deleted."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from regard.storage.errors import Corrupt, DiskFull, StorageError

_BUSY_SECONDS = 30.0
_SCRUB_SECONDS = 60.0
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
    "foreign_keys = ON",
    "temp_store = MEMORY",  # else rows of large statements would stand in files outside the data folder
)
# Quotas and limits of a file's size are "I/O errors while writing" to SQLite, not a full disk.
_FULL = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"})
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class Database:
    """The database of a data folder. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """path: the file; it is made, readable by its owner alone, if it is not there."""
        # SQLite gives the files that it puts beside the database the same permissions.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self.path = path
        self._reader = _engine(path, "BEGIN", ["query_only = ON"])
        self._writer = _engine(path, "BEGIN IMMEDIATE", [])
        self._turn = threading.Lock()
        self._writing_thread: int | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state from its first statement on, and cannot change it.

        Raises Corrupt for a damaged file.
        """
        with self._errors_told(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept, through a loss of power too, when the block ends without an exception.

        Others who write wait; those who read do not. Raises DiskFull, and then nothing was changed; Corrupt for a
        damaged file; StorageError in a thread that is writing already.
        """
        with self._alone(), self._errors_told(), self._writer.begin() as connection:
            yield connection

    def scrub(self) -> None:
        """Return once nothing that was deleted is left in the database or its journal.

        Waits for those who read an older state; raises StorageError if one has not finished after a minute.
        """
        with self._alone(), self._errors_told():
            deadline = time.monotonic() + _SCRUB_SECONDS
            while not self._is_journal_emptied():
                if time.monotonic() > deadline:
                    raise StorageError(f"{self.path} has been read for {_SCRUB_SECONDS:.0f} s without a pause")

    def close(self) -> None:
        """Close every connection; SQLite removes its journal then."""
        self._reader.dispose()
        self._writer.dispose()

    def _is_journal_emptied(self) -> bool:
        connection = self._writer.raw_connection()
        try:
            cursor = connection.cursor()
            # SQLite itself waits here for readers.
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_busy, _, _) = cursor.fetchall()[0]
            return not is_busy
        finally:
            connection.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._writing_thread == threading.get_ident():
            raise StorageError("this thread is writing already, and would wait for itself")
        with self._turn:
            self._writing_thread = threading.get_ident()
            try:
                yield
            finally:
                self._writing_thread = None

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            self._raise_ours(error.orig, error)
            raise
        except sqlite3.Error as error:
            self._raise_ours(error, error)
            raise

    def _raise_ours(self, raw: BaseException | None, error: Exception) -> None:
        name = getattr(raw, "sqlite_errorname", "")
        if name in _FULL:
            raise DiskFull(f"nothing more can be written to {self.path} ({raw}); disk or quota may be full") from error
        if name.startswith(_DAMAGED):
            raise Corrupt(f"{self.path} is damaged or not a database: {raw}") from error


def _engine(path: Path, begin: str, pragmas: list[str]) -> Engine:
    # Without an isolation level Python's module begins no transactions of its own, which would end at any DDL.
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS, "check_same_thread": False},
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: object) -> None:
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
