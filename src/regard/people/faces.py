"""Enrolled faces: the gate through which a face enters a collection, lists of them, and deletion."""

from collections.abc import Collection as Group
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from regard.errors import AccessDenied, InvalidParameter, ServiceQuotaExceeded
from regard.people.acts import About, Acts, Asker, in_parts
from regard.people.clock import Clock
from regard.people.collections import SANDBOX_FACES
from regard.people.erasure import Erasure, has_live
from regard.people.galleries import Galleries
from regard.people.identifiers import face_id_of, image_id_of
from regard.people.records import Collection, Ratios, StoredFace, check_there, face_of, faces_by_id, select_faces
from regard.people.subjects import about, interacted, sealed_crop, subject_key
from regard.people.user_rows import found_user
from regard.storage import schema
from regard.storage.errors import DiskFull
from regard.storage.open import Storage

MOST_FACES = 1_000_000  # of one collection: what `bench/search.py` measures
_NO_CONSENT = (
    "Subject '{subject}' has no live consent for the purpose '{purpose}' of collection '{name}'. Record one: "
    "regard consent grant --collection {name} --subject {subject} --purpose '{purpose}' --expires DATE --evidence FILE"
)


@dataclass(frozen=True, slots=True)
class NewFace:
    """A face to enrol."""

    box: Ratios
    confidence: float  # 0..100
    embedding: NDArray[np.float32]  # (D,), norm 1, of the collection's model version
    crop: bytes | None  # JPEG; stored only where a consent keeps crops


