"""Servers that see drawn people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.operations.drawn_people import Room, serving


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A server that tests share, each with collections of its own. Nobody moves its clock."""
    with serving(tmp_path_factory.mktemp("drawn")) as made:
        yield made


@pytest.fixture
def own_room(tmp_path: Path) -> Iterator[Room]:
    """A server of one test alone."""
    with serving(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def client(room: Room) -> Any:
    """A boto3 client of the shared server."""
    return room.client
