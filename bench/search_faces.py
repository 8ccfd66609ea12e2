"""Galleries and probes for `bench/search.py`: synthetic ones that lie as real embeddings do, real ones among them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.storage.rotation import rotation

Floats = NDArray[np.float32]
ROWS_AT_ONCE = 20_000
TOP = 10
SEED = 20


@dataclass(frozen=True, slots=True)
class Shape:
    """How embeddings of different people lie in space: around a mean, and in some directions wider than in others."""

    mean: float  # length
    extent: int  # in principal directions 0, 1, 2 ... variance falls straight to nothing at this one


# Fitted to the embeddings of LFW (`bench.embed_people`), whose effective dimensions, (sum of variances)^2 / sum of
# squares, are 115 of SFace's 128 and 151 of the 640 of version 2.0.
SHAPES = {128: Shape(0.31, 150), 640: Shape(0.26, 200)}
# Cosines of two pictures of a person, the same data: mean 0.68 and 0.67, standard deviation 0.11 both.
MATES = (0.68, 0.11)


@dataclass(frozen=True, slots=True)
class Faces:
    """Real embeddings, a row a picture."""

    embeddings: Floats
    people: NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> "Faces":
        """From a file as `bench.embed_people` writes them."""
        with np.load(path) as arrays:
            people = np.unique(arrays["person"], return_inverse=True)[1]
            return cls(_unit(arrays["embeddings"].astype(np.float32)), people)

    def split(self) -> tuple[Floats, Floats, Floats]:
        """One picture of everybody with more than one; another of each; then the people of whom there is only one."""
        order = np.argsort(self.people, kind="stable")
        first = np.flatnonzero(np.diff(self.people[order], prepend=-1))
        count = np.diff(np.append(first, order.size))
        several = first[count > 1]
        single = first[count == 1]
        return self.embeddings[order[several]], self.embeddings[order[several + 1]], self.embeddings[order[single]]


class Kind(IntEnum):
    """Of a probe."""

    MATE = 0  # another picture of somebody in the gallery
    EDGE = 1  # at exactly the threshold's cosine to a row of the gallery
    STRANGER = 2


@dataclass(frozen=True, slots=True)
class Probes:
    """What is looked for, the kinds mixed."""

    vectors: Floats  # (P, D)
    kinds: NDArray[np.int64]  # (P,)


def make(folder: Path, rows: int, dimension: int, probes: int, threshold: float, faces: Faces | None) -> Probes:
    """Write `gallery.npy` (rows, dimension), turned by a rotation as collections are; a third of the probes a kind."""
    random = np.random.default_rng(SEED)
    turn = rotation(bytes(32), dimension)
    gallery = np.lib.format.open_memmap(folder / "gallery.npy", "w+", np.float32, (rows, dimension))
    for start in range(0, rows, ROWS_AT_ONCE):
        part = gallery[start : start + ROWS_AT_ONCE]
        part[:] = strangers(random, len(part), dimension) @ turn.T
    wanted = probes // 3
    enrolled, at_edge = (np.sort(part) for part in random.choice(rows, (2, wanted), replace=False))
    edge = _at(gallery[at_edge] @ turn, np.full(wanted, threshold), random)
    if faces is None:
        mates = _at(gallery[enrolled] @ turn, np.clip(random.normal(*MATES, wanted), 0.3, 0.98), random)
        unknown = strangers(random, wanted, dimension)
    else:
        known, mates, unknown = (part[:wanted] for part in faces.split())
        gallery[enrolled[: len(known)]] = known @ turn.T
    gallery.flush()
    vectors = np.concatenate([mates, edge, unknown])
    kinds = np.repeat([Kind.MATE, Kind.EDGE, Kind.STRANGER], [len(mates), len(edge), len(unknown)])
    order = random.permutation(len(vectors))
    return Probes(_unit(vectors[order] @ turn.T), kinds[order])


def strangers(random: np.random.Generator, count: int, dimension: int) -> Floats:
    """(count, dimension) unit rows of as many different people."""
    shape = SHAPES[dimension]
    variances = np.clip(1 - np.arange(dimension) / shape.extent, 0, None)
    scales = np.sqrt(variances / variances.sum() * (1 - shape.mean**2)).astype(np.float32)
    rows = random.standard_normal((count, dimension), np.float32) * scales
    rows[:, 0] += shape.mean
    return _unit(rows)


def exact(folder: Path, probes: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Ids, which begin at 1, and cosines of the nearest `TOP`, best first, by comparing every row in float32."""
    gallery = np.load(folder / "gallery.npy", mmap_mode="r")
    ids, cosines = np.zeros((len(probes), 0), np.int64), np.zeros((len(probes), 0), np.float32)
    for start, part in _parts(gallery):
        found = probes @ part.T
        nearest = np.argpartition(found, -TOP, axis=1)[:, -TOP:]
        ids = np.concatenate([ids, nearest + start + 1], axis=1)
        cosines = np.concatenate([cosines, np.take_along_axis(found, nearest, 1)], axis=1)
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :TOP]
        ids, cosines = np.take_along_axis(ids, best, 1), np.take_along_axis(cosines, best, 1)
    return ids, cosines


def _at(rows: Floats, cosines: NDArray[np.float64], random: np.random.Generator) -> Floats:
    """Unit rows at these cosines to the given ones, in directions in which people differ."""
    others = strangers(random, *rows.shape)
    others = _unit(others - (others * rows).sum(axis=1, keepdims=True) * rows)
    return _unit(cosines[:, None] * rows + np.sqrt(1 - cosines[:, None] ** 2) * others)


def _parts(gallery: Floats) -> Iterator[tuple[int, Floats]]:
    for start in range(0, len(gallery), ROWS_AT_ONCE):
        yield start, np.asarray(gallery[start : start + ROWS_AT_ONCE])


def _unit(rows: NDArray[np.floating[Any]]) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
