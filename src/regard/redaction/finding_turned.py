"""Faces that are not upright: the picture is turned, searched, and what is found turned back."""

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.face_search import FaceDetector
from regard.models.yunet import FaceBoxes

TURNS = (90, 270, 180)  # degrees clockwise, the likeliest first
_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def turned_faces(
    detector: FaceDetector, image: NDArray[np.uint8], degrees: int, longer_side: int, min_score: float
) -> FaceBoxes:
    """Faces in pixels of the (H, W, 3) RGB `image` that are upright once it is turned by `degrees` clockwise.

    degrees: one of TURNS.
    """
    scale = longer_side / max(image.shape[:2])
    if scale < 1:  # turning fewer pixels is quicker
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    else:
        small = image
    turned: NDArray[np.uint8] = cv2.rotate(small, _CODES[degrees])  # type: ignore[assignment]  # cv2 widens the type
    found = detector.detect(turned, longer_side, min_score)
    height, width = small.shape[:2]
    boxes = turned_back(found.boxes.reshape(-1, 2, 2), degrees, width, height)
    corners = np.concatenate([boxes.min(axis=1), boxes.max(axis=1)], axis=1)
    landmarks = turned_back(found.landmarks, degrees, width, height)
    return FaceBoxes(corners, landmarks, found.scores).moved(image.shape[1] / width, 0, 0)


def turned_back(points: NDArray[np.float32], degrees: int, width: int, height: int) -> NDArray[np.float32]:
    """(..., 2) points of a picture turned by `degrees` clockwise, where they were in it: `width` by `height` pixels."""
    x, y = points[..., 0], points[..., 1]
    if degrees == 90:
        x, y = y, height - x
    elif degrees == 180:
        x, y = width - x, height - y
    elif degrees == 270:
        x, y = width - y, x
    return np.stack([x, y], axis=-1).astype(np.float32)
