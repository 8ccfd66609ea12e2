"""Covers that do not tremble and yet contain every box they are made from."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_OUTWARD = np.array([-1.0, -1.0, 1.0, 1.0])
SLACK = 0.5  # pixels by which a simplified box may be too small; smoothed ones are larger by as much
_TOLERANCE = 0.01  # of the box's size, by which a position left out may differ


def smoothed(times: Floats, boxes: Floats, half_window: float) -> Floats:
    """(N, 4) boxes that move evenly and contain the given ones, by SLACK at least.

    A mean over the window, grown by what sticks out of it nearby. Each depends on what is within three half windows.
    """
    near = np.abs(times[:, None] - times[None]) <= half_window
    weights = near / near.sum(1, keepdims=True)
    mean = weights @ boxes
    outside = np.clip((boxes - mean) * _OUTWARD, 0, None)
    most = np.where(near[:, :, None], outside[None], 0.0).max(1)
    # Each maximum in the window counts the box in its middle, so their mean is no less than that sticks out.
    return np.asarray(mean + (weights @ most + SLACK) * _OUTWARD)


def simplified(times: Floats, boxes: Floats) -> NDArray[np.int64]:
    """Indices of positions to keep, so that lines between them cover what was there within SLACK, and little more."""
    keep, last = [0], len(times) - 1
    while keep[-1] < last:
        start, end = keep[-1], keep[-1] + 1
        while end < last and _is_straight(times[start : end + 2], boxes[start : end + 2]):
            end += 1
        keep.append(end)
    return np.array(keep, np.int64)


def _is_straight(times: Floats, boxes: Floats) -> bool:
    """Whether the first and the last say enough of those between."""
    share = ((times[1:-1] - times[0]) / (times[-1] - times[0]))[:, None]
    line = (1 - share) * boxes[0] + share * boxes[-1]
    missing = (boxes[1:-1] - line) * _OUTWARD
    size = np.maximum(boxes[1:-1, 2:] - boxes[1:-1, :2], 1e-6)
    tolerance = np.maximum(SLACK, np.tile(size, 2) * _TOLERANCE)
    return bool(np.all(missing <= SLACK) and np.all(-missing <= tolerance))
