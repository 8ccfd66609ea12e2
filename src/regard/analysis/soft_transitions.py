"""Dissolves and fades: where one picture turns into another by and by, as a mix of the two.

Over a dissolve from A to B a frame is A + share x (B - A), with a share that rises evenly from 0 to 1. A pan, a zoom or
something that passes leaves that line. What is compared is 16 by 9 gray levels a frame, in which motion within a shot
is small beside the change from shot to shot.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TINY = (16, 9)
"""Columns and rows of the gray pictures compared."""
_LENGTHS = np.array([8, 12, 18, 25, 36, 50, 72, 100])  # frames from the last of A to the first of B
_AROUND = 3  # frames whose mean stands for A, and for B
_REST = np.clip(_LENGTHS // 3, 6, 16)  # frames before A and behind B in which little may change, as it does in a pan
_DELAY = int(_REST[-1]) + _AROUND - 1
_KEPT = int(_LENGTHS[-1]) + 2 * _DELAY + 1
_LEAST_STEP_US = 30_000  # from one frame used to the next, so that 4 s fit whatever the rate
# The next five were chosen over mixes of shots of bench/shots.py's clips and over their shots without one.
_LEAST_CHANGE = 15.0  # gray levels, root of the mean square of B - A
_MOST_STRAY = 0.035  # of the frames from the line, mean square in squares of the change
_MOST_UNEVEN = 0.055  # of the share from an even rise, root of the mean square
_MOST_ALIKE = 0.75  # correlation of A and B; light that goes up or down changes no picture
_MOST_UNREST = 0.25  # change from rest to A and from B to rest, mean square in squares of the change from A to B
_FLAT = 4.0  # gray levels' deviation below which a picture is like none
_QUIET_FRAMES = 12  # without a further hit that end a transition
_MOST_HITS = 4000  # of one transition, so that memory stays flat whatever is shown


@dataclass(frozen=True, slots=True)
class Transition:
    """Frames that belong to no shot, by number and both included."""

    first: int
    last: int
    confidence: float  # 50 to 100; how well its frames lie on the line


@dataclass(frozen=True, slots=True)
class _Hit:
    change: float
    stray: float
    first: float  # where the share is 0, in microseconds
    last: float  # where it is 1


class TransitionFinder:
    """Frames of one video in order."""

    def __init__(self) -> None:
        self._times: deque[int] = deque(maxlen=_KEPT)
        self._ring = np.zeros((2 * _KEPT, TINY[0] * TINY[1]), np.float32)
        self._used = 0
        self._hits: list[_Hit] = []
        self._quiet = 0
        self._clock: deque[tuple[int, int]] = deque()  # (time, number) of all frames of the last seconds
        self._found: list[Transition] = []
        self._is_ended = False

    def add(self, number: int, time_us: int, tiny: NDArray[np.uint8]) -> None:
        """The next frame; tiny: (9, 16) gray."""
        self._clock.append((time_us, number))
        if self._times and time_us - self._times[-1] < _LEAST_STEP_US:
            return
        if not self._times:  # before the start the first frame rests
            for back in range(_DELAY, 0, -1):
                self._remember(time_us - back * _LEAST_STEP_US, tiny)
        self._remember(time_us, tiny)
        self._look()

    def _look(self) -> None:
        hits = self._newest_hits()
        self._hits += hits
        self._quiet = 0 if hits else self._quiet + 1
        if self._quiet >= _QUIET_FRAMES or len(self._hits) >= _MOST_HITS:
            self._settle()

    def found(self) -> list[Transition]:
        """All transitions, in order and apart, once the last frame was added."""
        if self._used and not self._is_ended:
            self._is_ended = True
            self._look_behind_the_end()
        self._settle()
        return self._found

    def _look_behind_the_end(self) -> None:
        """There the last frame rests."""
        last = np.asarray(self._ring[self._used - 1], np.uint8)
        for _ in range(_DELAY):
            self._remember(self._times[-1] + _LEAST_STEP_US, last)
            self._look()

    def _remember(self, time_us: int, tiny: NDArray[np.uint8]) -> None:
        if self._used == len(self._ring):  # the newer half moves to the front
            self._ring[:_KEPT] = self._ring[_KEPT:]
            self._used = _KEPT
        self._ring[self._used] = tiny.ravel()
        self._used += 1
        self._times.append(time_us)

    def _newest_hits(self) -> list[_Hit]:
        """Of windows that end `_DELAY` frames before the newest one."""
        count = min(self._used, _KEPT)
        frames = self._ring[self._used - count : self._used]
        end = count - 1 - _DELAY
        fits = end - _LENGTHS - _REST - _AROUND >= -1
        begins, rests = (end - _LENGTHS)[fits], _REST[fits]
        if len(begins) == 0:
            return []
        after, before = _mean(frames, np.array([end + 2]))[0], _mean(frames, begins)
        change = _distance(after, before)
        # A share that is uneven by _MOST_UNEVEN may stand anywhere about a half in the middle.
        likely = _distance(frames[(begins + end) // 2], (before + after) / 2) <= 0.15 * change
        unrest = np.maximum(
            _distance(_mean(frames, begins - rests), before), _distance(_mean(frames, end + 2 + rests), after)
        )
        likely &= (change >= _LEAST_CHANGE**2) & (unrest <= _MOST_UNREST * change)
        times = np.array(self._times, np.float64)[-count:]
        windows = [(int(begins[at]), before[at]) for at in np.flatnonzero(likely)]
        hits = [_hit(frames[begin : end + 1], times[begin : end + 1], first, after) for begin, first in windows]
        return [hit for hit in hits if hit is not None]

    def _settle(self) -> None:
        """Makes one transition of the hits since the last quiet frames: of the widest change, the best on its line."""
        if self._hits:
            widest = max(hit.change for hit in self._hits)
            best = min((hit for hit in self._hits if hit.change >= 0.9 * widest), key=lambda hit: hit.stray)
            self._enter(best)
            self._hits = []
        while self._clock and self._times and self._clock[0][0] < self._times[0] - 1_000_000:
            self._clock.popleft()

    def _enter(self, hit: _Hit) -> None:
        last_found = self._found[-1].last if self._found else -1
        inside = [number for time_us, number in self._clock if hit.first < time_us < hit.last and number > last_found]
        if inside:
            confidence = 50 + 50 * (1 - hit.stray / _MOST_STRAY)
            self._found.append(Transition(inside[0], inside[-1], confidence))


def _mean(frames: Floats, ends: NDArray[np.int64]) -> Floats:
    """(N, 144) of the frames up to each of the ends."""
    total: Floats = frames[ends]
    for back in range(1, _AROUND):
        total = total + frames[ends - back]
    return np.asarray(total / _AROUND, np.float32)


def _distance(one: Floats, other: Floats) -> Floats:
    """(N,) mean squares."""
    return np.asarray(((one - other) ** 2).mean(-1), np.float32)


def _hit(frames: Floats, times: NDArray[np.float64], before: Floats, after: Floats) -> _Hit | None:
    """Whether frames go evenly from one picture to the other."""
    way = after - before
    length = float(way @ way)
    from_before = frames - before
    share = from_before @ way / length
    stray = float(((from_before - share[:, None] * way) ** 2).sum(1).mean() / length)
    run = (times - times[0]) / (times[-1] - times[0])
    uneven = float(np.sqrt(((share - run) ** 2).mean()))
    if stray > _MOST_STRAY or uneven > _MOST_UNEVEN or _likeness(before, after) > _MOST_ALIKE:
        return None
    slope, zero = np.polyfit(run, share, 1)
    span = float(times[-1] - times[0])
    return _Hit(length, stray, times[0] - zero / slope * span, times[0] + (1 - zero) / slope * span)


def _likeness(before: Floats, after: Floats) -> float:
    """Correlation of two pictures; 0 where one is flat."""
    if min(before.std(), after.std()) < _FLAT:
        return 0.0
    return float(np.corrcoef(before, after)[0, 1])
