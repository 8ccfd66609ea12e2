"""What stands before a question about identity, and the entry that it leaves in the log."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from regard.errors import AccessDenied
from regard.people.acts import Acts, Asker
from regard.people.clock import Clock
from regard.people.crowds import check_no_crowd, check_no_target_crowd
from regard.people.galleries import Galleries
from regard.people.pace import Pace
from regard.people.records import Collection
from regard.people.reviews import Reviews
from regard.people.subjects import about, interacted
from regard.storage.open import Storage

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]
_VERIFY_ONLY = (
    "Collection '{}' is verify-only: it answers whether a picture shows one named subject (POST /v1/verifications), "
    "never who a picture shows"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question that may be asked."""

    asker: Asker
    collection: Collection
    act: str  # as in the log
    probe: str  # commitment to what is asked about
    threshold: float  # similarity, the asker's
    reviewers: tuple[str, ...]  # key ids, where two had to agree


class Questions:
    """Lets questions through or refuses them, and enters each in the log before its answer leaves."""

    def __init__(
        self, storage: Storage, clock: Clock, acts: Acts, galleries: Galleries, pace: Pace, reviews: Reviews
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._galleries = galleries
        self._pace = pace
        self._reviews = reviews

    def check_may_search(self, asker: Asker, collection: Collection, boxes: Sequence[Box]) -> None:
        """Raises AccessDenied in a verify-only collection and for a crowd, which is entered in the log, and
        ProvisionedThroughputExceeded above the rate of the asker's key. boxes: (left, top, right, bottom) of the faces
        of a picture."""
        if collection.is_verify_only:
            self._refuse(asker, collection.name, "verify-only", _VERIFY_ONLY.format(collection.name))
        self._pace.check_search(asker, collection.name)
        try:
            check_no_crowd(boxes)
        except AccessDenied as error:
            self._refuse(asker, collection.name, "crowd", error.message)

    def check_may_verify(self, asker: Asker, collection: Collection) -> None:
        """Raises ProvisionedThroughputExceeded."""
        self._pace.check_search(asker, collection.name)

    def check_may_compare(self, asker: Asker, targets: int) -> None:
        """Raises AccessDenied for a target picture with so many faces that it is a crowd, which is entered in the log,
        and Throttling for a key that scans."""
        self._pace.check_compare(asker)
        try:
            check_no_target_crowd(targets)
        except AccessDenied as error:
            self._refuse(asker, None, "crowd", error.message)

    def search(
        self,
        asker: Asker,
        collection: Collection,
        act: str,
        threshold: float,
        what: tuple[str, bytes],
        probes: Floats,
    ) -> Question:
        """A 1:N question that may be asked now. what: kind and bytes of what is asked about, to be committed to.
        probes: (P, D).

        Raises as `check_may_search`, and AccessDenied where reviewers have to agree first.
        """
        self.check_may_search(asker, collection, [])
        probe = self._commitment(collection, *what)
        reviewers = self._reviews.check(asker, collection, act, probe)
        for vector in probes:
            self._pace.probed(asker, collection.name, vector, probe)
        return Question(asker, collection, act, probe, threshold, reviewers)

    def verification(
        self, asker: Asker, collection: Collection, threshold: float, picture: bytes, probe: Floats
    ) -> Question:
        """A 1:1 question against a subject. probe: (D,). Raises as `check_may_verify`."""
        self.check_may_verify(asker, collection)
        mark = self._commitment(collection, "picture", picture)
        self._pace.probed(asker, collection.name, probe, mark)
        return Question(asker, collection, "verify", mark, threshold, ())

    def compared(
        self, asker: Asker, version: str, source: Floats, targets: Floats, source_picture: bytes, target_picture: bytes
    ) -> None:
        """Enters a comparison of two pictures; raises as `check_may_compare` before."""
        self.check_may_compare(asker, len(targets))
        first, second = (self._acts.commitment("picture", data) for data in (source_picture, target_picture))
        self._pace.compared(asker, source, targets, first, second)
        details = {"targets": len(targets), "model": version, "source": first, "target": second}
        self._acts.note("compare", asker=asker, details=details)

    def answered(
        self,
        connection: Connection,
        question: Question,
        details: dict[str, Any],
        subject: str | None,
        is_match: bool,
        **said: Any,
    ) -> None:
        """Enters a question with its outcome. subject: whom it was about or who was found, with what is `said` of
        them."""
        collection = question.collection
        is_change, whom = False, None
        if subject is not None and collection.is_governed:
            is_change = is_match and interacted(connection, collection, subject, self._clock.now_ms())
            whom = about(connection, self._storage, collection, subject, **said)
        details = details | {
            "purpose": collection.purpose,
            "model": collection.model_version,
            "probe": question.probe,
            "outcome": "match" if is_match else "no match",
        }
        if question.reviewers:
            details["reviewers"] = list(question.reviewers)
        self._acts.record(
            connection,
            question.act,
            asker=question.asker,
            collection=collection.name,
            about=whom,
            details=details,
            is_change=is_change,
        )

    def _commitment(self, collection: Collection, kind: str, data: bytes) -> str:
        """HMAC-SHA256 in hex: only who has the collection's key can tell what stands behind it."""
        secret = self._galleries.secret(collection, "pictures")
        return hmac.new(secret, f"{kind}:".encode() + data, hashlib.sha256).hexdigest()

    def _refuse(self, asker: Asker, collection: str | None, why: str, sentence: str) -> NoReturn:
        self._acts.note("refuse question", asker=asker, collection=collection, details={"why": why})
        raise AccessDenied(sentence)
