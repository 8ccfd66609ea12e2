"""A second network's opinion on faces, on the scale of the first one, which misses profiles and faces that look up."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from regard.analysis.face_search import FaceDetector
from regard.models.yunet import FaceBoxes

_WORTH = 1.5
"""Of CenterFace's score in YuNet's. Counted from 0.3, where YuNet counts from 0.45, it raises the share of faces of
WIDER FACE from 12 pixels on that are found from 0.926 to 0.946, and boxes on none from 2.2 to 2.6 a picture; from
0.5 on it adds nearly nothing of either (bench/finding.py).
"""


class SecondOpinion:
    """CenterFace as a `FaceDetector` whose scores mean what YuNet's do."""

    def __init__(self, detector: Callable[[], FaceDetector]) -> None:
        self._detector = detector

    def detect(self, image: NDArray[np.uint8], longer_side: int, min_score: float) -> FaceBoxes:
        """As `FaceDetector.detect`."""
        found = self._detector().detect(image, longer_side, min_score / _WORTH)
        return FaceBoxes(found.boxes, found.landmarks, np.minimum(found.scores * np.float32(_WORTH), np.float32(1)))
