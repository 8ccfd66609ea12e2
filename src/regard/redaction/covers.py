"""Covers over parts of a picture, made from so few numbers that what is under them cannot be found again.

    cover_planes(planes, subsampling, areas, style, rotation, bit_depth)     a decoded frame's planes, in place
    cover_image(image, areas, style)                                         an (H, W, 3) RGB picture, in place

`blur` and `pixelate` keep, of an area of any size, six levels of lightness and one tint, and fill keeps nothing.
Why so few: docs/concepts/redaction-strength.md. No pixel of an area's shape depends on anything else under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regard.redaction import cover_cells, cover_colours, cover_shapes
from regard.redaction.cover_cells import Depth, Plane
from regard.redaction.cover_shapes import Box, Grid, Patch, Shape

Way = Literal["blur", "pixelate", "fill"]
_WITHOUT_COLOUR = 2  # planes up to which there is grey and perhaps alpha


@dataclass(frozen=True, slots=True)
class CoverStyle:
    """How areas are covered."""

    way: Way = "blur"
    shape: Shape = "oval"
    colour: tuple[int, int, int] = (0, 0, 0)  # red, green and blue, 0 to 255, of `fill`


@dataclass(frozen=True, slots=True, eq=False)
class CoveredArea:
    """Something that is to be covered, in pixels of the upright picture; it may reach over the picture's edge."""

    box: Sequence[float] | NDArray[np.float64]  # left, top, right, bottom
    outline: NDArray[np.float64] | None = None  # (K, 2) corners, for the shape `outline`
    shape: Shape | None = None  # in place of the style's


def cover_planes(
    planes: Sequence[Plane],
    subsampling: tuple[int, int],
    areas: Sequence[CoveredArea],
    style: CoverStyle,
    rotation: int,
    bit_depth: int,
    *,
    is_rgb: bool = False,
    color_space: int = cover_colours.UNSPECIFIED,
    is_full_range: bool = False,
) -> None:
    """Cover areas on the planes of one picture, in place.

    planes: (H, W) each, writable: grey; Y, U, V; or red, green, blue. Alpha, after these, is left alone.
    subsampling: pixels across and down that share a sample of U and V: (2, 2) for 4:2:0, (1, 1) for 4:4:4 and for RGB.
    rotation: 0, 90, 180 or 270 degrees clockwise by which the planes will be turned to stand upright, as areas do.
    bit_depth: bits in use of each value, the lower ones. color_space and is_full_range: as FFmpeg has them; they
    matter to the colour of a fill only.
    """
    height, width = planes[0].shape[:2]
    colours = [planes[0]] if len(planes) <= _WITHOUT_COLOUR else list(planes[:3])
    steps = [(1, 1), *([(1, 1) if is_rgb else subsampling] * (len(colours) - 1))]
    grids = [Grid(p.shape[1], p.shape[0], *step) for p, step in zip(colours, steps, strict=True)]
    painter = _Painter(colours, grids, style, Depth(bit_depth), rotation in (90, 270), is_rgb)
    fill = cover_colours.plane_values(style.colour, bit_depth, len(colours), is_rgb, color_space, is_full_range)
    for area in areas:
        left, top, right, bottom = (float(side) for side in area.box)
        box = _turned_box((left, top, right, bottom), rotation, width, height)
        outline = None if area.outline is None else _turned(np.asarray(area.outline), rotation, width, height)
        painter.paint(area.shape or style.shape, box, outline, fill)


def cover_image(image: NDArray[np.uint8], areas: Sequence[CoveredArea], style: CoverStyle) -> None:
    """Cover areas on an (H, W, 3) RGB picture that stands upright, in place."""
    planes = [image[..., channel] for channel in range(3)]
    cover_planes(planes, (1, 1), areas, style, 0, 8, is_rgb=True)


