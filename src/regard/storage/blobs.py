"""Files of bytes with random names: crops, which are sealed before they come here."""

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from regard.storage.durable import sync_folder
from regard.storage.errors import Corrupt, DiskFull

_NAME = re.compile("[0-9a-f]{32}")
_UNFINISHED = ".unfinished"
_ZEROS = bytes(65536)


class Blobs:
    """One folder of blobs. Threads may share it; one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder, and removes what a killed process left unfinished."""
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.glob(f"*{_UNFINISHED}"):
            _overwrite_and_unlink(left)

    def put(self, data: bytes) -> str:
        """The new blob's name, once the blob survives a loss of power. Raises DiskFull and leaves nothing."""
        name = secrets.token_hex(16)
        unfinished = self._folder / (name + _UNFINISHED)
        with self._disk_full_told():
            try:
                with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.rename(self._folder / name)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise
            sync_folder(self._folder)
        return name

    def get(self, name: str) -> bytes:
        """The blob's bytes. Raises Corrupt where there is none of that name."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise Corrupt(f"{self._folder} lacks the blob {name}") from error

    def remove(self, names: Iterable[str]) -> None:
        """Overwrite and unlink the blobs; those already gone are passed over. Returns once the disk knows."""
        for name in names:
            _overwrite_and_unlink(self._path(name))
        sync_folder(self._folder)

    def names(self) -> set[str]:
        """Every blob there is."""
        return {entry.name for entry in os.scandir(self._folder) if _NAME.fullmatch(entry.name)}

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Corrupt(f"{name!r} is not the name of a blob")
        return self._folder / name

    @contextmanager
    def _disk_full_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise DiskFull(f"nothing more can be written to {self._folder}: {error.strerror}") from error
            raise


def _overwrite_and_unlink(path: Path) -> None:
    try:
        with path.open("r+b", buffering=0) as file:
            for start in range(0, path.stat().st_size, len(_ZEROS)):
                file.write(_ZEROS[: path.stat().st_size - start])
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
