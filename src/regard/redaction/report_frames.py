"""Which frames of an output a review gets, walking no more of the file than it must."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from regard.redaction.settings import Span

ROUNDING_US = 1_500  # by which a frame's time in the output may differ: Matroska counts in milliseconds
END_US = 2**53  # until when the last frame is shown
_SKIPPED_US = 15_000_000  # a gap from which it is worth seeking; shorter ones are decoded through
_BEFORE_US = 2_000_000  # how much earlier a walk begins than its first frame: it must find what is shown then


@dataclass(frozen=True, slots=True)
class Request:
    """The frames of the output that a review needs."""

    is_all: bool
    spans: tuple[Span, ...]  # rising and apart; a moment has the same ends, and means the frame shown then


class Timed(Protocol):
    """A frame that knows when it is shown."""

    @property
    def time_us(self) -> int:
        """From when on."""


Frame = TypeVar("Frame", bound=Timed)


def wanted_frames(walk: Callable[[int], Iterator[Frame]], request: Request) -> Iterator[tuple[Frame, int]]:
    """The frames that a request means, each with the time at which the next one is shown.

    walk: gives the frames from a moment on; it is called again for what lies far behind.
    """
    if request.is_all:
        yield from _with_ends(walk(0))
        return
    for group in _groups(request.spans):
        yield from _of_group(_from(walk, group[0][0]), group)


def _from(walk: Callable[[int], Iterator[Frame]], time_us: int) -> Iterator[Frame]:
    """Frames from the one on that is shown at a moment, or from an earlier one."""
    begin_us = max(0, time_us - _BEFORE_US)
    frames = walk(begin_us)
    first = next(frames, None)
    if begin_us > 0 and (first is None or first.time_us > time_us + ROUNDING_US):
        return walk(0)  # a frame may be shown for a minute
    return frames if first is None else itertools.chain([first], frames)


def _groups(spans: Sequence[Span]) -> Iterator[list[Span]]:
    group: list[Span] = []
    for span in spans:
        if group and span[0] - group[-1][1] > _SKIPPED_US:
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _of_group(frames: Iterator[Frame], spans: Sequence[Span]) -> Iterator[tuple[Frame, int]]:
    left = list(spans)
    for frame, until_us in _with_ends(frames):
        while left and left[0][1] < frame.time_us - ROUNDING_US:
            del left[0]
        if not left:
            return
        if left[0][0] < until_us - ROUNDING_US:
            yield frame, until_us


def _with_ends(frames: Iterator[Frame]) -> Iterator[tuple[Frame, int]]:
    held: Frame | None = None
    for frame in frames:
        if held is not None:
            yield held, frame.time_us
        held = frame
    if held is not None:
        yield held, END_US
