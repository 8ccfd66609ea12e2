"""The classifier against the same file in another runtime."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage.data import astronaut, coffee

from regard.models.engine import Engine
from regard.models.nsfwjs import Nsfwjs
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights


# From onnxruntime 1.27 and Pillow's bilinear resizing; drawing, hentai, neutral, porn, sexy.
@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (astronaut, (0.0043, 0.0001, 0.9954, 0.0001, 0.0000)),
        (coffee, (0.0016, 0.0006, 0.9954, 0.0023, 0.0001)),
    ],
    ids=["portrait", "cup"],
)
def test_scores_are_those_of_another_runtime(
    engine: Engine, store: WeightStore, picture: Callable[[], NDArray[np.uint8]], expected: tuple[float, ...]
) -> None:
    scores = Nsfwjs(engine, store).classify(picture())

    found = (scores.drawing, scores.hentai, scores.neutral, scores.porn, scores.sexy)
    assert found == pytest.approx(expected, abs=0.01)


def test_a_woman_in_a_bathing_suit_is_sexy_and_not_porn(engine: Engine, store: WeightStore, testdata: Path) -> None:
    picture = np.asarray(Image.open(testdata / "moderation" / "maillot.jpg").convert("RGB"))

    scores = Nsfwjs(engine, store).classify(picture)

    assert scores.sexy > 0.9
    assert scores.porn + scores.hentai < 0.1
