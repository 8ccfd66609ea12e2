"""The same searches with the log and without it, in turn, in one process: for `bench/ledger.py`."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from bench.call_times import Times
from bench.tables import table
from regard.analysis.embedding import DEFAULT_VERSION, DIMENSIONS
from regard.people.acts import About, Acts, Asker, Recorded
from regard.people.clock import YEAR_MS
from regard.people.consent import Grant
from regard.people.matching import Matching
from regard.people.open import People
from regard.people.pace import Pace
from regard.people.questions import Questions
from regard.people.records import Collection
from regard.people.reviews import Reviews
from regard.storage import schema

ROUNDS = 20  # in which the two take turns
FACES_OF_SUBJECT = 10
ASKER = Asker("123456789012", "us-east-1", "6f0e2f5e-8a4c-4f7c-9a51-0d3c6f1f7f10", principal="RGK0123456789ABCDEF")
PURPOSE = "staff entrance"
GOVERNED = {"regard:purpose": PURPOSE, "regard:controller": "Example Ltd"}
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Load:
    """How searches are asked."""

    words: str
    threads: int
    per_second: float = 0.0  # they come at random at this rate, all threads together; 0 for one after the other


LOADS = (
    Load("one after the other", 1),
    Load("16 threads, 60 a second", 16, 60.0),
    Load("16 threads, without pause", 16),
)


class Silent(Acts):
    """Enters nothing."""

    def record(
        self,
        connection: Connection,
        act: str,
        *,
        asker: Asker | None,
        collection: str | None = None,
        about: About | None = None,
        details: Mapping[str, Any] | None = None,
        is_change: bool = True,
    ) -> Recorded:
        """Nothing."""
        return Recorded("", None)

    def note(
        self,
        act: str,
        *,
        asker: Asker | None,
        collection: str | None = None,
        about: About | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """Nothing."""
        return 0


class Gallery:
    """A governed collection of faces made of numbers, and probes."""

    def __init__(self, people: People, faces: int) -> None:
        self.people = people
        self.collection = people.collections.create(ASKER, "staff", GOVERNED)
        chance = np.random.default_rng(1)
        self.vectors = _unit(chance.normal(size=(faces, DIMENSIONS[DEFAULT_VERSION])))
        self._enrol()
        strangers = _unit(chance.normal(size=self.vectors.shape))
        mates = _unit(self.vectors + 0.1 * _unit(chance.normal(size=self.vectors.shape)))
        self.probes = np.where(np.arange(faces)[:, None] % 2 == 0, mates, strangers)
        silent = Silent(people.storage, people.clock, people.acts.ledger)
        self.matching = {"with": people.matching, "without": _matching(people, silent)}

    def search(self, variant: str, number: int) -> float:
        """Seconds that a search took, "with" the log or "without"."""
        probe = self.probes[number % len(self.probes)]
        began = time.perf_counter()
        self.matching[variant].faces_like(ASKER, self.collection, probe, 80.0, 10, b"%d" % number)
        return time.perf_counter() - began

    def _enrol(self) -> None:
        """At once, without the log: it is not what is measured, and one by one it takes a minute."""
        names = [f"subject-{number}" for number in range(len(self.vectors) // FACES_OF_SUBJECT)]
        expires_ms = self.people.clock.now_ms() + YEAR_MS
        grants = [Grant(name, PURPOSE, expires_ms, "0" * 64) for name in names]
        self.people.consents.grant_all(ASKER, self.collection, grants)
        with self.people.storage.writing() as connection:
            subjects = list(connection.execute(select(schema.subjects.c.key)).scalars())
            rows = [
                _face_row(self.collection, number, subjects[number % len(subjects)])
                for number in range(len(self.vectors))
            ]
            connection.execute(insert(schema.faces), rows)
            keys = list(connection.execute(select(schema.faces.c.key).order_by(schema.faces.c.key)).scalars())
            self.people.galleries.faces(self.collection).add(keys, self.vectors)


def _matching(people: People, acts: Acts) -> Matching:
    """As `people/open.py` makes it."""
    storage, clock = people.storage, people.clock
    questions = Questions(storage, clock, acts, people.galleries, Pace(acts), Reviews(storage, clock, acts))
    return Matching(storage, clock, people.galleries, questions)


def _face_row(collection: Collection, number: int, subject: int) -> dict[str, Any]:
    place = dict.fromkeys(("left", "top", "width", "height"), 0.25)
    made = {"face_id": f"{number:032}", "image_id": f"{number:032}", "confidence": 99.0, "created_ms": 1}
    return {
        **{"collection_key": collection.key, "model_version": collection.model_version, "subject_key": subject},
        **place,
        **made,
    }


def _unit(rows: NDArray[Any]) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def searching(gallery: Gallery, searches: int) -> str:
    """Markdown: the same searches with and without the log."""
    rows = []
    for load in LOADS:
        times = {"without": Times(), "with": Times()}
        each = max(1, searches // ROUNDS // load.threads)
        for turn in range(ROUNDS):
            for variant in sorted(times, reverse=turn % 2 == 0):
                work = partial(_searches, gallery, variant, load, turn * each * load.threads, each)
                times[variant].measure(load.threads, work)
        rows.append([load.words, *_compared(times["without"], times["with"])])
    return table(_HEADS, rows)


_HEADS = (
    *("searches", "p50 without, ms", "with", "added"),
    *("p99 without, ms", "with", "added"),
    *("processor without, ms", "with", "added"),
)


def _searches(gallery: Gallery, variant: str, load: Load, first: int, each: int, thread: int) -> list[float]:
    """The share of one thread: no two threads ask the same."""
    begin = first + thread * each
    pauses = random.Random(begin) if load.per_second else None
    taken = []
    for number in range(begin, begin + each):
        if pauses is not None:
            time.sleep(pauses.expovariate(load.per_second / load.threads))
        taken.append(gallery.search(variant, number))
    return taken


def _compared(without: Times, with_log: Times) -> list[str]:
    pairs = [
        *((without.milliseconds(part), with_log.milliseconds(part)) for part in (0.5, 0.99)),
        (without.processor_milliseconds, with_log.processor_milliseconds),
    ]
    return [cell for before, after in pairs for cell in (f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}")]
