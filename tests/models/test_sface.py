"""SFace against another runtime's numbers, and against what a recogniser is for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.face_crops import aligned_crops
from regard.models.engine import Engine
from regard.models.sface import SFace
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights

# Eyes, nose and mouth corners of the astronaut, as YuNet marks them, to the pixel.
_FIVE = np.array([[(201, 105), (245, 105), (221, 127), (204, 145), (242, 145)]], np.float32)


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> SFace:
    return SFace(engine, store)


@pytest.fixture(scope="module")
def crop(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(1, 112, 112, 3)."""
    return aligned_crops(astronaut, _FIVE)


def test_embedding_is_what_opencv_computes(network: SFace, crop: NDArray[np.uint8]) -> None:
    # cv2.FaceRecognizerSF of OpenCV 5.0.0 on the same crop (it takes BGR), divided by its length.
    expected = [0.01122, -0.13289, 0.09890, 0.15434, 0.01077, 0.01573]

    assert network.embed(crop)[0, :6] == pytest.approx(expected, abs=1e-4)


def test_rows_have_length_one_and_do_not_depend_on_the_batch(network: SFace, crop: NDArray[np.uint8]) -> None:
    others = np.concatenate([np.roll(crop, shift, axis=2) for shift in range(11)])

    rows = network.embed(others)

    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(11), abs=1e-5)
    assert rows[10] == pytest.approx(network.embed(others[10:])[0], abs=1e-5)


def test_no_crops_give_no_rows(network: SFace) -> None:
    assert network.embed(np.empty((0, 112, 112, 3), np.uint8)).shape == (0, 128)
