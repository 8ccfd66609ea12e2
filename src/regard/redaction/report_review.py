"""Looking at a redacted output again: pictures for the report's page, and what a detector still finds.

Pictures come from the output and never from the input. What a detector still finds in one is covered with a plain
colour before the picture goes anywhere, so that a report leaks nothing that it warns of.
"""

import bisect
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from regard.redaction.plan import Plan, PlannedTrack, Timeline
from regard.redaction.report import Check, UncertainSpan
from regard.redaction.report_frames import ROUNDING_US, Request
from regard.redaction.report_pictures import (
    DOUBT,
    LONGER_SIDE,
    Box,
    Seen,
    Thumbnail,
    scaled,
    share_of,
    shrunk,
    thumbnail,
)
from regard.redaction.report_sightings import Detected, Detector, Sightings
from regard.redaction.report_tracks import Pieces, TrackFacts, box_even_if_visible, merged
from regard.redaction.settings import Span

MOST_PICTURES = 60  # of uncertain spans, and as many again of sightings
MOST_SHEET_TRACKS = 40  # whose first and last frames are shown
MOST_UNCERTAIN_FRAMES = 600  # that are looked at again unless all are,
LEAST_UNCERTAIN_FRAMES, _SHARE_OF_FRAMES = 24, 25  # or of a shorter video every 25th frame's worth, but so many
_MOST_SPANS = 150  # that they are of; each may cost decoding from a key frame on

_UNDER = 0.7  # share of a finding that must lie under a cover for it to be no sighting
LEAST_SCORE = 50.0  # per cent, from which something is a sighting, unless less was to be covered
_VISIBLE = 0.5  # share of a finding that must lie on the one who is kept visible
_PICTURE_SIDE = 2 * LONGER_SIDE  # at which a frame is searched that only a picture is made of


@dataclass(slots=True)
class Review:
    """What there is to show."""

    uncertain: dict[int, Thumbnail] = field(default_factory=dict)  # by the place in the report's list
    sightings: dict[int, Thumbnail] = field(default_factory=dict)  # by the place in the check's list
    tracks: dict[tuple[int, str], Thumbnail] = field(default_factory=dict)  # by place, and "first" or "last"
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class _Wish:
    """A picture that the page wants."""

    time_us: int
    box: Box | None  # in the video's pixels, to be framed
    group: Literal["uncertain", "first", "last"]
    place: int


