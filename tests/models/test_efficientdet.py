"""The detector's arithmetic by hand, and what it finds in pictures that a person looked at."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.geometry import iou
from regard.models.efficientdet import EfficientDet, decode, letterbox
from regard.models.engine import Engine
from regard.models.weights import WeightStore


def test_an_encoding_of_zero_is_the_anchor() -> None:
    anchors = np.array([[0.5, 0.25, 0.2, 0.1]], dtype=np.float32)  # centre y, centre x, height, width

    boxes = decode(np.zeros((1, 4), dtype=np.float32), anchors)

    assert boxes[0] == pytest.approx([0.2, 0.4, 0.3, 0.6])  # left, top, right, bottom


def test_encodings_shift_by_the_anchor_and_grow_by_powers_of_e() -> None:
    anchors = np.array([[0.5, 0.5, 0.2, 0.1]], dtype=np.float32)
    encodings = np.array([[1.0, -2.0, math.log(2), math.log(3)]], dtype=np.float32)

    boxes = decode(encodings, anchors)

    # Centre (0.5 - 2 * 0.1, 0.5 + 0.2), width 0.3, height 0.4.
    assert boxes[0] == pytest.approx([0.15, 0.5, 0.45, 0.9], abs=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "drawn", "scale"),
    [
        (100, 200, (224, 448), 2.24),
        (896, 448, (448, 224), 0.5),
        (448, 448, (448, 448), 1.0),
        (2000, 1, (448, 1), 0.224),
    ],
    ids=["wide", "tall", "exact", "thread"],
)
def test_the_picture_keeps_its_shape_in_the_square(
    height: int, width: int, drawn: tuple[int, int], scale: float
) -> None:
    square, found_scale = letterbox(np.full((height, width, 3), 255, dtype=np.uint8), 448)

    assert square.shape == (448, 448, 3)
    assert found_scale == pytest.approx(scale)
    assert (square[: drawn[0], : drawn[1]] == 255).all()
    assert (square[drawn[0] :] == 127).all()
    assert (square[:, drawn[1] :] == 127).all()


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> EfficientDet:
    return EfficientDet(engine, store)


@pytest.mark.weights
def test_the_label_map_is_that_of_coco(network: EfficientDet) -> None:
    # COCO's category ids start at 1 and run to 90 with ten gaps.
    assert (network.classes[0], network.classes[11], network.classes[89]) == ("person", "???", "toothbrush")
    assert len([name for name in network.classes[:90] if name != "???"]) == 80


@pytest.mark.weights
def test_the_astronaut_is_one_person(network: EfficientDet, astronaut: NDArray[np.uint8]) -> None:
    found = network.detect(astronaut, threshold=0.5)

    assert [network.classes[index] for index in found.classes] == ["person"]
    # Drawn by hand: from sleeve to sleeve, from her hair to the lower edge.
    by_hand = np.array([[22, 14, 370, 512]], dtype=np.float32)
    assert iou(found.boxes, by_hand)[0, 0] > 0.85


@pytest.mark.weights
def test_boxes_follow_the_picture_when_it_is_shown_larger(network: EfficientDet, astronaut: NDArray[np.uint8]) -> None:
    twice = astronaut.repeat(2, axis=0).repeat(2, axis=1)

    small, large = network.detect(astronaut, threshold=0.5), network.detect(twice, threshold=0.5)

    assert large.boxes[0] == pytest.approx(small.boxes[0] * 2, abs=40)


@pytest.mark.weights
def test_boxes_stay_inside_and_scores_fall(network: EfficientDet, astronaut: NDArray[np.uint8]) -> None:
    found = network.detect(astronaut[:, :300])

    assert found.boxes.min() >= 0
    assert (found.boxes[:, 2] <= 300).all()
    assert (found.boxes[:, 3] <= 512).all()
    assert (np.diff(found.scores) <= 0).all()
    assert len(found.scores) <= 100


@pytest.mark.weights
def test_a_flat_picture_holds_nothing(network: EfficientDet) -> None:
    assert len(network.detect(np.full((200, 300, 3), 90, dtype=np.uint8), threshold=0.4).scores) == 0