class Faces:
    """The faces of collections."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        acts: Acts,
        galleries: Galleries,
        erasure: Erasure,
        most_faces: int = MOST_FACES,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._galleries = galleries
        self._erasure = erasure
        self._most_faces = most_faces

    def check_may_enrol(self, asker: Asker, collection: Collection, external_image_id: str | None) -> None:
        """Whether `enrol` would be refused, for a caller that wants to know before networks run.

        Raises AccessDenied without a live consent, InvalidParameter without a subject.
        """
        if not collection.is_governed:
            return
        subject = _subject_of(collection, external_image_id)
        with self._storage.reading() as connection:
            is_live = has_live(connection, collection.key, subject, self._clock.now_ms())
        if not is_live:
            details = {"why": "no live consent", "purpose": collection.purpose}
            self._acts.note("refuse enrolment", asker=asker, collection=collection.name, details=details)
            raise AccessDenied(_no_consent(collection, subject))

    def enrol(
        self,
        asker: Asker,
        collection: Collection,
        picture: bytes,
        external_image_id: str | None,
        faces: Sequence[NewFace],
    ) -> list[StoredFace]:
        """Stores `faces` of one picture and returns their records in the same order.

        A face of the same picture under the same id that is there already is returned as it is. In a governed
        collection `external_image_id` is the subject and one face is enrolled at a time. The picture is not kept.
        Raises AccessDenied without a live consent, InvalidParameter, ServiceQuotaExceeded for a full collection or a
        full disk; nothing is stored then.
        """
        if collection.is_governed and len(faces) > 1:
            raise InvalidParameter(f"{len(faces)} faces at once; a governed collection enrols one face at a time")
        self.check_may_enrol(asker, collection, external_image_id)
        secret = self._galleries.secret(collection, "names") if collection.is_governed else b"sandbox"
        image_id = image_id_of(secret, picture)
        ids = [face_id_of(secret, picture, external_image_id, collection.model_version, face.box) for face in faces]
        try:
            with self._storage.writing() as connection:
                self._store(
                    connection, asker, collection, external_image_id, image_id, dict(zip(ids, faces, strict=True))
                )
                known = faces_by_id(connection, collection, ids)
        except DiskFull as error:
            raise ServiceQuotaExceeded("The disk of the data folder is full; nothing was enrolled") from error
        return [known[face_id] for face_id in ids]

    def page(
        self, collection: Collection, after: str | None, limit: int, user: str | None, face_ids: Group[str] | None
    ) -> tuple[list[StoredFace], bool]:
        """At most `limit` faces by FaceId, past the id `after`; and whether there are more.

        user: only of this user; raises ResourceNotFound for one unknown. face_ids: only these; unknown ones are absent.
        """
        table = schema.faces
        query = select_faces().where(table.c.collection_key == collection.key)
        if after is not None:
            query = query.where(table.c.face_id > after)
        if face_ids is not None:
            query = query.where(table.c.face_id.in_(face_ids))
        with self._storage.reading() as connection:
            if user is not None:
                query = query.where(table.c.user_key == found_user(connection, collection, user).key)
            rows = connection.execute(query.order_by(table.c.face_id).limit(limit + 1)).all()
        return [face_of(row) for row in rows[:limit]], len(rows) > limit

    def delete(
        self, asker: Asker, collection: Collection, face_ids: Sequence[str]
    ) -> tuple[list[str], list[tuple[str, str | None, str]]]:
        """Ids deleted, gone from the disk at return; and (id, user, reason) of those that were not."""
        with self._storage.writing() as connection:
            found = faces_by_id(connection, collection, face_ids)
            asked = list(dict.fromkeys(face_ids))
            gone = [face_id for face_id in asked if face_id in found and found[face_id].user is None]
            failed = [
                (face_id, found[face_id].user if face_id in found else None, reason)
                for face_id in asked
                if (reason := _why_kept(found.get(face_id)))
            ]
            self._erasure.faces(connection, [found[face_id].key for face_id in gone])
            self._record_deletions(connection, asker, collection, [found[face_id] for face_id in gone])
        return gone, failed

    def _store(
        self,
        connection: Connection,
        asker: Asker,
        collection: Collection,
        external_image_id: str | None,
        image_id: str,
        faces: dict[str, NewFace],
    ) -> None:
        check_there(connection, collection)
        known = faces_by_id(connection, collection, list(faces))
        fresh = {face_id: face for face_id, face in faces.items() if face_id not in known}
        self._check_room(collection, len(fresh))
        subject = self._subject(connection, collection, external_image_id)
        crops: list[str] = []
        keys: list[int] = []
        try:
            for face_id, face in fresh.items():
                crop = self._kept_crop(connection, collection, subject, face)
                crops += [crop] if crop else []
                key = connection.execute(
                    insert(schema.faces).values(
                        collection_key=collection.key,
                        face_id=face_id,
                        image_id=image_id,
                        external_image_id=external_image_id,
                        subject_key=subject[1] if subject else None,
                        model_version=collection.model_version,
                        left=face.box[0],
                        top=face.box[1],
                        width=face.box[2],
                        height=face.box[3],
                        confidence=face.confidence,
                        created_ms=self._clock.now_ms(),
                        crop=crop,
                    )
                ).inserted_primary_key
                assert key is not None
                keys.append(key[0])
            self._record(connection, asker, collection, subject, image_id, list(fresh))
            if keys:
                # Last but for the commit: a vector without a row is overwritten at the next start.
                self._galleries.faces(collection).add(keys, np.stack([face.embedding for face in fresh.values()]))
        except BaseException:
            self._storage.blobs.remove(crops)
            raise

    def _check_room(self, collection: Collection, more: int) -> None:
        most = self._most_faces if collection.is_governed else min(SANDBOX_FACES, self._most_faces)
        held = len(self._galleries.faces(collection))
        if more and held + more > most:
            kind = "governed" if collection.is_governed else "sandbox"
            raise ServiceQuotaExceeded(
                f"Collection {collection.name} holds {held} faces and would hold {held + more}; "
                f"the limit of a {kind} collection is {most:,}"
            )

    def _subject(
        self, connection: Connection, collection: Collection, external_image_id: str | None
    ) -> tuple[str, int, bytes] | None:
        """Name, row and secret key of the subject, its consent checked once more under the writer's lock.

        None in a sandbox.
        """
        if not collection.is_governed:
            return None
        name = _subject_of(collection, external_image_id)
        if not has_live(connection, collection.key, name, self._clock.now_ms()):
            raise AccessDenied(_no_consent(collection, name))
        found = subject_key(connection, self._storage, collection, name)
        if found is None:
            raise AccessDenied(_no_consent(collection, name))
        return name, *found

    def _kept_crop(
        self, connection: Connection, collection: Collection, subject: tuple[str, int, bytes] | None, face: NewFace
    ) -> str | None:
        """The name of the sealed crop, where a consent keeps crops."""
        if subject is None or face.crop is None:
            return None
        name, row, key = subject
        consents = schema.consents
        keeps = connection.execute(
            select(consents.c.id).where(
                consents.c.collection_key == collection.key,
                consents.c.subject == name,
                consents.c.ended_ms.is_(None),
                consents.c.keeps_crops,
            )
        ).first()
        return self._storage.blobs.put(sealed_crop(key, row, face.crop)) if keeps else None

    def _record(
        self,
        connection: Connection,
        asker: Asker,
        collection: Collection,
        subject: tuple[str, int, bytes] | None,
        image_id: str,
        stored: list[str],
    ) -> None:
        whom = None
        if subject is not None:
            interacted(connection, collection, subject[0], self._clock.now_ms())
            whom = About(subject[2], {"subject": subject[0], "face_ids": stored, "image_id": image_id})
        details = {"faces": len(stored), "purpose": collection.purpose, "model": collection.model_version}
        self._acts.record(connection, "enrol", asker=asker, collection=collection.name, about=whom, details=details)

    def _record_deletions(
        self, connection: Connection, asker: Asker, collection: Collection, faces: Sequence[StoredFace]
    ) -> None:
        """An entry for each subject whose faces these were, or several where they are many."""
        ids: dict[str | None, list[str]] = {}
        for face in faces:
            ids.setdefault(face.subject, []).append(face.face_id)
        for subject, mine in ((subject, some) for subject, all_ids in ids.items() for some in in_parts(all_ids)):
            whom = about(connection, self._storage, collection, subject, face_ids=mine) if subject else None
            details = {"faces": len(mine)}
            self._acts.record(
                connection, "delete faces", asker=asker, collection=collection.name, about=whom, details=details
            )


def _why_kept(face: StoredFace | None) -> str | None:
    if face is None:
        return "FACE_NOT_FOUND"
    return "ASSOCIATED_TO_AN_EXISTING_USER" if face.user is not None else None


def _subject_of(collection: Collection, external_image_id: str | None) -> str:
    if external_image_id is None:
        raise InvalidParameter(
            f"Collection '{collection.name}' is governed; ExternalImageId must name the subject whose face it is"
        )
    return external_image_id


def _no_consent(collection: Collection, subject: str) -> str:
    return _NO_CONSENT.format(subject=subject, purpose=collection.purpose, name=collection.name)
