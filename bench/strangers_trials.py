"""Who is enrolled and who is a stranger, and what a search of the one for the other finds."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.embed_people import People
from regard.people.galleries import Gallery
from regard.storage.rotation import SEED_BYTES, rotation
from regard.storage.vectors import VectorFile

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]

GROUPS = 7  # of 4,029 people: 575 strangers at a time, more than the ACLU's 535, against everybody else
_SEED = 2018
_MOST_USERS = 32  # the nearest whose averages are weighed by their lengths


@dataclass(frozen=True, slots=True)
class Trial:
    """One group of people as the strangers, everybody else enrolled. Rows are indices into `People`."""

    enrolled: list[Rows]  # the enrolled pictures of each enrolled person
    strangers: Rows  # (S,) one picture of each
    probes: Rows  # (P,) another picture of some of the enrolled, one each

    @property
    def pictures(self) -> int:
        """How many are enrolled."""
        return sum(len(rows) for rows in self.enrolled)


@dataclass(frozen=True, slots=True)
class Answers:
    """The best of the gallery for each probe, whatever its score."""

    rows: Rows  # (P,) a picture of the person that it is of
    scores: Floats  # (P,)


def trials(people: People, pictures: int, most: int | None = None) -> Iterator[Trial]:
    """Seven trials. In all of them together every person is a stranger once, and looked for at most once.

    Of everybody up to `pictures` pictures are enrolled, those that the quality filter refuses left out; looked for are
    people with that many and one more, which the filter does not judge, as SearchFacesByImage does not. most: how many
    people are enrolled; None for all.
    """
    random = np.random.default_rng(_SEED)
    names, indices = np.unique(people.people, return_inverse=True)
    own = [random.permutation(np.flatnonzero(indices == person)) for person in range(len(names))]
    groups = random.permutation(len(names)) % GROUPS
    for group in range(GROUPS):
        enrolled, probes = [], []
        others = random.permutation(np.flatnonzero(groups != group))
        for person in others[:most]:
            rows = own[person]
            kept = rows[:-1] if len(rows) > 1 else rows
            kept = kept[~people.is_refused[kept]][:pictures]
            if len(kept):
                enrolled.append(kept)
            if len(kept) == pictures and len(rows) > 1 and groups[person] == (group + 1) % GROUPS:
                probes.append(rows[-1])
        strangers = np.array([own[person][-1] for person in np.flatnonzero(groups == group)], np.int64)
        yield Trial(enrolled, strangers, np.array(probes, np.int64))


def search(embeddings: Floats, trial: Trial, rows: Rows, folder: Path, *, as_users: bool = False) -> Answers:
    """The nearest of the enrolled for each of `rows`, from a collection's own search, in an empty `folder`.

    as_users: each person's pictures averaged to one vector; else the nearest single picture, as the product has it.
    """
    if as_users:
        vectors = np.stack([embeddings[own].mean(0) for own in trial.enrolled])
        names = np.array([own[0] for own in trial.enrolled])
    else:
        names = np.concatenate(trial.enrolled)
        vectors = embeddings[names]
    lengths = np.linalg.norm(vectors, axis=1)
    dimension = embeddings.shape[1]
    file = VectorFile.open(folder, dimension)
    try:
        gallery = Gallery(file, rotation(bytes(SEED_BYTES), dimension))
        gallery.add(range(1, len(names) + 1), np.asarray(vectors / lengths[:, None], np.float32))
        best = [_best(gallery, embeddings[row], lengths, _MOST_USERS if as_users else 1) for row in rows]
    finally:
        file.destroy()
    places = np.array([place for place, _ in best], np.int64)
    return Answers(names[places], np.array([score for _, score in best], np.float32))


def _best(gallery: Gallery, probe: Floats, lengths: Floats, limit: int) -> tuple[int, float]:
    """Place among the enrolled, and score."""
    found = [(key - 1, cosine * float(lengths[key - 1])) for key, cosine in gallery.at_least(probe, -1.0, limit)]
    return max(found, key=lambda each: each[1])
