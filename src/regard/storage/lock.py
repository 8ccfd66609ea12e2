"""One process at a time on a data folder."""

import fcntl
import os
from pathlib import Path

from regard.storage.errors import DataFolderInUse, StorageError


class DataLock:
    """Held from making to `release`, or to the end of the process however it ends: the kernel lets go of it."""

    def __init__(self, folder: Path) -> None:
        """Raises DataFolderInUse, which names the folder and the process that holds it.

        StorageError for a folder that is not there or cannot be written.
        """
        try:
            self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                self._take(folder)
            except BaseException:
                os.close(self._file)
                raise
        except OSError as error:
            raise StorageError(f"the data folder {folder} cannot be written: {error.strerror}") from error

    def release(self) -> None:
        """Let the next process in. The file stays: removing it would let two processes lock two files."""
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def _take(self, folder: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            # Empty in the moment between the holder's lock and its writing who it is.
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise DataFolderInUse(f"the data folder {folder} is in use by process {holder}; stop that first") from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
