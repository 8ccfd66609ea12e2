"""Which text on a vehicle is taken for a plate: with a text network that returns what it is told."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.plates import plates
from regard.models.engine import Engine
from regard.models.ppocr_detection import TextDetector, TextQuad, TextSearch
from regard.models.weights import WeightStore

VEHICLE = np.array([[100, 100, 300, 300]], np.float32)  # its crop begins at 80, 80 and is 240 wide
PICTURE = np.zeros((400, 400, 3), np.uint8)


@dataclass
class Lines:
    """Finds the same lines in each crop, and notes the crops."""

    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    crops: list[tuple[int, ...]] = field(default_factory=list)

    def detect(self, image: NDArray[np.uint8], search: TextSearch) -> list[TextQuad]:
        self.crops.append(image.shape[:2])
        corners = [
            [(left, top), (right, top), (right, bottom), (left, bottom)] for left, top, right, bottom in self.boxes
        ]
        return [TextQuad(np.array(four, np.float32), 0.8) for four in corners]


class WholeOnly(Lines):
    """Finds its lines in the whole picture alone."""

    def detect(self, image: NDArray[np.uint8], search: TextSearch) -> list[TextQuad]:
        return super().detect(image, search) if image.shape == PICTURE.shape else []


def test_text_low_on_a_vehicle_is_a_plate_with_a_rim() -> None:
    boxes, scores = plates(Lines([(100, 150, 150, 170)]), PICTURE, VEHICLE)

    # 50 by 20 at 80, 80 from the crop's corner; a tenth of the width and a fifth of the height more on each side.
    assert boxes == pytest.approx(np.array([[175, 226, 235, 254]]))
    assert scores == pytest.approx([0.8])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param((100, 25, 150, 45), id="on the roof"),
        pytest.param((30, 150, 200, 170), id="along the whole side"),
        pytest.param((100, 60, 150, 180), id="as tall as half of it"),
    ],
)
def test_other_text_on_a_vehicle_is_no_plate(line: tuple[float, float, float, float]) -> None:
    boxes, _ = plates(Lines([line]), PICTURE, VEHICLE)

    assert boxes.shape == (0, 4)


def test_a_vehicle_too_small_for_a_readable_plate_is_not_searched() -> None:
    lines = Lines()

    plates(lines, PICTURE, np.array([[10, 10, 60, 60]], np.float32))

    assert lines.crops == []


def test_the_front_of_a_vehicle_is_not_searched_again() -> None:
    lines = Lines()

    plates(lines, PICTURE, np.array([[110, 110, 250, 250], *VEHICLE], np.float32))

    assert lines.crops == [(240, 240)]


def test_no_vehicle_has_no_plate() -> None:
    boxes, scores = plates(Lines(), PICTURE, np.zeros((0, 4), np.float32))

    assert (boxes.shape, scores.shape) == ((0, 4), (0,))


@pytest.mark.weights
def test_a_drawn_plate_is_found_where_it_is(engine: Engine, store: WeightStore) -> None:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (640, 480), (60, 70, 90))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((250, 330, 390, 365), fill=(240, 240, 240), outline=(10, 10, 10), width=2)
    draw.text((262, 334), "AB 12 CDE", font=ImageFont.load_default(26), fill=(10, 10, 10))
    vehicle = np.array([[120, 100, 520, 430]], np.float32)

    boxes, _ = plates(TextDetector(engine, store), np.asarray(picture), vehicle)

    assert boxes[0] == pytest.approx([250, 330, 390, 365], abs=20)


def test_a_thorough_search_finds_what_shows_in_the_whole_picture_only() -> None:
    lines = WholeOnly([(200, 220, 260, 240)])

    quick, _ = plates(lines, PICTURE, VEHICLE)
    thorough, _ = plates(lines, PICTURE, VEHICLE, is_thorough=True)

    assert len(quick) == 0
    assert thorough == pytest.approx(np.array([[194, 216, 266, 244]]))
