"""U²-Net (small): which pixels belong to what a picture is about."""

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine
from regard.models.weights import WeightStore

SIDE = 320
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)


class U2Net:
    """The salient-object network.

    Source: U²-Net, https://arxiv.org/abs/2005.09007; weights: `cards.U2NETP`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        # The file gives seven masks, from fused to coarse; the first is the answer, the others served training.
        self._network = engine.load(store.path(cards.U2NETP), outputs=["1959"], streams=1)

    def saliency(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W) from 0, background, to 1, foreground, for a (H, W, 3) RGB picture."""
        height, width = image.shape[:2]
        square = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        prepared = (square / max(1.0, float(square.max())) - MEAN) / DEVIATION
        mask = self._network.run(np.ascontiguousarray(prepared.transpose(2, 0, 1)[None]))[0][0, 0]
        resized = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.clip(resized, 0, 1), dtype=np.float32)
