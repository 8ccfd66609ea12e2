"""Which frames of a video are looked at, decided frame by frame from thumbs.

    sampler = Sampler()
    is_looked_at = sampler.wants(time_us, thumb)

The first frame always is. From then on, counted from the last one that was:

    the picture stands still                            every 2 s
    a little of it has changed                          every 1 s
    much of it has changed                              every 0.5 s
    something wholly else, as behind a cut              at once, but never before 0.2 s

A frame is looked at as soon as its time has come; where frames are further apart than that, each is.
"""

from collections import deque
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

STILL_US: Final = 2_000_000
CHANGED_US: Final = 1_000_000
MOVING_US: Final = 500_000
CUT_US: Final = 200_000  # light that flashes is no reason to look at every frame

_CELLS: Final = (32, 18)  # each the mean of 4 x 4 pixels of a thumb
_DIFFERENT: Final = 8  # gray levels; above the noise of a dark camera's cells
_LITTLE: Final = 0.005  # of the cells; three of them, a person far away
_MUCH: Final = 0.12
_CUT: Final = 0.45  # of the cells, from one frame to the next
_OVER_PACE: Final = 0.2  # by which a cut differs more than the frames before it did; a pan does not
_PACE_FRAMES: Final = 3  # films drawn on every second frame stand still in between

Cells = NDArray[np.int16]


class Sampler:
    """Over one chunk of one video."""

    def __init__(self) -> None:
        self._looked_us: int | None = None
        self._looked = self._last = np.zeros(_CELLS[::-1], np.int16)
        self._most = 0.0  # that the picture has differed from the one looked at, since then
        self._is_cut = False  # since then
        self._pace: deque[float] = deque(maxlen=_PACE_FRAMES)

    def wants(self, time_us: int, thumb: NDArray[np.uint8]) -> bool:
        """Whether the next frame is looked at. thumb: (72, 128, 3) RGB."""
        cells = _cells(thumb)
        last, self._last = self._last, cells
        if self._looked_us is not None:
            self._most = max(self._most, _difference(self._looked, cells))
            self._is_cut |= self._cuts(_difference(last, cells))
            if time_us - self._looked_us < self._distance_us:
                return False
        self._looked_us, self._looked, self._most, self._is_cut = time_us, cells, 0.0, False
        return True

    def _cuts(self, difference: float) -> bool:
        usual = max(self._pace, default=1.0)
        self._pace.append(difference)
        return difference >= max(_CUT, usual + _OVER_PACE)

    @property
    def _distance_us(self) -> int:
        if self._is_cut:
            return CUT_US
        if self._most >= _MUCH:
            return MOVING_US
        return CHANGED_US if self._most >= _LITTLE else STILL_US


def _cells(thumb: NDArray[np.uint8]) -> Cells:
    luma = cv2.cvtColor(thumb, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(luma, _CELLS, interpolation=cv2.INTER_AREA), np.int16)


def _difference(one: Cells, other: Cells) -> float:
    """The share of cells that are not the same."""
    return float((np.abs(one - other) >= _DIFFERENT).mean())
