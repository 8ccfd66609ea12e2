"""Where text is in a picture: PP-OCRv6 small detection, a differentiable-binarisation (DB) network.

The network gives each pixel a probability of lying in the core of a text line. A line is a connected core, boxed and
grown back to the size of its letters. Source: M. Liao et al., Real-time Scene Text Detection with Differentiable
Binarization, https://arxiv.org/abs/1911.08947; the constants are those of rapidocr 3.10.0's configuration.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine
from regard.models.weights import WeightStore

Floats = NDArray[np.float32]

SHORT_SIDE = 640  # smaller pictures are enlarged to it; 736, as in rapidocr, finds 2 in 100 more words of 7 pixels
LONG_SIDE = 1600  # larger pictures are reduced to it; words 12 high in 4,000 by 3,000 pixels are still found
_STRIDE = 32  # of the network
_GRID = 64  # sizes are rounded to it: the runtime plans each new size anew, for half the time of a run

_GROWTH = 1.6
_LEAST_CORE = 3.0  # pixels of the network's input; thinner cores are noise
_MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class TextSearch:
    """How text is looked for."""

    short_side: int = SHORT_SIDE  # pixels, to which smaller pictures are enlarged
    long_side: int = LONG_SIDE  # to which larger ones are reduced
    core_probability: float = 0.3  # of a pixel, from which it belongs to a core
    line_probability: float = 0.5  # of a core's pixels on average, from which it is a line


_USUAL = TextSearch()


@dataclass(frozen=True, slots=True)
class TextQuad:
    """One line of text: its corners clockwise from its own top left, and how sure the network is of it."""

    corners: Floats  # (4, 2) pixels of the picture given, not clipped to it
    score: float


class TextDetector:
    """Finds lines of text at any angle; which of a box's ends comes first is only known for text near horizontal."""

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self._network = engine.load(store.path(cards.PPOCR_DET), streams=1)

    def detect(self, image: NDArray[np.uint8], search: TextSearch = _USUAL) -> list[TextQuad]:
        """Lines of text in an (H, W, 3) RGB picture, in no order that means anything.

        Corners assume that text runs from left to right or, in a box taller than wide, as the box stands.
        """
        height, width = image.shape[:2]
        size = network_size(width, height, search)
        shrinks = size[0] < width
        resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        # The network was trained on BGR in -1..1.
        pixels = cv2.dnn.blobFromImage(resized, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)
        probabilities = self._network.run(pixels)[0][0, 0]
        scale = np.array([width / size[0], height / size[1]], np.float32)
        return [TextQuad(quad.corners * scale, quad.score) for quad in quads_of(probabilities, search)]


def network_size(width: int, height: int, search: TextSearch = _USUAL) -> tuple[int, int]:
    """(width, height) at which the network sees a picture; the shape changes by half a grid step at most."""
    scale = max(1.0, search.short_side / min(width, height))
    scale = min(scale, search.long_side / max(width, height))
    return _on_grid(width * scale), _on_grid(height * scale)


def _on_grid(length: float) -> int:
    if length < _GRID:
        return -(-int(length) // _STRIDE) * _STRIDE or _STRIDE
    return round(length / _GRID) * _GRID


def quads_of(probabilities: Floats, search: TextSearch = _USUAL) -> list[TextQuad]:
    """Text lines in an (H, W) map of core probabilities, in pixels of the map."""
    # Dilation joins cores that touch at a corner only.
    core = cv2.dilate((probabilities > search.core_probability).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(core, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    quads = []
    for contour in contours[:_MOST_LINES]:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < _LEAST_CORE:
            continue
        score = _mean_inside(probabilities, _corners(centre, width, height, angle))
        if score < search.line_probability:
            continue
        # Growing a rectangle by the same distance on all sides; the distance is the paper's area * ratio / perimeter.
        growth = width * height * _GROWTH / (width + height)
        grown = _corners(centre, width + growth, height + growth, angle)
        quads.append(TextQuad(_from_top_left(grown), score))
    return quads


def _corners(centre: Sequence[float], width: float, height: float, angle_degrees: float) -> Floats:
    return np.asarray(cv2.boxPoints((centre, (width, height), angle_degrees)), np.float32)


def _mean_inside(probabilities: Floats, corners: Floats) -> float:
    height, width = probabilities.shape
    low = np.clip(np.floor(corners.min(0)).astype(int), 0, (width - 1, height - 1))
    high = np.clip(np.ceil(corners.max(0)).astype(int), 0, (width - 1, height - 1))
    mask = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - low).astype(np.int32)], (1,))
    return float(cv2.mean(probabilities[low[1] : high[1] + 1, low[0] : high[0] + 1], mask)[0])


def _from_top_left(corners: Floats) -> Floats:
    """The (4, 2) corners of a rectangle clockwise, starting with the upper of the two leftmost."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.stack([top_left, top_right, bottom_right, bottom_left])
