from fractions import Fraction

import pytest

from regard.media.video_times import FrameTimes, PacketTable

MILLISECONDS = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        pytest.param([0, 40, 80], [0, 40_000, 80_000], id="even"),
        pytest.param([-80, -40, 0], [0, 40_000, 80_000], id="negative start"),
        pytest.param([1000, 1003, 1900], [0, 3_000, 900_000], id="variable"),
        pytest.param([0, 40, 40, 80], [0, 40_000, 40_001, 80_000], id="twice the same"),
        pytest.param([0, 40, 39, 80], [0, 40_000, 40_001, 80_000], id="out of order"),
        pytest.param([None, None, None], [0, 20_000, 40_000], id="without stamps"),
        pytest.param([0, None, 80], [0, 20_000, 80_000], id="one without"),
        pytest.param([None, None, 500, 540], [0, 20_000, 40_000, 80_000], id="stamps begin late"),
        pytest.param([90_000, 90_040, 0, 40], [0, 40_000, 60_000, 100_000], id="clock set back"),
    ],
)
def test_times_increase_from_zero_whatever_the_stamps_are(stamps: list[int | None], expected: list[int]) -> None:
    times = FrameTimes(MILLISECONDS, usual_us=20_000)

    assert [times.next(stamp) for stamp in stamps] == expected


def test_walk_from_the_middle_keeps_the_zero_of_the_whole() -> None:
    times = FrameTimes(MILLISECONDS, usual_us=20_000, zero=100)

    assert [times.next(500), times.next(540)] == [400_000, 440_000]


def test_thirds_of_a_second_are_rounded_to_the_nearest_microsecond() -> None:
    times = FrameTimes(Fraction(1, 3), usual_us=1)

    assert [times.next(0), times.next(1), times.next(2)] == [0, 333_333, 666_667]


def test_reading_begins_two_key_frames_earlier() -> None:
    table = PacketTable.of([(0, True), (80, False), (40, False), (120, True), (160, False), (200, True)], MILLISECONDS)

    assert table is not None
    assert [table.key_before(250), table.key_before(199), table.key_before(0)] == [120, None, None]


def test_index_counts_frames_as_they_are_shown() -> None:
    table = PacketTable.of([(0, True), (80, False), (40, False)], MILLISECONDS)

    assert table is not None
    assert [table.index(0), table.index(40), table.index(80), table.index(41)] == [0, 1, 2, None]


@pytest.mark.parametrize(
    "packets",
    [
        pytest.param([], id="none"),
        pytest.param([(0, True), (None, False)], id="without a stamp"),
        pytest.param([(0, True), (40, False), (40, False)], id="twice the same"),
        pytest.param([(100, True), (140, False), (0, True)], id="clock set back"),
        pytest.param([(0, False), (40, False)], id="no key frame"),
    ],
)
def test_file_with_a_stumbling_clock_is_read_from_its_start(packets: list[tuple[int | None, bool]]) -> None:
    assert PacketTable.of(packets, MILLISECONDS) is None
