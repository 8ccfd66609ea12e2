"""What went wrong on the way, for whoever looks at a job: steps of its walk that were tried more than once."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import or_, select

from regard.jobs.records import Stage
from regard.storage.job_schema import jobs, steps
from regard.storage.job_store import JobStore


@dataclass(frozen=True, slots=True)
class Trial:
    """One step that did not go well at its first attempt."""

    stage: Stage
    number: int  # of the chunk, from 0; -1 for the plan
    attempts: int
    is_done: bool
    error: str  # of the last attempt that failed; "" where its worker only died


def trials_of(store: JobStore, job_id: str) -> list[Trial]:
    """In the order of the steps; none for a job without a walk. Raises StorageError."""
    chosen = (
        select(steps)
        .join(jobs, jobs.c.walk_key == steps.c.walk_key)
        .where(jobs.c.id == job_id, or_(steps.c.attempts > 1, steps.c.error != ""))
        .order_by(steps.c.number)
    )
    with store.reading() as connection:
        return [
            Trial(cast(Stage, row.stage), row.number, row.attempts, row.state == "done", row.error)
            for row in connection.execute(chosen)
        ]