@dataclass(frozen=True, slots=True)
class _Painter:
    """Paints one area after another."""

    planes: list[Plane]
    grids: list[Grid]
    style: CoverStyle
    depth: Depth
    is_turned: bool  # the planes lie on their side
    is_rgb: bool

    def paint(self, shape: Shape, box: Box, outline: NDArray[np.float64] | None, fill: Sequence[float]) -> None:
        patches = [cover_shapes.patch(shape, box, outline, grid) for grid in self.grids]
        if self.style.way == "fill":
            for plane, patch, value in zip(self.planes, patches, fill, strict=True):
                _lay(plane, patch, np.float32(value))
            return
        inner = _inner(shape, box, outline)
        spans = [_span(grid, inner) for grid in self.grids]
        if patches[0] is None:
            return
        numbers = self._numbers(spans)
        for plane, patch, span, cells in zip(self.planes, patches, spans, numbers, strict=True):
            if patch is not None:
                _lay(plane, patch, self._values(patch, span, cells))

    def _numbers(self, spans: list[tuple[slice, slice]]) -> list[NDArray[np.float32]]:
        """All that will be known of the area."""
        grid = (cover_cells.ROWS, cover_cells.COLUMNS)
        cells = grid[::-1] if self.is_turned else grid
        means = [
            cover_cells.means(plane, rows, columns, cells)
            for plane, (rows, columns) in zip(self.planes, spans, strict=True)
        ]
        bound = cover_cells.bounded_rgb if self.is_rgb else cover_cells.bounded_yuv
        return bound(means, self.depth)

    def _values(
        self, patch: Patch, span: tuple[slice, slice], cells: NDArray[np.float32]
    ) -> NDArray[np.float32] | np.float32:
        if cells.size == 1:
            return np.float32(cells.flat[0])
        rows, columns = span
        begin = patch.rows.start - rows.start, patch.columns.start - columns.start
        shape = patch.rows.stop - patch.rows.start, patch.columns.stop - patch.columns.start
        whole = rows.stop - rows.start, columns.stop - columns.start
        return cover_cells.spread(cells, begin, shape, whole, self.style.way == "blur")


def _lay(plane: Plane, patch: Patch | None, values: NDArray[np.float32] | np.float32) -> None:
    """Write a cover's values. Where the weight is 1, nothing of what was there is left, not by rounding either."""
    if patch is None:
        return
    there = plane[patch.rows, patch.columns]
    rounded = values + np.float32(0.5)  # written values are cut off, not rounded
    if patch.weights is None:
        there[...] = rounded
        return
    mixed = there * (1 - patch.weights)
    mixed += rounded * patch.weights
    there[...] = mixed


def _inner(shape: Shape, box: Box, outline: NDArray[np.float64] | None) -> Box:
    """The box whose cells are shown."""
    if shape != "outline" or outline is None or not len(outline):
        return box
    low, high = outline.min(axis=0), outline.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _span(grid: Grid, box: Box) -> tuple[slice, slice]:
    """Rows and columns of a box, at least one of each."""
    rows, columns = grid.span(box, 0)
    return _not_empty(rows, grid.height), _not_empty(columns, grid.width)


def _not_empty(samples: slice, count: int) -> slice:
    if samples.stop > samples.start:
        return samples
    start = min(max(samples.start, 0), count - 1)
    return slice(start, start + 1)


def _turned(points: NDArray[np.float64], rotation: int, width: int, height: int) -> NDArray[np.float64]:
    """(K, 2) points of the upright picture on planes of `width` and `height` that are yet to be turned."""
    x, y = points[:, 0], points[:, 1]
    turned = {0: (x, y), 90: (y, height - x), 180: (width - x, height - y), 270: (width - y, x)}
    return np.stack(turned[rotation], axis=1)


def _turned_box(box: Box, rotation: int, width: int, height: int) -> Box:
    corners = _turned(np.array(box, np.float64).reshape(2, 2), rotation, width, height)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
