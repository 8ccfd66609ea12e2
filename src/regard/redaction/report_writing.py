"""Writing the leak report of a redacted video: looks at the output again, and puts JSON and page beside it."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.track_parts import Found
from regard.redaction.plan import Plan
from regard.redaction.report import Report, report_of, report_paths, uncertain_spans
from regard.redaction.report_figures import Times
from regard.redaction.report_frames import Request
from regard.redaction.report_page import report_page
from regard.redaction.report_pictures import Seen
from regard.redaction.report_review import Review, Reviewer
from regard.redaction.report_sightings import Detected, Detector
from regard.redaction.report_source import output_frames
from regard.redaction.whole_files import write_whole

_LARGER, _SMALLER = 1.5, 0.7  # times the size searched first: what is missed at one size is often found at another
_APART_US = 2_000_000  # between looks as the finder is told: all is due in each, but turned heads in one turn at a time
_WORTH_IT = 1.15  # times that size; what is hardly larger shows the same

FrameSource = Callable[[Path, Request, int], Iterator[tuple[Seen, int]]]
"""File, request and longer side of the pictures to frames and when the next ones are shown, in order."""


class Stopped(Exception):
    """The caller stopped it; nothing was written."""


class Redacted(Protocol):
    """As `redaction.work.Redacted`."""

    @property
    def plan(self) -> Plan:
        """What was covered."""

    @property
    def target(self) -> Path:
        """The output."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Streams that the output does not have, each with the reason."""


class FrameFinder(Protocol):
    """As `redaction.planning.FrameFinder`."""

    def longer_side(self, width: int, height: int) -> int:
        """At which size frames of an upright (width, height) video are to be searched."""

    def begin(self, fps: float, scale: float) -> None:
        """A new video, whose full-size pixels are `scale` of those searched."""

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[Found] | None:
        """What is in a frame."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How the output is looked at."""

    is_all: bool = False  # every frame; otherwise those of doubts and of pictures
    on_progress: Callable[[float], None] = lambda _: None  # share of the output, 0..1
    is_cancelled: Callable[[], bool] = lambda: False


_PLAIN = ReportOptions()


def write_report(
    done: Redacted,
    finder: FrameFinder | None,
    options: ReportOptions = _PLAIN,
    frames: FrameSource = output_frames,
) -> Report:
    """Looks, writes both files, and says what they say. finder: None takes pictures only and finds nothing.

    Raises VideoError where the output cannot be read, OSError, Stopped.
    """
    plan = done.plan
    review, times = _review(done, finder, frames, options)
    report = report_of(plan, done.target, review.check, times, done.left_out)
    page = report_page(report, review).encode()
    place, page_place = report_paths(done.target)
    write_whole(page_place, page)
    write_whole(place, report.to_bytes(hashlib.sha256(page).hexdigest()))
    return report


def another_side(searched: int, width: int, height: int) -> int:
    """The longer side of pictures to look at again: larger than what was searched, or smaller where it was all."""
    larger = min(max(width, height), round(searched * _LARGER))
    return larger if larger >= searched * _WORTH_IT else max(1, round(searched * _SMALLER))


def _review(
    done: Redacted, finder: FrameFinder | None, frames: FrameSource, options: ReportOptions
) -> tuple[Review, Times | None]:
    """What there is to show, and the times of all frames where all were looked at."""
    video = done.plan.input
    searched = finder.longer_side(video.width, video.height) if finder is not None else max(video.width, video.height)
    side = another_side(searched, video.width, video.height)
    reviewer = Reviewer(
        done.plan,
        uncertain_spans(done.plan),
        _detector(finder, 1e6 * video.frames / max(1, video.duration_us)),
        is_all=options.is_all,
    )
    times = []
    for seen, until_us in frames(done.target, reviewer.request, side):
        if options.is_cancelled():
            raise Stopped
        reviewer.add(seen, until_us)
        times.append(seen.time_us)
        options.on_progress(min(1.0, seen.time_us / max(1, video.duration_us)))
    return reviewer.finish(), np.array(times, np.int64) if reviewer.request.is_all else None


def _detector(finder: FrameFinder | None, fps: float) -> Detector | None:
    if finder is None:
        return None
    finder.begin(fps, 1.0)
    looks = itertools.count()

    def found(image: NDArray[np.uint8]) -> list[Detected]:
        number = next(looks)
        return [_detected(one) for one in finder.find(image, number * _APART_US, number == 0) or ()]

    return found


def _detected(found: Found) -> Detected:
    left, top, right, bottom = (float(side) for side in found.box)
    return Detected(found.kind, (left, top, right, bottom), 100 * found.score)
