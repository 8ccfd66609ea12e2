"""A file for each worker, locked while its process lives: the kernel lets go of it however the process ends."""

import fcntl
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

_LOCK = ".lock"
_NEW = ".new"
_STALE_SECONDS = 3600.0


class WorkerLock:
    """One worker's sign that its process lives, from making to `release`."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self.id = secrets.token_hex(16)
        self._path = folder / f"{self.id}{_LOCK}"
        new = folder / f"{self.id}{_NEW}"
        # Held before it has its name: nobody finds it free.
        self._file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.write(self._file, f"{os.getpid()}\n".encode())
        new.rename(self._path)

    def release(self) -> None:
        """The worker counts as dead from now on."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def is_dead(folder: Path, worker: str) -> bool:
    """Whether the process of the worker of that id has ended."""
    return _is_free(folder / f"{worker}{_LOCK}")


def remove_dead(folder: Path) -> None:
    """Removes the files of workers that have ended."""
    for path in folder.glob(f"*{_LOCK}"):
        if _is_free(path):
            path.unlink(missing_ok=True)
    for path in folder.glob(f"*{_NEW}"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _STALE_SECONDS:
                path.unlink()


def _is_free(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        # Shared, so that two who look at once do not take each other for the worker.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True
