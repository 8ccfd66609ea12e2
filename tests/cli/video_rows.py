"""Rows as a video's results have them, written by hand after the operations' contract."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FACTS: dict[str, Any] = {
    "codec": "h264",
    "format": "QuickTime / MOV",
    "duration_ms": 20_000,
    "frame_rate": 25.0,
    "width": 1280,
    "height": 720,
    "color_range": "LIMITED",
    "frames": 500,
    "audio": [{"codec": "aac", "duration_ms": 20_000, "sample_rate": 48_000, "channels": 2}],
    "file_bytes": 1_000_000,
    "time_base_fps": [25, 1],
}


def spans(begin_ms: int, end_ms: int) -> dict[str, Any]:
    """The members that say from when to when."""
    return {
        "Timestamp": begin_ms,
        "StartTimestampMillis": begin_ms,
        "EndTimestampMillis": end_ms,
        "DurationMillis": end_ms - begin_ms,
    }


def label(name: str, begin_ms: int, end_ms: int, confidence: float, *parents: str) -> dict[str, Any]:
    """A run of a label."""
    told = {"Name": name, "Confidence": confidence, "Parents": [{"Name": parent} for parent in parents]}
    return spans(begin_ms, end_ms) | {"Label": told}


def unsafe(name: str, parent: str, begin_ms: int, end_ms: int, confidence: float) -> dict[str, Any]:
    """A run of unsafe content."""
    told = {"Name": name, "ParentName": parent, "Confidence": confidence, "TaxonomyLevel": 2 if parent else 1}
    return spans(begin_ms, end_ms) | {"ModerationLabel": told}


def face(time_ms: int, left: float = 0.4) -> dict[str, Any]:
    """A face at an instant."""
    box = {"Left": left, "Top": 0.2, "Width": 0.1, "Height": 0.2}
    return {"Timestamp": time_ms, "Face": {"BoundingBox": box, "Confidence": 99.0}}


def text(time_ms: int, words: str, confidence: float = 98.0, kind: str = "LINE") -> dict[str, Any]:
    """A line or a word at an instant."""
    return {"Timestamp": time_ms, "TextDetection": {"DetectedText": words, "Type": kind, "Confidence": confidence}}


def _segment(begin_ms: int, end_ms: int) -> dict[str, Any]:
    return spans(begin_ms, end_ms) | {
        "StartTimecodeSMPTE": _timecode(begin_ms),
        "EndTimecodeSMPTE": _timecode(end_ms),
        "DurationSMPTE": _timecode(end_ms - begin_ms),
        "StartFrameNumber": begin_ms // 40,
        "EndFrameNumber": end_ms // 40,
        "DurationFrames": (end_ms - begin_ms) // 40,
    }


def shot(index: int, begin_ms: int, end_ms: int) -> dict[str, Any]:
    """A shot, in 25 frames a second."""
    return _segment(begin_ms, end_ms) | {"Type": "SHOT", "ShotSegment": {"Index": index, "Confidence": 99.5}}


def cue(kind: str, begin_ms: int, end_ms: int) -> dict[str, Any]:
    """A technical cue."""
    told = {"Type": kind, "Confidence": 97.0}
    return _segment(begin_ms, end_ms) | {"Type": "TECHNICAL_CUE", "TechnicalCueSegment": told}


def _timecode(time_ms: int) -> str:
    seconds, rest = divmod(time_ms, 1_000)
    return f"00:00:{seconds:02}:{rest // 40:02}"


ROWS: dict[str, list[dict[str, Any]]] = {
    "labels": [
        label("Person", 0, 9_000, 97.25),
        label("Car", 500, 2_000, 80.0, "Vehicle"),
        label("Car", 12_000, 15_500, 91.5, "Vehicle"),
    ],
    "faces": [face(0), face(0, 0.7), face(1_000), face(2_000), face(9_000)],
    "text": [
        text(0, "EXIT"),
        text(0, "EXIT", kind="WORD"),
        text(2_000, "EXIT", 99.5),
        text(2_000, "[bold]<b>Way out</b>"),
        text(9_000, "EXIT"),
    ],
    "moderation": [unsafe("Violence", "", 4_000, 6_000, 75.0), unsafe("Weapons", "Violence", 4_000, 5_000, 70.0)],
    "segments": [
        cue("BlackFrames", 0, 960),  # to the beginning of its last frame
        cue("Content", 1_000, 19_960),
        shot(0, 1_000, 7_960),
        shot(1, 8_000, 19_960),
    ],
}


@dataclass(frozen=True)
class HandMade:
    """An answer."""

    facts: Mapping[str, Any] = field(default_factory=lambda: FACTS)
    made: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=lambda: ROWS)

    def rows(self, kind: str, view: str) -> Iterator[dict[str, Any]]:
        """As `Answer`, the same in every view."""
        return iter(self.made[kind])
