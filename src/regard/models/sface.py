"""SFace: 128 numbers a face, alike for pictures of one person."""

import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore

SIDE = 112
DIMENSION = 128
_BATCH = 8  # as `face_mesh.py`: larger ones gain nothing and cost memory


class SFace:
    """The embedding network, a MobileFaceNet trained with a sigmoid-constrained loss.

    Source: Zhong et al., SFace, https://arxiv.org/abs/2205.12010; weights: `cards.SFACE`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self.network = engine.load(store.path(cards.SFACE), shapes=[(-1, 3, SIDE, SIDE)], pixels=PixelInput())

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 128) float32 rows of length 1 for (N, 112, 112, 3) RGB crops aligned to ArcFace's template; N may be 0.

        What a cosine between two rows means is `people/thresholds.py`'s business.
        """
        rows = self._rows(crops)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def strengths(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N,) lengths of the rows before they are brought to 1: small where the network sees little of a face.

        `analysis/quality_filter.py` has limits for them.
        """
        return np.asarray(np.linalg.norm(self._rows(crops), axis=1), np.float32)

    def _rows(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if not len(crops):
            return np.empty((0, DIMENSION), np.float32)
        parts = [self.network.run(crops[start : start + _BATCH])[0] for start in range(0, len(crops), _BATCH)]
        return np.concatenate(parts).reshape(-1, DIMENSION)
