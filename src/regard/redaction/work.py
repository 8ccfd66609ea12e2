"""Redacting a video from beginning to end: planning, rendering behind it, joining; resumable, and never half-written.

    plan_video      what would be covered, to be looked at and edited
    render_video    a plan applied
    redact_video    both, overlapping

The output gets its name when it is whole. Until then there is a working folder beside it, from which the same call goes
on after a crash; `redaction/work_folder.py` says what is in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from regard import __version__
from regard.media.encoding import CONTAINERS
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from regard.redaction.fingerprints import Fingerprint, fingerprint
from regard.redaction.kept import kept
from regard.redaction.plan import Plan, PlanFault, PlannedInput, PlannedTrack
from regard.redaction.planning import FrameFinder, PlanningWalk, Walked
from regard.redaction.rendering import Rendering
from regard.redaction.settings import RedactionSettings
from regard.redaction.work_folder import Segment, WorkFolder

SEGMENT_US = 10_000_000  # the least; what a crash costs at most, and small enough that little is kept in memory
_WARM_UP_US = 10_000_000  # a walk that goes on begins so much earlier, to know the tracks that reach over
_SHARES = {"planning": 0.4, "rendering": 0.6}  # of the time of the whole, for a bar that moves evenly

Stage = Literal["planning", "rendering"]


class Cancelled(Exception):
    """The caller stopped the work; the same call goes on with it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is."""

    stage: Stage  # the foremost that is not finished
    planned_us: int
    rendered_us: int
    total_us: int | None  # None where the file does not say how long it is
    frames: int  # planned by now

    @property
    def share(self) -> float | None:
        """0..1 of the whole work, None where it cannot be told."""
        if not self.total_us:
            return None
        parts = {"planning": self.planned_us, "rendering": self.rendered_us}
        return min(1.0, sum(_SHARES[name] * min(1.0, part / self.total_us) for name, part in parts.items()))


@dataclass(frozen=True, slots=True)
class Watch:
    """How a caller follows the work and stops it."""

    on_progress: Callable[[Progress], None] = lambda _: None
    is_cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Redacted:
    """A video that was redacted."""

    plan: Plan
    target: Path
    sha256: str
    bytes: int
    frames: int
    left_out: tuple[str, ...]  # streams that the output does not have, each with the reason


_UNWATCHED, _LIMITS = Watch(), VideoLimits()


class VideoFinder(FrameFinder, Protocol):
    """A finder that knows what it is made of."""

    def networks(self) -> dict[str, str]:
        """SHA-256 of the networks' files, by name."""


def plan_video(
    source: Path,
    settings: RedactionSettings,
    finder: VideoFinder,
    watch: Watch = _UNWATCHED,
    limits: VideoLimits = _LIMITS,
) -> Plan:
    """What would be covered. Raises VideoError, KeptFault, Cancelled."""
    made = fingerprint(source)
    walk = PlanningWalk(source, settings, finder, limits)
    segments = [Segment.from_line(segment.to_line()) for segment in _settled(walk, 0, _Teller(watch))]
    made.check(source)
    return _plan(source, made, settings, walk.looked_at, segments, finder.networks())


def render_video(
    source: Path, plan: Plan, target: Path, watch: Watch = _UNWATCHED, limits: VideoLimits = _LIMITS
) -> Redacted:
    """A plan applied; the same plan and source give the same bytes. Raises VideoError, PlanFault, Cancelled."""
    _check_target(source, target)
    made = fingerprint(source)
    if made.sha256 != plan.input.sha256:
        raise PlanFault(
            f"The plan is for {plan.input.name} with the SHA-256 {plan.input.sha256}; {source.name} has {made.sha256}"
        )
    plan = Plan.from_bytes(plan.to_bytes())
    work = WorkFolder(target, {"plan": plan.to_bytes().decode(), "version": __version__})
    with work, Rendering(source, target, work.path, plan.settings, limits) as rendering:
        teller = _Teller(watch, rendering, planned_us=plan.input.duration_us)
        _render(rendering, plan)
        return _joined(rendering, plan, source, made, work, teller)


def redact_video(
    source: Path,
    target: Path,
    settings: RedactionSettings,
    finder: VideoFinder,
    watch: Watch = _UNWATCHED,
    limits: VideoLimits = _LIMITS,
) -> Redacted:
    """Plans and renders, one behind the other. Raises VideoError, KeptFault, Cancelled."""
    _check_target(source, target)
    made = fingerprint(source)
    networks = finder.networks()
    does = {"input": made.sha256, "settings": settings.to_json(), "networks": networks, "version": __version__}
    work = WorkFolder(target, does)
    with work, Rendering(source, target, work.path, settings, limits) as rendering:
        teller = _Teller(watch, rendering)
        # Who is kept visible is known when the whole video is; until then nothing may be rendered.
        is_overlapping = not settings.marks
        tracks: list[PlannedTrack] = []
        for segment in work.segments:
            tracks += segment.tracks
            if is_overlapping:
                rendering.order(segment.begin_us, segment.end_us, _overlapping(tracks, segment), segment.damaged)
        walk = PlanningWalk(source, settings, finder, limits, max(0, work.settled_us - _WARM_UP_US), work.last_track)
        if not work.is_settled:
            for settled in _settled(walk, work.settled_us, teller):
                segment = work.add(settled)
                tracks = [*_overlapping(tracks, segment), *segment.tracks]
                if is_overlapping:
                    rendering.order(segment.begin_us, segment.end_us, tracks, segment.damaged)
        plan = _plan(source, made, settings, rendering.info, work.segments, networks)
        if not is_overlapping:
            _render(rendering, plan)
        return _joined(rendering, plan, source, made, work, teller)


