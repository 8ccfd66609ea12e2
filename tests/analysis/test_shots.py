"""Shots: cuts, dissolves and fades, wherever a video is divided."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.analysis.cuts import CutFinder
from regard.analysis.shots import Shot
from tests.analysis.made_shots import BLACK, FRAME_US, WHITE, Pixels, finder, mixed, shot, still

FIRST, SECOND, THIRD = shot(1, 30), shot(2, 30), shot(3, 30)
LIGHTNING = [*FIRST[:12], WHITE, WHITE, *FIRST[14:]]
FILM: list[Pixels] = [*FIRST, *SECOND, *[BLACK] * 12, *LIGHTNING, *THIRD]
STILL, OTHER = still(4, 80), still(5, 80)


def spans(shots: Sequence[Shot]) -> list[tuple[int, int]]:
    return [(one.first, one.last) for one in shots]


def cuts_seen_at_once(thumbs: Sequence[Pixels]) -> list[int]:
    cutter = CutFinder()
    return [number for number, one in enumerate(thumbs) if cutter.add(number * FRAME_US, one)]


def test_shots_lie_between_cuts() -> None:
    assert spans(finder(FILM).shots()) == [(0, 29), (30, 59), (60, 71), (72, 101), (102, 131)]


def test_one_picture_is_a_shot() -> None:
    assert finder(FIRST[:1]).shots() == [Shot(0, 0, 100.0)]


def test_a_video_without_a_cut_is_one_shot_beyond_doubt() -> None:
    assert finder(FIRST).shots() == [Shot(0, 29, 100.0)]


def test_no_frames_are_no_shots() -> None:
    assert finder([]).shots() == []


def test_no_shot_is_less_sure_than_half() -> None:
    assert all(50 <= one.confidence <= 100 for one in finder(FILM).shots())


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(1, len(FILM) - 1), max_size=6))
def test_it_does_not_matter_where_a_video_is_divided(edges: set[int]) -> None:
    assert finder(FILM, sorted(edges)).shots() == finder(FILM).shots()


@pytest.mark.parametrize("edge", range(10, 18))
def test_a_flash_on_the_edge_of_a_chunk_is_no_cut(edge: int) -> None:
    assert spans(finder(LIGHTNING, [edge]).shots()) == [(0, 29)]


@pytest.mark.parametrize("edges", [[], [20, 21, 22, 23], [60]], ids=["whole", "in short chunks", "at a cut"])
def test_hard_cuts_are_those_that_redaction_sees(edges: list[int]) -> None:
    found = finder(FILM, edges).shots()
    assert [one.first for one in found[1:]] == cuts_seen_at_once(FILM)


@pytest.mark.parametrize("length", [10, 16, 25, 40])
def test_a_dissolve_belongs_to_no_shot(length: int) -> None:
    film = [*STILL[:40], *mixed(STILL[40 : 40 + length], OTHER[:length]), *OTHER[length : length + 40]]
    before, after = finder(film, [45]).shots()
    assert (before.first, after.last) == (0, len(film) - 1)
    assert before.last == pytest.approx(39, abs=2)
    assert after.first == pytest.approx(40 + length, abs=2)


def test_fades_out_and_in_belong_to_no_shot() -> None:
    black = [BLACK] * 20
    film = [*STILL[:30], *mixed(STILL[30:50], black), *black, *mixed(black, OTHER[:20]), *OTHER[20:50]]
    first, dark, last = finder(film, [50]).shots()
    assert (first.last, dark.first, dark.last, last.first) == pytest.approx((29, 50, 69, 90), abs=2)


def test_light_that_goes_up_is_no_dissolve() -> None:
    film = [np.asarray(STILL[0] * min(1.0, 0.5 + at / 60), np.uint8) for at in range(60)]
    assert spans(finder(film).shots()) == [(0, 59)]


@pytest.mark.parametrize("step", [0, 1, 2, 4])
def test_a_pan_is_no_dissolve(step: int) -> None:
    assert spans(finder(shot(4, 80, step)).shots()) == [(0, 79)]


def test_damaged_frames_are_not_compared() -> None:
    film = [*FIRST[:10], *SECOND[:3], *FIRST[13:]]
    assert spans(finder(film, [11], damaged=[10, 11, 12]).shots()) == [(0, 29)]


def test_a_chunk_of_damaged_frames_divides_nothing() -> None:
    film = [*FIRST[:10], *SECOND[:3], *FIRST[13:]]
    assert spans(finder(film, [10, 13], damaged=[10, 11, 12]).shots()) == [(0, 29)]
