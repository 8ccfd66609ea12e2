"""An open data folder with a clock that the test moves, and faces made of numbers."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.ledger.entries import parse
from regard.people.acts import Asker
from regard.people.consent import Grant
from regard.people.faces import NewFace
from regard.people.open import People, open_people
from regard.people.records import Collection, StoredFace
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage

ASKER = Asker("123456789012", "us-east-1", "request")
GOVERNED = {"regard:purpose": "staff entrance", "regard:controller": "Example Ltd"}
PURPOSE = GOVERNED["regard:purpose"]
DIMENSION = 128
EVIDENCE = "0" * 64
START_MS = 1_800_000_000_000
DAY_MS = 24 * 3_600_000
YEAR_MS = 365 * DAY_MS
MASTER = MasterKey(bytes(range(32)), "the test")


@dataclasses.dataclass
class Wall:
    """The machine's clock, in the test's hand."""

    now_ms: int = START_MS

    def __call__(self) -> int:
        return self.now_ms


@contextlib.contextmanager
def opened(folder: Path, wall: Wall | None = None, most_faces: int = 1_000_000) -> Iterator[People]:
    """The data folder `folder`, open."""
    folder.mkdir(exist_ok=True)
    people = open_people(
        Storage.open(folder, MASTER),
        model_version="1.0",
        dimension_of=lambda version: DIMENSION,
        wall=wall or Wall(),
        most_faces=most_faces,
    )
    try:
        yield people
    finally:
        people.close()


def person(number: int) -> NDArray[np.float32]:
    """(128,) unit embedding of a person; those of different numbers are nearly at right angles."""
    vector = np.random.default_rng(number).normal(size=DIMENSION)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def another_picture(number: int, picture: int, likeness: float = 0.95) -> NDArray[np.float32]:
    """An embedding of the same person whose cosine with `person(number)` is `likeness`."""
    base = person(number).astype(np.float64)
    noise = np.random.default_rng(10_000 + picture).normal(size=DIMENSION)
    noise -= base * (noise @ base)
    noise /= np.linalg.norm(noise)
    return np.asarray(likeness * base + np.sqrt(1 - likeness**2) * noise, np.float32)


def face(embedding: NDArray[np.float32], crop: bytes | None = None) -> NewFace:
    """A face to enrol."""
    return NewFace((0.25, 0.25, 0.5, 0.5), 99.5, embedding, crop)


def grant(people: People, collection: Collection, subject: str, **changes: Any) -> str:
    """Records a consent for a year; returns its id."""
    now = people.clock.now_ms()
    wanted = Grant(subject=subject, purpose=PURPOSE, expires_ms=now + YEAR_MS, evidence_sha256=EVIDENCE)
    return people.consents.grant(ASKER, collection, dataclasses.replace(wanted, **changes)).id


def enrol(people: People, collection: Collection, subject: str, number: int, crop: bytes | None = None) -> StoredFace:
    """Enrols the person of that number under a subject's name."""
    picture = f"{subject} {number}".encode()
    return people.faces.enrol(ASKER, collection, picture, subject, [face(person(number), crop)])[0]


def found(people: People, collection: Collection, number: int) -> list[str | None]:
    """Whom a search for a person finds, by ExternalImageId."""
    answer = people.matching.faces_like(ASKER, collection, person(number), 0.0, 4096, b"probe")
    return [match.face.external_image_id for match in answer.matches]


def logged(people: People) -> Iterator[dict[str, Any]]:
    """The entries of the log."""
    return (parse(entry) for entry in people.acts.ledger.entries(0))
