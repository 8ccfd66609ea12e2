"""Users: named groups of up to a hundred faces of one collection, each of one person."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, update

from regard.errors import AccessDenied, Conflict, ServiceQuotaExceeded
from regard.people.acts import Acts, Asker
from regard.people.clock import Clock
from regard.people.erasure import has_live
from regard.people.galleries import Galleries
from regard.people.records import (
    CREATED,
    UPDATING,
    Collection,
    StoredFace,
    User,
    check_there,
    faces_by_id,
    select_users,
    user_of,
)
from regard.people.request_tokens import once
from regard.people.subjects import about
from regard.people.thresholds import curve_of
from regard.people.user_rows import faces_of_user, forget_user, found_user, user_named
from regard.storage import schema
from regard.storage.open import Storage

MOST_FACES_OF_USER = 100
_NOT_FOUND, _OTHER_USER, _LOW = "FACE_NOT_FOUND", "ASSOCIATED_TO_A_DIFFERENT_USER", "LOW_MATCH_CONFIDENCE"


@dataclass(frozen=True, slots=True)
class Failure:
    """A face that was not (dis)associated. A face beyond the limit has no reason: Amazon's list has none for it."""

    face_id: str
    user: str | None = None
    confidence: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Association:
    """What became of each face. One that was as wanted already is in neither list."""

    done: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    status: str = UPDATING


