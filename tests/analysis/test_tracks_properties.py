"""What holds of tracks whatever is found: nothing found is left open, pieces are sound and join, cuts are respected."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.analysis.track_smoothing import SLACK, simplified, smoothed
from regard.analysis.tracks import Found, Tracker, TrackerOptions, TrackPiece
from tests.analysis.moving_faces import ground, is_covered, scene

IMAGE = np.ascontiguousarray(scene(ground(4), [(60, 60)])[::2, ::2])  # a pixel of it is four of the full frame
SCALE = 4.0
THRESHOLD = TrackerOptions().start_score

places = st.tuples(
    st.sampled_from(["face", "person"]),
    st.floats(-40, 620),
    st.floats(-40, 340),
    st.floats(4, 200),
    st.floats(4, 200),
    st.floats(0.1, 1.0),
)
looks = st.one_of(st.none(), st.lists(places, max_size=4))
frames = st.lists(st.tuples(st.integers(1, 400_000), looks, st.integers(0, 14), st.booleans()), max_size=30)
Frame = tuple[int, list[Found] | None, bool, bool]


def made(drawn: list[tuple[int, list[tuple[str, float, float, float, float, float]] | None, int, bool]]) -> list[Frame]:
    time_us, sequence = 0, []
    for step, look, cut, is_damaged in drawn:
        found = None
        if look is not None:
            found = [Found(kind, np.array([x, y, x + w, y + h]), score) for kind, x, y, w, h, score in look]
        sequence.append((time_us, found, cut == 0, is_damaged))
        time_us += step
    return sequence


def run(sequence: list[Frame]) -> tuple[list[TrackPiece], list[int]]:
    tracker, pieces, settled = Tracker(), [], []
    for time_us, found, is_cut, is_damaged in sequence:
        before = tracker.settled_us
        new = tracker.add(time_us, IMAGE, SCALE, found, is_cut=is_cut, is_damaged=is_damaged)
        settled += [before for piece in new if piece.positions[0, 0] < before]
        settled += [before for _ in range(1) if tracker.settled_us < before]
        pieces += new
    last = tracker.settled_us
    rest = tracker.finish()
    return pieces + rest, settled + [last for piece in rest if piece.positions[0, 0] < last]


@settings(max_examples=60, deadline=None)
@given(frames.map(made))
def test_everything_found_is_covered(sequence: list[Frame]) -> None:
    pieces, _ = run(sequence)
    for time_us, found, _, _ in sequence:
        for one in found or []:
            own = [piece for piece in pieces if piece.kind == one.kind]
            assert one.score < THRESHOLD or is_covered(own, time_us, one.box)


@settings(max_examples=60, deadline=None)
@given(frames.map(made))
def test_pieces_are_sound_and_join(sequence: list[Frame]) -> None:
    pieces, _ = run(sequence)
    by_track = defaultdict(list)
    for piece in pieces:
        by_track[piece.track].append(piece)
        assert (np.diff(piece.positions[:, 0]) > 0).all()
        assert (piece.positions[:, 1:3] < piece.positions[:, 3:5]).all()
        assert np.isfinite(piece.positions).all()
    for some in by_track.values():
        assert all(np.array_equal(a.positions[-1], b.positions[0]) for a, b in pairwise(some))
        assert len({piece.kind for piece in some}) == 1


@settings(max_examples=60, deadline=None)
@given(frames.map(made))
def test_no_track_crosses_a_cut(sequence: list[Frame]) -> None:
    pieces, _ = run(sequence)
    cuts = [time_us for time_us, _, is_cut, _ in sequence if is_cut]
    for piece in pieces:
        assert not any(piece.positions[0, 0] < cut <= piece.positions[-1, 0] for cut in cuts)


@settings(max_examples=60, deadline=None)
@given(frames.map(made))
def test_nothing_comes_before_what_is_settled(sequence: list[Frame]) -> None:
    assert run(sequence)[1] == []


boxes = st.lists(
    st.tuples(st.integers(1, 200_000), st.floats(0, 100), st.floats(0, 100), st.floats(1, 90), st.floats(1, 90)),
    min_size=1,
    max_size=25,
)


@settings(deadline=None)
@given(boxes)
def test_smoothed_and_simplified_boxes_contain_those_they_are_made_from(
    drawn: list[tuple[int, float, float, float, float]],
) -> None:
    times = np.cumsum([row[0] for row in drawn]).astype(np.float64)
    raw = np.array([[x, y, x + w, y + h] for _, x, y, w, h in drawn])
    even = smoothed(times, raw, 80_000)
    keep = simplified(times, even)
    outward = np.array([-1, -1, 1, 1])
    assert ((even - raw) * outward >= SLACK - 1e-9).all()
    line = np.column_stack([np.interp(times, times[keep], even[keep, side]) for side in range(4)])
    assert ((line - raw) * outward >= -1e-9).all()
