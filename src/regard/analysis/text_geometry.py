"""Quads of text: cutting them out upright, turning them, taking parts of them.

A quad is (4, 2) float32 corners clockwise from the text's own top left, in pixels of the picture.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]


def size(quad: Floats) -> tuple[float, float]:
    """Width along the text and height across it, in pixels."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return float(max(sides[0], sides[2])), float(max(sides[1], sides[3]))


def direction(quad: Floats) -> Floats:
    """(2,) unit vector along the text; (1, 0) for a quad without width."""
    along = (quad[1] + quad[2]) - (quad[0] + quad[3])
    length = float(np.linalg.norm(along))
    return np.asarray(along / length if length > 0 else (1, 0), np.float32)


def turned(quad: Floats, quarters: int) -> Floats:
    """The same area read after quarter turns: 1 reads it downwards, -1 upwards, 2 upside down."""
    return np.roll(quad, -quarters, axis=0)


def part(quad: Floats, start: float, end: float) -> Floats:
    """The piece of a quad between two shares, 0..1, of its length."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = [quad[0] + top * start, quad[0] + top * end, quad[3] + bottom * end, quad[3] + bottom * start]
    return np.stack(corners).astype(np.float32)


def spanning(quads: Sequence[Floats]) -> Floats:
    """One quad from the start of the first to the end of the last of the quads of one line."""
    first, last = quads[0], quads[-1]
    return np.stack([first[0], last[1], last[2], first[3]])


def upright(image: Picture, quad: Floats) -> Picture:
    """The quad's area as an (H, W, 3) crop, its text upright; beyond the picture its edge is repeated."""
    width, height = (max(1, round(side)) for side in size(quad))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    transform = cv2.getPerspectiveTransform(np.ascontiguousarray(quad, np.float32), target)
    crop = cv2.warpPerspective(
        image, transform, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)


def share_inside(quad: NDArray[np.floating], polygon: NDArray[np.floating]) -> float:
    """How much of a convex quad's area lies inside an (N, 2) polygon of any simple shape, 0..1.

    The polygon is cut along the quad's four sides (I. Sutherland, G. Hodgman, Reentrant Polygon Clipping, 1974).
    Bridges that the cut leaves between parts of a concave polygon have no area.
    """
    whole = _signed_area(quad)
    if whole == 0:
        return 0.0
    cut = polygon.astype(np.float64)
    for start, end in zip(quad.astype(np.float64), np.roll(quad, -1, axis=0).astype(np.float64), strict=True):
        cut = _inner_side(cut, start, (end - start) * np.sign(whole))
        if not len(cut):
            return 0.0
    return abs(_signed_area(cut) / whole)


def _inner_side(
    polygon: NDArray[np.float64], origin: NDArray[np.float64], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What of a polygon lies on the side of a directed line to which a positive area turns."""
    offsets = polygon - origin
    sides = along[0] * offsets[:, 1] - along[1] * offsets[:, 0]
    kept = []
    for i in range(len(polygon)):
        before, here = sides[i - 1], sides[i]
        if before * here < 0:
            kept.append(polygon[i - 1] + (polygon[i] - polygon[i - 1]) * before / (before - here))
        if here >= 0:
            kept.append(polygon[i])
    return np.array(kept)


def _signed_area(polygon: NDArray[np.floating]) -> float:
    x, y = polygon[:, 0].astype(np.float64), polygon[:, 1].astype(np.float64)
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)
