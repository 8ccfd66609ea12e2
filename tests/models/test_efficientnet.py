"""What the classifier sees in pictures that everybody knows."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import chelsea, coffee

from regard.analysis.taxonomy import load_taxonomy
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine
from regard.models.weights import WeightStore

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def network(engine: Engine, store: WeightStore) -> EfficientNet:
    return EfficientNet(engine, store)


@pytest.mark.parametrize(
    ("picture", "names"),
    [(coffee, {"espresso"}), (chelsea, {"tabby", "tiger cat", "Egyptian cat"})],
    ids=["coffee", "cat"],
)
def test_the_likeliest_class_is_what_is_shown(
    network: EfficientNet, picture: Callable[[], NDArray[np.uint8]], names: set[str]
) -> None:
    assert network.classes[int(network.classify(picture()).argmax())] in names


def test_probabilities_sum_to_about_one(network: EfficientNet) -> None:
    # Each is rounded to 1/256, so the many small ones are lost.
    probabilities = network.classify(coffee())  # type: ignore[no-untyped-call]  # scikit-image has no types

    assert probabilities.shape == (1000,)
    assert 0.6 < float(probabilities.sum()) <= 1.05


def test_the_taxonomy_uses_the_names_of_the_file(network: EfficientNet) -> None:
    rows = [row for row in load_taxonomy().classes if row.network == "imagenet"]

    assert tuple(row.name for row in rows) == network.classes
