"""The steps of all walks, as one worker takes them and gives them back.

A step is held from `claim` until one of the calls that let go of it. Each of those counts only while the step is still
this worker's at this attempt: one that was thought dead and comes back changes nothing.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, insert, select, update

from regard.jobs.claiming import Claimer, join_waiting
from regard.jobs.ending import Places, end_job, end_walk
from regard.jobs.failing import Failing, StepRules
from regard.jobs.records import PlannedWalk, Step
from regard.jobs.rows import NOT_ENDED, new_step, to_json
from regard.storage.job_schema import jobs, steps, walks
from regard.storage.job_store import JobStore

_GONE = "the process that worked on it ended in the middle"
_SILENT = "the process that worked on it was not heard of for a minute"
DEFAULT_RULES = StepRules()


class StepBoard:
    """The steps as one worker sees them. Its threads may share it."""

    def __init__(
        self,
        store: JobStore,
        worker: str,
        places: Places,
        now_ms: Callable[[], int],
        rules: StepRules = DEFAULT_RULES,
    ) -> None:
        """worker: its id, which no other has or had. places: who is told of a job's end."""
        self._store, self._worker, self._places, self._now_ms, self._rules = store, worker, places, now_ms, rules

    def claim(self, ways: Collection[str], last: Step | None = None, may_begin: bool = True) -> Step | None:
        """The best step to do now, which is this worker's then; None where there is none.

        last: what it did before. may_begin: whether media may be fetched.
        """
        claimer = Claimer(self._worker, ways, self._now_ms(), last, may_begin)
        with self._store.reading() as connection:
            if not claimer.may_find(connection):
                return None
        with self._store.writing() as connection:
            return claimer.claim(connection)

    def is_wanted(self, step: Step) -> bool:
        """Whether the step is still this worker's and somebody waits for it."""
        with self._store.reading() as connection:
            mine = select(steps.c.key).join(walks).where(self._mine(step), walks.c.ended_ms.is_(None))
            return connection.execute(mine).first() is not None

    def beat(self, step: Step, share: float) -> None:
        """A sign of life. share: of the step, 0 to 1."""
        beat = {"beat_ms": self._now_ms(), "share": round(1000 * min(max(share, 0.0), 1.0))}
        with self._store.writing() as connection:
            connection.execute(update(steps).where(self._mine(step)).values(beat))

    def finish_plan(self, step: Step, planned: PlannedWalk) -> bool:
        """The walk is divided into chunks, and shared with jobs that have come meanwhile. Whether it counted."""
        with self._store.writing() as connection:
            if not self._finish(connection, step):
                return False
            walk_key = step.walk.key
            facts = {"facts": to_json(planned.facts), "is_sequential": planned.is_sequential}
            about = {**facts, "chunks": len(planned.spans), "planned_ms": self._now_ms()}
            connection.execute(update(walks).where(walks.c.key == walk_key).values(about))
            chunks = [new_step(walk_key, "chunk", number, span) for number, span in enumerate(planned.spans)]
            connection.execute(insert(steps), chunks)
            join_waiting(connection, walk_key, self._now_ms())
            return True

    def finish_chunk(self, step: Step) -> bool:
        """A chunk's rows are on the disk. Whether it counted."""
        with self._store.writing() as connection:
            if not self._finish(connection, step):
                return False
            walk_key = step.walk.key
            done = {"done_chunks": walks.c.done_chunks + 1}
            connection.execute(update(walks).where(walks.c.key == walk_key).values(done))
            walk = connection.execute(select(walks).where(walks.c.key == walk_key)).one()
            if walk.done_chunks == walk.chunks:
                connection.execute(insert(steps).values(new_step(walk_key, "settle", walk.chunks)))
            return True

    def finish_settle(self, step: Step, outcomes: Mapping[str, Mapping[str, Any]]) -> bool:
        """The results are on the disk: the jobs have succeeded, and who is to be told will be. Whether it counted.

        outcomes: by the jobs' ids, for each that had not ended when the step was claimed.
        """
        with self._store.writing() as connection:
            if not self._finish(connection, step):
                return False
            walk_key, now_ms = step.walk.key, self._now_ms()
            mine = select(jobs.c.key, jobs.c.id).where(jobs.c.walk_key == walk_key, NOT_ENDED).order_by(jobs.c.key)
            for key, job_id in connection.execute(mine).all():
                end_job(connection, key, "succeeded", now_ms, self._places, outcome=outcomes[job_id])
            end_walk(connection, walk_key, now_ms)
            return True

    def fail(self, step: Step, reason: str) -> bool:
        """This attempt went wrong. Whether it counted."""
        return self._let_go(step, lambda connection, row: self._failing().fail_attempt(connection, row, reason))

    def refuse(self, step: Step, message: str) -> bool:
        """Something is wrong with the object, and its jobs fail with that message. Whether it counted."""

        def end(connection: Connection, row: Row[Any]) -> None:
            connection.execute(update(steps).where(steps.c.key == row.key).values(state="done", worker=None))
            self._failing().fail_walk(connection, row.walk_key, message)

        return self._let_go(step, end)

    def give_back(self, step: Step) -> bool:
        """As if the step had not been claimed. Whether it counted."""

        def free(connection: Connection, row: Row[Any]) -> None:
            back = {"state": "ready", "worker": None, "share": 0, "attempts": row.attempts - 1}
            connection.execute(update(steps).where(steps.c.key == row.key).values(back))

        return self._let_go(step, free)

    def take_over(self, is_dead: Callable[[str], bool]) -> int:
        """Frees the steps of workers that are dead or have been silent for too long; how many."""
        taken = select(steps).where(steps.c.state == "taken", steps.c.worker != self._worker)
        with self._store.reading() as connection:
            rows = connection.execute(taken).all()
        reasons = {row.key: self._lost(row, is_dead) for row in rows}
        lost = [row for row in rows if reasons[row.key]]
        if not lost:
            return 0
        with self._store.writing() as connection:
            return sum(self._free(connection, row, reasons[row.key]) for row in lost)

    def ended_walks(self, ways: Collection[str]) -> list[tuple[str, str]]:
        """Ids and ways of walks that have ended, with nobody at them, and whose files may be there still."""
        ended = select(walks.c.id, walks.c.way).where(
            walks.c.ended_ms.is_not(None),
            walks.c.is_forgotten.is_(False),
            walks.c.way.in_(ways),
            ~exists().where(steps.c.walk_key == walks.c.key),
        )
        with self._store.reading() as connection:
            return [(row.id, row.way) for row in connection.execute(ended)]

    def forgotten(self, walk_id: str) -> None:
        """The files of a walk that has ended are gone."""
        with self._store.writing() as connection:
            connection.execute(update(walks).where(walks.c.id == walk_id).values(is_forgotten=True))

    def _lost(self, row: Row[Any], is_dead: Callable[[str], bool]) -> str:
        """Why a step that somebody took has to be taken from them; "" where it has not."""
        if is_dead(row.worker):
            return _GONE
        return _SILENT if row.beat_ms < self._now_ms() - self._rules.most_silence_ms else ""

    def _free(self, connection: Connection, lost: Row[Any], reason: str) -> bool:
        same = and_(steps.c.key == lost.key, steps.c.worker == lost.worker, steps.c.attempts == lost.attempts)
        row = connection.execute(select(steps).where(same, steps.c.state == "taken")).first()
        if row is None or (reason == _SILENT and row.beat_ms != lost.beat_ms):
            return False
        self._failing().fail_attempt(connection, row, reason, waits=False)
        self._clear(connection, row)
        return True

    def _let_go(self, step: Step, act: Callable[[Connection, Row[Any]], None]) -> bool:
        with self._store.writing() as connection:
            row = connection.execute(select(steps).where(self._mine(step))).first()
            if row is None:
                return False
            act(connection, row)
            self._clear(connection, row)
            return True

    def _finish(self, connection: Connection, step: Step) -> bool:
        """Whether the step was still ours and somebody still waits; it is done then."""
        done = {"state": "done", "worker": None, "share": 1000}
        row = connection.execute(update(steps).where(self._mine(step)).values(done).returning(steps)).first()
        return row is not None and not self._clear(connection, row)

    def _clear(self, connection: Connection, row: Row[Any]) -> bool:
        """Removes the step if its walk has ended, and tells whether it has."""
        ended = select(walks.c.key).where(walks.c.key == row.walk_key, walks.c.ended_ms.is_not(None))
        has_ended = connection.execute(ended).first() is not None
        if has_ended:
            connection.execute(delete(steps).where(steps.c.key == row.key))
        return has_ended

    def _failing(self) -> Failing:
        return Failing(self._rules, self._places, self._now_ms())

    def _mine(self, step: Step) -> ColumnElement[bool]:
        return and_(
            steps.c.key == step.key,
            steps.c.worker == self._worker,
            steps.c.attempts == step.attempt,
            steps.c.state == "taken",
        )
