"""Tracks: what is covered before, between and after what a network found."""

import numpy as np
import pytest

from regard.analysis.tracks import Found, TrackerOptions
from tests.analysis.moving_faces import (
    FACE,
    FRAME_US,
    Shown,
    box,
    covered_at,
    covered_share,
    ground,
    is_covered,
    scene,
    seen,
    tracked,
)

GROUND = ground()


def walking(index: int) -> tuple[float, float]:
    return 20 + 3.0 * index, 60 + 8 * np.sin(index / 6)


def test_every_detection_is_inside_its_cover() -> None:
    pieces = tracked(60, lambda index: Shown(scene(GROUND, [walking(index)]), seen(walking(index))))
    assert [index for index in range(60) if not is_covered(pieces, index * FRAME_US, box(*walking(index)))] == []


@pytest.mark.parametrize("missed", [range(20, 21), range(20, 26), range(15, 45)], ids=["1", "6", "30 frames"])
def test_missed_frames_are_covered_where_the_face_went(missed: range) -> None:
    pieces = tracked(
        60,
        lambda index: Shown(scene(GROUND, [walking(index)]), [] if index in missed else seen(walking(index))),
    )
    shares = [covered_share(pieces, index * FRAME_US, box(*walking(index))) for index in range(60)]
    assert min(shares) > 0.95
    assert {piece.track for piece in pieces} == {1}


def test_face_is_covered_before_its_first_detection() -> None:
    pieces = tracked(
        50, lambda index: Shown(scene(GROUND, [walking(index)]), seen(walking(index)) if index >= 20 else [])
    )
    shares = [covered_share(pieces, index * FRAME_US, box(*walking(index))) for index in range(8, 20)]
    assert min(shares) > 0.9
    assert covered_at(pieces, 6 * FRAME_US) == []


def test_face_is_covered_after_its_last_detection() -> None:
    pieces = tracked(
        90, lambda index: Shown(scene(GROUND, [walking(min(index, 40))]), seen(walking(index)) if index < 30 else [])
    )
    shares = [covered_share(pieces, index * FRAME_US, box(*walking(index))) for index in range(30, 41)]
    assert min(shares) > 0.9
    assert covered_at(pieces, 44 * FRAME_US) == []


def test_something_seen_once_is_covered_for_a_moment_only() -> None:
    pieces = tracked(60, lambda index: Shown(scene(GROUND, []), seen((100, 60)) if index == 30 else []))
    assert [index for index in range(60) if covered_at(pieces, index * FRAME_US)] == list(range(27, 34))
    assert [doubt.why for piece in pieces for doubt in piece.uncertain] == ["seen only once"]


def test_weak_detections_continue_tracks_and_begin_none() -> None:
    def show(index: int) -> Shown:
        found = seen((100, 60), score=0.9 if index == 10 else 0.3) if index < 40 else []
        return Shown(scene(GROUND, [(100, 60)]), found + seen((220, 60), score=0.3))

    pieces = tracked(60, show)
    assert all(is_covered(pieces, index * FRAME_US, box(100, 60)) for index in range(10, 40))
    assert not any(covered_share(pieces, index * FRAME_US, box(220, 60)) for index in range(60))


def test_frames_that_are_not_searched_are_bridged() -> None:
    pieces = tracked(
        60, lambda index: Shown(scene(GROUND, [walking(index)]), None if index % 5 else seen(walking(index)))
    )
    shares = [covered_share(pieces, index * FRAME_US, box(*walking(index))) for index in range(60)]
    assert min(shares) > 0.95
    assert {piece.track for piece in pieces} == {1}


def test_empty_video_has_no_tracks() -> None:
    assert tracked(0, lambda index: Shown(GROUND, [])) == []


def test_outlines_come_with_the_positions_in_which_they_were_found() -> None:
    corners = np.array([[100, 60], [148, 60], [124, 108]], np.float64)
    found = [Found("person", box(100, 60), 0.9, corners)]
    pieces = tracked(10, lambda index: Shown(scene(GROUND, [(100, 60)]), found if index != 5 else []))
    outlines = [outline for piece in pieces for outline in piece.outlines or ()]
    assert [outline is not None for outline in outlines] == [True] * 5 + [False] + [True] * 4


def test_kinds_that_are_looked_for_less_often_are_bridged_too() -> None:
    options = TrackerOptions()
    pieces = tracked(
        40,
        lambda index: Shown(
            scene(GROUND, [(40, 60), walking(index)]),
            seen(walking(index)) + (seen((40, 110), kind="screen") if index % 10 == 0 else []),
        ),
        options,
    )
    screen = [piece for piece in pieces if piece.kind == "screen"]
    assert all(is_covered(screen, index * FRAME_US, box(40, 110), slack=FACE * 0.1) for index in range(31))
