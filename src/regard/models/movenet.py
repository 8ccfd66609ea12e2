"""MoveNet MultiPose: seventeen body points of up to six people."""

from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine
from regard.models.weights import WeightStore

PEOPLE = 6  # rows of the network's output, whoever is there
_MULTIPLE = 32  # of both sides, says the model card


class Point(IntEnum):
    """Index of a body point. Left and right are the person's own."""

    NOSE = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    LEFT_EAR = 3
    RIGHT_EAR = 4
    LEFT_SHOULDER = 5
    RIGHT_SHOULDER = 6
    LEFT_ELBOW = 7
    RIGHT_ELBOW = 8
    LEFT_WRIST = 9
    RIGHT_WRIST = 10
    LEFT_HIP = 11
    RIGHT_HIP = 12
    LEFT_KNEE = 13
    RIGHT_KNEE = 14
    LEFT_ANKLE = 15
    RIGHT_ANKLE = 16


@dataclass(frozen=True, slots=True)
class Poses:
    """People of one picture, in pixels of the array that was searched, best score first."""

    points: NDArray[np.float32]  # (N, 17, 2) x, y; a point outside the person's view is a guess with a low score
    point_scores: NDArray[np.float32]  # (N, 17) 0 to 1
    boxes: NDArray[np.float32]  # (N, 4) left, top, right, bottom
    scores: NDArray[np.float32]  # (N,) 0 to 1; about 0.5 is usual for somebody in plain view

    def __len__(self) -> int:
        """How many people."""
        return len(self.scores)

    def moved(self, left: float, top: float) -> "Poses":
        """The people in a frame whose origin lies `left` and `top` before this one's."""
        shift = np.array([left, top], dtype=np.float32)
        return Poses(self.points + shift, self.point_scores, self.boxes + np.tile(shift, 2), self.scores)


class MoveNet:
    """The network.

    Source: Google, MoveNet MultiPose Lightning model card; weights: `cards.MOVENET_MULTIPOSE`.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self._network = engine.load(store.path(cards.MOVENET_MULTIPOSE), shapes=[(1, -1, -1, 3)])

    def locate(self, image: NDArray[np.uint8], longer_side: int = 256, min_score: float = 0.1) -> Poses:
        """At most six people of a (H, W, 3) RGB picture, searched with its longer side at `longer_side` pixels.

        longer_side: a multiple of 32; the model card asks for 256 or more. min_score: of a person, 0 to 1.
        """
        padded, scale = _padded(image, longer_side)
        (rows,) = self._network.run(padded[None])
        people = rows[0][rows[0][:, 55] >= min_score]
        people = people[np.argsort(-people[:, 55], kind="stable")]
        # Ratios of the padded picture to pixels of the one given.
        height, width = (side / scale for side in padded.shape[:2])
        body = people[:, :51].reshape(-1, 17, 3)
        points = body[..., [1, 0]] * np.array([width, height], dtype=np.float32)
        boxes = people[:, [52, 51, 54, 53]] * np.array([width, height, width, height], dtype=np.float32)
        return Poses(points, np.ascontiguousarray(body[..., 2]), boxes, np.ascontiguousarray(people[:, 55]))


def _padded(image: NDArray[np.uint8], longer_side: int) -> tuple[NDArray[np.uint8], float]:
    """The picture at that size in the top left corner of black, sides multiples of 32, and the scale it is drawn at."""
    height, width = image.shape[:2]
    scale = longer_side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    padded = np.zeros((size[1] + -size[1] % _MULTIPLE, size[0] + -size[0] % _MULTIPLE, 3), dtype=np.uint8)
    padded[: size[1], : size[0]] = resized
    return padded, scale
