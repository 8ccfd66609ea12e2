"""Servers that several rooms share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.service import Service, running


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server without access keys, with Amazon's limits."""
    with running(tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture(scope="session")
def relaxed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server without access keys, with wide limits."""
    with running(tmp_path_factory.mktemp("relaxed"), limits="relaxed") as made:
        yield made


@pytest.fixture(scope="session")
def client(service: Service) -> Any:
    return service.client()


@pytest.fixture(scope="session")
def buckets(service: Service) -> Path:
    return service.settings.buckets
