"""The planning walk: once over a video, to settle what is covered when.

A child process decodes and scales frames; here they are searched, one frame ahead of the tracker. What is settled goes
out as soon as it is, so that rendering can follow closely behind and memory does not grow with the video.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.cuts import CutFinder
from regard.analysis.tracks import Found, Tracker, TrackerOptions, TrackPiece
from regard.media.small_frames import SmallFrame, SmallFrames
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from regard.redaction.plan import PlannedTrack, Uncertainty
from regard.redaction.settings import RedactionSettings, Region, Span

END_OF_TIME_US = 2**53


class FrameFinder(Protocol):
    """`redaction.finding.Finder`, or an array-returning stand-in in tests."""

    def longer_side(self, width: int, height: int) -> int:
        """At which size frames of an upright (width, height) video are to be searched."""

    def begin(self, fps: float, scale: float) -> None:
        """A new video, whose full-size pixels are `scale` of those searched."""

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[Found] | None:
        """What is in a frame, in upright full-size pixels; None where it was not searched."""

    @property
    def looked_for(self) -> frozenset[str] | None:
        """The kinds that were looked for in the last frame; None for all."""


@dataclass(slots=True)
class Walked:
    """How far the planning walk has come."""

    frames: int = 0
    last_us: int = 0
    settled_us: int = 0  # before it nothing will be added
    tracks: list[PlannedTrack] = field(default_factory=list)  # newly settled
    cuts: list[int] = field(default_factory=list)
    damaged: list[Span] = field(default_factory=list)


_Search = tuple[list[Found] | None, frozenset[str] | None]  # what was found, and of which kinds it was looked for


class PlanningWalk:
    """One walk; iterate over `steps`, then read the facts."""

    def __init__(
        self,
        source: Path,
        settings: RedactionSettings,
        finder: FrameFinder,
        limits: VideoLimits,
        from_us: int = 0,
        last_track: int = 0,
    ) -> None:
        """from_us, last_track: where to begin, and after which number, for a walk that goes on from an earlier one."""
        self._source, self._settings, self._finder, self._limits = source, settings, finder, limits
        self._from_us, self._last_track = from_us, last_track
        self.info: VideoInfo | None = None  # once the first step was made
        self.frames = 0
        self.last_us = 0

    @property
    def looked_at(self) -> VideoInfo:
        """Of the video; once a step was made."""
        assert self.info is not None, "no step was made"
        return self.info

    def steps(self) -> Iterator[Walked]:
        """What was settled, a few times a second of video. Raises VideoError."""
        with SmallFrames(self._source, self._finder.longer_side, self._limits, from_us=self._from_us) as small:
            self.info = small.info
            if self._from_us == 0:
                yield Walked(tracks=list(_drawn(self._settings.regions, small.info)))
            if not self._settings.kinds:
                yield from self._only_frames(small)
            else:
                yield from self._searched(small)

    def _only_frames(self, small: SmallFrames) -> Iterator[Walked]:
        for frame in small:
            self._count(frame)
            damaged = [(frame.time_us, frame.time_us)] if frame.is_damaged else []
            yield Walked(self.frames, self.last_us, frame.time_us, damaged=damaged)
        yield Walked(self.frames, self.last_us, END_OF_TIME_US)

    def _searched(self, small: SmallFrames) -> Iterator[Walked]:
        scale = max(small.info.width, small.info.height) / max(small.size)
        tracker = Tracker(TrackerOptions(start_score=self._settings.confidence / 100), self._last_track)
        self._finder.begin(small.info.fps, scale)
        for frame, is_cut, (found, looked_for) in self._finds(small, CutFinder()):
            self._count(frame)
            pieces = tracker.add(frame.time_us, frame.image, scale, found, is_cut, frame.is_damaged, looked_for)
            cuts = [frame.time_us] if is_cut else []
            damaged = [(frame.time_us, frame.time_us)] if frame.is_damaged else []
            yield Walked(self.frames, self.last_us, tracker.settled_us, self._planned(pieces), cuts, damaged)
        yield Walked(self.frames, self.last_us, END_OF_TIME_US, self._planned(tracker.finish()))

    def _finds(self, small: SmallFrames, cuts: CutFinder) -> Iterator[tuple[SmallFrame, bool, _Search]]:
        """Frames with what is in them; while one is given out the next is being searched."""
        stride = self._settings.stride

        def search(frame: SmallFrame, is_cut: bool, number: int) -> _Search:
            if number % stride and not is_cut:
                return None, None
            return self._finder.find(frame.image, frame.time_us, is_cut), self._finder.looked_for

        with ThreadPoolExecutor(1, "redaction-finder") as pool:
            waiting = None
            for number, frame in enumerate(small):
                is_cut = cuts.add(frame.time_us, frame.image)
                coming = frame, is_cut, pool.submit(search, frame, is_cut, number)
                if waiting is not None:
                    yield waiting[0], waiting[1], waiting[2].result()
                waiting = coming
            if waiting is not None:
                yield waiting[0], waiting[1], waiting[2].result()

    def _planned(self, pieces: list[TrackPiece]) -> list[PlannedTrack]:
        return [
            PlannedTrack(
                piece.track,
                piece.kind,
                piece.positions,
                piece.outlines,
                tuple(Uncertainty(one.begin_us, one.end_us, one.why) for one in piece.uncertain),
            )
            for piece in pieces
        ]

    def _count(self, frame: SmallFrame) -> None:
        self.frames = frame.index + 1
        self.last_us = frame.time_us


def _drawn(regions: tuple[Region, ...], info: VideoInfo) -> Iterator[PlannedTrack]:
    """Regions as tracks, numbered downward from -1 so that they never meet those that are found."""
    size = np.array([info.width, info.height, info.width, info.height], np.float64)
    for number, region in zip(itertools.count(-1, -1), regions):
        end = END_OF_TIME_US if region.end_us is None else region.end_us
        box = np.array(region.box) * size
        yield PlannedTrack(number, "region", np.array([[region.begin_us, *box], [end, *box]]))
