"""Which frames of an output are handed to its review, and how much of the file is walked for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from regard.redaction.report_frames import END_US, Request, wanted_frames
from tests.redaction.plans import SECOND


@dataclass(frozen=True)
class Shown:
    time_us: int


@dataclass
class File:
    """Frames at these times, and what was walked."""

    times: list[int]
    walks: list[int] = field(default_factory=list)
    decoded: int = 0

    def walk(self, from_us: int) -> Iterator[Shown]:
        self.walks.append(from_us)
        for time in self.times:
            if time >= from_us:
                self.decoded += 1
                yield Shown(time)


def tenths(seconds: int) -> File:
    return File([at * SECOND // 10 for at in range(seconds * 10)])


def wanted(file: File, *spans: tuple[int, int], is_all: bool = False) -> list[tuple[int, int]]:
    return [(frame.time_us, until) for frame, until in wanted_frames(file.walk, Request(is_all, spans))]


def test_a_moment_means_the_frame_that_is_shown_then() -> None:
    assert wanted(tenths(2), (250_000, 250_000)) == [(200_000, 300_000)]
    assert wanted(tenths(2), (300_000, 300_000)) == [(300_000, 400_000)]
    assert wanted(tenths(2), (0, 0), (9 * SECOND, 9 * SECOND)) == [(0, 100_000), (1_900_000, END_US)]


@pytest.mark.parametrize("by_us", [-600, 600])
def test_a_moment_means_the_same_frame_where_times_were_rounded(by_us: int) -> None:
    file = File([max(0, time + by_us) for time in tenths(2).times])
    assert wanted(file, (300_000, 300_000)) == [(300_000 + by_us, 400_000 + by_us)]


def test_a_span_means_all_frames_that_are_shown_in_it() -> None:
    assert [time for time, _ in wanted(tenths(2), (250_000, 500_000))] == [200_000, 300_000, 400_000, 500_000]


def test_all_means_all() -> None:
    assert len(wanted(tenths(3), (0, 0), is_all=True)) == 30
    assert wanted(File([])) == []


def test_what_lies_far_between_is_not_decoded_and_what_lies_near_is_walked_through() -> None:
    file = tenths(600)
    found = wanted(file, (5 * SECOND, 5 * SECOND), (10 * SECOND, 10 * SECOND), (500 * SECOND, 501 * SECOND))
    assert len(found) == 2 + 11
    assert file.walks == [3 * SECOND, 498 * SECOND]
    assert file.decoded < 150


def test_a_frame_that_is_shown_for_long_is_found_all_the_same() -> None:
    assert wanted(File([0, 60 * SECOND, 120 * SECOND]), (100 * SECOND, 100 * SECOND)) == [(60 * SECOND, 120 * SECOND)]
    assert wanted(File([0, 60 * SECOND]), (100 * SECOND, 100 * SECOND)) == [(60 * SECOND, END_US)]
