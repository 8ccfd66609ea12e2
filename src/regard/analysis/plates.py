"""Number plates: short text low on a vehicle. Where it is, never what it says.

There is no plate network whose licence lets everybody use it, so two others are put together: vehicles by the object
network, and in each the text network's map of letters with thresholds far below those of reading. bench/finding.py
prints what that finds.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.geometry import area, intersection, nms
from regard.models.ppocr_detection import TextQuad, TextSearch

Floats = NDArray[np.float32]

VEHICLES = frozenset({"car", "truck", "bus", "motorcycle", "train"})
LINE_PROBABILITY = 0.15  # from which letters are taken for a plate's
_CORE_PROBABILITY = 0.1
_LEAST_LINE_PROBABILITY = 0.06  # what is fainter does not even continue a track
_LONG_SIDE = 800  # of a vehicle's crop; at 640 four of 90 plates fewer are found, at 512 eight
_MOST_ENLARGEMENT = 2
_AROUND = 0.1  # of a vehicle's sides: plates hang at its edge, and boxes are not exact
_LEAST_VEHICLE = 64  # pixels in width; the plate of a smaller one has no room for letters
_MOST_VEHICLES = 6  # the largest
_SAME_VEHICLE = 0.8  # the share of a vehicle's box inside a larger one's
# Shares of the vehicle's box. Plates in shared/testdata take 8 to 52 % of the width, 6 to 44 % of the height, and
# their middles are 29 to 88 % down.
_MOST_WIDTH, _MOST_HEIGHT, _HIGHEST = 0.6, 0.5, 0.25
_RIM = np.array([-0.1, -0.2, 0.1, 0.2], np.float32)  # of the text's sides: a plate is more than its letters
_SAME_PLATE = 0.5  # IoU


class TextNetwork(Protocol):
    """`models.ppocr_detection.TextDetector`."""

    def detect(self, image: NDArray[np.uint8], search: TextSearch) -> list[TextQuad]:
        """Lines of text in an (H, W, 3) RGB picture."""


def plates(network: TextNetwork, image: NDArray[np.uint8], vehicles: Floats) -> tuple[Floats, Floats]:
    """(N, 4) boxes of plates in pixels of the (H, W, 3) RGB picture, surest first, and their (N,) scores of 0..1.

    vehicles: (M, 4) boxes. A score is the text network's mean probability; LINE_PROBABILITY says from where it counts.
    """
    found = [(box, score) for vehicle in _distinct(vehicles) for box, score in _plates_of(network, image, vehicle)]
    boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score in found], np.float32)
    kept = nms(boxes, scores, _SAME_PLATE)
    return boxes[kept], scores[kept]


def bounds(corners: Floats) -> Floats:
    """(4,) the upright box around (K, 2) corners."""
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)]).astype(np.float32)


def _distinct(vehicles: Floats) -> list[Floats]:
    """The largest ones, without those inside another."""
    wide = vehicles[vehicles[:, 2] - vehicles[:, 0] >= _LEAST_VEHICLE]
    kept: list[Floats] = []
    for vehicle in wide[np.argsort(-area(wide), kind="stable")]:
        others = np.array(kept, np.float32).reshape(-1, 4)
        shared = intersection(vehicle[None], others)[0] / area(vehicle[None])
        if not np.any(shared > _SAME_VEHICLE):
            kept.append(vehicle)
    return kept[:_MOST_VEHICLES]


def _plates_of(network: TextNetwork, image: NDArray[np.uint8], vehicle: Floats) -> Sequence[tuple[Floats, float]]:
    height, width = image.shape[:2]
    sides = vehicle[2:] - vehicle[:2]
    low = np.clip(vehicle[:2] - _AROUND * sides, 0, (width, height)).astype(int)
    high = np.clip(vehicle[2:] + _AROUND * sides, 0, (width, height)).astype(int)
    crop = image[low[1] : high[1], low[0] : high[0]]
    if min(crop.shape[:2]) < 8:
        return []
    search = TextSearch(
        short_side=_MOST_ENLARGEMENT * min(crop.shape[:2]),
        long_side=_LONG_SIDE,
        core_probability=_CORE_PROBABILITY,
        line_probability=_LEAST_LINE_PROBABILITY,
    )
    lines = [(bounds(quad.corners) + np.tile(low, 2), quad.score) for quad in network.detect(crop, search)]
    return [(box + _RIM * np.tile(box[2:] - box[:2], 2), score) for box, score in lines if _is_plate(box, vehicle)]


def _is_plate(box: Floats, vehicle: Floats) -> bool:
    width, height = (box[2:] - box[:2]) / (vehicle[2:] - vehicle[:2])
    down = ((box[1] + box[3]) / 2 - vehicle[1]) / (vehicle[3] - vehicle[1])
    return bool(width <= _MOST_WIDTH and height <= _MOST_HEIGHT and down >= _HIGHEST)
