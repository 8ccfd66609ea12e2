"""Erasing: faces, subjects and collections, so that nothing of them is left on the disk.

The order is always the same: the database first, so that from that moment nothing can be found; then the vectors and
crops are overwritten, also where the log could not be written; then the database's own leftovers (`Storage.scrub`). A
crash in between is made good when the server starts: vectors and crops without a row are overwritten then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from regard.people.acts import About, Acts, Asker
from regard.people.clock import YEAR_MS, Clock
from regard.people.galleries import Galleries
from regard.people.personal import Opening
from regard.people.records import Collection, collection_of
from regard.people.user_rows import forget_user
from regard.storage import schema
from regard.storage.open import Storage

MOST_IDLE_MS = 3 * YEAR_MS  # scope.md: at most three years after the last interaction
TOKEN_MS = 7 * 24 * 3_600_000  # contract 5.8: how long a request token is remembered
ENDED_MS = 3 * YEAR_MS  # how long the record of an ended consent is kept as evidence; it holds no biometrics


class Erasure:
    """Erases what is asked for, and what is due."""

    def __init__(self, storage: Storage, clock: Clock, acts: Acts, galleries: Galleries) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._galleries = galleries

    def faces(self, connection: Connection, keys: Sequence[int]) -> "Leftovers":
        """Deletes rows of `schema.faces` in the caller's transaction; its end overwrites the rest."""
        table = schema.faces
        rows = connection.execute(
            select(table.c.key, table.c.collection_key, table.c.crop).where(table.c.key.in_(keys))
        ).all()
        connection.execute(delete(table).where(table.c.key.in_(keys)))
        leftovers = Leftovers(self._storage, self._galleries)
        leftovers.add(connection, rows)
        self._storage.after_commit(lambda: leftovers.overwrite)
        return leftovers

    def subject(self, collection: Collection, name: str, *, asker: Asker | None, why: str) -> "Erased":
        """Everything of a subject: faces, vectors, crops, user, key; gone from the disk at return.

        why: what the ended consents say: withdrawn, expired, no interaction, erased.
        """
        with self._storage.writing() as connection:
            return self._subject(connection, collection, name, asker, why)

    def collection(self, key: int, name: str, *, asker: Asker | None, why: str) -> None:
        """A collection with everything in it."""
        table = schema.faces
        with self._storage.writing() as connection:
            crops = connection.execute(
                select(table.c.crop).where(table.c.collection_key == key, table.c.crop.is_not(None))
            ).scalars()
            crops_of = list(crops.all())
            total = connection.execute(
                select(func.count()).select_from(table).where(table.c.collection_key == key)
            ).scalar_one()
            connection.execute(delete(table).where(table.c.collection_key == key))
            done = connection.execute(delete(schema.collections).where(schema.collections.c.key == key))
            self._storage.after_commit(lambda: partial(self._overwrite_collection, key, crops_of))
            if done.rowcount:
                details = {"why": why, "faces": total}
                self._acts.record(connection, "delete collection", asker=asker, collection=name, details=details)

    def _overwrite_collection(self, key: int, crops: list[str]) -> None:
        self._galleries.destroy(key)
        self._storage.blobs.remove(crops)
        self._storage.scrub()

    def sweep(self) -> int:
        """Erases what is due by now: sandboxes, subjects without a live consent. Returns how many of these."""
        now = self._clock.now_ms()
        with self._storage.reading() as connection:
            sandboxes = connection.execute(
                select(schema.collections).where(schema.collections.c.expires_ms <= now)
            ).all()
            subjects, renewed = _due_subjects(connection, now)
        for row in sandboxes:
            self.collection(row.key, row.name, asker=None, why="sandbox end")
        if subjects or renewed:
            self._erase_due(now)
        self._forget_old(now)
        return len(sandboxes) + len(subjects)

    def _erase_due(self, now: int) -> None:
        with self._storage.writing() as connection:
            # Looked up once more under the writer's lock: a consent may have been renewed meanwhile.
            subjects, renewed = _due_subjects(connection, now)
            _end(connection, renewed, now)
            for collection, name, why in subjects:
                self._subject(connection, collection, name, None, why)

    def orphans(self) -> None:
        """Overwrites crops that a crash left without a row, and what the database kept of deleted rows."""
        with self._storage.reading() as connection:
            known = set(connection.execute(select(schema.faces.c.crop)).scalars())
        self._storage.blobs.remove(self._storage.blobs.names() - known)
        self._storage.scrub()

    def _subject(
        self, connection: Connection, collection: Collection, name: str, asker: Asker | None, why: str
    ) -> "Erased":
        subjects, consents = schema.subjects, schema.consents
        row = connection.execute(
            select(subjects).where(subjects.c.collection_key == collection.key, subjects.c.name == name)
        ).first()
        keys: list[int] = []
        whom = None
        if row is not None:
            keys = list(
                connection.execute(select(schema.faces.c.key).where(schema.faces.c.subject_key == row.key)).scalars()
            )
            whom = About(self._storage.keyring.unwrap(row.wrapped_key, f"subject:{row.key}"), {"subject": name})
        leftovers = self.faces(connection, keys)
        forget_user(connection, collection, name)
        if row is not None:
            connection.execute(delete(subjects).where(subjects.c.key == row.key))
        # Stored answers of earlier calls name users and faces.
        connection.execute(
            delete(schema.request_tokens).where(schema.request_tokens.c.collection_key == collection.key)
        )
        connection.execute(
            update(consents)
            .where(
                consents.c.collection_key == collection.key, consents.c.subject == name, consents.c.ended_ms.is_(None)
            )
            .values(ended_ms=self._clock.now_ms(), end_reason=why)
        )
        recorded = self._acts.record(
            connection,
            "erase subject",
            asker=asker,
            collection=collection.name,
            about=whom,
            details={"why": why, "faces": len(keys), "crops": leftovers.crops},
        )
        return Erased(len(keys), leftovers.crops, recorded.id, recorded.opening)

    def _forget_old(self, now: int) -> None:
        tokens, consents = schema.request_tokens, schema.consents
        is_old_token = tokens.c.created_ms <= now - TOKEN_MS
        is_old_consent = consents.c.ended_ms <= now - ENDED_MS
        with self._storage.reading() as connection:
            is_due = (
                connection.execute(select(tokens.c.token).where(is_old_token).limit(1)).first()
                or connection.execute(select(consents.c.id).where(is_old_consent).limit(1)).first()
            )
        if is_due:
            with self._storage.writing() as connection:
                connection.execute(delete(tokens).where(is_old_token))
                connection.execute(delete(consents).where(is_old_consent))
            self._storage.scrub()


