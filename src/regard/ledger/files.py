"""Files that appear whole or not at all, and survive a loss of power."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from regard.ledger.errors import LedgerError, LedgerFull

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_UNFINISHED = ".new-"


class DurableFiles:
    """Writes files in a folder and the folders in it. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder, unless it is there. Raises OSError."""
        self.folder = folder
        self._numbers = count()
        self._unsynced: set[Path] = set()
        self.make(folder)

    def remove_unfinished(self) -> None:
        """Removes what a crash left half written. Raises OSError."""
        for left in self.folder.glob(f"{_UNFINISHED}*"):
            left.unlink()

    def make(self, folder: Path) -> None:
        """Makes a folder and those above it; durable after `sync`. Raises OSError."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for made in reversed(missing):
            made.mkdir(mode=0o700)
            self._unsynced.add(made.parent)

    def write(self, path: str, data: bytes) -> None:
        """The whole file, or none; its name is durable after `sync`. Raises OSError."""
        target = self.folder / path
        self.make(target.parent)
        # Unfinished files stand in the folder itself, so that opening finds them without walking through all tiles.
        unfinished = self.folder / f"{_UNFINISHED}{next(self._numbers)}"
        try:
            _write_whole(unfinished, data)
            unfinished.rename(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        self._unsynced.add(target.parent)

    def sync(self) -> None:
        """Makes durable what names there are in the folders written to. Raises OSError."""
        for folder in sorted(self._unsynced, reverse=True):
            sync_folder(folder)
            self._unsynced.discard(folder)


def sync_folder(folder: Path) -> None:
    """Return once names made, changed or removed in `folder` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Writes all of `data` where the file stands. Raises OSError, after which some of it may have been written."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


@contextmanager
def failures(what: str) -> Iterator[None]:
    """Turns OSError into LedgerFull, where there was no room, or LedgerError."""
    try:
        yield
    except OSError as error:
        kind = LedgerFull if error.errno in FULL else LedgerError
        raise kind(f"could not {what}: {error}") from error


def _write_whole(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
