"""What a score of two faces is worth: similarity, a published table of the false-match rate (FMR).

    curve = curve_of("2.0")
    curve.similarity(score)              what is answered
    curve.score(90.0)                    the threshold that a caller's 90 is
    curve.safe_similarity(gallery)       from where on a search of so many faces may name somebody

A score is the cosine of two unit embeddings. What was measured, and how, is in `docs/concepts/similarity.md`;
`bench/calibrate_identity.py` makes the curves.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Self

import numpy as np

# log10(FMR) against similarity, docs/design.md "Identity, precisely"; straight between.
_EXPONENTS = (-8.0, -6.0, -5.0, -4.0, -3.0, -2.0, 0.0)
_SIMILARITIES = (99.9, 99.0, 95.0, 90.0, 80.0, 50.0, 0.0)

# Below 1e-8 similarity is 100 - this / -log10(FMR): 99.9 at 1e-8, rising in the 32 bits of the wire, never 100 there.
_BEYOND = 0.8

_FOLDER = resources.files("regard.people") / "curves"

EXPECTED_FALSE_MATCHES = 1e-3  # of one search at most, scope.md: one stranger in 1,000


def similarity_of_rate(rate: float) -> float:
    """The similarity, 0..100, whose FMR is `rate`, 0..1; 100 only at 0."""
    return _similarity(math.log10(min(rate, 1.0))) if rate > 0 else 100.0


def _similarity(exponent: float) -> float:
    """From log10(FMR), at most 0."""
    if exponent < _EXPONENTS[0]:
        return 100 + _BEYOND / exponent
    return float(np.interp(exponent, _EXPONENTS, _SIMILARITIES))


def _exponent(similarity: float) -> float:
    """log10(FMR) of a similarity below 100."""
    if similarity > _SIMILARITIES[0]:
        return _BEYOND / (similarity - 100)
    return float(np.interp(similarity, _SIMILARITIES[::-1], _EXPONENTS[::-1]))


@dataclass(frozen=True, slots=True)
class Tail:
    """Scores above `start`, by a generalised Pareto distribution of what they exceed it by.

    Source: Pickands, Statistical inference using extreme order statistics, Annals of Statistics 3, 1975.
    """

    start: float
    exponent: float  # log10(FMR) at `start`
    shape: float  # so large that scores of 1 are possible: above -scale / (1 - start)
    scale: float

    def exponent_at(self, score: float) -> float:
        """log10(FMR) at a score of `start` to 1; finite."""
        excess = (min(score, 1.0) - self.start) / self.scale
        decay = math.log1p(self.shape * excess) / self.shape if self.shape else excess
        return self.exponent - decay / math.log(10)

    def score_at(self, exponent: float) -> float:
        """The score whose log10(FMR) is `exponent`, which is at most the one at `start`."""
        decay = (self.exponent - exponent) * math.log(10)
        excess = math.expm1(self.shape * decay) / self.shape if self.shape else decay
        return self.start + self.scale * excess


@dataclass(frozen=True, slots=True)
class Curve:
    """Score to FMR of one face model version: measured knots, straight between them in log10(FMR), then the tail."""

    version: str
    scores: tuple[float, ...]  # of the knots, rising from -1 to the tail's start
    exponents: tuple[float, ...]  # log10(FMR) at the knots, falling from 0
    tail: Tail
    measured_to_score: float  # beyond it fewer than 100 pairs were seen, and the tail is extrapolated
    measured_to_rate: float  # the FMR there
    pairs: int  # impostor pairs measured
    people: int  # whom the pairs are of
    data: str  # which pictures
    date: str  # of the measurement, ISO 8601

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """From what `bench/calibrate_identity.py` wrote."""
        rest = {name: value for name, value in document.items() if name not in {"knots", "tail"}}
        scores, exponents = zip(*document["knots"], strict=True)
        return cls(scores=scores, exponents=exponents, tail=Tail(**document["tail"]), **rest)

    def similarity(self, score: float) -> float:
        """0 to less than 100, never falling with the score."""
        return _similarity(self._exponent(score))

    def score(self, similarity: float) -> float:
        """The score from which on faces are at least that similar; above 1 where no two pictures are, inf at 100."""
        if similarity >= 100:
            return math.inf
        exponent = _exponent(similarity)
        if exponent < self.tail.exponent:
            return self.tail.score_at(exponent)
        return float(np.interp(exponent, self.exponents[::-1], self.scores[::-1]))

    def false_match_rate(self, similarity: float) -> float:
        """The share of impostor pairs at least that similar, 0..1; 0 at 100."""
        return 0.0 if similarity >= 100 else 10 ** _exponent(similarity)

    def safe_similarity(self, gallery: int) -> float:
        """From where on a search among `gallery` faces has at most 1 in 1,000 false matches to expect."""
        return similarity_of_rate(EXPECTED_FALSE_MATCHES / max(gallery, 1))

    def _exponent(self, score: float) -> float:
        if score > self.tail.start:
            return self.tail.exponent_at(score)
        return float(np.interp(score, self.scores, self.exponents))


def curve_of(version: str) -> Curve:
    """The curve shipped for a face model version. Read anew by each call. Raises KeyError where there is none."""
    if version not in versions():
        raise KeyError(version)
    return Curve.from_document(json.loads((_FOLDER / f"{version}.json").read_text("utf-8")))


def versions() -> list[str]:
    """The face model versions that have a curve, oldest first."""
    return sorted(file.name.removesuffix(".json") for file in _FOLDER.iterdir() if file.name.endswith(".json"))
