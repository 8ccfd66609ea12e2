"""The child's side of `media/sandbox.py`: limits, the channel, and what becomes of an error.

Imports little, so that a child starts quickly.
"""

import contextlib
import os
import queue
import resource
import threading
import traceback
from multiprocessing.connection import Connection

from regard.media.sandbox_jobs import unpacked
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits

# First byte of what goes to the parent.
MESSAGE, WAITING, DONE, REFUSED, NO_MEMORY, FAILED = b"m", b"w", b"d", b"r", b"o", b"f"


class Channel:
    """Bytes to and from the parent. The child ends at once when the parent has gone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._received = 0
        self._queue: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, message: bytes) -> None:
        """To the parent; waits where the parent does not read."""
        self.tell(MESSAGE, message)

    def receive(self) -> bytes:
        """The parent's next message, however long that takes."""
        if self._queue.empty():
            self.tell(WAITING, self._received.to_bytes(8, "big"))
        message = self._queue.get()
        self._received += 1
        return message

    def is_empty(self) -> bool:
        """Whether `receive` would wait."""
        return self._queue.empty()

    def tell(self, kind: bytes, content: bytes) -> None:
        """Sends in the sandbox's own form."""
        try:
            self._connection.send_bytes(kind + content)
        except OSError:
            os._exit(1)

    def _listen(self) -> None:
        try:
            while True:
                self._queue.put(self._connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(1)


def main(descriptor: int) -> None:
    """Runs the job that the parent sends first."""
    connection = Connection(descriptor)
    job = connection.recv_bytes()
    channel = Channel(connection)
    try:
        target, arguments, limits = unpacked(job)
        _limit(limits)
        target(channel, *arguments)
        channel.tell(DONE, b"")
    except VideoError as error:
        channel.tell(REFUSED, str(error).encode())
    except MemoryError:
        channel.tell(NO_MEMORY, b"")
    except Exception as error:  # the process's edge; the parent logs it
        is_memory = "memory" in str(error).lower() or "map segment" in str(error)  # as OpenCV and the loader say it
        channel.tell(NO_MEMORY if is_memory else FAILED, traceback.format_exc().encode())
    os._exit(0)  # destructors of a damaged decoder are no longer of interest


def _limit(limits: VideoLimits) -> None:
    wanted = (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in wanted:
        _, hard = resource.getrlimit(kind)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS knows no limit of address space
            resource.setrlimit(kind, (value, value))
