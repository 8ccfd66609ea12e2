"""What stands out in pictures where that is plain."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.models.engine import Engine
from regard.models.u2net import U2Net
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> U2Net:
    return U2Net(engine, store)


def test_a_disc_on_a_plain_ground_stands_out(network: U2Net) -> None:
    rows, columns = np.mgrid[:200, :300]
    is_disc = (rows - 100) ** 2 + (columns - 150) ** 2 < 50**2
    picture = np.where(is_disc[..., None], (200, 30, 30), (230, 230, 230)).astype(np.uint8)

    saliency = network.saliency(picture)

    assert saliency.shape == (200, 300)
    assert saliency[is_disc].mean() > 0.9
    assert saliency[~is_disc].mean() < 0.1


def test_the_astronaut_stands_out_from_the_flag(network: U2Net, astronaut: NDArray[np.uint8]) -> None:
    saliency = network.saliency(astronaut)

    assert saliency[100:170, 190:260].mean() > 0.9  # her face
    assert saliency[:100, 480:].mean() < 0.3  # the corner behind her


def test_a_black_picture_divides_by_nothing(network: U2Net) -> None:
    assert np.isfinite(network.saliency(np.zeros((50, 50, 3), dtype=np.uint8))).all()
