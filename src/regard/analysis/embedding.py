"""Face embeddings: what a face model version is made of. A cosine of two means something only within one version.

What was tried, on every face of LFW, is in `docs/concepts/similarity.md`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class EmbeddingNetwork(Protocol):
    """`models.sface.SFace`, `models.mobilefacenet.MobileFaceNet`."""

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, D) rows of length 1 for (N, 112, 112, 3) RGB crops; N may be 0."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a version's embedding is made. It never changes once released: vectors of it are stored."""

    weights: Mapping[str, float]  # of each network's embedding in the whole, by the network's name, in order
    dimension: int
    is_mirrored: bool  # each network sees the crop and its mirror image, and the two embeddings are averaged


# 2.0 misses a quarter fewer genuine pairs than 1.0 at one false match in 10,000 and in 100,000. A weight of 0.7 for the
# second network did best of 0.5, 0.7, 1, 1.4; the mirror images are worth 6 to 8 % of the misses.
RECIPES: dict[str, Recipe] = {
    "1.0": Recipe({"sface": 1.0}, 128, is_mirrored=False),
    "2.0": Recipe({"sface": 1.0, "mobilefacenet": 0.7}, 640, is_mirrored=True),
}

DIMENSIONS: dict[str, int] = {version: recipe.dimension for version, recipe in RECIPES.items()}
DEFAULT_VERSION = "2.0"  # of new collections


class FaceEmbedder:
    """Embeddings of one face model version. Threads may share it."""

    def __init__(self, version: str, networks: Mapping[str, Callable[[], EmbeddingNetwork]]) -> None:
        """networks: by name; those that the version needs are made now. Raises KeyError for an unknown version."""
        recipe = RECIPES[version]
        self.version = version
        self.dimension = recipe.dimension
        self._is_mirrored = recipe.is_mirrored
        self._parts = [(networks[name](), weight) for name, weight in recipe.weights.items()]

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, dimension) float32 rows of length 1 for (N, 112, 112, 3) RGB crops of `analysis.face_crops`; N may be 0.

        A face's row does not depend on the others'.
        """
        views = [crops, np.ascontiguousarray(crops[:, :, ::-1])] if self._is_mirrored else [crops]
        parts = [weight * _unit(_sum(network, views)) for network, weight in self._parts]
        return _unit(np.concatenate(parts, axis=1))


def _sum(network: EmbeddingNetwork, views: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    return np.asarray(np.sum([network.embed(view) for view in views], axis=0), np.float32)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
