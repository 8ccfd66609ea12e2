"""FaceX-Zoo's MobileFaceNet: 512 numbers a face, alike for pictures of one person."""

import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore

SIDE = 112
DIMENSION = 512
_BATCH = 8  # as `face_mesh.py`: larger ones gain nothing and cost memory


class MobileFaceNet:
    """The embedding network, trained with MV-Softmax.

    Source: Chen et al., MobileFaceNets, https://arxiv.org/abs/1804.07573, and Wang et al., FaceX-Zoo,
    https://arxiv.org/abs/2101.04407; weights: `cards.MOBILEFACENET`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        pixels = PixelInput(is_bgr=True, mean=(127.5, 127.5, 127.5), scale=(128.0, 128.0, 128.0))
        self.network = engine.load(store.path(cards.MOBILEFACENET), shapes=[(-1, 3, SIDE, SIDE)], pixels=pixels)

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 512) float32 rows of length 1 for (N, 112, 112, 3) RGB crops aligned to ArcFace's template; N may be 0.

        What a cosine between two rows means is `people/thresholds.py`'s business.
        """
        if not len(crops):
            return np.empty((0, DIMENSION), np.float32)
        parts = [self.network.run(crops[start : start + _BATCH])[0] for start in range(0, len(crops), _BATCH)]
        rows = np.concatenate(parts).reshape(-1, DIMENSION)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
