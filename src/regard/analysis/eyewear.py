"""Sunglasses, from a network that was trained to name things and not faces."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.labels import TagNetwork

# ImageNet's "sunglass" and "sunglasses, dark glasses, shades".
_CLASSES = (836, 837)
# Two views of a face, as shares of its box's width and height from its top left corner; what both name is there.
_VIEWS = ((-0.15, -0.2, 1.15, 1.1), (-0.1, 0.05, 1.1, 0.65))
# Points of the mesh where lenses lie, each eye's lids and what is below them, and where the skin is bare.
_LENSES = (33, 160, 158, 133, 153, 144, 230, 229, 231, 228, 362, 385, 387, 263, 373, 380, 450, 449, 451, 448)
_SKIN = (50, 280, 205, 425, 151, 9, 108, 337)
# Darker than this share of the skin around: 27 of 100 LFW faces, among them all that were seen to wear dark lenses.
_DARK = 0.6


def sunglasses_score(
    image: NDArray[np.uint8], box: NDArray[np.float32], mesh: NDArray[np.float32], network: Callable[[], TagNetwork]
) -> float:
    """0..1, the geometric mean of the network's probability in two views of the face.

    image: (H, W, 3) RGB. box: (4,) and mesh: (478, 3) in its pixels. 0 without asking for the network where the eyes
    are not darker than the cheeks and forehead. Lenses that leave the eyes visible score low: it says nothing of
    glasses.
    """
    if _lens_over_skin(image, mesh) >= _DARK:
        return 0.0
    left, top, right, bottom = box
    corner, size = np.array([left, top]), np.array([right - left, bottom - top])
    score = 1.0
    for view in _VIEWS:
        (x1, y1), (x2, y2) = (corner + size * view[:2], corner + size * view[2:])
        crop = image[max(int(y1), 0) : max(int(y2), 0), max(int(x1), 0) : max(int(x2), 0)]
        if not crop.size:
            return 0.0
        score *= float(network().classify(np.ascontiguousarray(crop))[list(_CLASSES)].sum())
    return float(score**0.5)


def _lens_over_skin(image: NDArray[np.uint8], mesh: NDArray[np.float32]) -> float:
    """Median luma where lenses would lie over that of bare skin."""
    points = np.clip(mesh[:, :2].round().astype(int), 0, (image.shape[1] - 1, image.shape[0] - 1))
    luma = cv2.cvtColor(image[points[:, 1], points[:, 0]][None], cv2.COLOR_RGB2GRAY)[0].astype(np.float32)
    return float(np.median(luma[list(_LENSES)]) / max(np.median(luma[list(_SKIN)]), 1.0))
