"""Run by test_ledger_steps.py: kills a process that writes a log before each call of the system that changes the disk.

python -m tests.ledger.stepwise FOLDER

A process of its own, since it forks, which one with threads must not. Prints how many times it killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from regard.ledger.log import Ledger
from regard.ledger.notes import NoteSigner
from regard.ledger.reader import LogFiles
from tests.forked import Say, failure

SIGNER = NoteSigner("example.com/log", bytes(range(32)))
ENTRIES = [b"entry %d" % number for number in range(530)]
CALLS = ("open", "write", "fsync", "rename", "unlink", "mkdir", "ftruncate", "rmdir")
STEPS = (250, 3, 10, 257, 10)


def main(folder: Path) -> None:
    for step in count():
        log = folder / str(step)
        acknowledged = _run(log, step)
        if acknowledged is None:
            print(step)
            return
        for _ in range(2):
            ledger = Ledger.open(log, SIGNER)
            there = list(ledger.entries(0))
            assert there == ENTRIES[: len(there)], step
            assert len(there) >= acknowledged, (step, len(there), acknowledged)
            left = [path for path in log.rglob("*") if path.name.startswith(".")]
            assert left == [], (step, left)
            ledger.enqueue(ENTRIES[len(there) :][:7]).wait()
            ledger.close()
            assert list(LogFiles(log).entries()) == ENTRIES[: len(there) + 7], step


def _run(log: Path, step: int) -> int | None:
    """How many entries were acknowledged when the process was killed before its `step`th call; None if it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _write(log, step, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(child, 0)
    assert not any(line.startswith("FAILED") for line in lines), lines
    if os.waitstatus_to_exitcode(status) == 0:
        return None
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    return int(lines[-1]) if lines else 0


def _write(log: Path, step: int, pipe: int) -> None:
    write = os.write

    def say(line: str) -> None:
        write(pipe, f"{line}\n".encode())

    numbers = count()
    for name in CALLS:
        setattr(os, name, _deadly(getattr(os, name), numbers, step))
    try:
        _scenario(log, say)
    except BaseException:
        say(failure())
    finally:
        os._exit(0)


def _deadly(call: Callable[..., object], numbers: "count[int]", step: int) -> Callable[..., object]:
    def deadly(*args: object, **kwargs: object) -> object:
        if next(numbers) == step:
            if len(args) > 1 and isinstance(args[1], memoryview):
                call(args[0], args[1][: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)

    return deadly


def _scenario(log: Path, say: Say) -> None:
    ledger, start = Ledger.open(log, SIGNER), 0
    for number in STEPS:
        ledger.enqueue(ENTRIES[start : start + number]).wait()
        start += number
        say(str(start))
        ledger.publish()
    ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
