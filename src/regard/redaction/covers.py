"""Covers over parts of a picture, made from so few numbers that what is under them cannot be found again.

    cover_planes(planes, subsampling, areas, style, rotation, bit_depth)     a decoded frame's planes, in place
    cover_image(image, areas, style)                                         an (H, W, 3) RGB picture, in place

`blur` and `pixelate` keep, of an area of any size, one lightness and one tint, and let what is visible around it run
in; `fill` keeps nothing. Why so little: docs/concepts/redaction-strength.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regard.redaction import cover_colours, cover_tones
from regard.redaction.cover_shapes import Box, Floats, Form, Grid, Patch, Shape
from regard.redaction.cover_surroundings import Stain, colours
from regard.redaction.cover_tones import Plane, Tone

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
    tone: Tone | None = None  # what this had in the frame before; kept while it nearly fits


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
) -> list[Tone | None]:
    """Cover areas on the planes of one picture, in place. Returns their tones, None for what lies outside and `fill`.

    planes: (H, W) each, writable: grey; Y, U, V; or red, green, blue. Alpha, after these, is left alone.
    subsampling: pixels across and down that share a sample of U and V: (2, 2) for 4:2:0, (1, 1) for 4:4:4 and for RGB.
    rotation: 0, 90, 180 or 270 degrees clockwise by which the planes will be turned to stand upright, as areas do.
    bit_depth: bits in use of each value, the lower ones. color_space and is_full_range: as FFmpeg has them; they
    matter to the colour of a fill only.
    """
    height, width = planes[0].shape[:2]
    coloured = [planes[0]] if len(planes) <= _WITHOUT_COLOUR else list(planes[:3])
    steps = [(1, 1), *([(1, 1) if is_rgb else subsampling] * (len(coloured) - 1))]
    grids = [Grid(p.shape[1], p.shape[0], *step) for p, step in zip(coloured, steps, strict=True)]
    laid = [_laid(area, style, grids, rotation, (width, height)) for area in areas]
    if style.way == "fill":
        values = cover_colours.plane_values(style.colour, bit_depth, len(coloured), is_rgb, color_space, is_full_range)
        for one in laid:
            _paint(coloured, one.patches, [np.float32(value) for value in values])
        return [None] * len(areas)
    tones = [_tone(one, area.tone, coloured, grids, bit_depth, is_rgb) for one, area in zip(laid, areas, strict=True)]
    _paint_in_tones(coloured, grids, laid, tones, bit_depth, is_rgb, style.way == "blur")
    return tones


def cover_image(image: NDArray[np.uint8], areas: Sequence[CoveredArea], style: CoverStyle) -> None:
    """Cover areas on an (H, W, 3) RGB picture that stands upright, in place."""
    planes = [image[..., channel] for channel in range(3)]
    cover_planes(planes, (1, 1), areas, style, 0, 8, is_rgb=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """An area on each plane."""

    form: Form
    patches: list[Patch | None]


def _laid(area: CoveredArea, style: CoverStyle, grids: list[Grid], rotation: int, size: tuple[int, int]) -> _Laid:
    left, top, right, bottom = (float(side) for side in area.box)
    box = _turned_box((left, top, right, bottom), rotation, *size)
    outline = None if area.outline is None else _turned(np.asarray(area.outline, np.float64), rotation, *size)
    form = Form.of(area.shape or style.shape, box, outline)
    return _Laid(form, [form.patch(grid) for grid in grids])


def _tone(
    laid: _Laid, before: Tone | None, planes: list[Plane], grids: list[Grid], bit_depth: int, is_rgb: bool
) -> Tone | None:
    parts = []
    for plane, grid, patch in zip(planes, grids, laid.patches, strict=True):
        if patch is None:
            return None
        inner = plane[grid.span(laid.form.box, 0)]
        parts.append(inner if inner.size else plane[patch.rows, patch.columns])  # perhaps only its edge is inside
    return cover_tones.measured(parts, bit_depth, is_rgb).tone(before)


def _paint_in_tones(
    planes: list[Plane],
    grids: list[Grid],
    laid: list[_Laid],
    tones: list[Tone | None],
    bit_depth: int,
    is_rgb: bool,
    is_smooth: bool,
) -> None:
    """All colours are found before anything is painted, for areas may be one another's surroundings."""
    values = [None if tone is None else cover_tones.plane_values(tone, bit_depth, is_rgb) for tone in tones]
    for at, (plane, grid) in enumerate(zip(planes, grids, strict=True)):
        stains = [
            Stain(area.form, patch, one[at])
            for area, one in zip(laid, values, strict=True)
            if one is not None and (patch := area.patches[at]) is not None
        ]
        painted = [colours(plane, grid, stain, stains, is_smooth) for stain in stains]
        for stain, colour in zip(stains, painted, strict=True):
            _lay(plane, stain.patch, colour)


def _paint(planes: list[Plane], patches: list[Patch | None], values: Sequence[np.float32]) -> None:
    for plane, patch, value in zip(planes, patches, values, strict=True):
        if patch is not None:
            _lay(plane, patch, value)


def _lay(plane: Plane, patch: Patch, values: Floats | np.float32) -> None:
    """Write a cover's values. Where the weight is 1, nothing of what was there is left, not by rounding either."""
    there = plane[patch.rows, patch.columns]
    rounded = values + np.float32(0.5)  # written values are cut off, not rounded
    if patch.weights is None:
        there[...] = rounded
        return
    mixed = there * (1 - patch.weights)
    mixed += rounded * patch.weights
    there[...] = mixed


def _turned(points: NDArray[np.float64], rotation: int, width: int, height: int) -> NDArray[np.float64]:
    """(K, 2) points of the upright picture on planes of `width` and `height` that are yet to be turned."""
    x, y = points[:, 0], points[:, 1]
    turned = {0: (x, y), 90: (y, height - x), 180: (width - x, height - y), 270: (width - y, x)}
    return np.stack(turned[rotation], axis=1)


def _turned_box(box: Box, rotation: int, width: int, height: int) -> Box:
    corners = _turned(np.array(box, np.float64).reshape(2, 2), rotation, width, height)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
