"""Number plates: short text low on a vehicle. Where it is, never what it says.

There is no plate network whose licence lets everybody use it, so two others are put together: vehicles by the object
network, and in each the text network's map of letters with thresholds far below those of reading. bench/finding.py
prints what that finds.
"""

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


def plates(
    network: TextNetwork, image: NDArray[np.uint8], vehicles: Floats, is_thorough: bool = False
) -> tuple[Floats, Floats]:
    """(N, 4) boxes of plates in pixels of the (H, W, 3) RGB picture, surest first, and their (N,) scores of 0..1.

    vehicles: (M, 4) boxes. A score is the text network's mean probability; LINE_PROBABILITY says from where it counts.
    is_thorough: the whole picture is searched beside each vehicle, which finds a few more and takes longer.
    """
    chosen = _distinct(vehicles)
    found = [plate for vehicle in chosen for plate in _in_crop(network, image, vehicle)]
    if is_thorough and chosen:
        lines = _lines(network, image, TextSearch().short_side, TextSearch().long_side)
        found += [line for line in lines if any(_is_plate(line[0], vehicle) for vehicle in vehicles)]
    boxes = np.array([box + _RIM * np.tile(box[2:] - box[:2], 2) for box, _ in found], np.float32).reshape(-1, 4)
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


def _in_crop(network: TextNetwork, image: NDArray[np.uint8], vehicle: Floats) -> list[tuple[Floats, float]]:
    height, width = image.shape[:2]
    sides = vehicle[2:] - vehicle[:2]
    low = np.clip(vehicle[:2] - _AROUND * sides, 0, (width, height)).astype(int)
    high = np.clip(vehicle[2:] + _AROUND * sides, 0, (width, height)).astype(int)
    crop = image[low[1] : high[1], low[0] : high[0]]
    if min(crop.shape[:2]) < 8:
        return []
    lines = _lines(network, crop, _MOST_ENLARGEMENT * min(crop.shape[:2]), _LONG_SIDE)
    moved = [(box + np.tile(low, 2), score) for box, score in lines]
    return [(box, score) for box, score in moved if _is_plate(box, vehicle)]


def _lines(
    network: TextNetwork, image: NDArray[np.uint8], short_side: int, long_side: int
) -> list[tuple[Floats, float]]:
    search = TextSearch(short_side, long_side, _CORE_PROBABILITY, _LEAST_LINE_PROBABILITY)
    return [(bounds(quad.corners), quad.score) for quad in network.detect(image, search)]


def _is_plate(box: Floats, vehicle: Floats) -> bool:
    sides = vehicle[2:] - vehicle[:2]
    width, height = (box[2:] - box[:2]) / sides
    across, down = ((box[:2] + box[2:]) / 2 - vehicle[:2]) / sides
    is_on = -_AROUND <= across <= 1 + _AROUND and _HIGHEST <= down <= 1 + _AROUND
    return bool(is_on and width <= _MOST_WIDTH and height <= _MOST_HEIGHT)
