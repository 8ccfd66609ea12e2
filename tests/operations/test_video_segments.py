"""Segments of videos as GetSegmentDetection answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.text import Line, Word
from regard.jobs.kinds import Row
from regard.media.looks import Look
from regard.media.silence import Hearing
from regard.media.video_limits import VideoLimits
from regard.operations.video_segments import SegmentKind
from tests.analysis.made_shots import BLACK, FRAME_US, Pixels, card, shot, smpte_bars, thumb
from tests.media.test_silence import beeping
from tests.operations.made_looks import KeptResult

FACTS: dict[str, Any] = {"time_base_fps": [25, 1], "audio": [{"codec": "aac"}]}
BOTH: dict[str, Any] = {"SegmentTypes": ["TECHNICAL_CUE", "SHOT"], "Filters": {}}
BARS = thumb(smpte_bars())
FILM: list[Pixels] = [*[BARS] * 30, *shot(1, 25), *[BLACK] * 20, *shot(2, 25)]


class WrittenText:
    """Reads on every picture the lines it was made with, and counts."""

    def __init__(self, *lines: str) -> None:
        self._lines = [Line((Word(line, 0.9, np.zeros((4, 2), np.float32)),)) for line in lines]
        self.looks = 0

    def read(self, image: NDArray[np.uint8]) -> list[Line]:
        """The lines."""
        self.looks += 1
        return self._lines


def looks(thumbs: Sequence[Pixels], first: int = 0) -> list[Look]:
    """Each frame; every 25th has a picture."""
    return [
        Look(number, number * FRAME_US, False, one, one if number % 25 == 0 else None)
        for number, one in enumerate(thumbs, first)
    ]


def answered(
    thumbs: Sequence[Pixels],
    wish: Mapping[str, Any] = BOTH,
    text: WrittenText | None = None,
    facts: Mapping[str, Any] = FACTS,
    others: Sequence[Mapping[str, Any]] = (),
    edges: Sequence[int] = (),
    heard: Path | None = None,
) -> list[Row]:
    """The rows of a job with this wish."""
    kind = SegmentKind(lambda: text or WrittenText())
    chunks, bounds = [], [0, *edges, len(thumbs)]
    for begin, end in pairwise(bounds):
        analyser = kind.begin([wish, *others], facts)
        if heard is not None:
            assert isinstance(analyser, Hearing)
            analyser.hear(heard, VideoLimits())
        for one in looks(thumbs[begin:end], begin):
            analyser.add(one)
        chunks.append(analyser.rows())
    result = KeptResult()
    kind.settle(lambda: iter(chunks), wish, facts, result)
    return result.views["ALL"]


def named(rows: Sequence[Row]) -> list[tuple[str, int, int]]:
    """What each segment is, and its frames."""
    return [
        (row.get("TechnicalCueSegment", {}).get("Type", "shot"), row["StartFrameNumber"], row["EndFrameNumber"])
        for row in rows
    ]


def test_cues_come_before_shots() -> None:
    assert named(answered(FILM)) == [
        ("ColorBars", 0, 29),
        ("Content", 30, 54),
        ("BlackFrames", 55, 74),
        ("Content", 75, 99),
        ("shot", 0, 29),
        ("shot", 30, 54),
        ("shot", 55, 74),
        ("shot", 75, 99),
    ]


def test_a_segment_has_the_members_of_the_service() -> None:
    cue, shot_row = answered(FILM)[2], answered(FILM)[6]
    where = {
        "StartTimestampMillis": 2200,
        "EndTimestampMillis": 2960,
        "DurationMillis": 760,
        "StartTimecodeSMPTE": "00:00:02:05",
        "EndTimecodeSMPTE": "00:00:02:24",
        "DurationSMPTE": "00:00:00:19",
        "StartFrameNumber": 55,
        "EndFrameNumber": 74,
        "DurationFrames": 19,
    }
    assert cue == {
        "Type": "TECHNICAL_CUE",
        "TechnicalCueSegment": {"Type": "BlackFrames", "Confidence": 100.0},
        **where,
    }
    confidence = shot_row["ShotSegment"]["Confidence"]
    assert shot_row == {"Type": "SHOT", "ShotSegment": {"Index": 2, "Confidence": confidence}, **where}


def test_times_are_rounded_down_and_timecodes_drop_frames() -> None:
    ntsc = [replace(one, time_us=one.index * 1_001_000 // 30) for one in looks(FILM)]
    kind = SegmentKind(WrittenText)
    facts = {"time_base_fps": [30_000, 1001]}
    analyser = kind.begin([BOTH], facts)
    for one in ntsc:
        analyser.add(one)
    rows, result = analyser.rows(), KeptResult()
    kind.settle(lambda: iter([rows]), BOTH, facts, result)
    last = result.views["ALL"][-1]
    # Frame 75 is at 2502.5 ms, frame 99 at 3303.3.
    assert (last["StartTimestampMillis"], last["EndTimestampMillis"], last["DurationMillis"]) == (2502, 3303, 801)
    assert (last["StartTimecodeSMPTE"], last["EndTimecodeSMPTE"]) == ("00:00:02;15", "00:00:03;09")


@pytest.mark.parametrize("edges", [[31], [29, 30, 55, 75], list(range(5, 100, 5))], ids=["two", "at cuts", "many"])
def test_it_does_not_matter_where_a_video_is_divided(edges: list[int]) -> None:
    assert answered(FILM, edges=edges) == answered(FILM)


def test_only_what_was_asked_for_is_answered() -> None:
    wish = {"SegmentTypes": ["SHOT"], "Filters": {}}
    assert [row["Type"] for row in answered(FILM, wish)] == ["SHOT"] * 4


def test_the_types_are_named_in_the_order_in_which_they_were_asked_for() -> None:
    wish = {"SegmentTypes": ["SHOT", "TECHNICAL_CUE"], "Filters": {}}
    outcome = SegmentKind(WrittenText).settle(lambda: iter([]), wish, FACTS, KeptResult())
    assert outcome == {
        "SelectedSegmentTypes": [
            {"Type": "SHOT", "ModelVersion": "2.0"},
            {"Type": "TECHNICAL_CUE", "ModelVersion": "2.0"},
        ]
    }


def test_a_video_without_frames_has_no_segments() -> None:
    assert answered([]) == []


def test_segments_that_are_not_sure_enough_are_left_out() -> None:
    dim = np.full((72, 128, 3), 0, np.uint8)
    dim.reshape(-1, 3)[:91] = 255  # 99.01 percent are black
    wish = BOTH | {"Filters": {"TechnicalCueFilter": {"MinSegmentConfidence": 60.0}}}
    film = [*shot(1, 25), *[dim] * 20]
    assert named(answered(film))[:2] == [("Content", 0, 24), ("BlackFrames", 25, 44)]
    assert named(answered(film, wish))[:2] == [("Content", 0, 24), ("shot", 0, 24)]


def test_shots_that_are_not_sure_enough_are_left_out_and_the_others_numbered() -> None:
    all_shots = answered(FILM, {"SegmentTypes": ["SHOT"], "Filters": {}})
    surest = max(row["ShotSegment"]["Confidence"] for row in all_shots)
    rows = answered(FILM, {"SegmentTypes": ["SHOT"], "Filters": {"ShotFilter": {"MinSegmentConfidence": surest}}})
    assert [row["ShotSegment"]["Index"] for row in rows] == list(range(len(rows)))
    assert {row["ShotSegment"]["Confidence"] for row in rows} == {surest}


def test_jobs_on_one_walk_have_black_frames_by_their_own_rules() -> None:
    dark = np.full((72, 128, 3), 40, np.uint8)
    strict = BOTH | {"Filters": {"TechnicalCueFilter": {"BlackFrame": {"MaxPixelThreshold": 0.1}}}}
    film = [*shot(1, 25), *[dark] * 20]
    assert named(answered(film, strict, others=[BOTH]))[0] == ("Content", 0, 44)
    assert named(answered(film, BOTH, others=[strict]))[1] == ("BlackFrames", 25, 44)


def test_black_with_sound_is_content(tmp_path: Path) -> None:
    film = [*shot(1, 25), *[BLACK] * 50]
    rows = answered(film, edges=[40], heard=beeping(tmp_path / "film.mov", [(1, 2)]))
    assert named(rows)[:2] == [("Content", 0, 49), ("BlackFrames", 50, 74)]


def test_text_is_read_once_a_second_and_only_on_cards() -> None:
    text = WrittenText("TITLE: A", "EPISODE: 3", "DURATION: 00:24:10")
    slate = thumb(card(["TITLE: A", "EPISODE: 3", "DURATION: 00:24:10"]))
    rows = answered([*[slate] * 75, *shot(1, 100)], text=text)
    assert text.looks == 3
    assert named(rows)[:2] == [("Slate", 0, 74), ("Content", 75, 174)]


def test_rows_keep_no_text() -> None:
    text = WrittenText("DIRECTED BY", "A. WRITER")
    analyser = SegmentKind(lambda: text).begin([BOTH], FACTS)
    for one in looks([thumb(card(["DIRECTED BY", "A. WRITER"]))] * 30):
        analyser.add(one)
    assert "WRITER" not in str(analyser.rows())
