"""Body points against TensorFlow Lite's own runtime."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.models.engine import Engine
from regard.models.movenet import MoveNet, Point
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> MoveNet:
    return MoveNet(engine, store)


def test_the_astronauts_points_are_those_of_tensorflow_lite(network: MoveNet, astronaut: NDArray[np.uint8]) -> None:
    poses = network.locate(astronaut)

    # From ai-edge-litert 2.1, x and y in pixels. She faces us: her left eye is on the right.
    assert len(poses) == 1
    assert poses.points[0, Point.NOSE] == pytest.approx([223.7, 122.4], abs=3)
    assert poses.points[0, Point.LEFT_EYE] == pytest.approx([247.3, 103.0], abs=3)
    assert poses.points[0, Point.RIGHT_EYE] == pytest.approx([204.4, 99.5], abs=3)
    assert poses.points[0, Point.LEFT_SHOULDER] == pytest.approx([304.0, 257.5], abs=3)
    assert poses.point_scores[0, Point.NOSE] == pytest.approx(0.68, abs=0.05)
    assert poses.point_scores[0, Point.LEFT_WRIST] < 0.15  # out of view
    assert poses.boxes[0] == pytest.approx([25.6, 10.2, 363.5, 506.9], abs=12)
    assert poses.scores[0] == pytest.approx(0.51, abs=0.03)


def test_points_are_in_the_frame_of_the_picture_whatever_its_shape(
    network: MoveNet, astronaut: NDArray[np.uint8]
) -> None:
    wide = np.zeros((512, 900, 3), dtype=np.uint8)
    wide[:, 300:812] = astronaut

    poses = network.locate(wide, longer_side=448)

    assert poses.points[0, Point.NOSE] == pytest.approx([523.7, 122.4], abs=6)


def test_moved_points_and_boxes_shift_together(network: MoveNet, astronaut: NDArray[np.uint8]) -> None:
    poses = network.locate(astronaut)

    moved = poses.moved(10, 20)

    assert moved.points - poses.points == pytest.approx(np.broadcast_to([10, 20], (1, 17, 2)), abs=1e-3)
    assert moved.boxes - poses.boxes == pytest.approx(np.array([[10, 20, 10, 20]]), abs=1e-3)


def test_a_plain_picture_holds_nobody(network: MoveNet) -> None:
    assert len(network.locate(np.full((300, 200, 3), 128, dtype=np.uint8))) == 0
