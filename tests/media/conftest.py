"""Watching what a piece of work costs and touches."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _peak_bytes() -> int:
    [line] = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


@pytest.fixture
def peak_growth() -> Callable[[Callable[[], object]], int]:
    """How many bytes a call adds to this process's memory at its peak."""
    if not _RESET.exists():
        pytest.skip("only Linux tells a process's peak of memory")

    def grown(work: Callable[[], object]) -> int:
        _RESET.write_text("5")  # sets the peak to what is in use now
        before = _peak_bytes()
        work()
        return _peak_bytes() - before

    return grown


class Audit:
    """Hears Python's audit events. A hook cannot be taken away again, so there is one, which listens while asked to."""

    def __init__(self) -> None:
        self.is_on = False
        self.seen: list[tuple[str, Any]] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on:
            self.seen.append((event, arguments))


@pytest.fixture(scope="session")
def audit() -> Audit:
    return Audit()


@pytest.fixture
def audited(audit: Audit, tmp_path: Path) -> Iterator[list[tuple[str, Any]]]:
    """(event, arguments) of what happens during the test, in order."""
    del tmp_path  # made before the watch begins, since making it opens a file
    audit.seen.clear()
    audit.is_on = True
    yield audit.seen
    audit.is_on = False


class Contacts:
    """(host, port) of every address looked up or connected to."""

    def __init__(self, events: list[tuple[str, Any]]) -> None:
        self._events = events

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """In the order of the events."""
        for event, arguments in self._events:
            if event == "socket.connect":
                yield arguments[1][:2]
            elif event == "socket.getaddrinfo":
                yield arguments[:2]


@pytest.fixture
def contacted(audited: list[tuple[str, Any]]) -> Contacts:
    return Contacts(audited)
