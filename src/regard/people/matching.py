"""Who is it? The only place where vectors are searched, and the rules that stand before an answer.

A 1:1 question (`compare`, `verify`) answers with a similarity. A 1:N search answers only above the similarity at which
a gallery of its size has at most one false match to expect in 1,000 searches, or above the caller's if that is
stricter; in a governed collection it names one person at most. Every question is recorded before its answer leaves.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from regard.errors import AccessDenied, InvalidParameter, ResourceNotFound
from regard.people.acts import MOST_IDS, Asker
from regard.people.clock import Clock
from regard.people.erasure import has_live
from regard.people.galleries import Galleries
from regard.people.matches import LEAST_VERIFIED, FaceMatch, Found, Match, UserMatch, Verification, told
from regard.people.questions import Question, Questions
from regard.people.records import Collection, StoredFace, User, face_of, faces_by_id, select_faces
from regard.people.subjects import faces_of_subject
from regard.people.thresholds import curve_of, similarity_of_rate
from regard.people.user_rows import faces_of_user, found_user
from regard.storage import schema
from regard.storage.open import Storage

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]
_MOST_NEAR = 4096  # faces that are looked at for their users


class Matching:
    """Answers questions about identity."""

    def __init__(self, storage: Storage, clock: Clock, galleries: Galleries, questions: Questions) -> None:
        self._storage = storage
        self._clock = clock
        self._galleries = galleries
        self._questions = questions

    def check_may_search(self, asker: Asker, collection: Collection, boxes: Sequence[Box]) -> None:
        """For a caller that wants to know before vectors are made: as `Questions.check_may_search`."""
        self._questions.check_may_search(asker, collection, boxes)

    def check_may_compare(self, asker: Asker, targets: int) -> None:
        """For a caller that wants to know before vectors are made: as `Questions.check_may_compare`."""
        self._questions.check_may_compare(asker, targets)

    def compare(
        self, asker: Asker, version: str, source: Floats, targets: Floats, source_picture: bytes, target_picture: bytes
    ) -> list[float]:
        """Similarities of (D,) `source` with each row of (N, D) `targets`.

        Raises AccessDenied for a crowd, Throttling for a key that scans.
        """
        self._questions.compared(asker, version, source, targets, source_picture, target_picture)
        curve = curve_of(version)
        return [curve.similarity(float(cosine)) for cosine in targets @ source]

    def verify(
        self, asker: Asker, collection: Collection, subject: str, probe: Floats, threshold: float, picture: bytes
    ) -> Verification:
        """Whether (D,) `probe` is the subject, by the most similar of the subject's faces.

        With several faces a stranger has several chances, so the false-match rate is that many times the best face's.
        Raises ResourceNotFound where the subject has no face, AccessDenied where its consent does not hold,
        InvalidParameter for a threshold below 80, ProvisionedThroughputExceeded above the rate of the asker's key.
        """
        if threshold < LEAST_VERIFIED:
            raise InvalidParameter(
                f"The threshold is {threshold:g}; the least for a verification is {LEAST_VERIFIED:g}"
            )
        question = self._questions.verification(asker, collection, threshold, picture, probe)
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
            shown = told(similarity)
            shown_rate = rate if shown == similarity else curve.false_match_rate(shown)
            answer = Verification(similarity >= threshold, shown, shown_rate, len(faces))
            details = {
                "threshold": threshold,
                "false_match_rate": curve.false_match_rate(threshold),
                "faces": len(faces),
            }
            # The log, which reports are made from, tells as much as the answer.
            said = {"similarity": shown} if shown else {}
            self._questions.answered(connection, question, details, subject, answer.is_match, **said)
        return answer

    def faces_like(
        self, asker: Asker, collection: Collection, probe: Floats, threshold: float, limit: int, picture: bytes
    ) -> Found[FaceMatch]:
        """Faces like (D,) `probe`, at most `limit`.

        Raises AccessDenied in a verify-only collection and where reviewers have to agree first,
        ProvisionedThroughputExceeded above the rate of the asker's key. So do all searches.
        """
        what = ("picture", picture)
        question = self._questions.search(asker, collection, "search faces", threshold, what, probe[None])
        return self._faces(question, probe, limit, None)

    def faces_like_face(
        self, asker: Asker, collection: Collection, face_id: str, threshold: float, limit: int
    ) -> Found[FaceMatch]:
        """Faces like an enrolled one, without itself. Raises InvalidParameter for an unknown id; as `faces_like`."""
        face = self._face(collection, face_id)
        probe = self._galleries.faces(collection).vectors([face.key])
        what = ("face", face_id.encode())
        question = self._questions.search(asker, collection, "search faces", threshold, what, probe)
        return self._faces(question, probe[0], limit, face)

    def users_like(
        self, asker: Asker, collection: Collection, probe: Floats, threshold: float, limit: int, picture: bytes
    ) -> Found[UserMatch]:
        """Users like (D,) `probe`, at most `limit`. Raises as `faces_like`."""
        what = ("picture", picture)
        question = self._questions.search(asker, collection, "search users", threshold, what, probe[None])
        return self._users(question, probe[None], limit, None)

    def users_like_face(
        self, asker: Asker, collection: Collection, face_id: str, threshold: float, limit: int
    ) -> Found[UserMatch]:
        """Users like an enrolled face, its own user among them. Raises as `faces_like_face`."""
        probes = self._galleries.faces(collection).vectors([self._face(collection, face_id).key])
        what = ("face", face_id.encode())
        question = self._questions.search(asker, collection, "search users", threshold, what, probes)
        return self._users(question, probes, limit, None)

    def users_like_user(
        self, asker: Asker, collection: Collection, name: str, threshold: float, limit: int
    ) -> Found[UserMatch]:
        """Users like a user, without itself; none for a user without faces. Raises ResourceNotFound."""
        with self._storage.reading() as connection:
            user = found_user(connection, collection, name)
            keys = faces_of_user(connection, user)
        probes = self._galleries.faces(collection).vectors(keys)
        what = ("user", name.encode())
        question = self._questions.search(asker, collection, "search users", threshold, what, probes)
        return self._users(question, probes, limit, user)

    def _faces(self, question: Question, probe: Floats, limit: int, without: StoredFace | None) -> Found[FaceMatch]:
        more = limit + (without is not None)
        near, found = self._nearest(question, probe[None], more)
        with self._storage.writing() as connection:
            matches = [
                FaceMatch(face, near[face.key])
                for face in _faces_of(connection, near)
                if without is None or face.key != without.key
            ]
            matches = self._of_one_person(connection, question.collection, matches, lambda match: match.face.subject)
            matches = matches[:limit]
            subject = matches[0].face.subject if matches else None
            ids = [match.face.face_id for match in matches]
            self._answered(connection, question, found, subject, matches, ids)
        return Found(matches, found.effective_threshold, found.false_match_rate, found.gallery)

    def _users(self, question: Question, probes: Floats, limit: int, without: User | None) -> Found[UserMatch]:
        """A user is as similar as the most similar of its faces: `bench/strangers.py` finds more people that way, at
        the same rate of strangers, than by the mean of a user's vectors."""
        collection = question.collection
        near, found = self._nearest(question, probes, _MOST_NEAR)
        with self._storage.writing() as connection:
            best: dict[str, float] = {}
            for face in _faces_of(connection, near):
                if face.user is not None and (without is None or face.user != without.name):
                    best.setdefault(face.user, near[face.key])
            matches = [UserMatch(found_user(connection, collection, name), best[name]) for name in best]
            matches = self._of_one_person(connection, collection, matches, lambda match: match.user.name)[:limit]
            self._answered(connection, question, found, matches[0].user.name if matches else None, matches, [])
        return Found(matches, found.effective_threshold, found.false_match_rate, found.gallery)

    def _nearest(self, question: Question, probes: Floats, limit: int) -> tuple[dict[int, float], Found[Any]]:
        """Keys and similarities of the faces that are above the effective threshold for one of (P, D) `probes`, and
        that threshold: each probe is another chance of a stranger."""
        collection = question.collection
        gallery, curve = self._galleries.faces(collection), curve_of(collection.model_version)
        size = len(gallery)
        effective = max(question.threshold, curve.safe_similarity(size * max(1, len(probes))))
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

    def _answered(
        self,
        connection: Connection,
        question: Question,
        found: Found[Any],
        subject: str | None,
        matches: Sequence[FaceMatch | UserMatch],
        face_ids: list[str],
    ) -> None:
        details = {
            "gallery": found.gallery,
            "threshold": found.effective_threshold,
            "false_match_rate": found.false_match_rate,
            "matches": len(matches),
        }
        said = {"similarity": matches[0].similarity, "face_ids": face_ids[:MOST_IDS]} if matches else {}
        self._questions.answered(connection, question, details, subject, bool(matches), **said)

    def _check_consent(self, connection: Connection, collection: Collection, subject: str) -> None:
        if not has_live(connection, collection.key, subject, self._clock.now_ms()):
            raise AccessDenied(
                f"Subject '{subject}' has no live consent for the purpose '{collection.purpose}' of collection "
                f"'{collection.name}'"
            )

    def _face(self, collection: Collection, face_id: str) -> StoredFace:
        with self._storage.reading() as connection:
            face = faces_by_id(connection, collection, [face_id]).get(face_id)
        if face is None:
            raise InvalidParameter(f"Face {face_id} is not in collection {collection.name}")
        return face


def _faces_of(connection: Connection, near: dict[int, float]) -> list[StoredFace]:
    """The faces of these keys that are still there, most similar first."""
    query = select_faces().where(schema.faces.c.key.in_(list(near)))
    faces = [face_of(row) for row in connection.execute(query).all()]
    return sorted(faces, key=lambda face: (-near[face.key], face.key))
