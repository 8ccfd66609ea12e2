"""Logs that several tests read."""

import shutil
from pathlib import Path

import pytest

from tests.ledger.example_log import write_example


@pytest.fixture(scope="session")
def example_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of `example_log.py`; not to be changed."""
    folder = tmp_path_factory.mktemp("example") / "ledger"
    write_example(folder)
    return folder


@pytest.fixture
def example(example_log: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(example_log, tmp_path / "ledger"))
