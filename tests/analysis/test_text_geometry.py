"""Quads, by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis import text_geometry

SQUARE = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], np.float32)
BESIDE = [(20, 0), (30, 0), (30, 10), (20, 10)]
L_SHAPE = [(0, 0), (10, 0), (10, 2), (2, 2), (2, 10), (0, 10)]  # 20 + 16 of 100
U_SHAPE = [(-5, -5), (15, -5), (15, 15), (8, 15), (8, 4), (2, 4), (2, 15), (-5, 15)]  # misses 6 by 6 inside


def points(*corners: tuple[float, float]) -> NDArray[np.float32]:
    return np.array(corners, np.float32)


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        ([(0, 0), (10, 0), (10, 10), (0, 10)], 1.0),
        ([(0, 10), (10, 10), (10, 0), (0, 0)], 1.0),
        ([(-5, -5), (5, -5), (5, 15), (-5, 15)], 0.5),
        ([(0, 0), (10, 0), (0, 10)], 0.5),
        (L_SHAPE, 0.36),
        (U_SHAPE, 0.64),
        (BESIDE, 0.0),
    ],
    ids=["the same", "turning the other way", "half", "a triangle", "an L", "a U", "beside"],
)
def test_share_inside_is_the_common_area(polygon: list[tuple[float, float]], expected: float) -> None:
    assert text_geometry.share_inside(SQUARE, points(*polygon)) == pytest.approx(expected)


def test_a_turned_quad_shares_the_same_area() -> None:
    diamond = points((5, 0), (10, 5), (5, 10), (0, 5))

    assert text_geometry.share_inside(diamond, points((0, 0), (5, 0), (5, 10), (0, 10))) == pytest.approx(0.5)


def test_a_quad_without_area_lies_nowhere() -> None:
    assert text_geometry.share_inside(points((1, 1), (1, 1), (1, 1), (1, 1)), SQUARE) == 0


def test_part_is_taken_along_the_text() -> None:
    downwards = points((10, 0), (10, 100), (0, 100), (0, 0))

    assert text_geometry.part(downwards, 0.2, 0.5).tolist() == [[10, 20], [10, 50], [0, 50], [0, 20]]


@pytest.mark.parametrize(
    ("quarters", "first"), [(1, [10, 0]), (2, [10, 10]), (-1, [0, 10])], ids=["downwards", "upside down", "upwards"]
)
def test_turned_starts_at_the_texts_own_top_left(quarters: int, first: list[float]) -> None:
    assert text_geometry.turned(SQUARE, quarters)[0].tolist() == first


def test_upright_turns_text_that_runs_downwards() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[10:50, 20:30] = (255, 0, 0)  # the beginning of a line that runs from y 10 to 90
    downwards = points((30, 10), (30, 90), (20, 90), (20, 10))

    crop = text_geometry.upright(picture, downwards)

    assert crop.shape == (10, 80, 3)
    assert crop[5, 20].tolist() == [255, 0, 0]
    assert crop[5, 60].tolist() == [0, 0, 0]
