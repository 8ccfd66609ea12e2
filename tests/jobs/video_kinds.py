"""Kinds of analysis for tests of walks: they find the number that a made frame carries, and need no network."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regard.jobs.kinds import Facts, Result, Row, StepWatch, Wish
from regard.media.looks import Look
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import number_of

NEVER = StepWatch(lambda share: None, lambda: False)


@dataclass
class NumberAnalyser:
    """Finds the number of each frame that is looked at."""

    on_look: Callable[[Look], None]
    found: list[Row] = field(default_factory=list)

    def add(self, look: Look) -> None:
        self.on_look(look)
        if look.image is not None:
            sides = list(look.image.shape[:2])
            self.found.append({"Timestamp": look.time_us // 1000, "Number": number_of(look.image), "Sides": sides})

    def rows(self) -> list[Row]:
        return self.found


@dataclass
class FrameAnalyser:
    """Has a row for each frame, of its thumb."""

    found: list[Row] = field(default_factory=list)
    images: int = 0

    def add(self, look: Look) -> None:
        row = {"Index": look.index, "TimeUs": look.time_us, "Number": number_of(look.thumb), "Damaged": look.is_damaged}
        self.found.append(row)
        assert look.image is None

    def rows(self) -> list[Row]:
        return self.found


@dataclass
class NumberKind:
    name: str = "numbers"
    longer_side: int = 64
    begun: list[Sequence[Wish]] = field(default_factory=list)
    on_look: Callable[[Look], None] = lambda look: None

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> NumberAnalyser:
        self.begun.append(wishes)
        return NumberAnalyser(self.on_look)

    def settle(
        self, chunks: Callable[[], Iterable[Sequence[Row]]], wish: Wish, facts: Facts, result: Result
    ) -> Mapping[str, Any]:
        result.write("ALL", (row for rows in chunks() for row in rows))
        result.write_sorted("NUMBER", (row for rows in chunks() for row in rows), lambda row: row["Number"])
        return {"Chunks": sum(1 for _ in chunks()), "Wish": dict(wish)}


@dataclass
class FrameKind:
    name: str = "frames"
    longer_side: int = 0

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> FrameAnalyser:
        return FrameAnalyser()

    def settle(
        self, chunks: Callable[[], Iterable[Sequence[Row]]], wish: Wish, facts: Facts, result: Result
    ) -> Mapping[str, Any]:
        result.write("ALL", (row for rows in chunks() for row in rows))
        return {}


@dataclass
class SoundAnalyser:
    """Tells which file it was given to hear."""

    found: list[Row] = field(default_factory=list)

    def hear(self, path: Path, limits: VideoLimits) -> None:
        self.found.append({"File": path.name, "MaxPixels": limits.max_pixels})

    def add(self, look: Look) -> None:
        pass

    def rows(self) -> list[Row]:
        return self.found


@dataclass
class SoundKind:
    name: str = "sounds"
    longer_side: int = 0

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> SoundAnalyser:
        return SoundAnalyser()

    def settle(
        self, chunks: Callable[[], Iterable[Sequence[Row]]], wish: Wish, facts: Facts, result: Result
    ) -> Mapping[str, Any]:
        result.write("ALL", (row for rows in chunks() for row in rows))
        return {}
