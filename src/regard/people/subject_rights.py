"""What the people in governed collections may ask: what is held of me, give it to me, erase it.

`collection` names one governed collection; None means all of the asker's account and region that its key may use.
"""

import base64
from dataclasses import asdict
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, select

from regard.errors import ApiError, Conflict, InvalidParameter, ResourceNotFound
from regard.ledger.entries import moment_text
from regard.people.acts import About, Acts, Asker
from regard.people.clock import Clock
from regard.people.consent import Consent
from regard.people.erasure import MOST_IDLE_MS, Erasure
from regard.people.galleries import Galleries
from regard.people.policies import check_collection, check_name
from regard.people.receipted_erasure import ErasureReceipt, ReceiptedErasure
from regard.people.receipts import ReceiptSigner
from regard.people.records import Collection, collection_of
from regard.people.subject_reports import (
    HeldFace,
    HeldInCollection,
    SubjectReport,
    held_consent,
    reported_act,
)
from regard.people.subjects import opened_crop, subject_key
from regard.people.user_rows import user_named
from regard.storage import schema
from regard.storage.open import Storage

EXPORT_FORMAT = "regard subject export 1"


class SubjectRights:
    """Answers the people who are in governed collections, through the operator whom they ask."""

    def __init__(
        self, storage: Storage, clock: Clock, acts: Acts, galleries: Galleries, erasure: Erasure, signer: ReceiptSigner
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._galleries = galleries
        self._erasure = erasure
        self._receipts = ReceiptedErasure(storage, acts, erasure, signer)

    def report(self, asker: Asker, subject: str, collection: str | None) -> SubjectReport:
        """Everything held and every act that concerned them, this reading among them.

        Raises ResourceNotFound where nothing is held and no consent is recorded, InvalidParameter for a sandbox,
        NotAuthorized.
        """
        held_in = self._held_in(asker, subject, collection)
        for one in held_in:
            self._acts.note("read subject", asker=asker, collection=one.name, about=self._about(one, subject))
        return self._report(subject, held_in)

    def export(self, asker: Asker, subject: str, collection: str | None) -> bytes:
        """The report as JSON, with the templates, pictures and consent receipts themselves. Raises as `report`.

        A template is its D numbers as little-endian float16 in base64, of norm 1; null where a crash lost it. A picture
        is a JPEG in base64; null where none is kept.
        """
        held_in = self._held_in(asker, subject, collection)
        for one in held_in:
            self._acts.note("export subject", asker=asker, collection=one.name, about=self._about(one, subject))
        content: dict[str, Any] = {"format": EXPORT_FORMAT, **asdict(self._report(subject, held_in))}
        by_name = {one.name: one for one in held_in}
        for held in content["collections"]:
            # Who writes holds off erasure, which would take vectors and pictures away between two looks.
            with self._storage.writing() as connection:
                portable = self._portable(connection, by_name[held["collection"]], subject)
                receipts = self._consent_receipts(connection, by_name[held["collection"]], subject)
            held["faces"] = [face | portable[face["face_id"]] for face in held["faces"] if face["face_id"] in portable]
            held["consents"] = [consent | {"receipt": receipts.get(consent["id"])} for consent in held["consents"]]
        return orjson.dumps(content, option=orjson.OPT_INDENT_2)

    def erase(self, asker: Asker, subject: str, collection: str | None, why: str = "erased") -> list[ErasureReceipt]:
        """Erases faces, vectors, pictures, user and key, and returns a receipt for each collection. No copy is kept.

        why: what the ended consents and the log say. Where another call erases at the same time, each has the receipts
        of the collections that it came to first. Raises ResourceNotFound where nothing is left to erase, Conflict where
        the other call has all the receipts; else as `report`.
        """
        held_in = self._held_in(asker, subject, collection)
        erasable = [one for one in held_in if self._about(one, subject) is not None]
        if not erasable:
            raise ResourceNotFound(
                f"Nothing is left of subject '{subject}' but the records of ended consents, which are kept as evidence "
                "for three years and hold no biometrics"
            )
        receipts: list[ErasureReceipt] = []
        late: ApiError | None = None
        for one in erasable:
            try:
                receipts.append(self._receipts.erase(asker, one, subject, why))
            except (ResourceNotFound, Conflict) as error:
                late = error
        if late is not None and not receipts:
            raise late
        return receipts

    def _held_in(self, asker: Asker, subject: str, name: str | None) -> list[Collection]:
        """The governed collections that know the subject, by name. What is due is erased first."""
        self._erasure.sweep()
        collections, subjects, consents = schema.collections, schema.subjects, schema.consents
        query = select(collections).where(collections.c.account == asker.account, collections.c.region == asker.region)
        if name is not None:
            query = query.where(collections.c.name == name)
        is_known = (
            select(subjects.c.key).where(subjects.c.collection_key == collections.c.key, subjects.c.name == subject)
        ).exists() | (
            select(consents.c.key).where(consents.c.collection_key == collections.c.key, consents.c.subject == subject)
        ).exists()
        with self._storage.reading() as connection:
            if name is not None:
                _check_governed(asker, name, [collection_of(row) for row in connection.execute(query)])
            rows = connection.execute(query.where(is_known).order_by(collections.c.name)).all()
        found = [one for one in map(collection_of, rows) if asker.policy.may_use(one.name, one.purpose)]
        if not found:
            where = f"in collection {name}" if name is not None else "in any collection that this key may use"
            raise ResourceNotFound(f"Nothing is held of subject '{subject}' {where}, and no consent is recorded")
        return found

    def _about(self, collection: Collection, subject: str) -> About | None:
        with self._storage.reading() as connection:
            found = subject_key(connection, self._storage, collection, subject)
        return None if found is None else About(found[1], {"subject": subject})

    def _report(self, subject: str, held_in: list[Collection]) -> SubjectReport:
        held = [self._held(one, subject) for one in held_in]
        return SubjectReport(subject, moment_text(self._clock.now_ms()), held)

    def _held(self, collection: Collection, subject: str) -> HeldInCollection:
        with self._storage.reading() as connection:
            table = schema.subjects
            row = connection.execute(
                select(table).where(table.c.collection_key == collection.key, table.c.name == subject)
            ).first()
            key = subject_key(connection, self._storage, collection, subject)
            consents = _consents(connection, collection, subject)
            faces = _faces(connection, row.key) if row is not None else []
            user = user_named(connection, collection, subject)
        due, why = _due(consents, row.last_interaction_ms) if row is not None else (None, None)
        assert collection.purpose is not None
        assert collection.controller is not None
        return HeldInCollection(
            collection=collection.name,
            purpose=collection.purpose,
            controller=collection.controller,
            is_verify_only=collection.is_verify_only,
            model_version=collection.model_version,
            known_since=None if row is None else moment_text(row.created_ms),
            last_interaction=None if row is None else moment_text(row.last_interaction_ms),
            erased_by=due,
            erased_why=why,
            user=None if user is None else user.name,
            consents=[held_consent(consent, self._clock.now_ms()) for consent in consents],
            faces=faces,
            acts=[reported_act(*found) for found in self._acts.entries_about(key[1])] if key is not None else [],
        )

    def _portable(self, connection: Connection, collection: Collection, subject: str) -> dict[str, dict[str, Any]]:
        """Template and picture of each face, by face id."""
        key = subject_key(connection, self._storage, collection, subject)
        if key is None:
            return {}
        faces = schema.faces
        rows = connection.execute(
            select(faces.c.key, faces.c.face_id, faces.c.crop).where(faces.c.subject_key == key[0])
        )
        return {
            row.face_id: {
                "template": self._template(collection, row.key),
                "crop": None
                if row.crop is None
                else _text(opened_crop(key[1], key[0], self._storage.blobs.get(row.crop))),
            }
            for row in rows.all()
        }

    def _template(self, collection: Collection, face_key: int) -> str | None:
        try:
            vector = self._galleries.faces(collection).vectors([face_key])[0]
        except KeyError:
            return None
        return _text(vector.astype(np.dtype("<f2")).tobytes())

    def _consent_receipts(self, connection: Connection, collection: Collection, subject: str) -> dict[str, str]:
        return {consent.id: consent.receipt for consent in _consents(connection, collection, subject)}


def _check_governed(asker: Asker, name: str, found: list[Collection]) -> None:
    """Raises NotAuthorized, ResourceNotFound, InvalidParameter."""
    if not found:
        check_name(asker, name)
        raise ResourceNotFound(f"The collection id: {name} does not exist")
    check_collection(asker, found[0])
    if not found[0].is_governed:
        raise InvalidParameter(
            f"Collection '{name}' is a sandbox: its faces belong to no subjects, and all are erased within a day"
        )


def _consents(connection: Connection, collection: Collection, subject: str) -> list[Consent]:
    """Oldest first."""
    table = schema.consents
    rows = connection.execute(
        select(table)
        .where(table.c.collection_key == collection.key, table.c.subject == subject)
        .order_by(table.c.granted_ms, table.c.key)
    ).all()
    fields = [
        {name: value for name, value in row._mapping.items() if name not in ("key", "collection_key")} for row in rows
    ]
    return [Consent(collection=collection.name, **values) for values in fields]


def _faces(connection: Connection, subject_row: int) -> list[HeldFace]:
    table = schema.faces
    rows = connection.execute(select(table).where(table.c.subject_key == subject_row).order_by(table.c.key)).all()
    return [
        HeldFace(
            face_id=row.face_id,
            image_id=row.image_id,
            left=row.left,
            top=row.top,
            width=row.width,
            height=row.height,
            confidence=row.confidence,
            model_version=row.model_version,
            enrolled=moment_text(row.created_ms),
            has_crop=row.crop is not None,
        )
        for row in rows
    ]


def _due(consents: list[Consent], last_interaction_ms: int) -> tuple[str, str]:
    """When everything is erased if nothing is renewed, and by which rule."""
    idle = last_interaction_ms + MOST_IDLE_MS
    expiry = max((consent.expires_ms for consent in consents if consent.ended_ms is None), default=idle)
    return (moment_text(expiry), "consent expiry") if expiry < idle else (moment_text(idle), "no interaction")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
