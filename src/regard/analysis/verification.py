"""How often comparisons of two faces go wrong, with the interval that so many comparisons allow.

    scores = Scores.of(genuine, impostor)      of pairs of one person, of pairs of two
    scores.false_matches(threshold)            a Rate: events of trials, and its 95 % interval
    scores.det_points()                        the curve that is drawn

A pair matches when its score is at least the threshold. Words as in ISO/IEC 19795-1: FMR is the share of impostor pairs
that match, FNMR the share of genuine pairs that do not.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_DET_POINTS = 400  # thresholds of a drawn curve at most
_TINY = 1e-300  # stands for 0 in the denominators of the continued fraction
_MOST_TERMS = 100_000  # the fraction needs about the root of the number of trials
_HALVINGS = 100  # enough for the last bit of a double however small the rate


@dataclass(frozen=True, slots=True)
class Rate:
    """So many events in so many trials."""

    events: int
    trials: int

    @property
    def value(self) -> float:
        """The share, 0..1; nan without trials."""
        return self.events / self.trials if self.trials else math.nan

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Clopper and Pearson's (lower, upper) bound, 0..1; (0, 1) without trials.

        Never too narrow where the trials are independent. Pairs that share a picture or a person are not quite, so the
        truth may lie outside more often than once in twenty.
        Source: Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26, 1934.
        """
        rest, events, trials = (1 - confidence) / 2, self.events, self.trials
        low = _root(lambda p: incomplete_beta(events, trials - events + 1, p) < rest) if events else 0.0
        high = _root(lambda p: incomplete_beta(events + 1, trials - events, p) < 1 - rest) if events < trials else 1.0
        return low, high


def least_trials(rate: float, confidence: float = 0.95) -> int:
    """How many trials without any event put the upper bound at `rate`, 0 < rate < 1; fewer can prove nothing."""
    return math.ceil(math.log((1 - confidence) / 2) / math.log1p(-rate))


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of genuine and of impostor pairs, each in rising order."""

    genuine: Floats  # (G,)
    impostor: Floats  # (I,)

    @classmethod
    def of(cls, genuine: Floats, impostor: Floats) -> "Scores":
        """From scores in any order."""
        return cls(np.sort(genuine), np.sort(impostor))

    def false_matches(self, threshold: float) -> Rate:
        """The FMR at a threshold."""
        return Rate(len(self.impostor) - int(np.searchsorted(self.impostor, threshold, "left")), len(self.impostor))

    def false_non_matches(self, threshold: float) -> Rate:
        """The FNMR at a threshold."""
        return Rate(int(np.searchsorted(self.genuine, threshold, "left")), len(self.genuine))

    def equal_error_rate(self) -> float:
        """The error where FMR and FNMR meet, or the mean of the two where they are nearest; nan without pairs."""
        if not len(self.genuine) or not len(self.impostor):
            return math.nan
        thresholds = np.append(np.unique(np.concatenate([self.genuine, self.impostor])), np.inf)
        crossing = bisect_left(thresholds, 0.0, key=lambda threshold: -self._gap(threshold))
        nearest = min(thresholds[max(crossing - 1, 0) : crossing + 1], key=lambda threshold: abs(self._gap(threshold)))
        return (self.false_matches(nearest).value + self.false_non_matches(nearest).value) / 2

    def _gap(self, threshold: float) -> float:
        return self.false_matches(threshold).value - self.false_non_matches(threshold).value

    def det_points(self) -> tuple[Floats, Floats, Floats]:
        """(thresholds, FMR, FNMR), each (N,) with thresholds rising: one a false match while those are few, then fewer.

        Empty without pairs of both kinds. Where both rates are 0 or 1 nothing is to be drawn, so the ends are left out.
        """
        count = len(self.impostor)
        if not count or not len(self.genuine):
            return np.empty(0), np.empty(0), np.empty(0)
        ranks = np.unique(np.geomspace(1, count, _DET_POINTS).astype(np.int64))
        thresholds = np.unique(self.impostor[count - ranks])
        matches = count - np.searchsorted(self.impostor, thresholds, "left")
        misses = np.searchsorted(self.genuine, thresholds, "left")
        return thresholds, matches / count, misses / len(self.genuine)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function: the chance that a Beta(a, b) variable is at most `x`, 0..1.

    a, b: above 0. For whole numbers it is the chance of at least `a` events in `a + b - 1` trials of chance `x`.
    Source: DLMF 8.17.22, the continued fraction, evaluated by Lentz's method.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, its mirror image does quickly
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    upper, lower, product = 1.0, 0.0, 1.0
    for term in range(1, _MOST_TERMS):
        step = _coefficient(term, a, b, x)
        lower = 1 / (1 + step * lower or _TINY)
        upper = 1 + step / upper or _TINY
        product *= upper * lower
        if abs(upper * lower - 1) < 1e-15:
            break
    return math.exp(front) / (a * product)


def _coefficient(term: int, a: float, b: float, x: float) -> float:
    """The `term`-th numerator, from 1 on, of 1 + d1 / (1 + d2 / (1 + ...))."""
    half, is_odd = divmod(term, 2)
    if is_odd:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
    return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))


def _root(is_below: Callable[[float], bool]) -> float:
    """Where a claim that is true of small numbers in 0..1 stops being so."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return high
