"""Timecodes, against those that SMPTE's rules give by hand."""

from fractions import Fraction

import pytest

from regard.operations.timecodes import Timecode

NTSC, DOUBLE_NTSC, FILM = Fraction(30000, 1001), Fraction(60000, 1001), Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("rate", "frame", "expected"),
    [
        pytest.param(Fraction(25), 0, "00:00:00:00", id="the first frame"),
        pytest.param(Fraction(25), 149, "00:00:05:24", id="25 a second"),
        pytest.param(Fraction(25), 90_000, "01:00:00:00", id="an hour"),
        pytest.param(FILM, 24 * 60, "00:01:00:00", id="23.976 drops nothing"),
        pytest.param(Fraction(30), 1800, "00:01:00:00", id="30 drops nothing"),
        # ST 12-1: numbers 0 and 1 of each minute are left out, but not of every tenth.
        pytest.param(NTSC, 299, "00:00:09;29", id="in the first minute, as in Amazon's sample"),
        pytest.param(NTSC, 1799, "00:00:59;29", id="the last of the first minute"),
        pytest.param(NTSC, 1800, "00:01:00;02", id="two are dropped"),
        pytest.param(NTSC, 17_981, "00:09:59;29", id="the last of ten minutes"),
        pytest.param(NTSC, 17_982, "00:10:00;00", id="none is dropped in the tenth"),
        pytest.param(NTSC, 107_892, "01:00:00;00", id="an hour by the clock"),
        pytest.param(DOUBLE_NTSC, 3600, "00:01:00;04", id="59.94 drops four"),
        pytest.param(DOUBLE_NTSC, 215_784, "01:00:00;00", id="an hour at 59.94"),
        pytest.param(Fraction(2997, 100), 1800, "00:01:00;02", id="29.97 as it is written"),
        pytest.param(Fraction(26827, 896), 1800, "00:01:00;02", id="29.97 with a frame lost"),
        pytest.param(Fraction(120), 119, "00:00:00:119", id="more than a hundred"),
        pytest.param(Fraction(1, 2), 90, "00:01:30:00", id="less than one"),
    ],
)
def test_frames_bear_the_timecode_of_their_rate(rate: Fraction, frame: int, expected: str) -> None:
    assert Timecode.of_rate(rate).text(frame) == expected
