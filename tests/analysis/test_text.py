"""Printed pages at all angles, read by the real networks."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from regard.analysis.text import TextReader
from regard.models.engine import Engine
from regard.models.ppocr_detection import TextDetector
from regard.models.ppocr_recognition import TextRecogniser
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights

PAPER = (245, 244, 240)
LINES = ["The quick brown fox", "jumps over the lazy dog", "GATE 7 departs 14:35"]


@pytest.fixture(scope="module")
def reader(engine: Engine, store: WeightStore) -> TextReader:
    return TextReader(TextDetector(engine, store), TextRecogniser(engine, store))


def page(lines: list[str], size: int = 32, width: int = 600, height: int = 400) -> Image.Image:
    """Lines below each other from (60, 60)."""
    picture = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((60, 60 + number * size * 2), line, (20, 20, 30), ImageFont.load_default(size))
    return picture


def rotated(picture: Image.Image, degrees: float) -> NDArray[np.uint8]:
    return np.asarray(picture.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=PAPER))


@pytest.mark.parametrize("degrees", [0, 15, 45, 75, 90, -15, -45, -75, -90, 180])
def test_text_is_read_at_any_angle(reader: TextReader, degrees: float) -> None:
    assert [line.text for line in reader.read(rotated(page(LINES), degrees))] == LINES


@pytest.mark.parametrize(
    ("degrees", "start", "end"),
    [(0, (60, 70), (140, 70)), (90, (70, 540), (70, 460)), (-90, (330, 60), (330, 140)), (180, (540, 330), (460, 330))],
)
def test_corners_start_at_the_texts_own_top_left(
    reader: TextReader, degrees: float, start: tuple[float, float], end: tuple[float, float]
) -> None:
    word = reader.read(rotated(page(["Gates"]), degrees))[0].words[0]

    assert word.text == "Gates"
    assert word.quad[0] == pytest.approx(np.array(start), abs=12)
    assert word.quad[1] == pytest.approx(np.array(end), abs=12)


def test_words_stand_where_they_were_printed(reader: TextReader) -> None:
    text = LINES[1]
    font = ImageFont.load_default(32)
    starts = [60 + font.getlength(text[: text.index(word)]) for word in text.split()]
    ends = [start + font.getlength(word) for start, word in zip(starts, text.split(), strict=True)]

    (line,) = reader.read(np.asarray(page([text])))

    assert [word.text for word in line.words] == text.split()
    assert [word.quad[0, 0] for word in line.words] == pytest.approx(starts, abs=4)
    assert [word.quad[1, 0] for word in line.words] == pytest.approx(ends, abs=4)


def test_a_single_letter_is_read_as_it_stands(reader: TextReader) -> None:
    (line,) = reader.read(np.asarray(page(["1"], size=60, width=300, height=300)))

    assert line.text == "1"


def test_small_print_in_a_large_photograph_is_found(reader: TextReader, astronaut: NDArray[np.uint8]) -> None:
    picture = Image.fromarray(astronaut).resize((3000, 3000))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((356, 2023, 624, 2071), fill=PAPER)
    draw.text((380, 2035), "Emergency exit only", (20, 20, 30), ImageFont.load_default(24))

    assert "Emergency exit only" in [line.text for line in reader.read(np.asarray(picture))]


def test_a_picture_without_text_has_no_lines(reader: TextReader) -> None:
    assert reader.read(np.full((300, 400, 3), 128, np.uint8)) == []
