"""What becomes of a step that went wrong: another attempt after a while, and in the end its walk is given up."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from regard.jobs.ending import Places, end_job, end_walk
from regard.jobs.rows import NOT_ENDED
from regard.storage.job_schema import jobs, steps


@dataclass(frozen=True, slots=True)
class StepRules:
    """How long a step is tried, and when its worker counts as gone."""

    most_attempts: int = 3
    waits_ms: tuple[int, ...] = (2_000, 10_000)  # before the second attempt, the third; the last for those behind
    most_silence_ms: int = 60_000  # of a worker at a step, though its process lives


@dataclass(frozen=True, slots=True)
class Failing:
    """The rules at one moment. All within one transaction."""

    rules: StepRules
    places: Places
    now_ms: int

    def fail_attempt(self, connection: Connection, step: Row[Any], reason: str, waits: bool = True) -> None:
        """The attempt at hand failed. waits: False to have the next one at once.

        step: a row of `steps`, taken; who gives it makes sure that it is still the one at hand.
        """
        if step.attempts >= self.rules.most_attempts:
            self._give_up(connection, step.walk_key, f"given up after {step.attempts} attempts: {reason}")
            connection.execute(update(steps).where(steps.c.key == step.key).values(state="done", worker=None))
            return
        wait_ms = self.rules.waits_ms[min(step.attempts, len(self.rules.waits_ms)) - 1] if waits else 0
        again = {"state": "ready", "worker": None, "share": 0, "due_ms": self.now_ms + wait_ms, "error": reason}
        connection.execute(update(steps).where(steps.c.key == step.key).values(again))

    def fail_walk(self, connection: Connection, walk_key: int, message: str, is_parked: bool = False) -> None:
        """All jobs of the walk have failed."""
        for key in self._jobs(connection, walk_key):
            end_job(connection, key, "failed", self.now_ms, self.places, message=message, is_parked=is_parked)
        end_walk(connection, walk_key, self.now_ms)

    def _give_up(self, connection: Connection, walk_key: int, message: str) -> None:
        """One of several jobs may have brought the others down: each is tried alone then."""
        mine = self._jobs(connection, walk_key)
        if len(mine) < 2:
            self.fail_walk(connection, walk_key, message, is_parked=True)
            return
        alone = {"state": "queued", "is_alone": True, "started_ms": None, "walk_key": None}
        connection.execute(update(jobs).where(jobs.c.key.in_(mine)).values(alone))
        end_walk(connection, walk_key, self.now_ms)

    def _jobs(self, connection: Connection, walk_key: int) -> list[int]:
        mine = select(jobs.c.key).where(jobs.c.walk_key == walk_key, NOT_ENDED).order_by(jobs.c.key)
        return list(connection.execute(mine).scalars())
