"""A worker takes its next step, or begins a walk for jobs that wait. All within one transaction."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from regard.jobs.choosing import StepPlace, first_of, middle_of, next_of
from regard.jobs.records import Step
from regard.jobs.rows import NOT_ENDED, new_step, step_of, walk_of
from regard.storage.job_schema import jobs, steps, walks

_QUEUED = jobs.c.state == "queued"
_SAME = ("account", "region", "way", "bucket", "object_name", "version")


@dataclass(frozen=True, slots=True)
class Claimer:
    """Who takes a step, and what it may be."""

    worker: str
    ways: Collection[str]
    now_ms: int
    last: Step | None  # what it did before
    may_begin: bool  # False where the disk is full: no more media are fetched

    def may_find(self, connection: Connection) -> bool:
        """Whether `claim` is worth trying; it only reads, so that those who wait disturb nobody."""
        free = (
            select(steps.c.key)
            .join(walks)
            .where(steps.c.state == "ready", steps.c.due_ms <= self.now_ms, walks.c.way.in_(self.ways))
        )
        waiting = select(jobs.c.key).where(_QUEUED, jobs.c.way.in_(self.ways))
        return any(
            connection.execute(rows.limit(1)).first() is not None
            for rows in ((free, waiting) if self.may_begin else (free,))
        )

    def claim(self, connection: Connection) -> Step | None:
        """The best step: of the highest priority, and there of walks that were begun before new ones. None where there
        is none.
        """
        begun = connection.execute(
            select(walks.c.key, walks.c.priority, walks.c.is_sequential)
            .where(walks.c.ended_ms.is_(None), walks.c.way.in_(self.ways))
            .order_by(walks.c.priority.desc(), walks.c.key)
        ).all()
        waiting = self._waiting(connection)
        for priority, those in groupby(begun, key=lambda row: int(row.priority)):
            if waiting is not None and waiting.priority > priority:
                break
            place = self._place(connection, [*those])
            if place is not None:
                return self._take(connection, place.key)
        return self._take(connection, self._begin(connection, waiting)) if waiting is not None else None

    def _waiting(self, connection: Connection) -> Row[Any] | None:
        """The best job that waits: priority, then age."""
        if not self.may_begin:
            return None
        best = select(jobs).where(_QUEUED, jobs.c.way.in_(self.ways)).order_by(jobs.c.priority.desc(), jobs.c.key)
        return connection.execute(best.limit(1)).first()

    def _place(self, connection: Connection, begun: Sequence[Any]) -> StepPlace | None:
        places = {walk.key: self._places(connection, walk.key) for walk in begun}
        if self.last is not None and self.last.walk.key in places:
            behind = next_of(places[self.last.walk.key], self.last.number)
            if behind is not None:
                return behind
        alone = (first_of(places[walk.key], walk.is_sequential) for walk in begun)
        helping = (middle_of(places[walk.key]) for walk in begun if not walk.is_sequential)
        return next((place for choice in (alone, helping) for place in choice if place is not None), None)

    def _places(self, connection: Connection, walk_key: int) -> list[StepPlace]:
        rows = connection.execute(
            select(steps.c.key, steps.c.number, steps.c.stage, steps.c.state, steps.c.due_ms)
            .where(steps.c.walk_key == walk_key, steps.c.state != "done")
            .order_by(steps.c.number)
        )
        return [StepPlace(row.key, row.number, row.state == "taken", self._is_free(row)) for row in rows]

    def _is_free(self, row: Any) -> bool:
        is_ready: bool = row.state == "ready" and row.due_ms <= self.now_ms
        return is_ready and (self.may_begin or row.stage != "plan")

    def _begin(self, connection: Connection, job: Row[Any]) -> int:
        """A walk for that job and for those that can share it; the key of its plan."""
        same = {name: getattr(job, name) for name in _SAME}
        nothing = {"is_sequential": False, "done_chunks": 0, "is_forgotten": False}
        made = connection.execute(
            insert(walks).values(**same, **nothing, id=secrets.token_hex(16), priority=job.priority)
        ).inserted_primary_key
        assert made is not None
        walk_key = int(made[0])
        mine = jobs.c.key == job.key if job.is_alone else _can_share(same)
        connection.execute(
            update(jobs).where(_QUEUED, mine).values(state="running", started_ms=self.now_ms, walk_key=walk_key)
        )
        step = connection.execute(insert(steps).values(new_step(walk_key, "plan", -1))).inserted_primary_key
        assert step is not None
        return int(step[0])

    def _take(self, connection: Connection, step_key: int) -> Step:
        connection.execute(
            update(steps)
            .where(steps.c.key == step_key)
            .values(
                {"state": "taken", "worker": self.worker, "beat_ms": self.now_ms, "share": 0}
                | {"attempts": steps.c.attempts + 1}
            )
        )
        row = connection.execute(select(steps).where(steps.c.key == step_key)).one()
        return step_of(row, walk_of(connection, row.walk_key))


def join_waiting(connection: Connection, walk_key: int, now_ms: int) -> None:
    """Gives a walk whose chunks are yet to be begun the jobs that have come since it was begun itself."""
    alone = select(jobs.c.key).where(jobs.c.walk_key == walk_key, jobs.c.is_alone)
    if connection.execute(alone.limit(1)).first() is not None:
        return
    walk = connection.execute(select(walks).where(walks.c.key == walk_key)).one()
    same = _can_share({name: getattr(walk, name) for name in _SAME})
    connection.execute(update(jobs).where(_QUEUED, same).values(state="running", started_ms=now_ms, walk_key=walk_key))
    follow_priorities(connection, walk_key)


def follow_priorities(connection: Connection, walk_key: int) -> None:
    """Gives a walk the highest priority of its jobs that have not ended."""
    highest = select(func.max(jobs.c.priority)).where(jobs.c.walk_key == walk_key, NOT_ENDED).scalar_subquery()
    connection.execute(update(walks).where(walks.c.key == walk_key).values(priority=func.coalesce(highest, 0)))


def _can_share(same: Mapping[str, Any]) -> ColumnElement[bool]:
    """The condition that a job can share a walk over that object."""
    return and_(*(jobs.c[name].is_not_distinct_from(value) for name, value in same.items()), jobs.c.is_alone.is_(False))