@dataclass(frozen=True, slots=True)
class Erased:
    """What was there of a subject, and the entry that says so."""

    faces: int
    crops: int
    entry_id: str
    opening: Opening | None  # None where the subject had no key: a consent may outlive the key by a crash


class Leftovers:
    """Vectors and crops whose rows are gone."""

    def __init__(self, storage: Storage, galleries: Galleries) -> None:
        self._storage = storage
        self._galleries = galleries
        self._faces: dict[Collection, list[int]] = {}
        self._crops: list[str] = []

    @property
    def crops(self) -> int:
        """How many crops there are."""
        return len(self._crops)

    def add(self, connection: Connection, rows: Sequence[Any]) -> None:
        """Rows of faces that were deleted."""
        for key in {row.collection_key for row in rows}:
            found = connection.execute(select(schema.collections).where(schema.collections.c.key == key)).one()
            collection = collection_of(found)
            mine = [row for row in rows if row.collection_key == key]
            self._faces[collection] = [row.key for row in mine]
            self._crops += [row.crop for row in mine if row.crop is not None]

    def overwrite(self) -> None:
        """Once the transaction has ended: nothing of them is left on the disk at return."""
        for collection, keys in self._faces.items():
            self._galleries.faces(collection).remove(keys)
        self._storage.blobs.remove(self._crops)
        self._storage.scrub()


def _due_subjects(connection: Connection, now: int) -> tuple[list[tuple[Collection, str, str]], list[str]]:
    """Collection, name and reason of each subject to be erased; and ids of expired consents that others replace."""
    consents, subjects, collections = schema.consents, schema.subjects, schema.collections
    ended = connection.execute(
        select(consents.c.id, consents.c.collection_key, consents.c.subject).where(
            consents.c.ended_ms.is_(None), consents.c.expires_ms <= now
        )
    ).all()
    idle = connection.execute(
        select(subjects.c.collection_key, subjects.c.name).where(subjects.c.last_interaction_ms <= now - MOST_IDLE_MS)
    ).all()
    is_live = {row.id: has_live(connection, row.collection_key, row.subject, now) for row in ended}
    due = {(row.collection_key, row.subject): "expired" for row in ended if not is_live[row.id]}
    due |= {(row.collection_key, row.name): "no interaction" for row in idle}
    rows = {key: connection.execute(select(collections).where(collections.c.key == key)).one() for key, _ in due}
    erased = [(collection_of(rows[key]), name, why) for (key, name), why in due.items()]
    return erased, [row.id for row in ended if is_live[row.id]]


def _end(connection: Connection, ids: Sequence[str], now: int) -> None:
    consents = schema.consents
    connection.execute(update(consents).where(consents.c.id.in_(ids)).values(ended_ms=now, end_reason="expired"))


def has_live(connection: Connection, collection_key: int, subject: str, now: int) -> bool:
    """Whether the subject has a consent for the collection's purpose that holds now."""
    consents, collections = schema.consents, schema.collections
    query = (
        select(consents.c.id)
        .join(collections, collections.c.key == consents.c.collection_key)
        .where(
            consents.c.collection_key == collection_key,
            consents.c.subject == subject,
            consents.c.purpose == collections.c.purpose,
            consents.c.ended_ms.is_(None),
            consents.c.granted_ms <= now,
            consents.c.expires_ms > now,
        )
    )
    return connection.execute(query.limit(1)).first() is not None
