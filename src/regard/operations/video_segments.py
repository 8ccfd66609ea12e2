"""Segments of stored videos, shots and technical cues: measures of each chunk, and the view of GetSegmentDetection."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from regard.analysis.cards import Card, card_of
from regard.analysis.credits import DARK, SLATE_BEFORE_US
from regard.analysis.cues import BlackRule, Cue, CueFinder
from regard.analysis.frame_measures import PIXELS, FrameMeasurer, Measured
from regard.analysis.shots import Shot, ShotFinder
from regard.jobs.kinds import Facts, Result, Row, Wish
from regard.media.looks import Look
from regard.media.silence import Span, loud_spans
from regard.media.video_limits import VideoLimits
from regard.operations.text import Reader
from regard.operations.timecodes import Timecode
from regard.operations.video_rows import Chunks, rounded

VIEW: Final = "ALL"  # the only order there is
MODEL_VERSION: Final = "2.0"
LONGER_SIDE: Final = 960  # credits and slates are made to be read from afar

CUE, SHOT = "TECHNICAL_CUE", "SHOT"
_MIN_CONFIDENCE = 50.0
_USUAL_RATE = Fraction(25)
_READ_EVERY_US = 1_000_000  # cards are not read more often, however often they are looked at


class SegmentKind:
    """A wish is `SegmentTypes` and `Filters`, the members of `StartSegmentDetection`.

    A chunk's rows are measures of all its frames, so that it does not matter where a video was divided; shots and cues
    are told at the end. See docs/concepts/stored-video-segments.md for how.
    """

    name = "segments"
    longer_side = LONGER_SIDE

    def __init__(self, reader: Callable[[], Reader]) -> None:
        """reader: of text, asked for where technical cues are wanted."""
        self._reader = reader

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> "SegmentAnalyser":
        """As `Kind.begin`; it wants to hear (`media.silence.Hearing`), and is deaf where it is not told the file."""
        rules = [black_rule(wish) for wish in wishes if CUE in wish["SegmentTypes"]]
        return SegmentAnalyser(rules, self._reader() if rules else None, has_sound=bool(facts.get("audio")))

    def settle(self, chunks: Chunks, wish: Wish, facts: Facts, result: Result) -> Mapping[str, Any]:
        """As `Kind.settle`; the outcome is `SelectedSegmentTypes`. Technical cues come before shots, each by time."""
        types = wish["SegmentTypes"]
        shots, cues = ShotFinder(), CueFinder(black_rule(wish)) if CUE in types else None
        for rows in chunks():
            measured = Measured.of_rows(rows)
            cuts = shots.add(measured)
            if cues is not None:
                cards = {number: Card(lines, fields) for number, lines, fields in rows[-1]["cards"]}
                cues.add(measured, cuts, [(begin_us, end_us) for begin_us, end_us in rows[-1]["loud"]], cards)
        found = [*(_cue_segments(cues, wish) if cues is not None else ())]
        found += _shot_segments(shots, wish) if SHOT in types else ()
        result.write(VIEW, _answered(found, chunks, facts))
        return {"SelectedSegmentTypes": [{"Type": one, "ModelVersion": MODEL_VERSION} for one in types]}


class SegmentAnalyser:
    """As `ChunkAnalyser`."""

    def __init__(self, rules: Sequence[BlackRule], reader: Reader | None, *, has_sound: bool) -> None:
        """rules: of the wishes for technical cues. reader: None where there are none."""
        self._rules, self._reader, self._has_sound = rules, reader, has_sound
        self._measurer = FrameMeasurer(rule.pixel_threshold for rule in rules)
        self._cards: list[tuple[int, Card]] = []
        self._read_us: int | None = None
        self._frames = 0
        self._file: tuple[Path, VideoLimits] | None = None

    def hear(self, path: Path, limits: VideoLimits) -> None:
        """As `Hearing.hear`."""
        self._file = path, limits

    def add(self, look: Look) -> None:
        """As `ChunkAnalyser.add`."""
        ground = self._measurer.add(look.time_us, look.thumb, look.is_damaged)
        is_due = self._read_us is None or look.time_us - self._read_us >= _READ_EVERY_US
        is_wanted = ground.is_card and (ground.level <= DARK or look.time_us <= SLATE_BEFORE_US)
        if self._reader is not None and look.image is not None and is_due and is_wanted:
            lines = self._reader.read(look.image)
            self._cards.append((self._frames, card_of(line.text for line in lines)))
            self._read_us = look.time_us
        self._frames += 1

    def rows(self) -> list[Row]:
        """As `ChunkAnalyser.rows`; raises VideoError where the sound's file cannot be read."""
        measured = self._measurer.measured()
        loud = self._loud(measured)
        cards = [[number, card.lines, card.fields] for number, card in self._cards]
        return [*measured.rows(), {"loud": [list(span) for span in loud], "cards": cards}]

    def _loud(self, measured: Measured) -> list[Span]:
        """Where there is sound while any of the rules calls the picture black."""
        if self._file is None or not self._has_sound:
            return []
        path, limits = self._file
        return loud_spans(path, _black_spans(measured, self._rules), limits)


