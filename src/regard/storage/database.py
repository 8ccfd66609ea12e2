"""One SQLite file: many readers, one writer at a time, and nothing left of what was deleted."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from regard.storage.errors import Corrupt, DiskFull, StorageError
from regard.storage.leftovers import every_page, overwrite_unallocated, page_bytes, pages_in_journal

_BUSY_SECONDS = 30.0
_SCRUB_SECONDS = 60.0
_LONG_JOURNAL_BYTES = 4_194_304  # SQLite's own measure: 1,000 pages
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
    "foreign_keys = ON",
    "wal_autocheckpoint = 0",
    f"journal_size_limit = {_LONG_JOURNAL_BYTES}",
    "temp_store = MEMORY",  # else rows of large statements would stand in files outside the data folder
)
# SQLite keeps a number for its user in the file's header, `user_version`. Ours says whether every page was scrubbed.
_IN_USE, _SCRUBBED = 0, 1
# Quotas and limits of a file's size are "I/O errors while writing" to SQLite, not a full disk.
_FULL = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"})
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")

Follower = Callable[[], Callable[[], object]]


class Database:
    """The database of a data folder. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """path: the file; it is made, readable by its owner alone, if it is not there."""
        # SQLite gives the files that it puts beside the database the same permissions.
        # This one stays open: closing any descriptor of the file would drop the locks that SQLite has on it.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.path = path
        self._journal = path.with_name(f"{path.name}-wal")
        self._changed: set[int] = set()  # pages since the last scrub
        self._reader = _engine(path, "BEGIN", ["query_only = ON"])
        self._writer = _engine(path, "BEGIN IMMEDIATE", [])
        self._turn = threading.Lock()
        self._writing_thread: int | None = None
        self._followers: list[Follower] = []

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
        # Each end is called, though another may fail: its change is kept as theirs are.
        with ExitStack() as ends, self._alone(), self._errors_told():
            self._followers = []
            with self._writer.begin() as connection:
                yield connection
            for follow in self._followers:
                ends.callback(follow())
            self._keep_journal_short()

    def after_commit(self, follow: Follower) -> None:
        """Within `writing`: have `follow` called when its changes are kept, before anybody else writes.

        It has to be quick and must not fail; what it returns is called when others may write, and may be slow and fail.
        Nothing is called where the changes are not kept.
        """
        assert self._writing_thread == threading.get_ident(), "only who writes can ask for this"
        self._followers.append(follow)

    def scrub(self) -> None:
        """Return once nothing that was deleted is left in the database or its journal.

        Waits for those who read an older state; raises StorageError if one has not finished after a minute.
        """
        with self._alone(), self._errors_told():
            self._note_changes()
            if self._changed:
                self._scrub(self._changed)

    def begin_use(self) -> None:
        """Scrub all of it if the process that had it before did not come to `end_use`.

        To be called once the database is known to be ours; until then nothing in it is changed.
        """
        with self._alone(), self._errors_told():
            if self._mark() != _SCRUBBED:
                self._scrub(every_page(self._file))
            self._set_mark(_IN_USE)

    def end_use(self) -> None:
        """Scrub, and leave a mark that this was done. Raises what `scrub` raises."""
        self.scrub()
        with self._alone(), self._errors_told():
            self._set_mark(_SCRUBBED)

    def close(self) -> None:
        """Close every connection; SQLite removes its journal then."""
        self._reader.dispose()
        self._writer.dispose()
        os.close(self._file)

    def _scrub(self, pages: Iterable[int]) -> None:
        deadline = time.monotonic() + _SCRUB_SECONDS
        # SQLite itself waits here, for as long as it waits for any lock.
        while self._is_kept_from("TRUNCATE"):
            if time.monotonic() > deadline:
                raise StorageError(f"{self.path} has been read for {_SCRUB_SECONDS:.0f} s without a pause")
        overwrite_unallocated(self._file, pages)
        # Its cache still has what was overwritten, and would write it again with the next change of the page.
        self._writer.dispose()
        self._changed.clear()

    def _keep_journal_short(self) -> None:
        """What SQLite does by itself otherwise, without the pages having been noted."""
        if self._journal.stat().st_size > _LONG_JOURNAL_BYTES:
            self._note_changes()
            # What was written is safe in the journal; where there is no room, it stays there until there is.
            with suppress(sqlite3.OperationalError):
                self._is_kept_from("PASSIVE")

    def _note_changes(self) -> None:
        self._changed |= pages_in_journal(self._journal, page_bytes(self._file))

    def _is_kept_from(self, checkpoint: str) -> bool:
        """Runs a checkpoint. Whether somebody who reads kept it from its end."""
        ((is_busy, _, _),) = self._pragma(f"wal_checkpoint({checkpoint})")
        return bool(is_busy)

    def _mark(self) -> int:
        ((mark,),) = self._pragma("user_version")
        return int(mark)

    def _set_mark(self, mark: int) -> None:
        self._pragma(f"user_version = {mark}")

    def _pragma(self, pragma: str) -> list[tuple[int, ...]]:
        """Runs it outside of any transaction."""
        connection = self._writer.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            return [tuple(row) for row in cursor.fetchall()]
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
