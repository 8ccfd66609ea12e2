"""What bench/job_faults.py sees in the database of jobs, beside the product: every end, though it were undone later."""

import sqlite3
import time
from collections import Counter
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

# The database itself notes each end, each notice that is put down, and each step that a dead worker has left.
_NOTES = """
CREATE TABLE seen (what TEXT, job TEXT);
CREATE TRIGGER end_seen AFTER UPDATE OF state ON jobs WHEN new.ended_ms IS NOT NULL
  BEGIN INSERT INTO seen VALUES ('end', new.id); END;
CREATE TRIGGER notice_seen AFTER INSERT ON notices
  BEGIN INSERT INTO seen SELECT 'notice', id FROM jobs WHERE key = new.job_key; END;
CREATE TRIGGER loss_seen AFTER UPDATE OF state ON steps
  WHEN old.state = 'taken' AND new.state = 'ready' AND new.error LIKE '%ended in the middle'
  BEGIN INSERT INTO seen VALUES ('loss', new.stage); END;
"""
_PAUSE_SECONDS = 0.1


class Witness:
    """Reads the database of a data folder whose server has been ready once."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "jobs"
        with closing(sqlite3.connect(self._folder / "jobs.sqlite", timeout=60)) as database:
            database.executescript(_NOTES)

    def wait_for_ends(self, ids: Collection[str], seconds: float) -> None:
        """Until these jobs have ended. Raises RuntimeError where they take longer."""
        end = time.monotonic() + seconds
        while left := set(ids) & {row[0] for row in self._rows("SELECT id FROM jobs WHERE ended_ms IS NULL")}:
            if time.monotonic() > end:
                raise RuntimeError(f"{len(left)} jobs have not ended after {seconds:.0f} s")
            time.sleep(_PAUSE_SECONDS)

    def wait_for_rest(self, seconds: float) -> bool:
        """Whether within that time all notices have left and the files of all walks have gone."""
        end = time.monotonic() + seconds
        while self._is_busy():
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE_SECONDS)
        return True

    def job_ids(self) -> list[str]:
        """Of all jobs that there are."""
        return [row[0] for row in self._rows("SELECT id FROM jobs")]

    def seen(self, what: str) -> Counter[str]:
        """How often each job ended ("end") or got a notice ("notice"), and a step of each stage was lost ("loss")."""
        return Counter(row[0] for row in self._rows("SELECT job FROM seen WHERE what = ?", what))

    def is_sound(self) -> bool:
        """Whether the database is whole, as SQLite sees it."""
        return self._rows("PRAGMA integrity_check") == [("ok",)]

    def files(self, job_id: str) -> dict[str, bytes]:
        """The files of a result, by name."""
        folder = self._folder / "results" / job_id
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def _is_busy(self) -> bool:
        waiting = self._rows("SELECT key FROM notices WHERE state = 'waiting' LIMIT 1")
        return bool(waiting or self._rows("SELECT key FROM steps LIMIT 1")) or any((self._folder / "walks").iterdir())

    def _rows(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self._folder / "jobs.sqlite", timeout=60)) as database:
            return database.execute(statement, values).fetchall()
