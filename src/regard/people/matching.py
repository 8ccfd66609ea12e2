"""Who is it? The only place where vectors are searched, and the rules that stand before an answer.

A 1:1 question (`compare`, `verify`) answers with a similarity. A 1:N search answers only above the similarity at which
a gallery of its size has at most one false match to expect in 1,000 searches, or above the caller's if that is
stricter; in a governed collection it names one person at most. Every question is recorded before its answer leaves.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from regard.errors import AccessDenied, InvalidParameter, ResourceNotFound
from regard.people.acts import Acts, Asker, picture_digest
from regard.people.clock import Clock
from regard.people.crowds import check_no_crowd, check_no_target_crowd
from regard.people.erasure import has_live
from regard.people.galleries import Galleries
from regard.people.matches import FaceMatch, Found, Match, UserMatch, Verification
from regard.people.records import Collection, StoredFace, User, face_of, select_faces
from regard.people.subjects import faces_of_subject, touch
from regard.people.thresholds import curve_of, similarity_of_rate
from regard.people.user_rows import faces_of_user, found_user
from regard.storage import schema
from regard.storage.open import Storage

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]
_MOST_NEAR = 4096  # faces that are looked at for their users
_VERIFY_ONLY = (
    "Collection '{}' is verify-only: it answers whether a picture shows one named subject (POST /v1/verifications), "
    "never who a picture shows"
)


class Matching:
    """Answers questions about identity."""

    def __init__(self, storage: Storage, clock: Clock, acts: Acts, galleries: Galleries) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._galleries = galleries

    def check_may_search(self, asker: Asker, collection: Collection, boxes: Sequence[Box]) -> None:
        """For a caller that wants to know before vectors are made. boxes: (left, top, right, bottom) of a picture's
        faces. Raises AccessDenied in a verify-only collection and for a crowd, which is recorded."""
        if collection.is_verify_only:
            self._refuse(asker, collection.name, "verify-only", _VERIFY_ONLY.format(collection.name))
        try:
            check_no_crowd(boxes)
        except AccessDenied as error:
            self._refuse(asker, collection.name, "crowd", error.message)

    def check_may_compare(self, asker: Asker, targets: int) -> None:
        """Raises AccessDenied for a target picture with so many faces that it is a crowd, which is recorded."""
        try:
            check_no_target_crowd(targets)
        except AccessDenied as error:
            self._refuse(asker, None, "crowd", error.message)

    def compare(self, asker: Asker, version: str, source: Floats, targets: Floats) -> list[float]:
        """Similarities of (D,) `source` with each row of (N, D) `targets`. Raises AccessDenied for a crowd."""
        self.check_may_compare(asker, len(targets))
        curve = curve_of(version)
        with self._storage.writing() as connection:
            details = {"targets": len(targets), "model": version}
            self._acts.record(connection, "compare", asker=asker, details=details)
        return [curve.similarity(float(cosine)) for cosine in targets @ source]

    def verify(
        self, asker: Asker, collection: Collection, subject: str, probe: Floats, threshold: float, picture: bytes
    ) -> Verification:
        """Whether (D,) `probe` is the subject, by the most similar of the subject's faces.

        With several faces a stranger has several chances, so the false-match rate is that many times the best face's.
        Raises ResourceNotFound where the subject has no face, AccessDenied where its consent does not hold.
        """
        curve = curve_of(collection.model_version)
        with self._storage.writing() as connection:
            faces = faces_of_subject(connection, collection, subject)
            if collection.is_governed:
                self._check_consent(connection, collection, subject)
            if not faces:
                raise ResourceNotFound(f"Subject '{subject}' has no face in collection {collection.name}")
            vectors = self._galleries.faces(collection).vectors([face.key for face in faces])
            best = curve.similarity(float(np.max(vectors @ probe)))
            rate = min(1.0, len(faces) * curve.false_match_rate(best))
            similarity = similarity_of_rate(rate) if len(faces) > 1 else best
            answer = Verification(similarity >= threshold, similarity, rate, len(faces))
            mark = touch(connection, self._storage, collection, subject, self._clock.now_ms(), answer.is_match)
            self._record(
                connection,
                asker,
                collection,
                "verify",
                mark,
                {"threshold": threshold, "is_match": answer.is_match, "faces": len(faces)},
                picture,
            )
        return answer

    def faces_like(
        self, asker: Asker, collection: Collection, probe: Floats, threshold: float, limit: int, picture: bytes
    ) -> Found[FaceMatch]:
        """Faces like (D,) `probe`, at most `limit`. Raises AccessDenied in a verify-only collection."""
        return self._faces(asker, collection, probe, threshold, limit, picture, None)

    def faces_like_face(
        self, asker: Asker, collection: Collection, face_id: str, threshold: float, limit: int
    ) -> Found[FaceMatch]:
        """Faces like an enrolled one, without itself. Raises InvalidParameter for an unknown id; as `faces_like`."""
        face = self._face(collection, face_id)
        probe = self._galleries.faces(collection).vectors([face.key])[0]
        return self._faces(asker, collection, probe, threshold, limit, None, face)

    def users_like(
        self, asker: Asker, collection: Collection, probe: Floats, threshold: float, limit: int, picture: bytes
    ) -> Found[UserMatch]:
        """Users like (D,) `probe`, at most `limit`. Raises AccessDenied in a verify-only collection."""
        return self._users(asker, collection, probe[None], threshold, limit, picture, None)

    def users_like_face(
        self, asker: Asker, collection: Collection, face_id: str, threshold: float, limit: int
    ) -> Found[UserMatch]:
        """Users like an enrolled face, its own user among them. Raises as `faces_like_face`."""
        probes = self._galleries.faces(collection).vectors([self._face(collection, face_id).key])
        return self._users(asker, collection, probes, threshold, limit, None, None)

    def users_like_user(
        self, asker: Asker, collection: Collection, name: str, threshold: float, limit: int
    ) -> Found[UserMatch]:
        """Users like a user, without itself; none for a user without faces. Raises ResourceNotFound."""
        with self._storage.reading() as connection:
            user = found_user(connection, collection, name)
            keys = faces_of_user(connection, user)
        probes = self._galleries.faces(collection).vectors(keys)
        return self._users(asker, collection, probes, threshold, limit, None, user)

    def _faces(
        self,
        asker: Asker,
        collection: Collection,
        probe: Floats,
        threshold: float,
        limit: int,
        picture: bytes | None,
        without: StoredFace | None,
    ) -> Found[FaceMatch]:
        more = limit + (without is not None)
        near, found = self._nearest(asker, collection, probe[None], threshold, more)
        with self._storage.writing() as connection:
            matches = [
                FaceMatch(face, near[face.key])
                for face in _faces_of(connection, near)
                if without is None or face.key != without.key
            ]
            matches = self._of_one_person(connection, collection, matches, lambda match: match.face.subject)[:limit]
            subject = matches[0].face.subject if matches else None
            self._answer(connection, asker, collection, "search faces", found, subject, len(matches), picture)
        return Found(matches, found.effective_threshold, found.false_match_rate, found.gallery)

    def _users(
        self,
        asker: Asker,
        collection: Collection,
        probes: Floats,
        threshold: float,
        limit: int,
        picture: bytes | None,
        without: User | None,
    ) -> Found[UserMatch]:
        """A user is as similar as the most similar of its faces: `bench/strangers.py` finds more people that way, at
        the same rate of strangers, than by the mean of a user's vectors."""
        near, found = self._nearest(asker, collection, probes, threshold, _MOST_NEAR)
        with self._storage.writing() as connection:
            best: dict[str, float] = {}
            for face in _faces_of(connection, near):
                if face.user is not None and (without is None or face.user != without.name):
                    best.setdefault(face.user, near[face.key])
            matches = [UserMatch(found_user(connection, collection, name), best[name]) for name in best]
            matches = self._of_one_person(connection, collection, matches, lambda match: match.user.name)[:limit]
            subject = matches[0].user.name if matches and collection.is_governed else None
            self._answer(connection, asker, collection, "search users", found, subject, len(matches), picture)
        return Found(matches, found.effective_threshold, found.false_match_rate, found.gallery)

    def _nearest(
        self, asker: Asker, collection: Collection, probes: Floats, threshold: float, limit: int
    ) -> tuple[dict[int, float], Found[Any]]:
        """Keys and similarities of the faces that are above the effective threshold for one of (P, D) `probes`, and
        that threshold: each probe is another chance of a stranger."""
        self.check_may_search(asker, collection, [])
        gallery, curve = self._galleries.faces(collection), curve_of(collection.model_version)
        size = len(gallery)
        effective = max(threshold, curve.safe_similarity(size * max(1, len(probes))))
        near: dict[int, float] = {}
        for probe in probes if size else []:
            for key, cosine in gallery.at_least(probe, curve.score(effective), limit):
                # A cosine at the threshold is rounded on its way through the curve.
                near[key] = max(near.get(key, effective), curve.similarity(cosine))
        return near, Found([], effective, curve.false_match_rate(effective), size)

    def _of_one_person(
        self,
        connection: Connection,
        collection: Collection,
        matches: list[Match],
        subject_of: Callable[[Match], str | None],
    ) -> list[Match]:
        """In a governed collection: those of the subject of the best match whose consent holds now."""
        if not collection.is_governed:
            return matches
        now = self._clock.now_ms()
        live: dict[str | None, bool] = {}
        for match in matches:
            subject = subject_of(match)
            if subject not in live:
                live[subject] = subject is not None and has_live(connection, collection.key, subject, now)
        best = next((subject_of(match) for match in matches if live[subject_of(match)]), None)
        return [match for match in matches if best is not None and subject_of(match) == best]

    def _answer(
        self,
        connection: Connection,
        asker: Asker,
        collection: Collection,
        act: str,
        found: Found[Any],
        subject: str | None,
        matches: int,
        picture: bytes | None,
    ) -> None:
        mark = None
        if subject is not None and collection.is_governed:
            mark = touch(connection, self._storage, collection, subject, self._clock.now_ms(), True)
        details = {
            "gallery": found.gallery,
            "threshold": found.effective_threshold,
            "false_match_rate": found.false_match_rate,
            "matches": matches,
        }
        self._record(connection, asker, collection, act, mark, details, picture)

    def _record(
        self,
        connection: Connection,
        asker: Asker,
        collection: Collection,
        act: str,
        mark: str | None,
        details: dict[str, Any],
        picture: bytes | None,
    ) -> None:
        details = details | {"purpose": collection.purpose, "model": collection.model_version}
        if picture is not None:
            details["picture"] = picture_digest(self._galleries.secret(collection, "pictures"), picture)
        self._acts.record(connection, act, asker=asker, collection=collection.name, commitment=mark, details=details)

    def _refuse(self, asker: Asker, collection: str | None, why: str, sentence: str) -> NoReturn:
        with self._storage.writing() as connection:
            self._acts.record(connection, "refuse question", asker=asker, collection=collection, details={"why": why})
        raise AccessDenied(sentence)

    def _check_consent(self, connection: Connection, collection: Collection, subject: str) -> None:
        if not has_live(connection, collection.key, subject, self._clock.now_ms()):
            raise AccessDenied(
                f"Subject '{subject}' has no live consent for the purpose '{collection.purpose}' of collection "
                f"'{collection.name}'"
            )

    def _face(self, collection: Collection, face_id: str) -> StoredFace:
        query = select_faces().where(schema.faces.c.collection_key == collection.key, schema.faces.c.face_id == face_id)
        with self._storage.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise InvalidParameter(f"Face {face_id} is not in collection {collection.name}")
        return face_of(row)


def _faces_of(connection: Connection, near: dict[int, float]) -> list[StoredFace]:
    """The faces of these keys that are still there, most similar first."""
    query = select_faces().where(schema.faces.c.key.in_(list(near)))
    faces = [face_of(row) for row in connection.execute(query).all()]
    return sorted(faces, key=lambda face: (-near[face.key], face.key))
