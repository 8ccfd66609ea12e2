"""Everyone but one: when the person who asked for the footage may be seen.

The requester marks themselves in a frame. The track that is there stays visible forward and backward from the mark for
as long as nothing speaks against it being the same person, which position, size and motion alone decide; from the first
doubt on they are covered, until another mark. No face is compared with another.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regard.redaction.plan import Plan, PlannedTrack
from regard.redaction.settings import Mark, Span

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

KINDS = {"face": "faces", "person": "people"}  # of which one can be marked, and how several are called
_STEP_US = 10_000  # between the moments looked at; shorter than any frame
_CAUTION_US = 300_000  # before a doubt the person is covered already: what it is a sign of may have begun earlier
_UNSEEN_US = 500_000  # of a track's beginning and end; `TrackerOptions.lead_us` and `hold_us`, nothing was found there
_CLOSE = 0.5  # sides of the larger box that must be free between two
_MOST_OUTSIDE = 0.25  # share of the box's width or height beyond the frame
_MOST_SPEED = 8.0  # sides of the box a second
_MOST_GROWTH = 1.5  # of either side within _GROWTH_US
_GROWTH_US = 200_000


class KeptFault(ValueError):
    """A mark does not say who is to be kept visible; the message names its time and place, and why."""


@dataclass(frozen=True, slots=True)
class _Path:
    """All pieces of one track, in order."""

    track: int
    kind: str
    pieces: tuple[PlannedTrack, ...]

    @property
    def begin_us(self) -> int:
        return self.pieces[0].begin_us

    @property
    def end_us(self) -> int:
        return max(piece.end_us for piece in self.pieces)

    def at(self, times: Floats) -> Floats:
        """(N, 4) boxes at moments, NaN where nothing is covered."""
        boxes = np.full((len(times), 4), np.nan)
        for piece in self.pieces:
            inside = (times >= piece.begin_us) & (times <= piece.end_us)
            for side in range(4):
                boxes[inside, side] = np.interp(times[inside], piece.positions[:, 0], piece.positions[:, side + 1])
        return boxes


def kept(plan: Plan) -> tuple[PlannedTrack, ...]:
    """The plan's tracks, of which those that its settings' marks name are `visible` while they can be followed.

    Raises KeptFault where a mark is on nothing, on two at once, or where there is doubt at once.
    """
    paths = _paths(plan.tracks)
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    for mark in plan.settings.marks:
        for path in _marked(plan, paths, mark):
            spans[path.track].append(_visible(plan, paths, path, mark))
    return tuple(_with_visible(piece, spans.get(piece.track, [])) for piece in plan.tracks)


def _paths(tracks: Sequence[PlannedTrack]) -> list[_Path]:
    pieces: defaultdict[tuple[int, str], list[PlannedTrack]] = defaultdict(list)
    for track in tracks:
        pieces[track.track, track.kind].append(track)
    return [_Path(*key, tuple(sorted(some, key=lambda one: one.begin_us))) for key, some in pieces.items()]


def _marked(plan: Plan, paths: Sequence[_Path], mark: Mark) -> list[_Path]:
    """The one of each kind that a mark is on."""
    x, y = mark.x * plan.input.width, mark.y * plan.input.height
    there: defaultdict[str, list[_Path]] = defaultdict(list)
    for path in paths:
        if path.kind in KINDS and path.begin_us <= mark.time_us <= path.end_us:
            left, top, right, bottom = path.at(np.array([mark.time_us], np.float64))[0]
            if left <= x <= right and top <= y <= bottom:
                there[path.kind].append(path)
    if not there:
        raise KeptFault(
            f"{_named(plan, mark)} is on nobody: mark the middle of a face (or person, where people are covered) in a "
            "frame in which it is found"
        )
    for kind, several in there.items():
        if len(several) > 1:
            raise KeptFault(
                f"{_named(plan, mark)} is on {len(several)} {KINDS[kind]} at once: mark a moment when they are apart"
            )
    return [path for several in there.values() for path in several]


def _visible(plan: Plan, paths: Sequence[_Path], path: _Path, mark: Mark) -> Span:
    """The while around a mark for which nothing speaks against the track being the same person."""
    times = np.arange(path.begin_us, path.end_us + 1, _STEP_US, dtype=np.float64)
    boxes = path.at(times)
    doubts: dict[str, Flags] = {}
    for why, flags in _doubts(plan, paths, path, times, boxes):
        doubts[why] = _spread(flags, _CAUTION_US // _STEP_US) if why in _SIGNS else flags
    here = int(np.searchsorted(times, mark.time_us, "right")) - 1
    for why, flags in doubts.items():
        if flags[here]:
            raise KeptFault(f"{_named(plan, mark)} cannot be followed from there: {why}. Mark another moment")
    doubtful = np.flatnonzero(np.any(list(doubts.values()), axis=0))
    before, after = doubtful[doubtful < here], doubtful[doubtful > here]
    first = int(before[-1]) + 1 if len(before) else 0
    last = int(after[0]) - 1 if len(after) else len(times) - 1
    return int(times[first]), max(int(times[last]), mark.time_us)


_NEAR, _OUT, _JUMP = "another is too near", "they are partly out of the picture", "the box jumps"
_UNSURE, _GONE = "the track is uncertain", "the track is broken off"
_DAMAGED, _CUT = "the video is damaged", "the shot changes"
_EDGE = "they were first found later, or last found earlier"
_SIGNS = {_NEAR, _JUMP, _UNSURE, _GONE}  # of something that may have begun before it showed


def _doubts(
    plan: Plan, paths: Sequence[_Path], path: _Path, times: Floats, boxes: Floats
) -> Iterator[tuple[str, Flags]]:
    """Reasons to doubt, each with the (N,) moments for which it holds."""
    frame = np.array([plan.input.width, plan.input.height], np.float64)
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3)
    yield _GONE, np.isnan(boxes[:, 0])
    yield _NEAR, _is_near(paths, path, times, boxes)
    outside = np.maximum(-boxes[:, :2], boxes[:, 2:] - frame)
    yield _OUT, np.any(outside > _MOST_OUTSIDE * size, axis=1)
    yield _JUMP, _is_jumping(boxes, size)
    uncertain = [(doubt.begin_us, doubt.end_us) for piece in path.pieces for doubt in piece.uncertain]
    yield _UNSURE, _within(times, uncertain)
    yield _DAMAGED, _within(times, plan.damaged)
    yield _CUT, _within(times, [(cut - 1, cut - 1 + _STEP_US) for cut in plan.cuts if path.begin_us < cut])
    yield _EDGE, _is_unseen(plan, path, times)


def _is_near(paths: Sequence[_Path], path: _Path, times: Floats, boxes: Floats) -> Flags:
    near = np.zeros(len(times), bool)
    for other in paths:
        if other.kind != path.kind or other.track == path.track:
            continue
        span = slice(*np.searchsorted(times, [other.begin_us - _STEP_US, other.end_us + _STEP_US]))
        own, theirs = boxes[span], other.at(np.clip(times[span], other.begin_us, other.end_us))
        size = np.maximum(own[:, 2:] - own[:, :2], theirs[:, 2:] - theirs[:, :2])
        free = np.maximum(theirs[:, :2] - own[:, 2:], own[:, :2] - theirs[:, 2:])
        near[span] |= np.all(free < _CLOSE * size, axis=1)
    return near


def _is_jumping(boxes: Floats, size: Floats) -> Flags:
    jumping = np.zeros(len(boxes), bool)
    centres, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, np.sqrt(size.prod(1))
    moved = np.hypot(*np.diff(centres, axis=0).T)
    jumping[1:] = moved > _MOST_SPEED * sides[1:] * _STEP_US / 1e6
    steps = _GROWTH_US // _STEP_US
    if len(size) > steps:
        growth = np.abs(np.log(size[steps:] / size[:-steps])).max(1)
        jumping[steps:] |= growth > np.log(_MOST_GROWTH)
    return jumping


def _is_unseen(plan: Plan, path: _Path, times: Floats) -> Flags:
    """Where a cover leads in or is held; at the edges of a shot there is little of either."""
    edges = [0, plan.input.duration_us, *plan.cuts]
    is_from_start = any(abs(path.begin_us - edge) <= _STEP_US for edge in edges)
    next_us = min((edge for edge in edges if edge >= path.end_us), default=path.end_us)
    is_to_end = next_us - path.end_us <= _STEP_US * 10  # the last frame of a shot lies one frame before the next's
    unseen = np.zeros(len(times), bool)
    if not is_from_start:
        unseen |= times < path.begin_us + _UNSEEN_US
    if not is_to_end:
        unseen |= times > path.end_us - _UNSEEN_US
    return unseen


def _within(times: Floats, spans: Sequence[Span]) -> Flags:
    inside = np.zeros(len(times), bool)
    for begin, end in spans:
        inside[np.searchsorted(times, begin - _STEP_US) : np.searchsorted(times, end + _STEP_US, "right")] = True
    return inside


def _spread(flags: Flags, steps: int) -> Flags:
    """Also true for `steps` before and after."""
    return (
        np.asarray(np.convolve(flags, np.ones(2 * steps + 1), "same") > 0.5)
        if len(flags) > 2 * steps
        else (np.full(len(flags), bool(flags.any())))
    )


def _with_visible(piece: PlannedTrack, spans: Sequence[Span]) -> PlannedTrack:
    inside = [(max(begin, piece.begin_us), min(end, piece.end_us)) for begin, end in spans]
    merged: list[Span] = []
    for begin, end in sorted([*piece.visible, *(span for span in inside if span[0] <= span[1])]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return replace(piece, visible=tuple(merged)) if merged else piece


def _named(plan: Plan, mark: Mark) -> str:
    x, y = mark.x * plan.input.width, mark.y * plan.input.height
    return f"The mark at {mark.time_us / 1e6:.3f} s on the point {mark.x:g}, {mark.y:g} (pixel {x:.0f}, {y:.0f})"
