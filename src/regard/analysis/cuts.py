"""Where one shot ends and the next begins, told at once at each frame.

Blocks of a frame are looked for near their place in the frame before, by shape rather than brightness: what moves,
pans, shakes or flashes is found again, what belongs to another shot is not. Fades and dissolves are no cuts. A cut that
is missed lets a cover linger for as long as it is held, a false one is bridged by lead-in and hold, so both are cheap.
"""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

_SIZE = (128, 72)  # of the pictures compared, whatever the shape of the video
_BLOCK = 16
_COLUMNS, _ROWS = 7, 4
_EDGE = 8, 4  # pixels left of and above the blocks
_REACH = (12, 8)  # pixels by which a block may have moved in x and y
_LEAST_TEXTURE = 3.0  # gray levels' deviation from which a block has a shape
_LEAST_BLOCKS = 4  # with a shape; a frame with fewer is flat
# Over bench/cuts.py's clips cuts have a novelty of 0.38 and more, everything else one of at most 0.25.
_NOVEL = 0.31
_OVER_USUAL = 1.6  # times the usual novelty of the shot, and _OVER more
_OVER = 0.1
_USUAL_FRAMES = 12
_BLACK = 30.0  # mean gray level of a flat frame to which a cut may lead; a flat bright one is a flash
_DARKER = 20.0  # gray levels by which black must be darker than the frame before, or else it is a fade
_FLASH_US = 400_000  # for which what was before may come back


@dataclass(frozen=True, slots=True)
class _Look:
    time_us: int
    gray: Gray  # of _SIZE
    is_flat: bool


class CutFinder:
    """Frames of one video in order."""

    def __init__(self) -> None:
        self._last: _Look | None = None
        self._before_flash: _Look | None = None  # the frame before the last cut, or before it all went white
        self._usual: deque[float] = deque(maxlen=_USUAL_FRAMES)

    def add(self, time_us: int, image: NDArray[np.uint8]) -> bool:
        """Whether this frame, (H, W, 3) RGB of any size, begins a new shot. The first of a video does not."""
        now = _look(time_us, image)
        last, self._last = self._last, now
        if last is None:
            return False
        if now.is_flat:
            return self._is_blackout(last, now)
        novelty = _novelty(last, now)
        limit = max(_NOVEL, _OVER_USUAL * float(np.mean(self._usual)) + _OVER) if self._usual else _NOVEL
        is_cut = novelty > limit and not self._is_back(now, limit)
        if is_cut:
            self._before_flash = last
            self._usual.clear()
        else:
            self._usual.append(min(novelty, limit))
        return is_cut

    def _is_blackout(self, last: _Look, now: _Look) -> bool:
        if last.is_flat:
            return False
        level = float(now.gray.mean())
        is_cut = level < _BLACK and float(last.gray.mean()) - level > _DARKER
        self._before_flash = None if is_cut else last
        return is_cut

    def _is_back(self, now: _Look, limit: float) -> bool:
        before = self._before_flash
        return before is not None and now.time_us - before.time_us < _FLASH_US and _novelty(before, now) <= limit


def _look(time_us: int, image: NDArray[np.uint8]) -> _Look:
    whole = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    gray: Gray = np.asarray(cv2.resize(whole, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    return _Look(time_us, gray, len(_textured(gray)) < _LEAST_BLOCKS)


def _textured(gray: Gray) -> list[tuple[int, int]]:
    """Left and top of the blocks that have a shape."""
    left, top = _EDGE
    blocks = gray[top : top + _ROWS * _BLOCK, left : left + _COLUMNS * _BLOCK].reshape(_ROWS, _BLOCK, _COLUMNS, _BLOCK)
    rows, columns = np.nonzero(blocks.std((1, 3)) > _LEAST_TEXTURE)
    return [(left + _BLOCK * int(column), top + _BLOCK * int(row)) for row, column in zip(rows, columns, strict=True)]


def _novelty(before: _Look, now: _Look) -> float:
    """0 where every block of a frame is found in the one before, 1 where none is."""
    (reach_x, reach_y), found = _REACH, []
    for left, top in _textured(now.gray):
        block = now.gray[top : top + _BLOCK, left : left + _BLOCK]
        around = before.gray[
            max(0, top - reach_y) : top + _BLOCK + reach_y, max(0, left - reach_x) : left + _BLOCK + reach_x
        ]
        likeness = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED)
        found.append(float(np.clip(likeness.max(), 0, 1)))
    return 1 - float(np.mean(found))
