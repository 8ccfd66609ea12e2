"""The classifier on a bare face, and on the same face with a mask drawn over it."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.models.engine import Engine
from regard.models.face_mask import FaceMask
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> FaceMask:
    return FaceMask(engine, store)


def test_a_bare_face_scores_as_in_another_runtime(network: FaceMask, astronaut: NDArray[np.uint8]) -> None:
    # 0.00198 from onnxruntime 1.27 and Pillow's bilinear resizing, without the step through 80 pixels.
    assert network.covered([astronaut[64:181, 177:271]])[0] == pytest.approx(0.00198, abs=0.004)


def test_a_mask_drawn_over_mouth_and_nose_is_seen(network: FaceMask, astronaut: NDArray[np.uint8]) -> None:
    masked = astronaut.copy()
    outline = np.array([[196, 122], [222, 112], [250, 120], [262, 140], [240, 178], [212, 182], [192, 150]], np.int32)
    cv2.fillPoly(masked, [outline], (225, 235, 240))

    bare, covered = network.covered([astronaut[50:195, 165:283], masked[50:195, 165:283]])

    assert bare < 0.1
    assert covered > 0.7


def test_no_faces_give_no_answers(network: FaceMask) -> None:
    assert network.covered([]).shape == (0,)
