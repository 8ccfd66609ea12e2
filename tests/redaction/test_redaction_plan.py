"""Plans: what is read is what was written, what cannot be is told, and what is covered when."""

from typing import Any

import numpy as np
import orjson
import pytest

from regard.redaction.plan import Plan, PlanFault, PlannedTrack, Timeline
from regard.redaction.settings import Mark, RedactionSettings, Region
from tests.redaction.plans import SECOND, doubt, plan, track

SETTINGS = RedactionSettings(
    what=("faces", "plates"),
    way="pixelate",
    mute=((0, 500_000),),
    regions=(Region((0.0, 0.1, 0.5, 1.0), 3, 9), Region((0.5, 0.5, 0.6, 0.6))),
    marks=(Mark(1_000_000, 0.25, 0.5),),
)
OUTLINE = np.array([[10.0, 10.0], [30.0, 10.0], [20.0, 30.0]])


def full() -> Plan:
    return plan(
        track(1, 0, 2, uncertain=(doubt(0.5, 1),), visible=((0, 400_000),)),
        track(2, 1, 3, "person", outlines=(OUTLINE, None)),
        settings=SETTINGS,
        cuts=(2 * SECOND,),
        damaged=((7 * SECOND, 8 * SECOND),),
        networks={"yunet": "cd" * 32},
        notes=("The file ends early.",),
    )


def edited(**members: Any) -> bytes:
    return orjson.dumps(orjson.loads(full().to_bytes()) | members)


def test_what_is_read_is_what_was_written() -> None:
    data = full().to_bytes()
    read = Plan.from_bytes(data)
    assert read.to_bytes() == data
    assert (read.input, read.settings, read.cuts, read.damaged) == (
        full().input,
        SETTINGS,
        (2 * SECOND,),
        ((7 * SECOND, 8 * SECOND),),
    )
    assert (read.networks, read.notes, read.version) == ({"yunet": "cd" * 32}, ("The file ends early.",), "0.1.0")
    assert read.tracks[0].uncertain == (doubt(0.5, 1),)
    assert read.tracks[0].visible == ((0, 400_000),)
    assert read.tracks[1].outlines is not None
    assert read.tracks[1].outlines[1] is None


def test_a_plan_without_tracks_can_be_read() -> None:
    assert Plan.from_bytes(plan().to_bytes()).tracks == ()


def test_each_track_has_a_line_of_its_own() -> None:
    lines = [line for line in full().to_bytes().splitlines() if b'"positions"' in line]
    assert [orjson.loads(line.rstrip(b","))["track"] for line in lines] == [1, 2]


POSITIONS = [[0, 1, 1, 2, 2], [5, 1, 1, 2, 2]]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"format": "other"}, "regard-plan-1"),
        ({"tracks": [{"track": 1, "positions": POSITIONS}]}, r"tracks\[0\].*'kind'"),
        ({"tracks": [{"track": 1, "kind": "dog", "positions": POSITIONS}]}, r"tracks\[0\].*'dog'.*face"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": []}]}, "not empty"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": [[0, 1, 1, 2]]}]}, "positions are a list of"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": [[0, 1, 1, 2, 2], [5, 1]]}]}, r"tracks\[0\]"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": POSITIONS[::-1]}]}, "times of positions must rise"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": [[-1, 1, 1, 2, 2]]}]}, "times of positions must rise"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": [[0, 3, 1, 2, 2]]}]}, "left is less than right"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": [[0, None, 1, 2, 2]]}]}, "not finite|cannot be read"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": POSITIONS, "outlines": [None]}]}, "1 outlines for 2"),
        (
            {"tracks": [{"track": 1, "kind": "face", "positions": POSITIONS, "outlines": [None, [[1]]]}]},
            r"tracks\[0\]",
        ),
        ({"tracks": [{"track": 1, "kind": "face", "positions": POSITIONS, "uncertain": 3}]}, r"tracks\[0\]"),
        ({"tracks": [{"track": 1, "kind": "face", "positions": POSITIONS, "visible": [[5, 1]]}]}, r"tracks\[0\].*5"),
        (
            {"tracks": [{"track": 1, "kind": "face", "positions": POSITIONS,
                         "uncertain": [{"begin_us": "a", "end_us": 1, "why": ""}]}]},
            r"tracks\[0\]",
        ),
        ({"tracks": {}}, "tracks"),
        ({"tracks": 7}, "tracks|cannot be read"),
        ({"settings": {"what": ["dogs"]}}, "dogs"),
        ({"settings": []}, "settings|cannot be read"),
        ({"input": {}}, "cannot be read"),
        ({"input": {**orjson.loads(full().to_bytes())["input"], "width": "a"}}, "width"),
        ({"input": {**orjson.loads(full().to_bytes())["input"], "sha256": 7}}, "sha256"),
        ({"cuts": ["soon"]}, "cannot be read"),
        ({"damaged": [[9, 3]]}, "damaged"),
        ({"damaged": [3]}, "cannot be read"),
        ({"networks": [1]}, "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_with_its_place(members: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanFault, match=said):
        Plan.from_bytes(edited(**members))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b"\xff"])
