"""Which file was read, and whether it stayed as it was."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from regard.media.video_errors import VideoError

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file at one moment."""

    sha256: str
    bytes: int
    _seen: tuple[int, int, int, int]

    def check(self, path: Path) -> None:
        """Raises VideoError where the file is another by now, or its content is."""
        try:
            if _seen(path) != self._seen or _sha256(path) != self.sha256:
                raise VideoError(f"{path} changed while it was read; nothing was written")
        except OSError as error:
            raise VideoError(f"{path} cannot be read any more: {error.strerror}") from error


def fingerprint(path: Path) -> Fingerprint:
    """Of a file as it is now. Raises VideoError where it cannot be read or is no file."""
    try:
        if path.is_dir():
            raise VideoError(f"{path} is a folder, not a video")
        seen = _seen(path)
        return Fingerprint(_sha256(path), path.stat().st_size, seen)
    except OSError as error:
        raise VideoError(f"{path} cannot be read: {error.strerror}") from error


def _seen(path: Path) -> tuple[int, int, int, int]:
    told = os.stat(path)
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
