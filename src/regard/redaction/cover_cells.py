"""The few numbers that a cover shows of what it hides, and how they are spread over it.

What cannot be told from these numbers cannot be told from the cover: docs/concepts/redaction-strength.md.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Plane = NDArray[np.uint8] | NDArray[np.uint16]

ROWS, COLUMNS = 3, 2  # cells of lightness, whatever the area's size
LEVELS = 8  # of lightness a cell may have
TINTS = 16  # steps of each of the two colour differences, of which an area has one
# Source: ITU-R BT.601; only for telling lightness from colour in RGB.
_LIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)


@dataclass(frozen=True, slots=True)
class Depth:
    """What a plane's values mean."""

    bits: int

    @property
    def whole(self) -> float:
        """How many values there are."""
        return float(1 << self.bits)

    def level(self, values: Floats) -> Floats:
        """Lightness at the middle of its level."""
        step = self.whole / LEVELS
        return np.asarray((np.clip(np.floor(values / step), 0, LEVELS - 1) + 0.5) * step, np.float32)

    def tint(self, differences: Floats) -> Floats:
        """A colour difference, 0 for grey, at the nearest step."""
        step = self.whole / TINTS
        return np.asarray(np.round(differences / step) * step, np.float32)


def means(plane: Plane, rows: slice, columns: slice, cells: tuple[int, int]) -> Floats:
    """Mean values of the (down, across) cells of a part of a plane; a part smaller than that has a cell a sample."""
    part = plane[rows, columns]
    down, across = min(cells[0], part.shape[0]), min(cells[1], part.shape[1])
    return np.asarray(cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA), np.float32).reshape(down, across)


def bounded_yuv(cells: list[Floats], depth: Depth) -> list[Floats]:
    """The numbers of lightness, and of colour differences around the middle of their range where there are any."""
    middle = np.float32(depth.whole / 2)
    return [depth.level(cells[0]), *(middle + depth.tint(one.mean(keepdims=True) - middle) for one in cells[1:])]


def bounded_rgb(cells: list[Floats], depth: Depth) -> list[Floats]:
    """The same for red, green and blue: lightness by cell, one tint for all."""
    red, green, blue = cells
    lightness = _LIGHTNESS[0] * red + _LIGHTNESS[1] * green + _LIGHTNESS[2] * blue
    tint_red, tint_blue = (depth.tint((one - lightness).mean(keepdims=True)) for one in (red, blue))
    tint_green = -(_LIGHTNESS[0] * tint_red + _LIGHTNESS[2] * tint_blue) / _LIGHTNESS[1]
    light = depth.level(lightness)
    return [np.clip(light + tint, 0, depth.whole - 1) for tint in (tint_red, tint_green, tint_blue)]


def spread(
    cells: Floats, begin: tuple[int, int], shape: tuple[int, int], whole: tuple[int, int], smooth: bool
) -> Floats:
    """(H, W) values of a patch of `shape` that begins at `begin` in an area of `whole` samples, down and across.

    smooth: from the middle of each cell to the middle of the next; else each cell is one colour.
    """
    down = _shares(cells.shape[0], begin[0], shape[0], whole[0], smooth)
    across = _shares(cells.shape[1], begin[1], shape[1], whole[1], smooth)
    return np.asarray((down @ cells) @ across.T, np.float32)


def _shares(cells: int, begin: int, count: int, whole: int, smooth: bool) -> Floats:
    """(count, cells) how much each cell has in each sample; rows sum to 1."""
    place = (np.arange(begin, begin + count, dtype=np.float32) + np.float32(0.5)) * np.float32(cells / whole)
    if not smooth:
        chosen = np.clip(place.astype(np.int64), 0, cells - 1)
        return np.eye(cells, dtype=np.float32)[chosen]
    place = np.clip(place - np.float32(0.5), 0, cells - 1)
    distance = np.minimum(np.abs(place[:, None] - np.arange(cells, dtype=np.float32)), 1)
    return np.asarray(1 - distance * distance * (3 - 2 * distance), np.float32)
