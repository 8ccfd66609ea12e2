"""SMPTE timecodes (ST 12-1) of frames, as the answers on segments have them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_NTSC: Final = Fraction(1000, 1001)
_BELOW, _ABOVE = 2e-3, 5e-4  # shares by which an average may be off; 30 is 1e-3 above 29.97, lost frames lower it
_DROPPING: Final = 30  # nominal rates that are a multiple of it drop numbers


@dataclass(frozen=True, slots=True)
class Timecode:
    """How frames are numbered at one rate."""

    nominal: int  # frames counted to a second
    drops: (
        bool  # whether two numbers a minute (four at 59.94) are left out but in every tenth, to keep up with the clock
    )

    @classmethod
    def of_rate(cls, rate: Fraction) -> "Timecode":
        """Of so many frames a second. Drop-frame at 29.97 and its multiples; other rates count to the nearest whole."""
        nominal = max(1, round(rate))
        is_ntsc = -_BELOW < float(rate / (nominal * _NTSC)) - 1 < _ABOVE
        return cls(nominal, is_ntsc and nominal % _DROPPING == 0)

    def text(self, frame: int) -> str:
        """`hh:mm:ss:ff` of a frame by its number from 0, or of so many frames; with `;ff` where numbers are dropped."""
        number = self._numbered(frame) if self.drops else frame
        seconds, frames = divmod(number, self.nominal)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        digits = max(2, len(str(self.nominal - 1)))
        return f"{hours:02}:{minute:02}:{second:02}{';' if self.drops else ':'}{frames:0{digits}}"

    def _numbered(self, frame: int) -> int:
        """The number that a frame bears when those that are left out are counted."""
        dropped = self.nominal // 15  # of a minute
        a_minute = self.nominal * 60 - dropped
        ten_minutes = a_minute * 10 + dropped
        tens, rest = divmod(frame, ten_minutes)
        minutes = max(0, rest - dropped) // a_minute  # the first of ten minutes drops none
        return frame + dropped * (9 * tens + minutes)
