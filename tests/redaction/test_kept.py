"""Everyone but one: who stays visible, from when to when, and what is refused."""

from collections.abc import Sequence

import numpy as np
import pytest

from regard.redaction.kept import KeptFault, kept
from regard.redaction.plan import Plan, PlannedInput, PlannedTrack, Uncertainty
from regard.redaction.settings import Mark, RedactionSettings, Span

WIDTH, HEIGHT, LAST_US = 1000, 500, 20_000_000
CAUTION_US, UNSEEN_US = 300_000, 500_000


def track(number: int, *positions: tuple[float, ...], kind: str = "face", **more: object) -> PlannedTrack:
    """Boxes of 100 pixels, by seconds, left and top."""
    rows = [[seconds * 1e6, left, top, left + 100, top + 100] for seconds, left, top in positions]
    return PlannedTrack(number, kind, np.array(rows, np.float64), **more)  # type: ignore[arg-type]  # passed on


def plan(tracks: Sequence[PlannedTrack], *marks: Mark, cuts: Sequence[int] = (), damaged: Sequence[Span] = ()) -> Plan:
    settings = RedactionSettings(what=("faces", "people"), marks=marks)
    video = PlannedInput("party.mp4", "0" * 64, 1, WIDTH, HEIGHT, 500, LAST_US)
    return Plan(video, settings, tuple(tracks), tuple(cuts), tuple(damaged))


def mark(seconds: float, x: float, y: float) -> Mark:
    return Mark(round(seconds * 1e6), x / WIDTH, y / HEIGHT)


def visible(made: Plan) -> dict[int, list[Span]]:
    return {one.track: list(one.visible) for one in kept(made) if one.visible}


def about(seconds: float) -> object:
    return pytest.approx(seconds * 1e6, abs=30_000)


ALONE = track(1, (0, 100, 100), (20, 100, 100))


def test_person_who_is_alone_is_visible_throughout() -> None:
    assert visible(plan([ALONE], mark(5, 150, 150))) == {1: [(0, LAST_US)]}


def test_others_stay_covered() -> None:
    assert visible(plan([ALONE, track(2, (0, 600, 100), (20, 600, 100))], mark(5, 150, 150))).keys() == {1}


def test_lead_in_and_hold_stay_covered() -> None:
    made = plan([track(1, (4, 100, 100), (10, 100, 100))], mark(6, 150, 150))
    assert visible(made)[1] == [(about(4.5), about(9.5))]


def test_person_is_covered_before_another_comes_near() -> None:
    # At 50 pixels a second from 600 on; half a box is free until the corners are 150 apart, at 250, after 7 s.
    other = track(2, (0, 600, 100), (8, 200, 100), (20, 200, 100))
    assert visible(plan([ALONE, other], mark(1, 150, 150)))[1] == [(0, about(7 - 0.3))]


def test_other_kinds_may_be_near() -> None:
    assert visible(plan([ALONE, track(2, (0, 100, 220), (20, 100, 220), kind="person")], mark(1, 150, 150))) == {
        1: [(0, LAST_US)]
    }


def test_another_mark_makes_visible_again() -> None:
    passing = track(2, (0, 900, 100), (10, 100, 100), (11, 100, 100), (20, 900, 100))
    spans = visible(plan([ALONE, passing], mark(1, 150, 150), mark(19, 150, 150)))[1]
    assert [spans[0][0], spans[1][1]] == [0, LAST_US]
    assert spans[0][1] < 10e6
    assert spans[1][0] > 11e6


def test_uncertain_while_ends_visibility() -> None:
    doubt = Uncertainty(8_000_000, 9_000_000, "not found in 9 frames")
    made = plan([track(1, (0, 100, 100), (20, 100, 100), uncertain=(doubt,))], mark(2, 150, 150))
    assert visible(made)[1] == [(0, about(8 - 0.3))]


def test_damaged_frames_end_visibility() -> None:
    made = plan([ALONE], mark(12, 150, 150), damaged=[(8_000_000, 9_000_000)])
    assert visible(made)[1] == [(about(9), LAST_US)]


def test_jump_ends_visibility() -> None:
    jumping = track(1, (0, 100, 100), (10, 100, 100), (10.04, 180, 100), (20, 180, 100))
    assert visible(plan([jumping], mark(2, 150, 150)))[1] == [(0, about(10 - 0.3))]


def test_growing_suddenly_ends_visibility() -> None:
    rows = [[0, 100, 100, 200, 200], [10e6, 100, 100, 200, 200], [10.1e6, 60, 60, 240, 240], [20e6, 60, 60, 240, 240]]
    made = plan([PlannedTrack(1, "face", np.array(rows, np.float64))], mark(2, 150, 150))
    (begin_us, end_us) = visible(made)[1][0]
    assert begin_us == 0
    assert 9_600_000 <= end_us <= 9_800_000


def test_leaving_the_picture_ends_visibility() -> None:
    # 30 of 100 pixels a second: a quarter of the box is outside when it stands at 925, after 27.5 thirds of a second.
    made = plan([track(1, (0, 650, 100), (20, 1250, 100))], mark(2, 760, 150))
    assert visible(made)[1] == [(0, about(275 / 30))]


def test_pieces_of_one_track_are_visible_together() -> None:
    pieces = [track(1, (0, 100, 100), (5, 150, 100)), track(1, (5, 150, 100), (20, 200, 100))]
    made = kept(plan(pieces, mark(2, 150, 150)))
    assert [one.visible for one in made] == [((0, 5_000_000),), ((5_000_000, LAST_US),)]


def test_break_between_pieces_ends_visibility() -> None:
    pieces = [track(1, (0, 100, 100), (5, 100, 100)), track(1, (6, 100, 100), (20, 100, 100))]
    assert visible(plan(pieces, mark(2, 150, 150)))[1] == [(0, about(5 - 0.3))]


def test_cut_ends_visibility() -> None:
    assert visible(plan([ALONE], mark(2, 150, 150), cuts=[7_000_000]))[1] == [(0, about(7))]


def test_track_that_begins_with_its_shot_is_visible_from_there() -> None:
    made = plan([track(1, (7, 100, 100), (20, 100, 100))], mark(12, 150, 150), cuts=[7_000_000])
    assert visible(made)[1] == [(about(7), LAST_US)]


def test_face_and_person_at_one_mark_are_both_visible() -> None:
    person = track(2, (0, 120, 120), (20, 120, 120), kind="person")
    assert visible(plan([ALONE, person], mark(2, 150, 150))).keys() == {1, 2}


@pytest.mark.parametrize(
    ("tracks", "where", "message"),
    [
        ([ALONE], mark(12.34, 400, 300), r"12\.340 s on the point 0\.4, 0\.6 \(pixel 400, 300\) is on nobody"),
        ([track(1, (4, 100, 100), (9, 100, 100))], mark(2, 150, 150), "is on nobody"),
        ([track(1, (0, 100, 100), (9, 100, 100), kind="text")], mark(2, 150, 150), "is on nobody"),
        ([ALONE, track(2, (0, 120, 120), (20, 120, 120))], mark(2, 150, 150), "is on 2 faces at once"),
        ([ALONE, track(2, (0, 220, 100), (20, 220, 100))], mark(2, 150, 150), "another is too near"),
    ],
    ids=["nothing there", "not there then", "text", "two", "one beside"],
)
def test_mark_that_does_not_say_who_is_refused(tracks: list[PlannedTrack], where: Mark, message: str) -> None:
    with pytest.raises(KeptFault, match=message):
        kept(plan(tracks, where))
