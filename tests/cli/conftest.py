"""A data folder with jobs for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.storage.lock import DataLock
from tests.cli.job_place import Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.delenv("REGARD_DATA", raising=False)
    (tmp_path / "data").mkdir()
    lock = DataLock(tmp_path / "data")
    made = Place(tmp_path / "data")
    yield made
    made.store.close()
    lock.release()
