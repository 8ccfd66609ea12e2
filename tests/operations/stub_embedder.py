"""A network's stand-in that turns a face into numbers made from its pixels alone."""

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = 12


class StubEmbedder:
    """A fixed random projection of the crop's coarse pixels: like pictures get like vectors, others do not."""

    def __init__(self, version: str, dimension: int) -> None:
        self.version = version
        self.dimension = dimension
        self._projection = np.random.default_rng(dimension).normal(size=(3 * CELLS * CELLS, dimension))

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, dimension) unit rows of (N, 112, 112, 3) crops."""
        rows = np.empty((len(crops), self.dimension), np.float32)
        for index, crop in enumerate(crops):
            coarse = cv2.resize(crop, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float64)
            vector = (coarse - coarse.mean((0, 1))).ravel() @ self._projection
            rows[index] = vector / np.linalg.norm(vector)
        return rows


def strengths(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N,) as of a good face; weak for one without colours."""
    return np.array([12.0 if crop.std(2).any() else 5.0 for crop in crops], np.float32)
