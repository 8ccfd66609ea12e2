"""What `regard video` asks of the application. `cli/video_app.py` is the real one; tests have a smaller house."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from rich.console import Console

from regard.cli.redact_rooms import Watch

Row = Mapping[str, Any]  # of an answer, as JSON has it
Box = tuple[float, float, float, float]  # left, top, right, bottom as ratios of the upright frame


@dataclass(frozen=True, slots=True)
class Analysing:
    """How far an analysis is, as `redact_rooms.Progress`."""

    share: float | None
    stage: str = "Looking"
    frames: int = 0


@dataclass(frozen=True, slots=True)
class KindViews:
    """Which views of a kind's result are shown."""

    rows: str  # of which --json has the rows: what the operation gives where nothing else is asked
    spans: str  # of which tables and timelines are made


VIEWS: Mapping[str, KindViews] = {
    "labels": KindViews("TIMESTAMP/TIMESTAMPS", "TIMESTAMP/SEGMENTS"),
    "faces": KindViews("ALL", "ALL"),
    "text": KindViews("ALL", "ALL"),
    "moderation": KindViews("TIMESTAMP/TIMESTAMPS", "TIMESTAMP/SEGMENTS"),
    "segments": KindViews("ALL", "ALL"),
}


class Answer(Protocol):
    """What was found in one video."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Of the video, as `media/video_facts.py` has them."""

    def rows(self, kind: str, view: str) -> Iterator[Row]:
        """The rows of a view, in order, not all of them in memory; again from the first at each call."""


@dataclass(frozen=True, slots=True)
class WantedPicture:
    """A moment of which the timeline has a picture."""

    time_us: int
    shot_us: tuple[int, int]  # begin and end of the shot that it is of
    faces: tuple[Box, ...]  # seen by the analysis about then; covered besides those found in the picture itself


@dataclass(frozen=True, slots=True)
class CoveredPicture:
    """A small picture without an open face."""

    jpeg: bytes
    width: int
    height: int


@runtime_checkable
class VideoRooms(Protocol):
    """Everything that the command asks for. All raise Fault; what is watched raises Stopped."""

    def fetch(self, kinds: Collection[str], console: Console, *, has_pictures: bool) -> None:
        """Gets the networks that are not here yet. has_pictures: `pictures` is going to be asked."""

    def analyse(self, source: Path, wishes: Mapping[str, Mapping[str, Any]], folder: Path, watch: Watch) -> Answer:
        """Walks once over the video for all kinds in `wishes`; what it finds is in `folder`, which is there, empty."""

    def pictures(
        self, source: Path, wanted: Sequence[WantedPicture], watch: Watch
    ) -> Mapping[WantedPicture, CoveredPicture]:
        """Pictures of moments, in rising order. One whose faces could not be looked for and covered is not there."""
