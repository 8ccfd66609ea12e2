"""Printed lines, read back."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from regard.models.engine import Engine
from regard.models.ppocr_recognition import TextRecogniser
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights
MARGIN = 6


@pytest.fixture(scope="module")
def recogniser(engine: Engine, store: WeightStore) -> TextRecogniser:
    return TextRecogniser(engine, store)


def printed(text: str, size: int = 32) -> NDArray[np.uint8]:
    """A crop around a line of text."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("RGB", (int(right - left) + 2 * MARGIN, int(bottom - top) + 2 * MARGIN), "white")
    ImageDraw.Draw(picture).text((MARGIN - left, MARGIN - top), text, "black", font)
    return np.asarray(picture)


def test_each_crop_is_read_in_the_order_given(recogniser: TextRecogniser) -> None:
    texts = ["Gate 7", "A much longer line than all of the others", "42", "Arrivals", "Total: $1,234.56"]

    readings = recogniser.read([printed(text) for text in texts])

    assert [reading.text for reading in readings] == texts
    assert min(reading.confidence for reading in readings) > 0.8


@pytest.mark.parametrize("size", [12, 20, 48, 120])
def test_size_does_not_matter(recogniser: TextRecogniser, size: int) -> None:
    (reading,) = recogniser.read([printed("Boarding 14:35", size)])

    assert reading.text == "Boarding 14:35"


def test_positions_are_the_letters_centres(recogniser: TextRecogniser) -> None:
    text = "Passengers only"
    crop = printed(text)
    font = ImageFont.load_default(32)
    ends = [font.getlength(text[: i + 1]) for i in range(len(text))]
    centres = (np.array([0.0, *ends[:-1]]) + np.array(ends)) / 2 + MARGIN

    (reading,) = recogniser.read([crop])

    assert reading.text == text
    # A step of the network's output is 8 pixels of 48, here 5.
    assert reading.positions * crop.shape[1] == pytest.approx(centres, abs=10)


def test_an_empty_crop_reads_as_nothing(recogniser: TextRecogniser) -> None:
    (reading,) = recogniser.read([np.full((40, 120, 3), 255, np.uint8)])

    assert reading.text == ""
    assert reading.confidence == 0


def test_no_crops_give_no_readings(recogniser: TextRecogniser) -> None:
    assert recogniser.read([]) == []