def test_what_is_no_plan_is_told(data: bytes) -> None:
    with pytest.raises(PlanFault, match=r"no plan|not JSON"):
        Plan.from_bytes(data)


def test_a_box_moves_along_a_straight_line_and_ends_where_it_ends() -> None:
    moving = PlannedTrack(1, "face", np.array([[100.0, 0, 0, 10, 10], [200, 10, 0, 30, 20]]))
    assert [moving.box_at(time) is None for time in (99, 100, 150, 200, 201)] == [True, False, False, False, True]
    middle = moving.box_at(150)
    assert middle is not None
    assert middle.tolist() == [5, 0, 20, 15]


def test_nothing_is_covered_while_it_is_visible_both_ends_included() -> None:
    seen = track(1, 0, 1, visible=((300_000, 400_000),))
    times = (299_999, 300_000, 400_000, 400_001)
    assert [seen.box_at(time) is None for time in times] == [False, True, True, False]


def test_an_outline_moves_and_grows_with_its_box() -> None:
    positions = np.array([[0.0, 10, 10, 30, 30], [100, 30, 10, 70, 50]])
    moving = PlannedTrack(1, "person", positions, outlines=(OUTLINE, None))
    near = moving.outline_at(50)  # the box is then 20..50, 10..40: one and a half times as large
    assert near is not None
    assert near.tolist() == [[20, 10], [50, 10], [35, 40]]
    assert moving.outline_at(51) is None


def test_a_timeline_gives_what_is_covered_with_its_margin_and_no_margin_for_regions() -> None:
    timeline = Timeline(0.5)
    timeline.add([track(1, 1, 2), track(2, 0, 5, "region", box=(0, 0, 50, 80))])
    assert [[area.kind for area in timeline.areas_at(time)] for time in (0, SECOND, 3 * SECOND, 6 * SECOND)] == [
        ["region"],
        ["region", "face"],
        ["region"],
        [],
    ]
    timeline = Timeline(0.5)
    timeline.add([track(1, 0, 1), track(2, 0, 1, "region", box=(0, 0, 50, 80))])
    boxes = {area.kind: area.box.tolist() for area in timeline.areas_at(0)}
    assert boxes == {"face": [0, 0, 40, 40], "region": [0, 0, 50, 80]}


def test_a_track_that_comes_late_is_covered_from_then_on() -> None:
    timeline = Timeline(0.0)
    assert timeline.areas_at(SECOND) == []
    timeline.add([track(1, 0, 2)])
    assert len(timeline.areas_at(SECOND + 1)) == 1


def test_what_is_left_of_a_track_begins_at_the_moment_asked_for() -> None:
    moving = PlannedTrack(1, "person", np.array([[0.0, 0, 0, 10, 10], [100, 10, 0, 30, 20]]), outlines=(OUTLINE, None))
    later = moving.from_then_on(50)
    assert later is not None
    assert later.positions.tolist() == [[50, 5, 0, 20, 15], [100, 10, 0, 30, 20]]
    assert moving.from_then_on(101) is None
    assert moving.from_then_on(0) is moving
    last = moving.from_then_on(100)
    assert last is not None
    assert last.positions.tolist() == [[100, 10, 0, 30, 20]]
    assert last.outlines is not None
    assert len(last.outlines) == 1
