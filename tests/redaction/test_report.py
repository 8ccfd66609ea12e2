"""The leak report: its figures by hand, its order of risk, its hash."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from regard.redaction.report import (
    Check,
    Report,
    ReportFault,
    Sighting,
    file_facts,
    report_of,
    report_paths,
    uncertain_spans,
)
from regard.redaction.report_figures import KindFigures, figures
from regard.redaction.settings import RedactionSettings
from tests.redaction.plans import SECOND, doubt, plan, track

CHECK = Check("all", 101, 0, 960, 50.0, 3, 0, (Sighting(0, 5, 2, 88.5, "face", (1.0, 2.0, 3.0, 4.0), 5),))


@pytest.fixture
def output(tmp_path: Path) -> Path:
    path = tmp_path / "street.covered.mp4"
    path.write_bytes(b"a video")
    return path


def test_frames_and_seconds_are_counted_for_each_thing(output: Path) -> None:
    told = figures(plan(track(1, 0, 1), track(1, 1, 2), track(2, 1.5, 2.5), track(3, 5, 5, "plate")))
    assert told.kinds == (KindFigures("face", 2, 3.2, 32), KindFigures("plate", 1, 0.1, 1))
    assert (told.frames, told.covered_frames, told.are_times_known) == (101, 27, False)


def test_frames_in_which_it_is_visible_are_not_covered() -> None:
    told = figures(plan(track(1, 0, 1, visible=((200_000, 400_000),))))
    assert (told.kinds[0].frames, told.covered_frames) == (8, 8)


def test_the_times_of_frames_that_are_known_are_used() -> None:
    told = figures(plan(track(1, 0, 1)), np.array([0, 1, SECOND, 9 * SECOND], np.int64))
    assert (told.frames, told.covered_frames, told.are_times_known) == (4, 3, True)


@pytest.mark.parametrize(
    ("tracks", "share"),
    [
        ([track(1, 0, 10, box=(0, 0, 50, 40))], 0.25),
        ([track(1, 0, 10, box=(0, 0, 50, 40)), track(2, 0, 10, box=(0, 0, 50, 40))], 0.25),
        ([track(1, 0, 10, box=(-50, 0, 50, 80))], 0.5),
        ([track(1, 0, 5, box=(0, 0, 100, 80))], 51 / 101),
        ([], 0.0),
    ],
    ids=["quarter", "twice-is-once", "over-the-edge", "half-the-time", "nothing"],
)
def test_area_is_the_share_of_all_pictures(tracks: list[Any], share: float) -> None:
    assert figures(plan(*tracks)).covered_area == pytest.approx(share, abs=0.005)


def test_an_oval_covers_less_than_its_box_and_a_margin_more() -> None:
    oval = plan(track(1, 0, 10, box=(0, 0, 100, 80)), settings=RedactionSettings(margin=0.0))
    assert figures(oval).covered_area == pytest.approx(np.pi / 4, abs=0.02)
    grown = plan(track(1, 0, 10, box=(25, 20, 75, 60)), settings=RedactionSettings(margin=0.5, shape="box"))
    assert figures(grown).covered_area == pytest.approx(1.0, abs=0.005)


def test_damaged_parts_are_covered_whole() -> None:
    told = figures(plan(damaged=((0, SECOND),)))
    assert told.covered_frames == 11
    assert told.covered_area == pytest.approx(11 / 101, abs=1e-4)


def test_a_video_of_one_frame_has_figures() -> None:
    one = plan(track(1, 0, 0))
    told = figures(replace(one, input=replace(one.input, frames=1, duration_us=0)))
    assert (told.frames, told.covered_frames) == (1, 1)


def test_pieces_of_a_track_are_one_track_and_doubts_that_go_on_are_one() -> None:
    pieces = plan(
        track(1, 0, 1, uncertain=(doubt(0.5, 1),), visible=((0, SECOND),)),
        track(1, 1, 2, uncertain=(doubt(1, 1.5),), visible=((SECOND, 2 * SECOND),)),
        track(2, 0.5, 1, uncertain=(doubt(0.5, 1),)),
    )
    assert [(span.track, span.begin_us, span.end_us) for span in uncertain_spans(pieces)] == [
        (1, 500_000, 1_500_000),
        (2, 500_000, SECOND),
    ]


def test_the_report_says_what_the_plan_says(output: Path) -> None:
    made = plan(
        track(1, 0, 1, visible=((0, 500_000),)),
        cuts=(SECOND,),
        damaged=((5, 6),),
        networks={"yunet": "cd" * 32},
        notes=("It ends early.",),
    )
    report = report_of(made, output, CHECK, left_out=("stream 2: a timecode",))
    assert report.output == file_facts(output)
    assert (report.cuts, report.damaged, report.networks) == ((SECOND,), ((5, 6),), {"yunet": "cd" * 32})
    assert report.notes == ("It ends early.", "Left out: stream 2: a timecode")
    assert [(one.track, one.begin_us, one.end_us) for one in report.kept_visible] == [(1, 0, SECOND)]


def test_what_is_read_is_what_was_written(output: Path) -> None:
    report = report_of(plan(track(1, 0, 1, uncertain=(doubt(0, 1),), visible=((0, 9),))), output, CHECK)
    assert Report.from_bytes(report.to_bytes("ef" * 32)) == report


def test_the_hash_is_of_the_content_and_not_of_the_spaces(output: Path) -> None:
    report = report_of(plan(track(1, 0, 1)), output)
    members = orjson.loads(report.to_bytes())
    assert members["integrity"]["content_sha256"] == report.sha256
    assert Report.from_bytes(orjson.dumps(dict(reversed(members.items())))).sha256 == report.sha256
    assert replace(report, cuts=(1,)).sha256 != report.sha256


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format":"regard-redaction-report-1"}', b"\xff"])
def test_what_is_no_report_is_told(data: bytes) -> None:
    with pytest.raises(ReportFault, match="report"):
        Report.from_bytes(data)


@pytest.mark.parametrize("name", ["input", "settings", "figures", "tracks", "uncertain", "check"])
def test_a_member_of_another_kind_is_told(output: Path, name: str) -> None:
    members = orjson.loads(report_of(plan(), output).to_bytes()) | {name: 7}
    with pytest.raises(ReportFault, match=r"cannot be read"):
        Report.from_bytes(orjson.dumps(members))


def test_it_stands_beside_the_output() -> None:
    assert report_paths(Path("a/b.mp4")) == (Path("a/b.mp4.report.json"), Path("a/b.mp4.report.html"))