class Users:
    """The users of collections."""

    def __init__(self, storage: Storage, clock: Clock, acts: Acts, galleries: Galleries) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._galleries = galleries

    def create(self, asker: Asker, collection: Collection, name: str, token: str | None) -> None:
        """In a governed collection the user is a subject. Raises Conflict for a name taken, AccessDenied without
        a live consent, IdempotentParameterMismatch."""

        def work(connection: Connection) -> dict[str, Any]:
            check_there(connection, collection)
            self._check_consent(connection, collection, name)
            if user_named(connection, collection, name) is not None:
                raise Conflict(f"The user id: {name} already exists")
            values = {"collection_key": collection.key, "name": name, "created_ms": self._clock.now_ms()}
            connection.execute(insert(schema.users).values(values))
            self._record(connection, "create user", asker, collection, name)
            return {}

        self._once(collection, "CreateUser", token, {"user": name}, work)

    def delete(self, asker: Asker, collection: Collection, name: str, token: str | None) -> None:
        """The user; its faces stay, released. Raises ResourceNotFound, IdempotentParameterMismatch."""

        def work(connection: Connection) -> dict[str, Any]:
            found_user(connection, collection, name)
            forget_user(connection, collection, name)
            self._record(connection, "delete user", asker, collection, name)
            return {}

        self._once(collection, "DeleteUser", token, {"user": name}, work)
        self._storage.scrub()

    def page(self, collection: Collection, after: int | None, limit: int) -> tuple[list[User], bool]:
        """At most `limit` users by key, past the key `after`; and whether there are more."""
        table = schema.users
        query = select_users().where(table.c.collection_key == collection.key)
        if after is not None:
            query = query.where(table.c.key > after)
        with self._storage.reading() as connection:
            rows = connection.execute(query.order_by(table.c.key).limit(limit + 1)).all()
        return [user_of(row) for row in rows[:limit]], len(rows) > limit

    def associate(
        self,
        asker: Asker,
        collection: Collection,
        name: str,
        face_ids: Sequence[str],
        threshold: float,
        token: str | None,
    ) -> Association:
        """Adds faces to a user. A face must be like those the user has, by a similarity of `threshold` or more.

        Raises ResourceNotFound for the user, ServiceQuotaExceeded for a full one, AccessDenied for another subject's
        face in a governed collection, IdempotentParameterMismatch.
        """

        def work(connection: Connection) -> dict[str, Any]:
            user = found_user(connection, collection, name)
            held = faces_of_user(connection, user)
            if len(held) >= MOST_FACES_OF_USER:
                raise ServiceQuotaExceeded(f"User {name} has {len(held)} faces; the limit is {MOST_FACES_OF_USER}")
            faces = faces_by_id(connection, collection, face_ids)
            _check_subject(collection, name, faces.values())
            verdicts = self._verdicts(collection, name, face_ids, faces, held, threshold)
            failed = [verdict for verdict in verdicts if isinstance(verdict, Failure)]
            fit = [verdict for verdict in verdicts if isinstance(verdict, str)]
            room = MOST_FACES_OF_USER - len(held)
            failed += [Failure(face_id) for face_id in fit[room:]]
            return self._moved(connection, asker, collection, user, "associate faces", fit[:room], failed, user.key)

        parameters = {"user": name, "faces": list(face_ids), "threshold": threshold}
        return self._applied(collection, "AssociateFaces", token, parameters, work)

    def disassociate(
        self, asker: Asker, collection: Collection, name: str, face_ids: Sequence[str], token: str | None
    ) -> Association:
        """Takes faces from a user; they stay in the collection.

        Raises ResourceNotFound, IdempotentParameterMismatch.
        """

        def work(connection: Connection) -> dict[str, Any]:
            user = found_user(connection, collection, name)
            faces = faces_by_id(connection, collection, face_ids)
            done, failed = [], []
            for face_id in dict.fromkeys(face_ids):
                face = faces.get(face_id)
                if face is None:
                    failed.append(Failure(face_id, reason=_NOT_FOUND))
                elif face.user is not None and face.user != name:
                    failed.append(Failure(face_id, user=face.user, reason=_OTHER_USER))
                elif face.user == name:
                    done.append(face_id)
            return self._moved(connection, asker, collection, user, "disassociate faces", done, failed, None)

        parameters = {"user": name, "faces": list(face_ids)}
        return self._applied(collection, "DisassociateFaces", token, parameters, work)

    def _verdicts(
        self,
        collection: Collection,
        name: str,
        face_ids: Sequence[str],
        faces: dict[str, StoredFace],
        held: list[int],
        threshold: float,
    ) -> list[Failure | str]:
        """For each face that is not the user's already: its id, or why not."""
        verdicts: list[Failure | str] = []
        for face_id in dict.fromkeys(face_ids):
            face = faces.get(face_id)
            if face is None:
                verdicts.append(Failure(face_id, reason=_NOT_FOUND))
            elif face.user is not None and face.user != name:
                verdicts.append(Failure(face_id, user=face.user, reason=_OTHER_USER))
            elif face.user is None:
                likeness = self._likeness(collection, face, held)
                is_like = likeness is None or likeness >= threshold
                verdicts.append(face_id if is_like else Failure(face_id, confidence=likeness, reason=_LOW))
        return verdicts

    def _likeness(self, collection: Collection, face: StoredFace, held: list[int]) -> float | None:
        """Similarity of a face to a user's faces; None for a user without."""
        if not held:
            return None
        vectors = self._galleries.faces(collection).vectors([face.key, *held])
        return float(curve_of(collection.model_version).similarity(float(np.mean(vectors[1:] @ vectors[0]))))

    def _moved(
        self,
        connection: Connection,
        asker: Asker,
        collection: Collection,
        user: User,
        act: str,
        done: list[str],
        failed: list[Failure],
        to: int | None,
    ) -> dict[str, Any]:
        table = schema.faces
        connection.execute(
            update(table).where(table.c.collection_key == collection.key, table.c.face_id.in_(done)).values(user_key=to)
        )
        left = faces_of_user(connection, user)
        if done:
            self._record(connection, act, asker, collection, user.name, face_ids=done)
        return {
            "done": done,
            "failed": [asdict(failure) for failure in failed],
            "status": UPDATING if left else CREATED,
        }

    def _applied(
        self,
        collection: Collection,
        operation: str,
        token: str | None,
        parameters: dict[str, Any],
        work: Callable[[Connection], dict[str, Any]],
    ) -> Association:
        answer = self._once(collection, operation, token, parameters, work)
        failed = [Failure(**failure) for failure in answer["failed"]]
        return Association(answer["done"], failed, answer["status"])

    def _once(
        self,
        collection: Collection,
        operation: str,
        token: str | None,
        parameters: dict[str, Any],
        work: Callable[[Connection], dict[str, Any]],
    ) -> dict[str, Any]:
        with self._storage.writing() as connection:
            return once(connection, self._clock, collection, operation, token, parameters, lambda: work(connection))

    def _record(
        self,
        connection: Connection,
        act: str,
        asker: Asker,
        collection: Collection,
        name: str,
        face_ids: Sequence[str] = (),
    ) -> None:
        whom = about(connection, self._storage, collection, name, face_ids=list(face_ids))
        details = {"faces": len(face_ids)} if face_ids else {}
        self._acts.record(connection, act, asker=asker, collection=collection.name, about=whom, details=details)

    def _check_consent(self, connection: Connection, collection: Collection, name: str) -> None:
        if collection.is_governed and not has_live(connection, collection.key, name, self._clock.now_ms()):
            raise AccessDenied(
                f"Collection '{collection.name}' is governed and user '{name}' is no subject with a live consent for "
                f"'{collection.purpose}'. See: regard consent grant --help"
            )


def _check_subject(collection: Collection, name: str, faces: Any) -> None:
    for face in faces:
        if collection.is_governed and face.subject != name:
            raise AccessDenied(
                f"Face {face.face_id} belongs to subject '{face.subject}'; in a governed collection user '{name}' "
                "can have only faces of the subject of the same name"
            )
