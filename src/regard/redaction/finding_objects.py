"""Objects in a frame: the whole of it, and two halves of a large one, since the network sees all at 448 pixels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.geometry import nms
from regard.models.efficientdet import Detections

Floats = NDArray[np.float32]

LEAST_SCORE = 0.1
_HALVED = 900  # pixels of the longer side, from which halves show more than the whole
_HALF = 0.58  # of the longer side, so that what stands in the middle is whole in one of them
_CUT = 0.01  # of a half's side; a box that near its inner edge is a part of something
_SAME = 0.5  # IoU


class ObjectNetwork(Protocol):
    """`models.efficientdet.EfficientDet`."""

    @property
    def classes(self) -> Sequence[str]:
        """COCO's names by index."""

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        """Boxes in pixels of `image`."""


@dataclass(frozen=True, slots=True)
class Objects:
    """What is in a frame, in its pixels, surest first."""

    boxes: Floats  # (N, 4)
    scores: Floats  # (N,) 0..1
    names: NDArray[np.str_]  # (N,)

    def named(self, names: Collection[str], least_score: float = 0.0) -> tuple[Floats, Floats]:
        """(M, 4) boxes and (M,) scores of those with one of the names; what has two names is there once."""
        chosen = np.flatnonzero(np.isin(self.names, list(names)) & (self.scores >= least_score))
        kept = chosen[nms(self.boxes[chosen], self.scores[chosen], _SAME)]
        return self.boxes[kept], self.scores[kept]


def objects_in(network: ObjectNetwork, image: NDArray[np.uint8]) -> Objects:
    """Objects in an (H, W, 3) RGB frame."""
    whole = network.detect(image, LEAST_SCORE)
    parts = [(whole.boxes, whole.scores, whole.classes), *_halves(network, image)]
    boxes, scores, classes = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(-scores, kind="stable")
    names = np.array(network.classes)[classes[order].astype(int)] if len(order) else np.zeros(0, "U1")
    return Objects(boxes[order].astype(np.float32), scores[order].astype(np.float32), names)


def _halves(network: ObjectNetwork, image: NDArray[np.uint8]) -> list[tuple[Floats, Floats, NDArray[np.int64]]]:
    axis = int(np.argmax(image.shape[:2]))
    longer = image.shape[axis]
    if longer < _HALVED:
        return []
    length = round(longer * _HALF)
    parts = []
    for begin in (0, longer - length):
        half = image[begin : begin + length] if axis == 0 else image[:, begin : begin + length]
        found = network.detect(np.ascontiguousarray(half), LEAST_SCORE)
        low, high = (1, 3) if axis == 0 else (0, 2)
        is_whole = found.boxes[:, high] < length * (1 - _CUT) if begin == 0 else found.boxes[:, low] > length * _CUT
        boxes = found.boxes[is_whole].copy()
        boxes[:, [low, high]] += begin
        parts.append((boxes, found.scores[is_whole], found.classes[is_whole]))
    return parts
