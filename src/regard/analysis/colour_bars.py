"""Whether a picture is a test pattern of colour bars (EBU, SMPTE EG 1, SMPTE RP 219), at 75 or 100 %.

All have, in their upper half, seven bars of about the same width from left to right: white, yellow, cyan, green,
magenta, red, blue. What is left and right of them (black, gray, a pillar box) and below them is not looked at.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Thumb = NDArray[np.uint8]

# Red, green, blue, on or off, from left to right.
_BARS = np.array([(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)], bool)
_BAND = slice(6, 32)  # of 72 rows: below a mask of black, above the smaller fields of SMPTE's patterns
_ON, _OFF = 0.7, 0.35  # of the brightest channel of all bars; between them a channel is neither
_LEAST_BRIGHT = 120  # of that channel; 75 % bars have 191
_EVEN = 24  # levels by which a pixel may differ from its column
_LEAST_WIDTH, _MOST_WIDTH = 8, 22  # columns of 128: of bars in a pillar box, and of bars that fill the picture
_LEAST_SHARE = 0.9  # of even pixels


def bars_score(thumb: Thumb) -> float:
    """0 where an (72, 128, 3) RGB picture shows no bars; else the share of their pixels that are even, 0.9 to 1."""
    band = thumb[_BAND]
    columns = np.median(band, axis=0)
    top = float(np.percentile(columns.max(1), 90))
    if top < _LEAST_BRIGHT:
        return 0.0
    span = _seven_bars(_classes(columns, top))
    if span is None:
        return 0.0
    inside = np.abs(band[:, span] - columns[span]).max(2)
    share = float((inside <= _EVEN).mean())
    return share if share >= _LEAST_SHARE else 0.0


def _classes(columns: NDArray[np.float64], top: float) -> NDArray[np.int64]:
    """(128,) which bar a column's colour is of, 0 to 6; -1 for none."""
    is_on, is_off = columns >= _ON * top, columns <= _OFF * top
    matches = (is_on[:, None] == _BARS) & (is_off[:, None] == ~_BARS)
    return np.where(matches.all(2).any(1), matches.all(2).argmax(1), -1)


def _seven_bars(classes: NDArray[np.int64]) -> slice | None:
    """The columns from the first bar's beginning to the last one's end, leaving out no bar."""
    places = [np.flatnonzero(classes == bar) for bar in range(len(_BARS))]
    widths = [len(place) for place in places]
    if min(widths) < _LEAST_WIDTH or max(widths) > _MOST_WIDTH:
        return None
    is_in_order = all(left[-1] < right[0] for left, right in pairwise(places))
    begin, end = int(places[0][0]), int(places[-1][-1]) + 1
    is_closed = end - begin <= sum(widths) + 2 * len(_BARS)  # a column or two between bars are of both
    return slice(begin, end) if is_in_order and is_closed else None
