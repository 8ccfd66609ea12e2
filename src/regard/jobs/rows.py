"""Rows of the database of jobs as records, and back."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, and_, select

from regard.jobs.records import ENDED, Job, Media, NewJob, Notice, Stage, Step, Walk
from regard.storage.job_schema import jobs, notices, walks

_WALK = (walks.c.facts, walks.c.chunks, walks.c.done_chunks, walks.c.planned_ms)
JOB_ROWS: Select[Any] = select(jobs, *_WALK).select_from(jobs.outerjoin(walks, jobs.c.walk_key == walks.c.key))
"""What `job_of` wants to be given, for a `where` to be added."""
NOTICE_ROWS: Select[Any] = select(notices, jobs.c.id.label("job_id")).select_from(notices.join(jobs))
"""What `notice_of` wants to be given."""
NOT_ENDED = jobs.c.state.not_in(ENDED)


def to_json(value: Any) -> str:
    """The same text for the same value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def digest_of(new: NewJob) -> str:
    """Of all that was asked for: the same for the same request, whoever of the account sends it."""
    asked = asdict(new)
    for member in ("account", "region", "principal", "token"):
        del asked[member]
    return hashlib.sha256(to_json(asked).encode()).hexdigest()


def values_of(new: NewJob, way: str) -> dict[str, Any]:
    """The columns of a new job that are told by what was asked for."""
    values = {
        name: getattr(new, name)
        for name in (
            *("account", "region", "principal", "kind", "operation"),
            *("token", "tag", "topic", "name", "priority"),
        )
    }
    media = {"bucket": new.media.bucket, "object_name": new.media.name, "version": new.media.version}
    return {**values, **media, "way": way, "wish": to_json(new.wish), "digest": digest_of(new)}


def job_of(row: Row[Any]) -> Job:
    """A row of `JOB_ROWS`."""
    return Job(
        key=row.key,
        id=row.id,
        new=_new_of(row),
        state=row.state,
        created_ms=row.created_ms,
        started_ms=row.started_ms,
        ended_ms=row.ended_ms,
        message=row.message,
        is_parked=row.is_parked,
        facts=orjson.loads(row.facts or "{}"),
        outcome=orjson.loads(row.outcome),
        done_chunks=row.done_chunks or 0,
        chunks=row.chunks,
    )


def walk_of(connection: Connection, key: int) -> Walk:
    """The walk of that key, with those of its jobs that have not ended."""
    row = connection.execute(select(walks).where(walks.c.key == key)).one()
    mine = JOB_ROWS.where(and_(jobs.c.walk_key == key, NOT_ENDED)).order_by(jobs.c.key)
    return Walk(
        key=row.key,
        id=row.id,
        account=row.account,
        region=row.region,
        media=Media(row.bucket, row.object_name, row.version),
        jobs=tuple(map(job_of, connection.execute(mine))),
        facts=orjson.loads(row.facts or "{}"),
        is_sequential=row.is_sequential,
        way=row.way,
    )


def new_step(walk_key: int, stage: Stage, number: int, span: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The columns of a step that is ready."""
    return {
        "walk_key": walk_key,
        "stage": stage,
        "number": number,
        "span": to_json(span or {}),
        "state": "ready",
        "share": 0,
        "attempts": 0,
        "due_ms": 0,
        "error": "",
    }


def step_of(row: Row[Any], walk: Walk) -> Step:
    """A row of `steps`."""
    return Step(row.key, walk, row.stage, row.number, orjson.loads(row.span), row.attempts)


def notice_of(row: Row[Any]) -> Notice:
    """A row of `NOTICE_ROWS`."""
    return Notice(
        id=row.id,
        job_id=row.job_id,
        channel=row.channel,
        target=row.target,
        body=row.body,
        state=row.state,
        attempts=row.attempts,
        due_ms=row.due_ms,
        error=row.error,
    )


def _new_of(row: Row[Any]) -> NewJob:
    return NewJob(
        account=row.account,
        region=row.region,
        principal=row.principal,
        kind=row.kind,
        operation=row.operation,
        media=Media(row.bucket, row.object_name, row.version),
        wish=orjson.loads(row.wish),
        token=row.token,
        tag=row.tag,
        topic=row.topic,
        name=row.name,
        priority=row.priority,
    )
