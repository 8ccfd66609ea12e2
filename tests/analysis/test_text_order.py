"""Reading order of boxes laid out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.text_order import reading_order

Box = tuple[float, float, float, float]


def quad(box: Box) -> NDArray[np.float32]:
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def turned(quads: list[NDArray[np.float32]], degrees: float) -> list[NDArray[np.float32]]:
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [(one @ rotation).astype(np.float32) for one in quads]


# Names on the left, prices on the right, one of them a little higher than its name.
RECEIPT: list[tuple[Box, int]] = [
    ((100, 10, 300, 30), 2),
    ((10, 50, 150, 70), 3),
    ((350, 46, 400, 66), 1),
    ((10, 80, 180, 100), 4),
    ((350, 82, 400, 102), 1),
    ((10, 110, 120, 130), 3),
    ((350, 110, 400, 130), 1),
    ((10, 140, 120, 160), 3),
    ((350, 140, 400, 160), 1),
]
# A title over two columns of five lines, the right one half a line lower, and a line below both.
ARTICLE: list[tuple[Box, int]] = [
    ((50, 10, 750, 60), 4),
    *[((10.0, 100.0 + 30 * i, 380.0, 124.0 + 30 * i), 7) for i in range(5)],
    *[((420.0, 112.0 + 30 * i, 790.0, 136.0 + 30 * i), 7) for i in range(5)],
    ((300, 320, 500, 340), 3),
]
# A large letter beside three small lines.
LOGO: list[tuple[Box, int]] = [
    ((10, 10, 90, 100), 1),
    ((120, 12, 300, 32), 2),
    ((110, 42, 280, 62), 2),
    ((130, 72, 290, 92), 2),
]


@pytest.mark.parametrize("layout", [RECEIPT, ARTICLE, LOGO], ids=["receipt", "article", "logo"])
@pytest.mark.parametrize("degrees", [0, 3, -90, 90, 180])
def test_lines_come_as_a_person_reads_them(layout: list[tuple[Box, int]], degrees: float) -> None:
    shuffle = np.random.default_rng(1).permutation(len(layout))
    quads = turned([quad(box) for box, _ in layout], degrees)
    words = [count for _, count in layout]

    order = reading_order([quads[i] for i in shuffle], [words[i] for i in shuffle])

    assert [int(shuffle[i]) for i in order] == list(range(len(layout)))


def test_no_lines_have_no_order() -> None:
    assert reading_order([], []) == []
