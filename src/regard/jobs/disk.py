"""How much of the disk jobs take: the media of those at work, their rows, and results."""

import os
import threading
import time
from pathlib import Path

from regard.errors import LimitExceeded

_FRESH_SECONDS = 5.0
_PAUSE = 100  # times as long as measuring took, however many files there are


class JobDisk:
    """The folder of jobs and its quota. Threads may share it."""

    def __init__(self, folder: Path, most_bytes: int | None) -> None:
        """most_bytes: None means no quota."""
        self._folder, self._most_bytes = folder, most_bytes
        self._lock = threading.Lock()
        self._used_bytes, self._next_measure = 0, 0.0

    def has_room(self) -> bool:
        """Whether something more may be begun, as far as the last measure of some seconds ago knows."""
        self.measure()
        return self._most_bytes is None or self._used_bytes < self._most_bytes

    def check(self) -> None:
        """Raises LimitExceeded where nothing more may be begun."""
        if not self.has_room():
            raise LimitExceeded(
                f"Jobs and their results take {self._used_bytes:,} bytes of the disk; the limit is "
                f"{self._most_bytes:,} (REGARD_JOB_DISK). Results go seven days after their jobs ended"
            )

    def measure(self) -> None:
        """Looks again where there is a quota and the last time was some seconds ago."""
        with self._lock:
            if self._most_bytes is not None and time.monotonic() >= self._next_measure:
                began = time.monotonic()
                self._used_bytes = tree_bytes(self._folder)
                ended = time.monotonic()
                self._next_measure = ended + max(_FRESH_SECONDS, _PAUSE * (ended - began))


def tree_bytes(folder: Path) -> int:
    """Of all files below `folder`; those that go away meanwhile count for nothing."""
    try:
        with os.scandir(folder) as entries:
            return sum(map(_entry_bytes, entries))
    except FileNotFoundError:
        return 0


def _entry_bytes(entry: "os.DirEntry[str]") -> int:
    try:
        if entry.is_dir(follow_symlinks=False):
            return tree_bytes(Path(entry.path))
        return 0 if entry.is_symlink() else entry.stat().st_size
    except FileNotFoundError:
        return 0
