"""A log that threads write to."""

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

from regard.ledger.entries import canonical, new_id, parse
from regard.ledger.findings import Problem
from regard.ledger.log import Ledger
from regard.ledger.notes import NoteSigner
from regard.ledger.verifying import verify_log

SIGNER = NoteSigner("test-log", bytes(range(32)))


def entry_of(request: str, filler: int = 0) -> bytes:
    """An entry of that request, with so many more bytes."""
    told = {
        "principal": "local",
        "request": request,
        "account": "1",
        "region": "r",
        "details": {"filler": "x" * filler},
    }
    moment = "2026-11-23T22:10:01.123Z"
    return canonical({"v": 1, "id": new_id(), "act": "compare", "began": moment, "ended": moment, **told})


def request_of(entry: bytes) -> str:
    """The request that an entry is of."""
    return str(parse(entry)["request"])


def unexplained(folder: Path) -> list[Problem]:
    """What verification finds in a log that was killed, but for the group that it was writing."""
    return [one for one in verify_log(folder).problems if not one.what.startswith("from here on it is no group")]


def write_for_ever(folder: Path, label: str, threads: int, say: Callable[[str], None]) -> None:
    """Never returns. Publishes all the time. Entries are of requests `LABEL-THREAD-NUMBER`.

    say: called with `INDEX ENTRY` once that was acknowledged.
    """
    ledger = Ledger.open(folder, SIGNER)

    def write(thread: int) -> None:
        for number in itertools.count():
            entry = entry_of(f"{label}-{thread}-{number}", number * 37 % 600)
            say(f"{ledger.append(entry)} {entry.decode()}")

    for thread in range(threads):
        threading.Thread(target=write, args=(thread,), daemon=True).start()
    while True:
        ledger.publish()
        time.sleep(0.01)
