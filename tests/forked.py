"""A process that is forked, so that it starts at once, and killed.

Only for programs of their own without threads: a fork keeps of a process with threads only the one that forked.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable

Say = Callable[[str], None]


def lines_until_killed(act: Callable[[Say], None], seconds: float, after_lines: int = 0) -> list[str]:
    """What `act` said, a line at a time, in a process of its own that is killed with SIGKILL after so many seconds.

    after_lines: the time begins when it has said so many, and not with the process.
    Fails where that process ended by itself; its last line says why then.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _act(act, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        first = "".join(pipe.readline() for _ in range(after_lines))
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        lines = (first + pipe.read()).splitlines()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, lines[-1]
    return lines


def _act(act: Callable[[Say], None], writing: int) -> None:
    def say(line: str) -> None:
        os.write(writing, f"{line}\n".encode())  # whole, since it is less than a pipe's buffer

    try:
        act(say)
    except BaseException:
        say(failure())
    finally:
        os._exit(1)


def failure() -> str:
    """The exception at hand in one line."""
    return "FAILED " + traceback.format_exc().replace("\n", " | ")
