"""The one clock of a video: microseconds from its first frame, strictly increasing, whatever the file's stamps are.

FrameTimes         stamps of frames to times, in the order that they are decoded
PacketTable        the stamps of all frames, read without decoding, to begin in the middle with the same times
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

_SET_BACK_US = 500_000  # a stamp so far behind the frame before it is a new clock, not a pair out of order
_STORED = np.dtype("<i8")
_MICRO = 1_000_000


class FrameTimes:
    """Times of one walk, frame by frame.

    A frame without a stamp follows at the usual distance. One that is not later than its predecessor comes 1 us after
    it, or, where the file's clock was set back, at the usual distance with the clock taken on from there.
    """

    def __init__(self, time_base: Fraction, usual_us: int, zero: int | None = None) -> None:
        """usual_us: from a frame to the next. zero: the first frame's stamp, where the walk does not begin with it."""
        self._base, self._usual_us, self._zero = time_base, usual_us, zero
        self._last_us: int | None = None
        self._shift_us = 0

    def next(self, stamp: int | None) -> int:
        """Microseconds of the frame with this stamp."""
        time_us = self._of(stamp)
        if self._last_us is not None and time_us <= self._last_us:
            if self._last_us - time_us > _SET_BACK_US:
                self._shift_us += self._last_us + self._usual_us - time_us
                time_us = self._last_us + self._usual_us
            else:
                time_us = self._last_us + 1
        self._last_us = time_us
        return time_us

    def _of(self, stamp: int | None) -> int:
        if stamp is None:
            return 0 if self._last_us is None else self._last_us + self._usual_us
        if self._zero is None:
            self._zero = stamp
            if self._last_us is not None:  # earlier frames had none
                self._shift_us = self._last_us + self._usual_us
        return microseconds(stamp - self._zero, self._base) + self._shift_us


def microseconds(stamps: int, time_base: Fraction) -> int:
    """Time bases to the nearest microsecond."""
    return round(stamps * time_base * _MICRO)


@dataclass(frozen=True, slots=True)
class PacketTable:
    """Stamps of a stream whose every packet is one frame and whose clock never stumbles."""

    stamps: NDArray[np.int64]  # of every frame, ascending
    keys: NDArray[np.int64]  # of the key frames, ascending

    @classmethod
    def of(cls, packets: Iterable[tuple[int | None, bool]], time_base: Fraction) -> "PacketTable | None":
        """Out of (stamp, is a key frame) of each packet in stored order; None where walks must begin at the start."""
        read, marks = array("q"), array("b")  # a list would take ten times the memory
        for stamp, is_key in packets:
            if stamp is None:
                return None
            read.append(stamp)
            marks.append(is_key)
        stamps = np.array(read, np.int64)
        keys = stamps[np.array(marks, np.bool_)]
        ordered = np.sort(stamps)
        is_steady = (
            len(keys) > 0
            and bool((np.diff(ordered) * float(time_base) * _MICRO >= 1).all())
            and bool((np.diff(keys) > 0).all())
        )
        return cls(ordered, keys) if is_steady else None

    def to_bytes(self) -> bytes:
        """As `from_bytes` takes it: how many frames, their stamps, those of the key frames; 8 bytes each."""
        parts = (np.array([len(self.stamps)]), self.stamps, self.keys)
        return b"".join(part.astype(_STORED).tobytes() for part in parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> "PacketTable":
        """What `to_bytes` gave. Raises ValueError for anything else."""
        numbers = np.frombuffer(data, _STORED)
        if len(numbers) < 1 or not 0 <= numbers[0] < len(numbers):
            raise ValueError("it is cut off")
        stamps, keys = np.split(numbers[1:].astype(np.int64), [int(numbers[0])])
        return cls(stamps, keys)

    def key_before(self, stamp: int) -> int | None:
        """The stamp of the second key frame before `stamp`; None where that is the start.

        The second, since pictures behind the first may still lean on what was before it (open groups of pictures).
        """
        place = int(np.searchsorted(self.keys, stamp, "right")) - 2
        return int(self.keys[place]) if place > 0 else None

    def index(self, stamp: int) -> int | None:
        """How many frames come before the one with `stamp`; None where there is none."""
        place = int(np.searchsorted(self.stamps, stamp))
        return place if place < len(self.stamps) and self.stamps[place] == stamp else None
