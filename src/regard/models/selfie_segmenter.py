"""MediaPipe's selfie segmenter: which pixels belong to people.

The file's last operation, a transposed convolution with a bias of MediaPipe's own, is unknown to the runtime. The
network is cut in front of it; its two by two kernel with a stride of two is one product for each pixel, made here.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine
from regard.models.weights import WeightStore

SIDE = 256


class SelfieSegmenter:
    """The network.

    Source: Google, MediaPipe Selfie Segmentation model card; weights: `cards.SELFIE_SEGMENTER`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self._network = engine.load_cut(store.path(cards.SELFIE_SEGMENTER), streams=1)

    def people(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(256, 256) from 0, background, to 1, a person, for an (H, W, 3) RGB picture squeezed to that square."""
        shrinks = max(image.shape[:2]) > SIDE
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        square = cv2.resize(image, (SIDE, SIDE), interpolation=way).astype(np.float32) / 255
        features, kernel, bias = self._network.run(square[None])
        enlarged = np.einsum("hwc,abc->hawb", features[0], kernel[0]).reshape(SIDE, SIDE) + bias[0]
        return np.asarray(1 / (1 + np.exp(-np.clip(enlarged, -50, 50))), dtype=np.float32)