class Reviewer:
    """Takes the frames of an output one after the other.

    plan: what the output was rendered from; uncertain: in the report's order; detector: None looks at nothing again.
    """

    def __init__(
        self, plan: Plan, uncertain: Sequence[UncertainSpan], detector: Detector | None, *, is_all: bool = False
    ) -> None:
        self._plan = plan
        self._detector = detector
        self._is_all = is_all and detector is not None
        self._most_frames = min(
            MOST_UNCERTAIN_FRAMES, max(LEAST_UNCERTAIN_FRAMES, plan.input.frames // _SHARE_OF_FRAMES)
        )
        self._wishes = sorted(_wishes(plan, uncertain), key=lambda wish: wish.time_us)
        self._spans, passed_over = ([], 0) if detector is None or is_all else self._chosen(uncertain)
        self._looks = _Looks(plan)
        self._sightings = Sightings()
        self._stride = self._stride_for(self._spans)
        self._frames = self._in_spans = self._longer_side = 0
        self._skipped = passed_over
        self._least_score = min(LEAST_SCORE, plan.settings.confidence)
        self._review = Review()

    @property
    def request(self) -> Request:
        """What `add` must be given, in order."""
        moments = [(wish.time_us, wish.time_us) for wish in self._wishes]
        return Request(self._is_all, tuple(merged([*self._spans, *moments])))

    def add(self, seen: Seen, until_us: int) -> None:
        """One frame. until_us: when the next one is shown; later than its own time."""
        self._longer_side = max(seen.image.shape[:2])
        wishes = self._take_wishes(until_us - ROUNDING_US)
        scale = seen.image.shape[1] / max(1, self._plan.input.width)
        found: list[Detected] = []
        is_asked, is_due = self._asked(seen.time_us)
        self._skipped += is_asked and not is_due and not wishes
        if self._detector is not None and (is_due or wishes):
            self._frames += 1
            detected = self._detector(seen.image) if is_due else _for_picture(self._detector, seen)
            found = self._looks.outside(self._sure(detected), seen.time_us, scale)
            self._sightings.add(seen, found, scale)
        for wish in wishes:
            box = None if wish.box is None else scaled(wish.box, scale)
            picture = thumbnail(seen, [one.box for one in found], box, DOUBT)
            if wish.group == "uncertain":
                self._review.uncertain[wish.place] = picture
            else:
                self._review.tracks[wish.place, wish.group] = picture

    def finish(self) -> Review:
        """What came of it."""
        review = self._review
        if self._detector is None:
            return review
        sightings = self._sightings.ordered()
        review.sightings = {place: picture for place, (_, picture) in enumerate(sightings[:MOST_PICTURES])}
        review.check = Check(
            which="all" if self._is_all else "uncertain",
            frames=self._frames,
            skipped=self._skipped,
            longer_side=self._longer_side,
            least_score=self._least_score,
            under_covers=self._looks.under_covers,
            kept_visible=self._looks.kept_visible,
            found=tuple(sighting for sighting, _ in sightings),
        )
        return review

    def _chosen(self, uncertain: Sequence[UncertainSpan]) -> tuple[list[Span], int]:
        """The riskiest spans, and about how many frames are in the others."""
        chosen: list[Span] = []
        frames = 0.0
        for number, span in enumerate(uncertain):
            if number == _MOST_SPANS or frames >= self._most_frames:
                break
            chosen.append((span.begin_us, span.end_us))
            frames += self._frames_in([chosen[-1]])
        every = self._frames_in(merged((span.begin_us, span.end_us) for span in uncertain))
        chosen = merged(chosen)
        return chosen, max(0, round(every - self._frames_in(chosen)))

    def _stride_for(self, spans: Sequence[Span]) -> int:
        """Every how many frames of the spans are looked at."""
        return max(1, math.ceil(self._frames_in(spans) / self._most_frames))

    def _frames_in(self, spans: Sequence[Span]) -> float:
        """About how many."""
        source = self._plan.input
        return sum(end - begin for begin, end in spans) / max(1, source.duration_us) * source.frames

    def _sure(self, found: Iterable[Detected]) -> list[Detected]:
        return [one for one in found if one.score >= self._least_score]

    def _take_wishes(self, before_us: int) -> list[_Wish]:
        count = bisect.bisect_left(self._wishes, before_us, key=lambda wish: wish.time_us)
        taken = self._wishes[:count]
        del self._wishes[:count]
        return taken

    def _asked(self, time_us: int) -> tuple[bool, bool]:
        """Whether a frame is one that should be looked at again, and whether its turn is come."""
        if self._is_all:
            return True, True
        at = bisect.bisect_right(self._spans, time_us + ROUNDING_US, key=lambda span: span[0]) - 1
        if at < 0 or time_us > self._spans[at][1] + ROUNDING_US:
            return False, False
        self._in_spans += 1
        return True, (self._in_spans - 1) % self._stride == 0


class _Looks:
    """Tells what is found outside of the covers from what is found under them."""

    def __init__(self, plan: Plan) -> None:
        self._damaged = plan.damaged
        self._visible = [track for track in plan.tracks if track.visible]
        self._timeline = Timeline(plan.settings.margin)
        self._timeline.add(list(plan.tracks))
        self.under_covers = 0
        self.kept_visible = 0

    def outside(self, found: Iterable[Detected], time_us: int, scale: float) -> list[Detected]:
        """What is not covered and should be. scale: of the picture against the video; times must rise."""
        areas = [area.box for area in self._timeline.areas_at(time_us)]
        visible = [box for track in self._visible if (box := _shown_box(track, time_us)) is not None]
        is_whole = any(begin <= time_us <= end for begin, end in self._damaged)
        outside = []
        for one in found:
            box = scaled(one.box, 1 / scale)
            if is_whole or any(share_of(box, area) >= _UNDER for area in areas):
                self.under_covers += 1
            elif any(share_of(box, kept) >= _VISIBLE for kept in visible):
                self.kept_visible += 1
            else:
                outside.append(one)
        return outside


def sheet_tracks(facts: Sequence[TrackFacts], uncertain: Sequence[UncertainSpan]) -> list[int]:
    """Places of the tracks whose first and last frames are shown: those with the worst doubts before others."""
    doubted = {span.track: -span.risk for span in reversed(uncertain)}
    places = sorted(range(len(facts)), key=lambda at: (doubted.get(facts[at].track, 0.0), facts[at].begin_us))
    return sorted(places[:MOST_SHEET_TRACKS])


def _wishes(plan: Plan, uncertain: Sequence[UncertainSpan]) -> Iterator[_Wish]:
    pieces = Pieces(plan.tracks)
    for place, span in enumerate(uncertain[:MOST_PICTURES]):
        time_us = (span.begin_us + span.end_us) // 2
        yield _Wish(time_us, pieces.box_near(span.track, span.kind, time_us), "uncertain", place)
    facts = pieces.facts()
    for place in sheet_tracks(facts, uncertain):
        one = facts[place]
        yield _Wish(one.begin_us, pieces.box_near(one.track, one.kind, one.begin_us), "first", place)
        yield _Wish(one.end_us, pieces.box_near(one.track, one.kind, one.end_us), "last", place)


def _for_picture(detector: Detector, seen: Seen) -> list[Detected]:
    """What is found in a frame at a size that shows all that its thumbnail does; boxes in the frame's pixels."""
    image, scale = shrunk(seen.image, _PICTURE_SIDE)
    return [replace(one, box=scaled(one.box, 1 / scale)) for one in detector(image)]


def _shown_box(piece: PlannedTrack, time_us: int) -> Box | None:
    """Where something is that is kept visible at that moment."""
    if not any(begin <= time_us <= end for begin, end in piece.visible):
        return None
    return box_even_if_visible(piece, time_us)
