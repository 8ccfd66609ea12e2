"""A room of jobs for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.job_room import JobRoom


@pytest.fixture
def room(tmp_path: Path) -> Iterator[JobRoom]:
    """Jobs in a folder of their own."""
    made = JobRoom(tmp_path / "jobs")
    yield made
    made.store.close()
