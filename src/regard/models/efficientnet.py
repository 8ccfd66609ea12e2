"""EfficientNet-Lite4: which of the 1,000 kinds of ImageNet a picture shows."""

import zipfile

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine
from regard.models.weights import WeightStore

SIDE = 300


class EfficientNet:
    """The classifier. `classes` are the 1,000 names of the file; two of them (crane, maillot) occur twice.

    Source: EfficientNet, https://arxiv.org/abs/1905.11946; weights: `cards.EFFICIENTNET_LITE4`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        path = store.path(cards.EFFICIENTNET_LITE4)
        with zipfile.ZipFile(path) as appended:
            self.classes = tuple(appended.read("labels_without_background.txt").decode().split("\n")[:1000])
        self._network = engine.load(path)

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(1000,) probabilities for the whole of a (H, W, 3) RGB picture, in steps of 1/256."""
        square = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        (probabilities,) = self._network.run(np.asarray(square, dtype=np.uint8)[None])
        return np.asarray(probabilities[0], dtype=np.float32) / np.float32(256)