def _check_target(source: Path, target: Path) -> None:
    """Before anything is made beside it."""
    if target.suffix.lower() not in CONTAINERS:
        raise VideoError(f"A video cannot be written as '{target.suffix}'; choose one of {', '.join(CONTAINERS)}")
    if target.exists() and source.exists() and target.samefile(source):
        raise VideoError(f"{target.name} is the input itself; choose another name for the output")


class _Teller:
    """Tells the caller how far the work is, and hears whether it goes on."""

    def __init__(self, watch: Watch, rendering: Rendering | None = None, planned_us: int = 0) -> None:
        self._watch, self._rendering = watch, rendering
        self._planned_us, self._frames = planned_us, 0
        self._total_us: int | None = planned_us or None

    def tell(self, stage: Stage, walked: Walked | None = None, total_us: int | None = None) -> None:
        """Raises Cancelled."""
        if self._watch.is_cancelled():
            raise Cancelled
        if walked is not None:
            self._planned_us, self._frames = walked.last_us, walked.frames
        self._total_us = total_us or self._total_us
        rendered_us = self._rendering.rendered_us if self._rendering is not None else 0
        self._watch.on_progress(Progress(stage, self._planned_us, rendered_us, self._total_us, self._frames))


def _settled(walk: PlanningWalk, begin_us: int, teller: _Teller) -> Iterator[Segment]:
    """Segments as they are settled, from the one that begins at `begin_us` on; all but the last are SEGMENT_US long."""
    segment, damaged_before = Segment(begin_us, None), False
    for walked in walk.steps():
        teller.tell("planning", walked, walk.info.duration_us if walk.info else None)
        segment.tracks += [late for track in walked.tracks if (late := track.from_then_on(begin_us)) is not None]
        segment.cuts += [cut for cut in walked.cuts if cut >= begin_us]
        for begin, end in walked.damaged:
            if damaged_before and segment.damaged:
                segment.damaged[-1] = (segment.damaged[-1][0], end)
            elif end >= begin_us:
                segment.damaged.append((begin, end))
        damaged_before = bool(walked.damaged)
        end_us = segment.begin_us + SEGMENT_US
        while walked.settled_us >= end_us and walked.last_us >= end_us:
            yield replace(segment, end_us=end_us)
            segment = Segment(end_us, None)
            end_us += SEGMENT_US
    yield replace(segment, frames=walk.frames, last_us=walk.last_us)


def _overlapping(tracks: Sequence[PlannedTrack], segment: Segment) -> list[PlannedTrack]:
    end_us = segment.end_us
    return [one for one in tracks if one.end_us >= segment.begin_us and (end_us is None or one.begin_us < end_us)]


def _render(rendering: Rendering, plan: Plan) -> None:
    """Orders every segment of a whole plan."""
    last = plan.input.duration_us // SEGMENT_US
    for number in range(last + 1):
        segment = Segment(number * SEGMENT_US, None if number == last else (number + 1) * SEGMENT_US)
        rendering.order(segment.begin_us, segment.end_us, _overlapping(plan.tracks, segment), plan.damaged)


def _plan(
    source: Path,
    made: Fingerprint,
    settings: RedactionSettings,
    info: VideoInfo,
    segments: Sequence[Segment],
    networks: dict[str, str],
) -> Plan:
    last = segments[-1]
    video = PlannedInput(source.name, made.sha256, made.bytes, info.width, info.height, last.frames, last.last_us)
    tracks = tuple(track for segment in segments for track in segment.tracks)
    cuts = tuple(cut for segment in segments for cut in segment.cuts)
    damaged = tuple(span for segment in segments for span in segment.damaged)
    plan = Plan(video, settings, tracks, cuts, damaged, networks, __version__, tuple(_notes(info, last)))
    return replace(plan, tracks=kept(plan)) if settings.marks else plan


def _notes(info: VideoInfo, last: Segment) -> Iterator[str]:
    if info.duration_us is not None and last.last_us < 0.9 * info.duration_us - 1_000_000:
        stated, found = info.duration_us / 1e6, last.last_us / 1e6
        yield f"The file says that it is {stated:.1f} s long; its pictures end after {found:.1f} s. It may be cut off."


def _joined(
    rendering: Rendering, plan: Plan, source: Path, made: Fingerprint, work: WorkFolder, teller: _Teller
) -> Redacted:
    for _ in rendering.finishing():
        teller.tell("rendering")
    teller.tell("rendering")
    made.check(source)
    done = rendering.publish()
    work.remove()
    return Redacted(plan, rendering.target, done.sha256, done.bytes, plan.input.frames, done.left_out)
