"""Where CenterFace sees a face."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.geometry import iou
from regard.models.centerface import CenterFace
from regard.models.engine import Engine
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights

_ASTRONAUT = np.array([[177, 64, 271, 181]], np.float32)  # as somebody looked at it


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> CenterFace:
    return CenterFace(engine, store)


@pytest.mark.parametrize("longer_side", [256, 512, 700])
def test_a_face_is_found_in_the_pixels_of_the_picture(
    network: CenterFace, astronaut: NDArray[np.uint8], longer_side: int
) -> None:
    found = network.detect(astronaut, longer_side, 0.5)

    assert len(found) == 1
    assert iou(found.boxes, _ASTRONAUT)[0, 0] > 0.6


def test_landmarks_lie_where_eyes_nose_and_mouth_are(network: CenterFace, astronaut: NDArray[np.uint8]) -> None:
    eye, other_eye, nose, corner, other_corner = network.detect(astronaut, 512, 0.5).landmarks[0]

    assert eye == pytest.approx([203, 110], abs=12)
    assert other_eye == pytest.approx([247, 110], abs=12)
    assert nose == pytest.approx([228, 133], abs=14)
    assert (corner + other_corner) / 2 == pytest.approx([226, 152], abs=14)


def test_a_picture_of_nothing_has_no_face(network: CenterFace) -> None:
    assert len(network.detect(np.full((90, 333, 3), 127, np.uint8), 640, 0.2)) == 0
