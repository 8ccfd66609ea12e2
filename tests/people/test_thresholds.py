"""Similarity as docs/design.md publishes it, on a curve whose values are worked out by hand, and the shipped curves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.people.thresholds import Curve, Tail, curve_of, similarity_of_rate, versions

# One decade for each 0.1 of score above 0.4.
STRAIGHT = Tail(start=0.4, exponent=-3.0, shape=0.0, scale=0.1 / math.log(10))
CURVE = Curve(
    version="toy",
    scores=(-1.0, 0.0, 0.4),
    exponents=(0.0, -1.0, -3.0),
    tail=STRAIGHT,
    measured_to_score=0.6,
    measured_to_rate=1e-5,
    pairs=1_000_000,
    people=1_500,
    data="nobody",
    date="2026-01-01",
)
SHIPPED = [curve_of(version) for version in versions()]
SCORES = st.floats(-1, 1)


@pytest.mark.parametrize(
    ("rate", "similarity"),
    [(1, 0), (0.1, 25), (1e-2, 50), (1e-3, 80), (1e-4, 90), (1e-5, 95), (1e-6, 99), (1e-7, 99.45), (1e-8, 99.9)],
)
def test_similarity_is_the_published_table_of_the_false_match_rate(rate: float, similarity: float) -> None:
    assert similarity_of_rate(rate) == pytest.approx(similarity, abs=1e-9)


@pytest.mark.parametrize("rate", [1e-9, 1e-12, 1e-20, 1e-100, 1e-300])
def test_hundred_is_not_reached_however_rare_the_match(rate: float) -> None:
    assert 99.9 < np.float32(similarity_of_rate(rate)) < 100


def test_no_match_at_all_is_a_hundred() -> None:
    assert similarity_of_rate(0) == 100


@pytest.mark.parametrize(
    ("score", "similarity"),
    [(-1, 0), (-0.5, 12.5), (0, 25), (0.2, 50), (0.4, 80), (0.5, 90), (0.6, 95), (0.7, 99), (0.8, 99.45), (0.9, 99.9)],
)
def test_score_and_similarity_are_each_others_inverse(score: float, similarity: float) -> None:
    assert CURVE.similarity(score) == pytest.approx(similarity, abs=1e-9)
    assert CURVE.score(similarity) == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize(("shape", "scale"), [(0.5, 0.01), (-0.5, 0.1)], ids=["heavy", "bounded"])
def test_tail_has_the_quantiles_of_a_generalised_pareto_distribution(shape: float, scale: float) -> None:
    tail = Tail(start=0.4, exponent=-3.0, shape=shape, scale=scale)
    # 1 in 100 of the excesses is above scale * (0.01 ** -shape - 1) / shape, which is 0.18 for both.
    assert tail.score_at(-5.0) == pytest.approx(0.58)
    assert tail.exponent_at(0.58) == pytest.approx(-5.0)


def test_same_picture_twice_is_as_alike_as_can_be_but_not_a_hundred() -> None:
    assert CURVE.similarity(1.0) == pytest.approx(100 - 0.8 / 9)
    assert CURVE.similarity(1.0000002) == CURVE.similarity(1.0)  # a cosine in float32


def test_nothing_is_a_hundred_alike() -> None:
    assert (CURVE.score(100), CURVE.false_match_rate(100)) == (math.inf, 0)


@pytest.mark.parametrize(
    ("similarity", "rate"), [(0, 1), (25, 0.1), (50, 1e-2), (80, 1e-3), (85, 10**-3.5), (99, 1e-6), (99.92, 1e-10)]
)
def test_false_match_rate_of_a_similarity(similarity: float, rate: float) -> None:
    assert CURVE.false_match_rate(similarity) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("gallery", "similarity"),
    [(0, 80), (1, 80), (10, 90), (100, 95), (1000, 99), (100_000, 99.9), (1_000_000, 100 - 0.8 / 9)],
)
def test_larger_gallery_needs_a_rarer_match(gallery: int, similarity: float) -> None:
    assert CURVE.safe_similarity(gallery) == pytest.approx(similarity, abs=1e-9)


def test_unknown_version_has_no_curve() -> None:
    with pytest.raises(KeyError, match=r"0\.9"):
        curve_of("0.9")


def test_two_versions_are_shipped() -> None:
    assert [curve.version for curve in SHIPPED] == ["1.0", "2.0"]


@pytest.mark.parametrize("curve", SHIPPED, ids=versions())
def test_shipped_curve_is_one_line_without_a_gap(curve: Curve) -> None:
    assert (curve.scores[0], curve.exponents[0]) == (-1.0, 0.0)
    assert (np.diff(curve.scores) > 0).all()
    assert (np.diff(curve.exponents) < 0).all()
    assert (curve.tail.start, curve.tail.exponent) == (curve.scores[-1], curve.exponents[-1])
    assert curve.tail.start < curve.measured_to_score < 1
    assert curve.measured_to_rate == pytest.approx(100 / curve.pairs, rel=0.01)


@pytest.mark.parametrize("curve", SHIPPED, ids=versions())
def test_shipped_tail_agrees_with_the_pairs_counted_where_measurement_ends(curve: Curve) -> None:
    assert curve.tail.exponent_at(curve.measured_to_score) == pytest.approx(math.log10(curve.measured_to_rate), abs=0.3)


@pytest.mark.parametrize("curve", SHIPPED, ids=versions())
@given(first=SCORES, second=SCORES)
def test_more_alike_is_never_less_similar(curve: Curve, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0 <= np.float32(curve.similarity(low)) <= np.float32(curve.similarity(high)) < 100


@pytest.mark.parametrize("curve", SHIPPED, ids=versions())
@given(similarity=st.floats(0, 99.95))
def test_similarity_survives_the_way_to_a_score_and_back(curve: Curve, similarity: float) -> None:
    assert curve.similarity(curve.score(similarity)) == pytest.approx(similarity, abs=1e-6)


@pytest.mark.parametrize("curve", SHIPPED, ids=versions())
@given(gallery=st.integers(0, 10_000_000))
def test_expected_false_matches_of_a_search_are_one_in_a_thousand(curve: Curve, gallery: int) -> None:
    rate = curve.false_match_rate(curve.safe_similarity(gallery))
    assert rate * max(gallery, 1) == pytest.approx(1e-3, rel=1e-6)
