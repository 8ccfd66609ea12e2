"""Which of the boxes found in a frame goes on which track: by overlap, position and size alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_GROWTH = 2.0  # in width or height, from where a box was expected to where it was found


def distances(expected: Floats, found: Floats) -> Floats:
    """(N, M) how far boxes (M, 4) are from boxes expected (N, 4): the centres' distance in box sides, plus unlikeness.

    inf where sizes differ so much that they cannot be the same thing.
    """
    size, other = _sizes(expected)[:, None], _sizes(found)[None]
    centres = (expected[:, None, :2] + expected[:, None, 2:] - found[None, :, :2] - found[None, :, 2:]) / 2
    apart = np.sqrt(((centres / np.maximum(size, other)) ** 2).sum(-1))
    ratio = np.abs(np.log(size / other)).max(-1)
    return np.asarray(np.where(ratio < np.log(MOST_GROWTH), apart + 0.3 * ratio, np.inf))


def pairs(costs: Floats, limits: Floats) -> list[tuple[int, int]]:
    """Rows and columns of (N, M) costs that belong together, nearest first; a row's cost stays below its limit (N,)."""
    allowed = np.where(costs < limits[:, None], costs, np.inf)
    matched: list[tuple[int, int]] = []
    for flat in np.argsort(allowed, axis=None, kind="stable"):
        row, column = divmod(int(flat), allowed.shape[1])
        if not np.isfinite(costs[row, column]) or costs[row, column] >= limits[row]:
            break
        if all(row != taken and column != gone for taken, gone in matched):
            matched.append((row, column))
    return matched


def inside_share(inner: Floats, outer: Floats) -> float:
    """The share of one box (4,) that lies in another."""
    low, high = np.maximum(inner[:2], outer[:2]), np.minimum(inner[2:], outer[2:])
    shared = np.clip(high - low, 0, None).prod()
    return float(shared / max(float((inner[2:] - inner[:2]).prod()), 1e-9))


def _sizes(boxes: Floats) -> Floats:
    return np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6)
