"""A cover's colours: its tone in the middle, running into what can be seen around it at the edge.

The surroundings are read as a few cells. A cell that any cover touches, this one or another, holds that cover's tone
instead of what is there, so that the colours come from tones and from what stays visible, and from nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.redaction.cover_shapes import Floats, Form, Grid, Patch
from regard.redaction.cover_tones import Plane

_RING = 0.35  # how far the surroundings reach, as a share of the patch's sides
_CELLS = 14  # across and down
_READ = 4  # samples read of a cell, across and down
_WIDTH = 0.22  # by which cells are blurred, as a share of the patch's sides: deviation of the bell
_SQUARES = 6  # of `pixelate`, across and down


@dataclass(frozen=True, slots=True, eq=False)
class Stain:
    """An area on one plane and the value of its tone there."""

    form: Form
    patch: Patch
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """One side of the cells: edges between them in samples, and what each sample of the patch takes from each."""

    edges: NDArray[np.float64]  # (n + 1,)
    shares: Floats  # (samples, n), rows sum to 1

    @classmethod
    def of(cls, span: slice, count: int, is_smooth: bool) -> "_Cells":
        length = span.stop - span.start
        ring = max(2.0, _RING * length)
        begin, end = max(span.start - ring, 0.0), min(span.stop + ring, float(count))
        edges = np.linspace(begin, end, min(_CELLS, int(end - begin)) + 1)
        places = np.arange(length, dtype=np.float32) + np.float32(0.5)
        if not is_smooth:
            square = length / _SQUARES
            places = (np.floor(places / square) + 0.5).astype(np.float32) * np.float32(square)
        centres = ((edges[1:] + edges[:-1]) / 2 - span.start).astype(np.float32)
        bell = np.exp(-0.5 * ((places[:, None] - centres) / np.float32(max(_WIDTH * length, 0.7))) ** 2)
        return cls(edges, np.asarray(bell / bell.sum(axis=1, keepdims=True), np.float32))

    def read(self) -> NDArray[np.int64]:
        """(n * _READ,) the samples that are read, evenly over the cells."""
        places = (self.edges[:-1, None] + np.diff(self.edges)[:, None] * (np.arange(_READ) + 0.5) / _READ).ravel()
        return places.astype(np.int64)


def colours(plane: Plane, grid: Grid, stain: Stain, stains: Sequence[Stain], is_smooth: bool) -> Floats:
    """(H, W) values for a stain's patch. stains: all on this plane, which is as yet uncovered.

    is_smooth: blurred; else in squares.
    """
    down = _Cells.of(stain.patch.rows, plane.shape[0], is_smooth)
    across = _Cells.of(stain.patch.columns, plane.shape[1], is_smooth)
    rows, columns = len(down.edges) - 1, len(across.edges) - 1
    there = plane[down.read()[:, None], across.read()].astype(np.float32)
    cells = there.reshape(rows, _READ, columns, _READ).mean(axis=(1, 3))
    for other in stains:
        if other is not stain and _is_near(other.patch, down, across):
            cells[other.form.touches(down.edges, across.edges, grid)] = other.value
    cells[stain.form.touches(down.edges, across.edges, grid)] = stain.value
    return np.asarray(down.shares @ cells @ across.shares.T, np.float32)


def _is_near(patch: Patch, down: _Cells, across: _Cells) -> bool:
    rows, columns = patch.rows, patch.columns
    return bool(
        rows.start < down.edges[-1]
        and rows.stop > down.edges[0]
        and columns.start < across.edges[-1]
        and columns.stop > across.edges[0]
    )
