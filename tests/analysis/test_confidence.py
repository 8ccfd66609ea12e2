"""Percentages by hand."""

import pytest

from regard.analysis.confidence import percent


@pytest.mark.parametrize(
    ("score", "threshold", "expected"),
    [(0, 0.4, 0), (0.2, 0.4, 25), (0.4, 0.4, 50), (0.7, 0.4, 75), (1, 0.4, 100), (0.9, 0.5, 90)],
)
def test_percentages_rise_in_two_straight_pieces(score: float, threshold: float, expected: float) -> None:
    assert percent(score, threshold) == pytest.approx(expected)
