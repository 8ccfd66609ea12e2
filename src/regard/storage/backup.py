"""One archive of everything in a data folder but the pictures in buckets, unless they are asked for.

The master key lies elsewhere and is in no backup; without it, a backup opens as little as the folder does.
"""

import errno
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from regard.storage.alone import held_alone
from regard.storage.backup_archive import ArchiveWriter
from regard.storage.backup_contents import JOBS_DATABASE, Contents, contents_of
from regard.storage.database import Database
from regard.storage.durable import sync_folder
from regard.storage.errors import DiskFull, StorageError
from regard.storage.open import DATABASE

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
Progress = Callable[[int, int], None]  # (bytes done, bytes in all)


@dataclass(frozen=True, slots=True)
class Made:
    """What `back_up` has written."""

    files: int
    size_bytes: int  # of the archive
    strangers: tuple[str, ...]  # names in the data folder that are not Regard's, and not in the archive


def back_up(folder: Path, out: Path, header: Mapping[str, Any], progress: Progress, *, has_buckets: bool) -> Made:
    """Write the archive `out`, which must not be there yet; whole, or not at all.

    header: JSON that the archive begins with. Raises DataFolderInUse where a server or a worker is at work, DiskFull,
    and StorageError for what can be neither read nor written; the data folder is not changed by any of them.
    """
    _refuse_place(folder, out)
    with held_alone(folder) as jobs, errors_told(out), _beside(out) as unfinished:
        if (folder / DATABASE).exists():
            _empty_journal(folder / DATABASE)
        contents = contents_of(folder, has_buckets=has_buckets)
        sources = {name: folder / name for name in contents.files}
        if jobs is not None:
            sources[JOBS_DATABASE] = unfinished / "jobs.sqlite"
            _snapshot(jobs, sources[JOBS_DATABASE])
        archive = unfinished / "archive"
        _write(archive, folder, contents, sources, header, progress)
        size_bytes = archive.stat().st_size
        archive.rename(out)
        sync_folder(out.parent)
    return Made(len(sources), size_bytes, contents.strangers)


@contextmanager
def errors_told(target: Path) -> Iterator[None]:
    """Turns errors of files into DiskFull and StorageError; those that name no file are about `target`."""
    try:
        yield
    except OSError as error:
        kind = DiskFull if error.errno in FULL else StorageError
        raise kind(f"{error.filename or target}: {error.strerror or error}") from error


def _refuse_place(folder: Path, out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise StorageError(f"{out} is there already; name another file")
    if not out.parent.is_dir():
        raise StorageError(f"there is no folder {out.parent}")
    if out.resolve().is_relative_to(folder.resolve()):
        raise StorageError(f"{out} lies in the data folder {folder}; name a file elsewhere")


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A private folder on the same disk, gone afterwards with what is left in it."""
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.unfinished-", dir=out.parent) as made:
        yield Path(made)


def _empty_journal(path: Path) -> None:
    """Has the database's file alone hold everything. Raises Corrupt, StorageError."""
    database = Database(path)
    try:
        with database.reading() as connection:
            connection.execute(text("SELECT count(*) FROM sqlite_master"))
    finally:
        database.close()  # the last to close it empties the journal and removes it
    journal = path.with_name(f"{path.name}-wal")
    if journal.exists() and journal.stat().st_size:
        raise StorageError(f"{journal} is still in use by a process that does not hold the lock of the folder")


def _snapshot(database: Database, target: Path) -> None:
    """A copy as of one moment, though others have the database open. Raises DiskFull."""
    with database.reading() as connection:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        try:
            with closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
        except sqlite3.OperationalError as error:
            raise DiskFull(f"{target} cannot be written: {error}") from error


def _write(
    archive: Path,
    folder: Path,
    contents: Contents,
    sources: Mapping[str, Path],
    header: Mapping[str, Any],
    progress: Progress,
) -> None:
    total, done = sum(source.stat().st_size for source in sources.values()), 0

    def on_bytes(more: int) -> None:
        nonlocal done
        done += more
        progress(done, total)

    with open(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        writer = ArchiveWriter(file, header, on_bytes)
        for name in contents.folders:
            writer.add_folder(name, folder / name)
        for name, source in sources.items():
            writer.add_file(name, source)
        writer.close()
        file.flush()
        os.fsync(file.fileno())
