"""Which body points and which face belong to which person."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.geometry import iou
from regard.models.movenet import Point, Poses
from regard.models.yunet import FaceBoxes

_PICTURE_SIDE = (
    384  # of the longer side when all are searched at once; 256 misses wrists and 512 costs 1.7 times as much
)
_CROP_SIDE = 256
_CROP_MARGIN = 0.1  # of the person's box, on each side
_SMALL_SHARE = 0.25  # a person shorter than this share of the longer side is searched alone, in more detail
_SAME_PERSON = 0.4  # IoU of a person's box with that of a pose
_HEAD_POINT_SCORE = 0.3
_HEAD_BELOW_TOP = 0.1  # where a head is in a person's box when no body points say so, as a share of the height


class PoseNetwork(Protocol):
    """`models.movenet.MoveNet`."""

    def locate(self, image: NDArray[np.uint8], longer_side: int) -> Poses:
        """At most six people of a (H, W, 3) RGB picture, searched at that size."""
        ...


@dataclass(frozen=True, slots=True)
class BodyPoints:
    """One person's points, by `models.movenet.Point`."""

    points: NDArray[np.float32]  # (17, 2) x, y in pixels of the picture
    scores: NDArray[np.float32]  # (17,) 0 to 1


def body_points(network: PoseNetwork, image: NDArray[np.uint8], boxes: NDArray[np.float32]) -> list[BodyPoints | None]:
    """One for each of the (N, 4) person boxes; None where no pose fits the box.

    The network sees six people at once. Whoever is small, or is not among them, is searched alone.
    """
    smallest = _SMALL_SHARE * max(image.shape[:2])
    is_small = boxes[:, 3] - boxes[:, 1] < smallest
    found: list[BodyPoints | None] = [None] * len(boxes)
    if not is_small.all():
        poses = network.locate(image, _PICTURE_SIDE)
        for person, pose in _pairs(1 - iou(boxes, poses.boxes), 1 - _SAME_PERSON):
            if not is_small[person]:
                found[person] = _pick(poses, pose)
    return [_alone(network, image, box) if body is None else body for box, body in zip(boxes, found, strict=True)]


def _alone(network: PoseNetwork, image: NDArray[np.uint8], box: NDArray[np.float32]) -> BodyPoints | None:
    """The pose that fits the box best in a crop around it."""
    margin = _CROP_MARGIN * (box[2:] - box[:2])
    left, top = np.maximum(box[:2] - margin, 0).astype(int)
    right, bottom = np.ceil(box[2:] + margin).astype(int)
    poses = network.locate(image[top:bottom, left:right], _CROP_SIDE).moved(left, top)
    overlaps = iou(box[None], poses.boxes)[0]
    if not len(poses) or overlaps.max() < _SAME_PERSON:
        return None
    return _pick(poses, int(overlaps.argmax()))


def _pick(poses: Poses, index: int) -> BodyPoints:
    return BodyPoints(poses.points[index], poses.point_scores[index])


def faces_of(boxes: NDArray[np.float32], bodies: list[BodyPoints | None], faces: FaceBoxes) -> list[int | None]:
    """For each person the index of their face, or None. No face is given to two persons.

    A face is a person's when its middle lies in their box and within one width of their head; the nearest goes first.
    """
    heads = np.array([_head(box, body) for box, body in zip(boxes, bodies, strict=True)], dtype=np.float32)
    middles = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    widths = faces.boxes[:, 2] - faces.boxes[:, 0]
    distances = np.linalg.norm(heads[:, None] - middles[None], axis=2) / np.maximum(widths, 1)[None]
    is_inside = ((middles[None] >= boxes[:, None, :2]) & (middles[None] <= boxes[:, None, 2:])).all(axis=2)
    owned: list[int | None] = [None] * len(boxes)
    for person, face in _pairs(np.where(is_inside, distances, np.inf), 1.0):
        owned[person] = face
    return owned


def _head(box: NDArray[np.float32], body: BodyPoints | None) -> NDArray[np.float32]:
    """(2,) the middle of the head, by nose, eyes and ears, or else by the box."""
    if body is not None:
        is_seen = body.scores[: Point.RIGHT_EAR + 1] >= _HEAD_POINT_SCORE
        if is_seen.any():
            return np.asarray(body.points[: Point.RIGHT_EAR + 1][is_seen].mean(axis=0), dtype=np.float32)
    return np.array([(box[0] + box[2]) / 2, box[1] + _HEAD_BELOW_TOP * (box[3] - box[1])], dtype=np.float32)


def _pairs(costs: NDArray[np.float32], limit: float) -> list[tuple[int, int]]:
    """Rows and columns of a matrix of costs paired greedily, cheapest first, none above `limit`, none twice."""
    pairs: list[tuple[int, int]] = []
    costs = costs.copy()
    while costs.size and costs.min() <= limit:
        row, column = (int(index) for index in np.unravel_index(costs.argmin(), costs.shape))
        pairs.append((row, column))
        costs[row, :] = np.inf
        costs[:, column] = np.inf
    return pairs
