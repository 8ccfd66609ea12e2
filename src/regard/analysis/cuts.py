"""Where one shot ends and the next begins, told at once at each frame.

Blocks of a frame are looked for near their place in the frame before, by shape rather than brightness: what moves,
pans, shakes or flashes is found again, what belongs to another shot is not. Fades and dissolves are no cuts. A cut that
is missed lets a cover linger for as long as it is held, a false one is bridged by lead-in and hold, so both are cheap.
"""

from collections import deque
from collections.abc import Callable
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
NOVEL = 0.31
"""The least novelty of a cut."""
_OVER_USUAL = 1.6  # times the usual novelty of the shot, and _OVER more
_OVER = 0.1
_USUAL_FRAMES = 12
_BLACK = 30.0  # mean gray level of a flat frame to which a cut may lead; a flat bright one is a flash
_DARKER = 20.0  # gray levels by which black must be darker than the frame before, or else it is a fade
FLASH_US = 400_000
"""For so long what was before may come back, which then was a flash and no cut."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the rule needs of a frame besides its novelty."""

    number: int  # whatever the caller tells its frames apart by
    time_us: int
    level: float  # mean gray level
    is_flat: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """A frame that begins a new shot."""

    novelty: float  # 0..1; 1 for a cut to black
    limit: float  # what the novelty had to be over


class CutRule:
    """Decides frame by frame, in order, from measures alone; the pictures need not be there any more."""

    def __init__(self, least: float = NOVEL) -> None:
        """least: novelty of a cut; less than `NOVEL` only where `novelty_since` knows all frames."""
        self._least = least
        self._last: Shown | None = None
        self._before_flash: Shown | None = None  # the frame before the last cut, or before it all went white
        self._usual: deque[float] = deque(maxlen=_USUAL_FRAMES)

    def add(self, now: Shown, novelty: float, novelty_since: Callable[[Shown], float]) -> Cut | None:
        """The cut at this frame. novelty: against the frame before, of no meaning for a first or a flat frame.

        novelty_since: against an earlier one, asked only for a frame before one that is flat or over `NOVEL`, within
        `FLASH_US` of a frame that is over it.
        """
        last, self._last = self._last, now
        if last is None:
            return None
        if now.is_flat:
            return self._blackout(last, now)
        limit = max(self._least, _OVER_USUAL * float(np.mean(self._usual)) + _OVER) if self._usual else self._least
        if novelty > limit and not self._is_back(now, limit, novelty_since):
            self._before_flash = last
            self._usual.clear()
            return Cut(novelty, limit)
        self._usual.append(min(novelty, limit))
        return None

    def _blackout(self, last: Shown, now: Shown) -> Cut | None:
        if last.is_flat:
            return None
        is_cut = now.level < _BLACK and last.level - now.level > _DARKER
        self._before_flash = None if is_cut else last
        return Cut(1.0, NOVEL) if is_cut else None

    def _is_back(self, now: Shown, limit: float, novelty_since: Callable[[Shown], float]) -> bool:
        before = self._before_flash
        return before is not None and now.time_us - before.time_us < FLASH_US and novelty_since(before) <= limit


class CutFinder:
    """Frames of one video in order."""

    def __init__(self, least: float = NOVEL) -> None:
        """least: novelty of a cut."""
        self._rule = CutRule(least)
        self._number = 0
        self._last: Gray | None = None
        self._kept: dict[int, tuple[int, Gray]] = {}  # time and picture of the frames to which a flash may lead back

    def add(self, time_us: int, image: NDArray[np.uint8]) -> bool:
        """Whether this frame, (H, W, 3) RGB of any size, begins a new shot. The first of a video does not."""
        now, last = gray_of(image), self._last
        flat = is_flat(now)
        new = 0.0 if last is None or flat else novelty(last, now)
        shown = Shown(self._number, time_us, float(now.mean()), flat)
        cut = self._rule.add(shown, new, lambda before: novelty(self._kept[before.number][1], now))
        self._kept = {number: kept for number, kept in self._kept.items() if time_us - kept[0] <= FLASH_US}
        self._kept[self._number] = time_us, now
        self._number, self._last = self._number + 1, now
        return cut is not None


def gray_of(image: NDArray[np.uint8]) -> Gray:
    """(72, 128) what is compared of an (H, W, 3) RGB picture."""
    whole = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(whole, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def is_flat(gray: Gray) -> bool:
    """Whether there is nothing in it by which it could be found again."""
    return len(_textured(gray)) < _LEAST_BLOCKS


def _textured(gray: Gray) -> list[tuple[int, int]]:
    """Left and top of the blocks that have a shape."""
    left, top = _EDGE
    blocks = gray[top : top + _ROWS * _BLOCK, left : left + _COLUMNS * _BLOCK].reshape(_ROWS, _BLOCK, _COLUMNS, _BLOCK)
    rows, columns = np.nonzero(blocks.std((1, 3)) > _LEAST_TEXTURE)
    return [(left + _BLOCK * int(column), top + _BLOCK * int(row)) for row, column in zip(rows, columns, strict=True)]


def novelty(before: Gray, now: Gray) -> float:
    """0 where every block of a frame that is not flat is found in the one before, 1 where none is."""
    (reach_x, reach_y), found = _REACH, []
    for left, top in _textured(now):
        block = now[top : top + _BLOCK, left : left + _BLOCK]
        around = before[
            max(0, top - reach_y) : top + _BLOCK + reach_y, max(0, left - reach_x) : left + _BLOCK + reach_x
        ]
        likeness = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED)
        found.append(float(np.clip(likeness.max(), 0, 1)))
    return 1 - float(np.mean(found))