def black_rule(wish: Wish) -> BlackRule:
    """Of the wish's filters."""
    asked = wish["Filters"].get("TechnicalCueFilter", {}).get("BlackFrame", {})
    usual = BlackRule()
    return BlackRule(
        float(asked.get("MaxPixelThreshold", usual.pixel_threshold)),
        float(asked.get("MinCoveragePercentage", usual.coverage_percent)),
    )


def _black_spans(measured: Measured, rules: Sequence[BlackRule]) -> list[Span]:
    """From each black frame to the next frame, joined."""
    is_black = np.zeros(len(measured.frames), bool)
    for rule in rules:
        is_black |= measured.dark[rule.pixel_threshold] / PIXELS * 100 >= rule.coverage_percent
    times = measured.frames["time_us"]
    edges = np.diff(is_black.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    return [(int(times[begin]), int(times[end - 1]) + 1) for begin, end in zip(begins, ends, strict=True)]


def _cue_segments(cues: CueFinder, wish: Wish) -> list[tuple[Cue | Shot, Row]]:
    least = _least(wish, "TechnicalCueFilter")
    return [
        (cue, {"Type": CUE, "TechnicalCueSegment": {"Type": cue.name, "Confidence": cue.confidence}})
        for cue in cues.cues()
        if cue.confidence >= least
    ]


def _shot_segments(shots: ShotFinder, wish: Wish) -> list[tuple[Cue | Shot, Row]]:
    least = _least(wish, "ShotFilter")
    kept = (shot for shot in shots.shots() if shot.confidence >= least)
    return [
        (shot, {"Type": SHOT, "ShotSegment": {"Index": index, "Confidence": shot.confidence}})
        for index, shot in enumerate(kept)
    ]


def _least(wish: Wish, name: str) -> float:
    return float(wish["Filters"].get(name, {}).get("MinSegmentConfidence", _MIN_CONFIDENCE))


def _answered(found: Sequence[tuple[Cue | Shot, Row]], chunks: Chunks, facts: Facts) -> Iterator[Row]:
    times_ms = _times_ms(chunks, {number for one, _ in found for number in (one.first, one.last)})
    numerator, denominator = facts.get("time_base_fps") or (_USUAL_RATE.numerator, _USUAL_RATE.denominator)
    timecode = Timecode.of_rate(Fraction(int(numerator), int(denominator)))
    for one, row in found:
        start_ms, end_ms, frames = times_ms[one.first], times_ms[one.last], one.last - one.first
        yield rounded(row) | {
            "StartTimestampMillis": start_ms,
            "EndTimestampMillis": end_ms,
            "DurationMillis": end_ms - start_ms,
            "StartTimecodeSMPTE": timecode.text(one.first),
            "EndTimecodeSMPTE": timecode.text(one.last),
            "DurationSMPTE": timecode.text(frames),
            "StartFrameNumber": one.first,
            "EndFrameNumber": one.last,
            "DurationFrames": frames,
        }


def _times_ms(chunks: Chunks, wanted: Iterable[int]) -> dict[int, int]:
    """Of frames by number, whole milliseconds, rounded down."""
    left, times, offset = sorted(wanted), {}, 0
    for rows in chunks():
        frames = Measured.of_rows(rows).frames
        while left and left[0] < offset + len(frames):
            number = left.pop(0)
            times[number] = int(frames["time_us"][number - offset]) // 1000
        offset += len(frames)
    return times
