"""Runs a function that reads a hostile file in a process of its own, which may crash, hang or fill its memory alone.

    with Child(read_it, path, limits=limits, about=path.name) as child:
        child.send(b"...")
        for message in child.messages():
            ...

The function is a top-level one and gets a `Channel` (`media/sandbox_child.py`) first. What the child sends is bytes and
never unpickled. A child ends with its parent, and with `close`.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import NoReturn

from regard.media.sandbox_child import DONE, FAILED, MESSAGE, NO_MEMORY, REFUSED, WAITING
from regard.media.sandbox_jobs import packed
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from regard.media.sandbox_child import main; main(int(sys.argv[1]))"
)
_LONGEST_MESSAGE = 64 << 20
_KEPT_OF_STDERR = 4000
_GIB = 1 << 30
# A child needs nothing of the server's environment. More arenas and threads would only use up its address space.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}

_log = logging.getLogger(__name__)


class Child:
    """A child process at work. One thread at a time may receive, and one may send."""

    def __init__(
        self, target: Callable[..., None], *args: object, limits: VideoLimits, about: str, files: Sequence[int] = ()
    ) -> None:
        """target: a top-level function, called in the child as `target(channel, *args)`; args: as `packed` takes them.

        about: what it is at, such as a file's name, for messages. files: descriptors that the child inherits, under
        the same numbers. Raises VideoError where no process can be started.
        """
        self._limits, self._about = limits, about
        self._sent, self._child_waits = 0, False
        self._error: VideoError | None = None
        self._is_done = False
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed in `close`
        ours, theirs = socket.socketpair()
        with theirs:
            self._connection = Connection(ours.detach())
            self._process = self._started(theirs, files)
        self._put(packed(target, args, limits))

    def __enter__(self) -> "Child":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the child, whatever it is doing."""
        self.close()

    @property
    def pid(self) -> int:
        """Of the child's process."""
        return self._process.pid

    def send(self, message: bytes) -> None:
        """Sends bytes; never waits long, since the child reads all the time. That it died is told by `receive`."""
        self._sent += 1
        self._put(message)

    def receive(self) -> bytes | None:
        """The child's next message; None when its function has returned.

        Raises VideoError where the function did, where the child died, and where it has said nothing for
        `limits.patience_seconds` though it was not waiting for a message.
        """
        while True:
            if self._error is not None:
                raise self._error
            if self._is_done:
                return None
            kind, content = self._heard()
            if kind == MESSAGE:
                return content
            if kind == WAITING:
                self._child_waits = int.from_bytes(content, "big") == self._sent
            elif kind == DONE:
                self._is_done = True
            else:
                self._fail(self._told(kind, content))

    def messages(self) -> Iterator[bytes]:
        """What the child sends until its function returns; raises as `receive`."""
        while (message := self.receive()) is not None:
            yield message

    def kill(self) -> None:
        """Ends the child; a `receive` that waits in another thread raises VideoError."""
        self._process.kill()

    def close(self) -> None:
        """Ends the child, where it has not ended, and frees what belonged to it."""
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._stderr.close()

    def _started(self, theirs: socket.socket, files: Sequence[int]) -> "subprocess.Popen[bytes]":
        environment = _ENVIRONMENT | {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        try:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(theirs.fileno()), json.dumps(sys.path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                pass_fds=(theirs.fileno(), *files),
                env=environment,
                start_new_session=True,  # Ctrl-C is the parent's to handle
            )
        except OSError as error:
            self._connection.close()
            raise VideoError(f"No process can be started for {self._about}: {error.strerror}") from error

    def _put(self, message: bytes) -> None:
        with contextlib.suppress(OSError):  # it has died; `receive` says of what
            self._connection.send_bytes(message)
        self._child_waits = False

    def _heard(self) -> tuple[bytes, bytes]:
        try:
            self._await()
            content = self._connection.recv_bytes(_LONGEST_MESSAGE)
        except (EOFError, ConnectionError):
            self._fail(self._died())
        except OSError as error:  # what came is no message, or too long
            self.kill()
            self._fail(VideoError(f"{self._about} cannot be processed: its process is not to be understood ({error})"))
        return content[:1], content[1:]

    def _await(self) -> None:
        patience = self._limits.patience_seconds
        deadline = time.monotonic() + patience
        while not self._connection.poll(1.0):
            if self._child_waits:
                deadline = time.monotonic() + patience
            elif time.monotonic() > deadline:
                self.kill()
                self._fail(VideoError(f"{self._about} was given up: no progress for {patience:,.0f} seconds"))

    def _fail(self, error: VideoError) -> NoReturn:
        self._error = error
        raise error

    def _told(self, kind: bytes, content: bytes) -> VideoError:
        text = content.decode(errors="replace")
        if kind == REFUSED:
            return VideoError(text)
        if kind == NO_MEMORY:
            return self._out_of_memory()
        if kind == FAILED:
            _log.error("The process for %s failed:\n%s", self._about, text)
        return VideoError(
            f"{self._about} cannot be processed: {text.strip().splitlines()[-1] if text else 'no reason'}"
        )

    def _out_of_memory(self) -> VideoError:
        limit = self._limits.address_space_bytes / _GIB
        return VideoError(f"{self._about} needs more memory than the limit of {limit:.1f} GiB")

    def _died(self) -> VideoError:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - _KEPT_OF_STDERR))
        said = self._stderr.read().decode(errors="replace")
        _log.error("The process for %s ended with %s: %s", self._about, code, said)
        if "bad_alloc" in said or "MemoryError" in said:
            return self._out_of_memory()
        if code >= 0:
            return VideoError(f"{self._about} cannot be processed: its process ended with the code {code}")
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        meaning = {"SIGKILL": ", stopped from outside or for want of memory", "SIGABRT": ", perhaps for want of memory"}
        return VideoError(f"{self._about} cannot be processed: its process crashed ({name}{meaning.get(name, '')})")
