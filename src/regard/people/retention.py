"""Retention: what is erased when, and the thread that does it.

Three clocks run: the expiry of consents, three years since the last interaction, and the end of sandboxes. Every
operation sweeps before it answers, so the thread matters only where nobody asks.
"""

import logging
import threading
from dataclasses import dataclass

from sqlalchemy import func, select

from regard.people.acts import Asker
from regard.people.clock import Clock
from regard.people.erasure import MOST_IDLE_MS, Erasure
from regard.people.galleries import Galleries
from regard.people.pace import Pace
from regard.people.reviews import Reviews
from regard.storage import schema
from regard.storage.open import Storage

SWEEP_SECONDS = 60
_LOG = logging.getLogger("regard.retention")


@dataclass(frozen=True, slots=True)
class Due:
    """What will be erased, and when at the latest if nothing is renewed."""

    at_ms: int
    what: str  # "consent expiry", "no interaction" or "sandbox end"
    collection: str
    subject: str | None  # None for a whole sandbox
    faces: int


class Retention:
    """The calendar of erasure, and its keeping."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        erasure: Erasure,
        galleries: Galleries,
        pace: Pace,
        reviews: Reviews,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._pace = pace
        self._reviews = reviews
        self._erasure = erasure
        self._galleries = galleries
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def calendar(self, asker: Asker) -> list[Due]:
        """What is due for the collections that the asker may use, soonest first."""
        self._erasure.sweep()
        return sorted(self._sandboxes(asker) + self._subjects(asker), key=lambda due: (due.at_ms, due.collection))

    def sweep(self) -> int:
        """Erases what is due, forgets old probes and reviews, and gives back freed space. Returns how many sandboxes
        and subjects were erased."""
        erased = self._erasure.sweep()
        self._pace.forget_old()
        with self._storage.writing() as connection:
            now = self._clock.now_ms()
            self._clock.keep(connection, now)
            self._reviews.sweep(connection, now)
        self._galleries.compact()
        return erased

    def start(self) -> None:
        """Sweeps every minute in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._keep, name="retention", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when a sweep that was going on has ended."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _keep(self) -> None:
        while not self._stopped.wait(SWEEP_SECONDS):
            try:
                self.sweep()
            except Exception:  # the thread's edge: it has to go on, and the next sweep tries again
                _LOG.exception("a sweep failed; the next is in %s seconds", SWEEP_SECONDS)

    def _sandboxes(self, asker: Asker) -> list[Due]:
        collections, faces = schema.collections, schema.faces
        query = (
            select(collections.c.name, collections.c.expires_ms, func.count(faces.c.key).label("faces"))
            .outerjoin(faces, faces.c.collection_key == collections.c.key)
            .where(
                collections.c.account == asker.account,
                collections.c.region == asker.region,
                collections.c.expires_ms.is_not(None),
            )
            .group_by(collections.c.key)
        )
        with self._storage.reading() as connection:
            rows = connection.execute(query).all()
        may_use = asker.policy.may_use
        return [
            Due(row.expires_ms, "sandbox end", row.name, None, row.faces) for row in rows if may_use(row.name, None)
        ]

    def _subjects(self, asker: Asker) -> list[Due]:
        collections, subjects, consents, faces = (
            schema.collections,
            schema.subjects,
            schema.consents,
            schema.faces,
        )
        expiry = (
            select(func.max(consents.c.expires_ms))
            .where(
                consents.c.collection_key == subjects.c.collection_key,
                consents.c.subject == subjects.c.name,
                consents.c.ended_ms.is_(None),
            )
            .scalar_subquery()
        )
        held = select(func.count()).where(faces.c.subject_key == subjects.c.key).scalar_subquery()
        query = (
            select(
                collections.c.name.label("collection"),
                collections.c.purpose,
                subjects.c.name,
                subjects.c.last_interaction_ms,
                expiry.label("expires_ms"),
                held.label("faces"),
            )
            .join(collections, collections.c.key == subjects.c.collection_key)
            .where(collections.c.account == asker.account, collections.c.region == asker.region)
        )
        with self._storage.reading() as connection:
            rows = connection.execute(query).all()
        due = []
        for row in rows:
            if not asker.policy.may_use(row.collection, row.purpose):
                continue
            idle = row.last_interaction_ms + MOST_IDLE_MS
            first = min(idle, row.expires_ms if row.expires_ms is not None else idle)
            what = "no interaction" if first == idle else "consent expiry"
            due.append(Due(first, what, row.collection, row.name, row.faces))
        return due
