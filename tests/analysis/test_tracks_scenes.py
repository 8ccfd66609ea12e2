"""Tracks in hard scenes: occluders, crossings, shaking cameras, cuts, uneven frame rates, damage, long videos."""

from itertools import pairwise

import numpy as np
import pytest

from regard.analysis.tracks import Tracker, TrackerOptions
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

GROUND, OTHER = ground(1), ground(2)


def walking(index: int) -> tuple[float, float]:
    return 10 + 4.0 * index, 60


def test_face_that_passes_behind_a_post_stays_one_track() -> None:
    def show(index: int) -> Shown:
        image = scene(GROUND, [walking(index)])
        image[:, 140:180] = OTHER[:180, :40]
        is_hidden = 120 - FACE < walking(index)[0] < 180 - FACE / 4
        return Shown(image, [] if is_hidden else seen(walking(index)))

    pieces = tracked(60, show)
    shares = [covered_share(pieces, index * FRAME_US, box(*walking(index))) for index in range(60)]
    assert min(shares) > 0.8
    assert {piece.track for piece in pieces} == {1}


def test_faces_that_cross_are_covered_throughout() -> None:
    def places(index: int) -> tuple[tuple[float, float], tuple[float, float]]:
        return (20 + 4.0 * index, 50), (240 - 4.0 * index, 64)

    def show(index: int) -> Shown:
        one, other = places(index)
        is_one = abs(one[0] - other[0]) < 0.8 * FACE  # then only the nearer is found
        return Shown(scene(GROUND, [other, one]), seen(one) if is_one else seen(one, other))

    pieces = tracked(58, show)
    for place in (0, 1):
        shares = [covered_share(pieces, index * FRAME_US, box(*places(index)[place])) for index in range(58)]
        assert min(shares) > 0.7


def test_shaking_camera_does_not_shake_off_a_face() -> None:
    shakes = np.random.default_rng(5).integers(-12, 13, (60, 2))

    def place(index: int) -> tuple[float, float]:
        return 120 - float(shakes[index, 0]), 60 - float(shakes[index, 1])

    def show(index: int) -> Shown:
        view = 40 + int(shakes[index, 0]), 40 + int(shakes[index, 1])
        return Shown(scene(GROUND, [place(index)], view), seen(place(index)) if index % 4 == 0 else [])

    pieces = tracked(57, show)
    shares = [covered_share(pieces, index * FRAME_US, box(*place(index))) for index in range(57)]
    assert min(shares) > 0.9
    assert {piece.track for piece in pieces} == {1}


def test_no_piece_crosses_a_cut() -> None:
    def show(index: int) -> Shown:
        found = seen((100, 60)) if not 18 <= index < 24 else []
        return Shown(scene(GROUND if index < 20 else OTHER, [(100, 60)]), found, is_cut=index == 20)

    pieces = tracked(50, show)
    cut_us = 20 * FRAME_US
    assert {piece.positions[0, 0] < cut_us for piece in pieces} == {True, False}
    assert all((piece.positions[:, 0] < cut_us).all() or (piece.positions[:, 0] >= cut_us).all() for piece in pieces)
    assert all(covered_at(pieces, index * FRAME_US) for index in range(50))
    assert len({piece.track for piece in pieces}) == 2


def test_uneven_frame_rate_is_followed_in_time() -> None:
    steps = np.random.default_rng(3).choice([10_000, 40_000, 120_000], 70)
    times = [0, *np.cumsum(steps).tolist()]

    def place(index: int) -> tuple[float, float]:
        return 10 + 40 * times[index] / 1e6, 60

    pieces = tracked(
        70,
        lambda index: Shown(scene(GROUND, [place(index)]), [] if index % 7 in (2, 3, 4) else seen(place(index))),
        time_us=lambda index: int(times[index]),
    )
    shares = [covered_share(pieces, times[index], box(*place(index))) for index in range(70)]
    assert min(shares) > 0.95
    assert {piece.track for piece in pieces} == {1}


def test_face_that_leaves_the_picture_is_not_held_outside() -> None:
    def place(index: int) -> tuple[float, float]:
        return 220 + 8.0 * index, 60

    pieces = tracked(40, lambda index: Shown(scene(GROUND, [place(index)]), seen(place(index)) if index <= 8 else []))
    ends_us = max(piece.positions[-1, 0] for piece in pieces)
    assert 8 * FRAME_US <= ends_us <= 13 * FRAME_US
    assert {doubt.why for piece in pieces for doubt in piece.uncertain} >= {"lost near the edge of the picture"}


def test_damaged_frames_are_told_as_uncertain() -> None:
    pieces = tracked(
        40, lambda index: Shown(scene(GROUND, [(100, 60)]), seen((100, 60)), is_damaged=index in (20, 21, 22))
    )
    doubts = [doubt for piece in pieces for doubt in piece.uncertain]
    assert [(doubt.begin_us, doubt.end_us) for doubt in doubts] == [(20 * FRAME_US, 22 * FRAME_US)]
    assert [doubt.why for doubt in doubts] == ["the video is damaged here"]


def test_long_gap_is_told_as_uncertain() -> None:
    pieces = tracked(60, lambda index: Shown(scene(GROUND, [(100, 60)]), [] if 20 <= index < 32 else seen((100, 60))))
    doubts = [doubt for piece in pieces for doubt in piece.uncertain]
    assert [(doubt.begin_us, doubt.end_us) for doubt in doubts] == [(19 * FRAME_US, 32 * FRAME_US)]
    assert doubts[0].why.startswith("not found in a row of frames")


def test_steady_cover_has_few_positions_and_does_not_tremble() -> None:
    noise = np.random.default_rng(1).normal(0, 0.6, (75, 2))
    pieces = tracked(
        75,
        lambda index: Shown(scene(GROUND, [(100, 60)]), seen((100 + noise[index, 0], 60 + noise[index, 1]))),
    )
    centres = np.array([covered_at(pieces, index * FRAME_US)[0].reshape(2, 2).mean(0) for index in range(5, 70)])
    raw = noise[5:70]
    assert np.abs(np.diff(centres, axis=0)).mean() < 0.3 * np.abs(np.diff(raw, axis=0)).mean()


@pytest.mark.parametrize("stride", [1, 5], ids=["each frame searched", "each fifth"])
def test_long_video_is_settled_soon_and_memory_stays_flat(stride: int) -> None:
    tracker, image = Tracker(TrackerOptions()), scene(GROUND, [(100, 60)])
    lags, kept = [], []
    for index in range(500):
        is_there = index // 100 % 2 == 0 and index % 3
        found = seen((100, 60)) if is_there else []
        tracker.add(index * FRAME_US, image, 1.0, None if index % stride else found)
        lags.append(index * FRAME_US - tracker.settled_us)
        kept.append(len(tracker._film.pictures) + sum(len(course.moments) for course in tracker._courses))
    assert max(lags) <= 3_000_000
    assert max(kept[200:]) <= max(kept[:200]) + 5
    assert tracker.settled_us > 0


def test_pieces_of_a_long_track_join() -> None:
    pieces = tracked(150, lambda index: Shown(scene(GROUND, [(100 + index / 5, 60)]), seen((100 + index / 5, 60))))
    assert len(pieces) > 3
    assert all(np.array_equal(a.positions[-1], b.positions[0]) for a, b in pairwise(pieces))
    assert all(is_covered(pieces, index * FRAME_US, box(100 + index / 5, 60)) for index in range(150))
