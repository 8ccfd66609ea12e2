"""Threads that do everything that is entered in the log, until their process is killed."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count

from regard.errors import AccessDenied, ApiError
from regard.people.acts import Asker
from regard.people.collections import VERIFY_ONLY
from regard.people.consent import Consent, Grant
from regard.people.open import People
from regard.people.records import Collection
from tests.forked import Say, failure
from tests.people.rooms import ASKER, EVIDENCE, GOVERNED, PURPOSE, YEAR_MS, face, person

MOST_FACES = 150  # in the governed collection; above it faces and subjects go
_CROP = b"crop" * 100


def prepare(people: People) -> None:
    """The collections that stay."""
    people.collections.create(ASKER, "staff", GOVERNED)
    people.collections.create(ASKER, "gate", GOVERNED | {VERIFY_ONLY: "true"})


def act_for_ever(people: People, seed: int, say: Say) -> None:
    """Starts the threads and never returns. say: called with `REQUEST ACT` once that was acknowledged."""
    work = (_Enroller, _Enroller, _Asking, _Asking, _Eraser, _Sandboxes, _Publishing)
    for number, kind in enumerate(work):
        actor = kind(people, f"{seed}-{number}", say)
        threading.Thread(target=actor.act_for_ever, daemon=True).start()
    threading.Event().wait()


class _Actor:
    """One thread."""

    def __init__(self, people: People, name: str, say: Say) -> None:
        self.people = people
        self.luck = random.Random(name)
        self.name = name
        self.staff, self.gate = (people.collections.get(ASKER, name) for name in ("staff", "gate"))
        self._say = say
        self._numbers = count()

    def act_for_ever(self) -> None:
        """Goes through its steps again and again."""
        try:
            while True:
                for step in self.steps():
                    with suppress(ApiError):  # another thread was first; what was refused is not acknowledged
                        step()
        except BaseException:
            self._say(failure())
            os._exit(1)

    def steps(self) -> Iterator[Callable[[], None]]:
        """What it does."""
        raise NotImplementedError

    def asker(self) -> Asker:
        """With a request id of its own."""
        return replace(ASKER, request_id=f"{self.name}-{next(self._numbers)}")

    def done(self, asker: Asker, act: str) -> None:
        """Says so."""
        self._say(f"{asker.request_id} {act}")

    def subjects(self) -> list[Consent]:
        """Live consents."""
        consents, _ = self.people.consents.page(ASKER, self.staff, None, None, 500)
        return [consent for consent in consents if consent.ended_ms is None]


class _Enroller(_Actor):
    def steps(self) -> Iterator[Callable[[], None]]:
        if self.people.collections.counts(self.staff)[0] < MOST_FACES:
            yield self._enrol
        yield self._enrol_without_consent

    def _enrol(self) -> None:
        asker = self.asker()
        subject = asker.request_id
        people = self.people
        expires_ms = people.clock.now_ms() + YEAR_MS
        keeps_crops = self.luck.random() < 0.5
        wanted = Grant(subject, PURPOSE, expires_ms, EVIDENCE, keeps_crops=keeps_crops)
        people.consents.grant(asker, self.staff, wanted)
        self.done(asker, "grant consent")
        for number in range(self.luck.randint(1, 3)):
            asker = self.asker()
            embedding = person(self.luck.randrange(1000))
            people.faces.enrol(asker, self.staff, f"{subject} {number}".encode(), subject, [face(embedding, _CROP)])
            self.done(asker, "enrol")

    def _enrol_without_consent(self) -> None:
        asker = self.asker()
        try:
            self.people.faces.enrol(asker, self.staff, b"picture", asker.request_id, [face(person(1))])
        except AccessDenied:
            self.done(asker, "refuse enrolment")


class _Asking(_Actor):
    def steps(self) -> Iterator[Callable[[], None]]:
        yield from (self._search, self._search_a_gate, self._compare, self._search, self._verify)

    def _search(self) -> None:
        asker, number = self.asker(), self.luck.randrange(1000)
        self.people.matching.faces_like(asker, self.staff, person(number), 80.0, 5, b"%d" % number)
        self.done(asker, "search faces")

    def _search_a_gate(self) -> None:
        asker = self.asker()
        try:
            self.people.matching.faces_like(asker, self.gate, person(1), 80.0, 5, b"picture")
        except AccessDenied:
            self.done(asker, "refuse question")

    def _compare(self) -> None:
        asker, number = self.asker(), self.luck.randrange(1000)
        faces = person(number), person(number)[None]
        self.people.matching.compare(asker, "1.0", *faces, b"source %d" % number, b"target %d" % number)
        self.done(asker, "compare")

    def _verify(self) -> None:
        subjects = self.subjects()
        if subjects:
            asker, subject = self.asker(), self.luck.choice(subjects).subject
            self.people.matching.verify(asker, self.staff, subject, person(self.luck.randrange(1000)), 80.0, b"p")
            self.done(asker, "verify")


class _Eraser(_Actor):
    def steps(self) -> Iterator[Callable[[], None]]:
        subjects = self.subjects()
        if len(subjects) > 20:
            yield lambda: self._withdraw(self.luck.choice(subjects))
        yield self._delete_face

    def _withdraw(self, consent: Consent) -> None:
        asker = self.asker()
        self.people.consents.withdraw(asker, consent.id)
        self.done(asker, "erase subject")

    def _delete_face(self) -> None:
        asker = self.asker()
        faces, _ = self.people.faces.page(self.staff, None, 500, None, None)
        if len(faces) > MOST_FACES // 2:
            self.people.faces.delete(asker, self.staff, [self.luck.choice(faces).face_id])
            self.done(asker, "delete faces")


class _Publishing(_Actor):
    """More often than once a second, so that kills fall into it."""

    def steps(self) -> Iterator[Callable[[], None]]:
        time.sleep(self.luck.uniform(0, 0.1))
        yield self.people.acts.ledger.publish


class _Sandboxes(_Actor):
    """The only thread that makes or deletes collections, so that nobody deletes what it has."""

    def steps(self) -> Iterator[Callable[[], None]]:
        there, _ = self.people.collections.page(ASKER, None, 500)
        boxes = [one.name for one in there if not one.is_governed]
        if len(boxes) > 3:  # first, since filling one takes most lives on a slow machine
            yield lambda: self._delete(self.luck.choice(boxes))
        yield self._fill

    def _fill(self) -> None:
        asker = self.asker()
        box = self.people.collections.create(asker, f"box-{asker.request_id}", {})
        self.done(asker, "create collection")
        self._user(box)
        for number in range(self.luck.randint(1, 3)):
            asker = self.asker()
            faces = [face(person(number)), face(person(number + 1))]
            faces[1] = replace(faces[1], box=(0.5, 0.5, 0.25, 0.25))
            stored = self.people.faces.enrol(asker, box, b"%d" % number, None, faces)
            self.done(asker, "enrol")
            self._one_face_goes(box, stored[0].face_id)

    def _user(self, box: Collection) -> None:
        asker = self.asker()
        self.people.users.create(asker, box, "ada", None)
        self.done(asker, "create user")

    def _one_face_goes(self, box: Collection, face_id: str) -> None:
        asker = self.asker()
        self.people.faces.delete(asker, box, [face_id])
        self.done(asker, "delete faces")

    def _delete(self, name: str) -> None:
        asker = self.asker()
        self.people.collections.delete(asker, name)
        self.done(asker, "delete collection")
