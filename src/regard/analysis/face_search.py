"""Finding faces at as many sizes as the picture warrants."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.results import PixelSource
from regard.geometry import area
from regard.models.yunet import FaceBoxes, merged

# Longer sides searched, in pixels. Each further one is searched only where the one before hints at small faces, so an
# ordinary picture costs the first alone; bench/accuracy.py prints what each adds.
SIZES = (640, 1280, 2048, 4096)
_HINT_SCORE = 0.2  # a candidate this sure, below the reporting threshold, may be a small face seen too coarsely
_HINT_PIXELS = 24  # smaller than this in the searched frame, the network misses some (its floor is about 12)
_KEEP_PIXELS = 120  # at the larger sizes, faces above this are the smaller size's business
_MAX_ENLARGEMENT = 2.05  # more invents no detail
_SAME_FACE = 0.4  # IoU between sizes


class FaceDetector(Protocol):
    """`models.yunet.YuNet`, or an array-returning stand-in in tests."""

    def detect(self, image: NDArray[np.uint8], longer_side: int, min_score: float) -> FaceBoxes:
        """Faces in pixels of `image`, searched with its longer side scaled to `longer_side`."""


class FaceSearch:
    """Faces of a picture, from ordinary portraits to crowds with faces of 12 pixels."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector

    def find(self, source: PixelSource, min_score: float = 0.5) -> FaceBoxes:
        """Faces with a score of at least `min_score`, largest first, in pixels of the whole picture."""
        longer = max(source.size)
        parts: list[FaceBoxes] = []
        for size in SIZES:
            if parts and size > longer * _MAX_ENLARGEMENT:
                break
            image = source.pixels(at_least=size)
            scale = longer / max(image.shape[:2])
            seen = self._detector.detect(image, size, min(min_score, _HINT_SCORE)).moved(scale, 0, 0)
            sides = _sides(seen) * size / longer
            parts.append(seen.pick(np.flatnonzero(sides < _KEEP_PIXELS)) if parts else seen)
            if not np.any(sides < _HINT_PIXELS):
                break
        faces = merged(parts, _SAME_FACE)
        faces = faces.pick(np.flatnonzero(faces.scores >= min_score))
        return faces.pick(np.argsort(-_sides(faces), kind="stable"))


def _sides(faces: FaceBoxes) -> NDArray[np.float32]:
    """(N,) roots of the boxes' areas."""
    return np.sqrt(area(faces.boxes))
