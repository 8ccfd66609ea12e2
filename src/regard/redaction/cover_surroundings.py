"""A cover's colours: its tone in the middle, running into what can be seen around it at the edge.

The surroundings are made small with every area that is covered painted in its tone first, so that the colours come from
tones and from what stays visible, and from nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.redaction.cover_shapes import Floats, Patch
from regard.redaction.cover_tones import Plane

_RING = 0.3  # how far the surroundings reach, as a share of the patch's sides
_CELLS = 10  # of the small picture, across and down
_WIDTH = 1.4  # cells by which it is blurred: deviation of the bell


@dataclass(frozen=True, slots=True, eq=False)
class Stain:
    """An area on one plane and the value of its tone there."""

    patch: Patch
    value: float


def colours(plane: Plane, stain: Stain, stains: Sequence[Stain], is_smooth: bool) -> Floats:
    """(H, W) values for a stain's patch. stains: all on this plane, which is as yet uncovered.

    is_smooth: blurred; else in squares.
    """
    rows, columns = (_grown(span, count) for span, count in zip(_spans(stain.patch), plane.shape, strict=True))
    small = _small(plane, rows, columns, stain, stains)
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), _WIDTH, borderType=cv2.BORDER_REPLICATE), np.float32)
    size = columns.stop - columns.start, rows.stop - rows.start
    way = cv2.INTER_CUBIC if is_smooth else cv2.INTER_NEAREST
    whole = cv2.resize(small, size, interpolation=way)
    inner_rows, inner_columns = _spans(stain.patch)
    return np.asarray(
        whole[
            inner_rows.start - rows.start : inner_rows.stop - rows.start,
            inner_columns.start - columns.start : inner_columns.stop - columns.start,
        ]
    )


def _small(plane: Plane, rows: slice, columns: slice, stain: Stain, stains: Sequence[Stain]) -> Floats:
    """The part as few cells, each with a tone where any of it is covered or in a cover's soft edge."""
    part = plane[rows, columns]
    size = min(_CELLS, part.shape[1]), min(_CELLS, part.shape[0])
    small = np.array(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[::-1])
    for other in [*(one for one in stains if one is not stain), stain]:
        touched = _touched(other.patch, rows, columns, size)
        if touched is not None:
            small[touched] = other.value
    return small


def _touched(patch: Patch, rows: slice, columns: slice, size: tuple[int, int]) -> NDArray[np.bool_] | None:
    """(down, across) which cells of a part have to do with a patch; None where none has."""
    down, across = _shared(patch.rows, rows), _shared(patch.columns, columns)
    if down is None or across is None:
        return None
    mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
    there = mask[_moved(down, rows), _moved(across, columns)]
    there[...] = 1 if patch.weights is None else patch.weights[_moved(down, patch.rows), _moved(across, patch.columns)]
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 0).reshape(size[::-1])


def _spans(patch: Patch) -> tuple[slice, slice]:
    return patch.rows, patch.columns


def _grown(span: slice, count: int) -> slice:
    more = max(2, round(_RING * (span.stop - span.start)))
    return slice(max(span.start - more, 0), min(span.stop + more, count))


def _shared(first: slice, second: slice) -> slice | None:
    shared = slice(max(first.start, second.start), min(first.stop, second.stop))
    return shared if shared.stop > shared.start else None


def _moved(span: slice, origin: slice) -> slice:
    return slice(span.start - origin.start, span.stop - origin.start)
