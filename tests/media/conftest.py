"""Watching what a piece of work touches."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


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
