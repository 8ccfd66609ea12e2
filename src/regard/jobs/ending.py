"""The end of a job: its final state and the notices of it, in one transaction, once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from regard.jobs.notices import NoticePlace, notice_id
from regard.jobs.records import Job, JobState
from regard.jobs.rows import JOB_ROWS, NOT_ENDED, job_of, to_json
from regard.storage.job_schema import jobs, notices, steps, walks

Places = Callable[[Job], Sequence[NoticePlace]]
"""Who is told of a job's end. It is asked within the transaction, so it must not block."""


def end_job(
    connection: Connection,
    key: int,
    state: JobState,
    now_ms: int,
    places: Places,
    *,
    message: str = "",
    is_parked: bool = False,
    outcome: Mapping[str, Any] | None = None,
) -> bool:
    """Whether the job had not ended, and so has ended now. Within `JobStore.writing`."""
    ended = {"state": state, "ended_ms": now_ms, "message": message, "is_parked": is_parked}
    done = connection.execute(
        update(jobs).where(jobs.c.key == key, NOT_ENDED).values(**ended, outcome=to_json(outcome or {}))
    )
    if not done.rowcount:
        return False
    job = job_of(connection.execute(JOB_ROWS.where(jobs.c.key == key)).one())
    retries = connection.execute(select(jobs.c.retries).where(jobs.c.key == key)).scalar_one()
    # A job that is done once more after its end has another end to tell of.
    end = job.id if not retries else f"{job.id} {retries}"
    for place in places(job):
        connection.execute(insert(notices).values(_notice(key, notice_id(end, place), place, now_ms)))
    return True


def end_walk(connection: Connection, key: int, now_ms: int) -> None:
    """Nobody takes a step of it any more; those who are at one hear of that."""
    connection.execute(update(walks).where(walks.c.key == key, walks.c.ended_ms.is_(None)).values(ended_ms=now_ms))
    connection.execute(delete(steps).where(steps.c.walk_key == key, steps.c.state != "taken"))


def _notice(key: int, notice: str, place: NoticePlace, now_ms: int) -> dict[str, Any]:
    return {
        "id": notice,
        "job_key": key,
        "channel": place.channel,
        "target": place.target,
        "body": place.body,
        "state": "waiting",
        "attempts": 0,
        "due_ms": now_ms,
        "error": "",
    }
