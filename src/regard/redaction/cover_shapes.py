"""Where a cover lies on the samples of a plane: all of the shape, and a soft edge outside it.

A sample belongs to the shape where any part of what it stands for does, a chroma sample of four pixels as well as a
pixel, and one sample around is added, for decoders draw colours over their neighbours.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Shape = Literal["oval", "box", "outline"]
Box = tuple[float, float, float, float]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

# An oval fills |x|^3 + |y|^3 <= 1 of its box, which it touches at the middle of each side: chin, forehead and ears are
# inside. So is the box shrunk to 79 %, and therefore, with the default margin, all of the box that was found. An
# ellipse in the same box holds the box shrunk to 71 %; one around the box would cover 78 % more than this.
_OVAL = 3
# The width of the soft edge, which lies outside the shape, as a share of half the box. It mixes what was outside
# with the cover, never what was inside.
SOFT = 0.08
_REACH = 1.0  # samples around that are covered as well
_LEAST_HALF = 0.5  # pixels
_PARTS = 16  # of a pixel in which outlines are drawn


@dataclass(frozen=True, slots=True)
class Patch:
    """The samples of a plane that a cover changes."""

    rows: slice
    columns: slice
    weights: Floats | None  # (H, W): 1 in the shape, falling to 0 outside; None where all are 1


@dataclass(frozen=True, slots=True)
class Grid:
    """A plane's samples: how many, and how many pixels each is across and down."""

    width: int
    height: int
    across: int = 1
    down: int = 1

    def span(self, box: Box, reach: float) -> tuple[slice, slice]:
        """Rows and columns of the samples that the box touches, and of `reach` more around; may be empty."""
        left, top, right, bottom = box
        return (
            _span(top / self.down - reach, bottom / self.down + reach, self.height),
            _span(left / self.across - reach, right / self.across + reach, self.width),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A shape in pixels of the picture as coded."""

    shape: Shape
    box: Box  # of an outline: the box around it
    outline: Doubles | None  # (K, 2) corners, K >= 3, where the shape is an outline

    @classmethod
    def of(cls, shape: Shape, box: Box, outline: Doubles | None) -> "Form":
        """An outline without corners is an oval."""
        if shape != "outline":
            return cls(shape, box, None)
        if outline is None or len(outline) < 3:
            return cls("oval", box, None)
        (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
        return cls(shape, (float(left), float(top), float(right), float(bottom)), outline)

    def patch(self, grid: Grid) -> Patch | None:
        """The samples of a plane that it covers, None where it lies outside."""
        if self.outline is not None:
            return _outlined(self.outline, self.box, grid)
        if self.shape == "box":
            rows, columns = grid.span(self.box, _REACH)
            return Patch(rows, columns, None) if _is_filled(rows, columns) else None
        return _oval(self.box, grid)

    def touches(self, rows: Doubles, columns: Doubles, grid: Grid) -> NDArray[np.bool_]:
        """(n, m) which cells of a plane it may touch, with its soft edge and all that `patch` covers besides.

        rows, columns: (n + 1,) and (m + 1,) edges between the cells, in samples.
        """
        left, top, right, bottom = self.box
        x = _distances(columns, grid.across, (left + right) / 2, max((right - left) / 2, _LEAST_HALF))
        y = _distances(rows, grid.down, (top + bottom) / 2, max((bottom - top) / 2, _LEAST_HALF))
        if self.shape == "oval":
            return np.asarray(np.add.outer(y**_OVAL, x**_OVAL) <= (1 + SOFT) ** _OVAL)
        return np.asarray(np.maximum.outer(y, x) <= 1 + (SOFT if self.shape == "outline" else 0))


def _oval(box: Box, grid: Grid) -> Patch | None:
    left, top, right, bottom = box
    half_x, half_y = max((right - left) / 2, _LEAST_HALF), max((bottom - top) / 2, _LEAST_HALF)
    edge_x, edge_y = SOFT * half_x, SOFT * half_y
    rows, columns = grid.span((left - edge_x, top - edge_y, right + edge_x, bottom + edge_y), _REACH)
    if not _is_filled(rows, columns):
        return None
    fall = 1 / ((1 + SOFT) ** _OVAL - 1)
    from_middle_x = fall * _distances(_edges(columns), grid.across, (left + right) / 2, half_x) ** _OVAL
    from_middle_y = (1 + fall) - fall * _distances(_edges(rows), grid.down, (top + bottom) / 2, half_y) ** _OVAL
    weights = from_middle_y.astype(np.float32)[:, None] - from_middle_x.astype(np.float32)
    return Patch(rows, columns, np.clip(weights, 0, 1, out=weights))


def _distances(edges: Doubles, pixels: int, middle: float, half: float) -> Doubles:
    """How near to the middle each span between edges and its reach come, where 1 is the box's side."""
    nearest = np.maximum(edges[:-1] * pixels - middle, middle - edges[1:] * pixels) - pixels * _REACH
    return np.asarray(np.maximum(nearest, 0) / half)


def _edges(samples: slice) -> Doubles:
    return np.arange(samples.start, samples.stop + 1, dtype=np.float64)


def _outlined(outline: Doubles, box: Box, grid: Grid) -> Patch | None:
    """A polygon, widened by the reach and blurred outwards."""
    side = min(box[2] - box[0], box[3] - box[1]) / max(grid.across, grid.down)
    soft = max(1, round(SOFT / 4 * side))
    rows, columns = grid.span(box, _REACH + 2 * soft)
    if not _is_filled(rows, columns):
        return None
    steps = np.array((grid.across, grid.down))
    # fillPoly counts from the middle of a sample, and draws what the outline touches.
    corners = np.round((outline / steps - (columns.start, rows.start) - 0.5) * _PARTS).astype(np.int32)
    drawn = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    cv2.fillPoly(drawn, [corners], (255,), shift=_PARTS.bit_length() - 1)
    widening = 2 * (int(_REACH) + soft) + 1
    wide = cv2.dilate(drawn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (widening, widening)))
    smooth = cv2.blur(wide, (2 * soft + 1, 2 * soft + 1))
    reached = cv2.dilate(drawn, np.ones((3, 3), np.uint8))
    return Patch(rows, columns, np.asarray(np.maximum(smooth, reached), np.float32) / np.float32(255))


def _span(low: float, high: float, count: int) -> slice:
    return slice(max(int(np.floor(low)), 0), min(int(np.ceil(high)), count))


def _is_filled(rows: slice, columns: slice) -> bool:
    return bool(rows.stop > rows.start and columns.stop > columns.start)
