"""A data folder with jobs, and `regard jobs` beside whoever works on them."""

import json
import time
from pathlib import Path
from typing import Any

from sqlalchemy import update
from typer.testing import CliRunner

from regard.cli.main import app
from regard.storage import job_schema
from tests.jobs.job_room import JobRoom


class Place(JobRoom):
    """A data folder whose jobs the test works on, under the lock of a server, and the command beside it."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / "jobs")
        self.data = data

    def clock(self) -> int:
        """The machine's, which the command goes by."""
        return time.time_ns() // 1_000_000

    def run(self, *arguments: str) -> Any:
        """What `regard jobs` does and says."""
        return CliRunner().invoke(app, ["jobs", *arguments, "--data", str(self.data)])

    def json(self, *arguments: str) -> Any:
        """What it says as JSON."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def plan_earlier(self, seconds: int) -> None:
        """As if the walks had been planned so long ago."""
        with self.store.writing() as connection:
            connection.execute(update(job_schema.walks).values(planned_ms=self.clock() - 1000 * seconds))


def rows(shown: str) -> list[list[str]]:
    """The cells of a table."""
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if line.startswith("│")]
