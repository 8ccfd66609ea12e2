"""Memory that two processes share, in slots that are used in turn. It has no name, so nothing can be left behind."""

import contextlib
import fcntl
import mmap
import os
import tempfile

import numpy as np
from numpy.typing import NDArray


class SharedRing:
    """Slots for (H, W, 3) uint8 images. The parent makes it before the child and sizes it when it knows the size."""

    def __init__(self, descriptor: int | None = None) -> None:
        """descriptor: of the ring that another process made; None makes one."""
        self.descriptor = _nameless_file() if descriptor is None else descriptor
        self._slots: list[NDArray[np.uint8]] = []

    def allot(self, slots: int, width: int, height: int) -> None:
        """Makes room, in the process that made the ring; afterwards nobody can change its size."""
        os.ftruncate(self.descriptor, slots * width * height * 3)
        with contextlib.suppress(OSError, AttributeError):  # a temporary file, where there is no memfd, has no seals
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        self.attach(slots, width, height)

    def attach(self, slots: int, width: int, height: int) -> None:
        """Maps the room that was made."""
        memory = mmap.mmap(self.descriptor, slots * width * height * 3)
        self._slots = list(np.frombuffer(memory, np.uint8).reshape(slots, height, width, 3))

    def slot(self, number: int) -> NDArray[np.uint8]:
        """The slot that is the turn of picture `number`."""
        return self._slots[number % len(self._slots)]

    def close(self) -> None:
        """Closes the file; images that are still held stay readable."""
        self._slots = []
        with contextlib.suppress(OSError):
            os.close(self.descriptor)


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("regard-frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
