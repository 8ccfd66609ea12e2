"""Boxes from a map of probabilities, by hand, and lines of printed text where they were printed."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from regard.models.engine import Engine
from regard.models.ppocr_detection import TextDetector, network_size, quads_of
from regard.models.weights import WeightStore


def core(value: float = 0.9) -> NDArray[np.float32]:
    """A core 100 wide and 10 high from (50, 40)."""
    probabilities = np.zeros((128, 256), np.float32)
    probabilities[40:50, 50:150] = value
    return probabilities


def test_a_core_is_grown_by_area_times_ratio_over_perimeter() -> None:
    (quad,) = quads_of(core())

    # Dilation adds a pixel right and below: centres 100 by 10 apart. Each side moves out by 1,000 * 1.6 / 220 = 7.27.
    left, top, right, bottom = 50 - 7.27, 40 - 7.27, 150 + 7.27, 50 + 7.27
    expected = [(left, top), (right, top), (right, bottom), (left, bottom)]
    assert quad.corners == pytest.approx(np.array(expected), abs=0.1)
    # The 110 pixels that dilation added have probability 0.
    assert quad.score == pytest.approx(0.9 * 1000 / 1111, abs=0.01)


@pytest.mark.parametrize("value", [0.29, 0.45], ids=["below the core's threshold", "below the line's threshold"])
def test_a_faint_core_is_no_line(value: float) -> None:
    assert quads_of(core(value)) == []


def test_a_speck_is_no_line() -> None:
    probabilities = np.zeros((64, 64), np.float32)
    probabilities[10:12, 10:30] = 1

    assert quads_of(probabilities) == []


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1000, 810), (1024, 832)),
        ((320, 240), (832, 640)),
        ((4000, 3000), (1600, 1216)),
        ((3000, 80), (1600, 64)),
        ((80, 80), (640, 640)),
    ],
    ids=["as it is", "small", "large", "a strip", "the smallest"],
)
def test_pictures_are_seen_at_few_sizes(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert network_size(*size) == expected


@pytest.mark.weights
def test_lines_are_found_where_they_were_printed(engine: Engine, store: WeightStore) -> None:
    picture = Image.new("RGB", (800, 600), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(30)
    printed = [draw.textbbox(place, "Departures", font=font) for place in ((100, 80), (420, 300))]
    draw.text((100, 80), "Departures", "black", font)
    draw.text((420, 300), "Departures", "black", font)

    quads = TextDetector(engine, store).detect(np.asarray(picture))

    found = sorted((*quad.corners.min(0), *quad.corners.max(0)) for quad in quads)
    assert np.array(found) == pytest.approx(np.array(printed), abs=8)


@pytest.mark.weights
def test_an_empty_picture_has_no_lines(engine: Engine, store: WeightStore) -> None:
    assert TextDetector(engine, store).detect(np.full((300, 400, 3), 200, np.uint8)) == []
