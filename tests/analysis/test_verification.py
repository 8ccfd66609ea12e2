"""Error rates: published intervals, and small sets of pairs counted by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.analysis.verification import Rate, Scores, incomplete_beta, least_trials

SCORES = Scores.of(np.array([0.9, 0.5, 0.8, 0.7]), np.array([0.1, 0.6, 0.4, 0.2, 0.3]))


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [
        # To four places as tables of exact binomial limits have them; scipy.stats.beta.ppf gives the same.
        (0, 10, 0.0000, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0000),
        (3, 100, 0.0062, 0.0852),
        (10, 100, 0.0490, 0.1762),
        (50, 100, 0.3983, 0.6017),
    ],
)
def test_interval_is_clopper_and_pearsons(events: int, trials: int, low: float, high: float) -> None:
    assert Rate(events, trials).interval() == pytest.approx((low, high), abs=5e-5)


def test_interval_at_another_confidence() -> None:
    # NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.4.1: 4 defects of 20, 90 %.
    assert Rate(4, 20).interval(0.90) == pytest.approx((0.071354, 0.401029), abs=1e-6)


@pytest.mark.parametrize("trials", [10, 3_000, 25_000_000])
def test_interval_without_events_comes_from_the_chance_of_seeing_none(trials: int) -> None:
    # (1 - p) ** trials = 0.025
    assert Rate(0, trials).interval() == pytest.approx((0, -math.expm1(math.log(0.025) / trials)))


def test_without_trials_nothing_is_known() -> None:
    assert math.isnan(Rate(0, 0).value)
    assert Rate(0, 0).interval() == (0, 1)


@given(trials=st.integers(1, 10_000_000), share=st.floats(0, 1))
def test_interval_holds_the_rate_and_the_binomial_chances_at_its_ends(trials: int, share: float) -> None:
    rate = Rate(round(share * trials), trials)
    low, high = rate.interval()
    assert 0 <= low <= rate.value <= high <= 1
    assert (low == 0) == (rate.events == 0)
    assert (high == 1) == (rate.events == trials)


@pytest.mark.parametrize(
    ("a", "b", "x", "chance"),
    [
        (1, 1, 0.3, 0.3),
        (2, 1, 0.3, 0.09),  # the larger of two
        (1, 3, 0.3, 1 - 0.7**3),  # the smallest of three
        (2, 2, 0.25, 3 * 0.25**2 - 2 * 0.25**3),
        (0.5, 0.5, 0.5, 0.5),  # the arcsine distribution
        (0.5, 0.5, 0.25, 1 / 3),
        (5, 5, 0, 0),
        (5, 5, 1, 1),
    ],
)
def test_incomplete_beta(a: float, b: float, x: float, chance: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(chance, abs=1e-12)


@pytest.mark.parametrize(("rate", "trials"), [(1e-3, 3688), (1e-4, 36_887), (0.5, 6)])
def test_fewest_pairs_that_could_prove_a_rate(rate: float, trials: int) -> None:
    assert least_trials(rate) == trials
    assert Rate(0, trials).interval()[1] <= rate < Rate(0, trials - 1).interval()[1]


@pytest.mark.parametrize(
    ("threshold", "false_matches", "false_non_matches"),
    [(0.1, 5, 0), (0.4, 2, 0), (0.5, 1, 0), (0.6, 1, 1), (0.61, 0, 1), (0.9, 0, 3), (0.91, 0, 4)],
)
def test_pairs_match_from_the_threshold_on(threshold: float, false_matches: int, false_non_matches: int) -> None:
    assert SCORES.false_matches(threshold) == Rate(false_matches, 5)
    assert SCORES.false_non_matches(threshold) == Rate(false_non_matches, 4)


@pytest.mark.parametrize(
    ("genuine", "impostor", "expected"),
    [
        ([0.8, 0.9], [0.1, 0.2], 0.0),
        ([0.1, 0.2], [0.8, 0.9], 1.0),
        ([0.3, 0.7, 0.8, 0.9], [0.1, 0.2, 0.35, 0.75], 0.25),
        ([0.5, 0.7, 0.8, 0.9], [0.1, 0.2, 0.3, 0.4, 0.6], (0.2 + 0.25) / 2),  # nearest, at 0.6
        ([0.5, 0.5], [0.5, 0.5], 0.5),
    ],
)
def test_equal_error_rate(genuine: list[float], impostor: list[float], expected: float) -> None:
    assert Scores.of(np.array(genuine), np.array(impostor)).equal_error_rate() == pytest.approx(expected)


def test_no_equal_error_rate_without_impostors() -> None:
    assert math.isnan(Scores.of(np.array([0.5]), np.empty(0)).equal_error_rate())


def test_det_curve_has_a_point_for_each_false_match() -> None:
    thresholds, false_matches, false_non_matches = SCORES.det_points()
    assert thresholds.tolist() == [0.1, 0.2, 0.3, 0.4, 0.6]
    assert false_matches.tolist() == [1.0, 0.8, 0.6, 0.4, 0.2]
    assert false_non_matches.tolist() == [0, 0, 0, 0, 0.25]


def test_det_curve_of_many_pairs_is_thinned_and_keeps_the_rarest() -> None:
    impostor = np.linspace(0, 0.5, 100_000)
    thresholds, false_matches, _ = Scores.of(np.array([0.4]), impostor).det_points()
    assert len(thresholds) <= 400
    assert (thresholds[-1], false_matches[-1]) == (0.5, 1e-5)


def test_no_det_curve_without_pairs_of_both_kinds() -> None:
    assert [len(part) for part in Scores.of(np.empty(0), np.array([0.5])).det_points()] == [0, 0, 0]
