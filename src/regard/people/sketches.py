"""What is remembered of a face for ten minutes: 256 signs, by which near-duplicates are told, and no vector.

    sketch = sketcher.sketches(vectors)
    window.add(now, picture, other, sketch)
    window.others(picture, sketch, NEAR_DUPLICATE)     how many distinct others were seen with the like of it

Each bit says on which side of a random plane a vector is, so two vectors differ in each with probability
acos(cosine) / pi, and 256 * acos(cosine) / pi bits are expected to differ.
Source: Charikar, Similarity estimation techniques from rounding algorithms, STOC 2002.

The planes are drawn anew by each process. A sketch still tells roughly where a vector lies to whoever reads the
process' memory; the vectors of the galleries are there too.
"""

import secrets
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Sketches = NDArray[np.uint64]

BITS = 256
# Bits that may differ; measured with model 2.0, docs/concepts/pace-and-review.md.
NEAR_DUPLICATE = 48  # expected at cosine 0.83: altered copies of a picture have 0.94 to 0.99, two photographs 0.67
SAME_FACE = 80  # expected at cosine 0.56: strangers have 0.07, one pair in a thousand 0.33

_MOST_ROWS = 4096  # of one window, 56 bytes each
_WORDS = BITS // 64
_ROW = np.dtype([("time", "f8"), ("own", "u8"), ("other", "u8"), ("sketch", "u8", (_WORDS,))])


class Sketcher:
    """Makes sketches that can be compared within this process. Threads may share it."""

    def __init__(self, seed: int | None = None) -> None:
        """seed: of the planes; None for a secret one."""
        self._seed = secrets.randbits(128) if seed is None else seed
        self._planes: dict[int, Floats] = {}

    def sketches(self, vectors: Floats) -> Sketches:
        """(N, 4) words of (N, D) vectors; those of different D mean nothing to each other."""
        dimension = vectors.shape[1]
        planes = self._planes.get(dimension)
        if planes is None:
            # The same whichever thread comes first.
            random = np.random.default_rng([self._seed, dimension])
            planes = self._planes[dimension] = random.standard_normal((dimension, BITS), np.float32)
        bits = np.packbits(vectors @ planes > 0, axis=1)
        return np.ascontiguousarray(bits).view(np.uint64)


def differing_bits(one: Sketches, others: Sketches) -> NDArray[np.int64]:
    """(N, M) counts for (N, 4) and (M, 4) sketches."""
    counts: NDArray[np.int64] = np.bitwise_count(one[:, None] ^ others[None]).sum(axis=2, dtype=np.int64)
    return counts


class Window:
    """Faces seen within the last seconds, each in one picture and together with another. One thread at a time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._rows = np.zeros(0, _ROW)

    def __len__(self) -> int:
        """How many sketches are held; 4,096 at most, the oldest go first."""
        return len(self._rows)

    def add(self, now: float, own: str, other: str, sketches: Sketches) -> None:
        """Faces (N, 4) of the picture `own`, seen with `other`, in place of what was held of these two before."""
        new = np.zeros(len(sketches), _ROW)
        new["time"], new["own"], new["other"], new["sketch"] = now, _number(own), _number(other), sketches
        self.forget(now)
        rows = self._rows
        is_again = (rows["own"] == _number(own)) & (rows["other"] == _number(other))
        self._rows = np.concatenate([rows[~is_again], new])[-_MOST_ROWS:]

    def others(self, own: str, sketches: Sketches, distance: int) -> int:
        """With how many distinct others that picture was seen, or faces at most `distance` bits from one of (N, 4)."""
        rows = self._rows
        is_alike = (differing_bits(sketches, rows["sketch"]) <= distance).any(axis=0)
        return len(np.unique(rows["other"][is_alike | (rows["own"] == _number(own))]))

    def forget(self, now: float) -> None:
        """Drops what is too old."""
        first = np.searchsorted(self._rows["time"], now - self._seconds, side="right")
        if first:
            self._rows = self._rows[first:].copy()


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
