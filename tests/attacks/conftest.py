"""The servers that are attacked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.attacked import KEYS
from tests.server.service import Service, running


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server without access keys."""
    with running(tmp_path_factory.mktemp("attacked")) as made:
        yield made


@pytest.fixture(scope="session")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that asks for signatures."""
    folder = tmp_path_factory.mktemp("keyed")
    (folder / "keys").write_text(KEYS)
    (folder / "keys").chmod(0o600)
    with running(folder / "data", access_keys=folder / "keys") as made:
        yield made


@pytest.fixture
def buckets(service: Service) -> Path:
    """The folder of buckets, which lies in the data folder of a server without keys."""
    return service.settings.buckets
