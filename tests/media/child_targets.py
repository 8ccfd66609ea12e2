"""What the tests of the sandbox let a child do."""

import ctypes
import os
import socket
import time

from regard.media.sandbox_child import Channel
from regard.media.video_errors import VideoError


def echo(channel: Channel, times: int) -> None:
    for _ in range(times):
        channel.send(channel.receive())


def crash(channel: Channel) -> None:
    channel.send(b"before")
    ctypes.string_at(0)


def sleep_for_ever(channel: Channel) -> None:
    channel.send(b"asleep")
    time.sleep(600)


def wait_for_ever(channel: Channel) -> None:
    channel.receive()


def fill_memory(channel: Channel) -> None:
    kept = [bytearray(1 << 30) for _ in range(100)]
    channel.send(str(len(kept)).encode())


def refuse(channel: Channel, text: str) -> None:
    raise VideoError(text)


def fail(channel: Channel) -> None:
    raise ZeroDivisionError("by nothing")


def leave(channel: Channel) -> None:
    os._exit(7)


def tell_environment(channel: Channel) -> None:
    channel.send("\n".join(sorted(os.environ)).encode())


def flood(channel: Channel) -> None:
    channel.send(bytes(65 << 20))


def tell_open_sockets(channel: Channel) -> None:
    """How many sockets the child has, besides its own to the parent."""
    open_ones = 0
    for descriptor in range(3, 100):
        try:
            socket.socket(fileno=os.dup(descriptor)).close()
            open_ones += 1
        except OSError:
            continue
    channel.send(str(open_ones - 1).encode())
