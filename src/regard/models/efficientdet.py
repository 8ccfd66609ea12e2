"""EfficientDet-Lite2: the 80 kinds of COCO objects, with boxes.

The file's last operation, TensorFlow Lite's detection post-processing, is unknown to the runtime. The network is cut
in front of it and its work, decoding boxes from anchors and dropping repeats, is done here.
"""

import zipfile
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.geometry import nms
from regard.models import cards
from regard.models.engine import Engine
from regard.models.weights import WeightStore

SIDE = 448
# (127 - 127) / 128: the middle of the range that the network's first operation makes of pixels, so padding is 0 inside.
PADDING = 127
# The file's own option `nms_iou_threshold`. Its scale options are all 1, unlike the 10 and 5 of older detectors.
OVERLAP = 0.5
# Two boxes of different classes are further apart than this after the shift, so one pass serves all classes.
CLASS_SHIFT = 100_000.0


@dataclass(frozen=True, slots=True)
class Detections:
    """Objects of one picture, best score first. One place may be listed under two classes."""

    boxes: NDArray[np.float32]  # (N, 4) left, top, right, bottom in pixels of the picture, inside it
    scores: NDArray[np.float32]  # (N,) 0 to 1; what a score is worth is `analysis.labels`' business
    classes: NDArray[np.int64]  # (N,) index into `EfficientDet.classes`


class EfficientDet:
    """The detector. `classes` are the 90 names of the network's own label map, "???" where COCO left a gap.

    Source: EfficientDet, https://arxiv.org/abs/1911.09070; weights: `cards.EFFICIENTDET_LITE2`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        path = store.path(cards.EFFICIENTDET_LITE2)
        with zipfile.ZipFile(path) as appended:
            self.classes = tuple(appended.read("labelmap.txt").decode().split("\n"))
        self._network = engine.load_cut(path)

    def detect(self, image: NDArray[np.uint8], threshold: float = 0.05, limit: int = 100) -> Detections:
        """At most `limit` objects of a (H, W, 3) RGB picture with a score above `threshold`."""
        square, scale = letterbox(image, SIDE)
        encodings, scores, anchors = self._network.run(square[None])
        # Of 3.4 million scores few pass; looking through them as one row is five times faster than as a table.
        passing = np.flatnonzero(scores[0].ravel() > threshold)
        anchor_indices, classes = np.divmod(passing, scores.shape[2])
        boxes = decode(encodings[0][anchor_indices], anchors[anchor_indices]) * np.float32(SIDE / scale)
        height, width = image.shape[:2]
        boxes = np.clip(boxes, 0, np.array([width, height, width, height], dtype=np.float32))
        found = scores[0][anchor_indices, classes].astype(np.float32)
        shifted = boxes + np.float32(CLASS_SHIFT) * classes[:, None].astype(np.float32)
        kept = nms(shifted, found, OVERLAP)[:limit]
        return Detections(boxes[kept], found[kept], classes[kept].astype(np.int64))


def letterbox(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """A (side, side, 3) square with the picture in its top left corner, and the scale it was drawn at."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.full((side, side, 3), PADDING, dtype=np.uint8)
    square[: size[1], : size[0]] = resized
    return square, scale


def decode(encodings: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 4) boxes as fractions of the square, from (N, 4) encodings and anchors.

    Both come as centre y, centre x, height, width; boxes leave as left, top, right, bottom.
    """
    centres = encodings[:, :2] * anchors[:, 2:] + anchors[:, :2]
    halves = np.exp(encodings[:, 2:]) * anchors[:, 2:] / 2
    low, high = centres - halves, centres + halves
    return np.stack([low[:, 1], low[:, 0], high[:, 1], high[:, 0]], axis=1).astype(np.float32)
