"""The tracks of a plan, whose pieces are put together again, for its report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regard.redaction.plan import PlannedTrack
from regard.redaction.report_pictures import Box
from regard.redaction.settings import Span


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """One thing within one shot, without its places."""

    track: int
    kind: str
    begin_us: int
    end_us: int
    visible: tuple[Span, ...] = ()  # in which it is not covered


class Pieces:
    """The pieces of all tracks, by track."""

    def __init__(self, tracks: Iterable[PlannedTrack]) -> None:
        found: dict[tuple[int, str], list[PlannedTrack]] = {}
        for piece in tracks:
            found.setdefault((piece.track, piece.kind), []).append(piece)
        self._by_track = {
            key: sorted(pieces, key=lambda piece: piece.begin_us)
            for key, pieces in sorted(found.items(), key=lambda item: min(piece.begin_us for piece in item[1]))
        }

    def facts(self) -> tuple[TrackFacts, ...]:
        """A line each, in order of their beginnings."""
        return tuple(
            TrackFacts(track, kind, pieces[0].begin_us, max(piece.end_us for piece in pieces), _visible(pieces))
            for (track, kind), pieces in self._by_track.items()
        )

    def groups(self) -> list[tuple[str, list[PlannedTrack]]]:
        """Kind and pieces of each track, in order of time."""
        return [(kind, pieces) for (_, kind), pieces in self._by_track.items()]

    def box_near(self, track: int, kind: str, time_us: int) -> Box | None:
        """Of the piece nearest in time, also where it is not covered; None where there is no such track."""
        pieces = self._by_track.get((track, kind))
        if not pieces:
            return None
        nearest = min(pieces, key=lambda one: max(one.begin_us - time_us, time_us - one.end_us, 0))
        return box_even_if_visible(nearest, min(max(time_us, nearest.begin_us), nearest.end_us))


def box_even_if_visible(piece: PlannedTrack, time_us: int) -> Box | None:
    """Where it is at a moment, whether it is covered then or not; None before and after it."""
    found = replace(piece, visible=()).box_at(time_us)
    if found is None:
        return None
    left, top, right, bottom = found.tolist()
    return (left, top, right, bottom)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Rising, and apart from each other."""
    apart: list[Span] = []
    for begin, end in sorted(spans):
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((begin, end))
    return apart


def covered_frames(pieces: Sequence[PlannedTrack], times: NDArray[np.int64]) -> tuple[int, NDArray[np.bool_]]:
    """The place in `times` of the first frame that may be covered, and from there on whether each one is."""
    first = int(np.searchsorted(times, pieces[0].begin_us))
    stop = int(np.searchsorted(times, max(piece.end_us for piece in pieces), "right"))
    mine = times[first:stop]
    covers = np.zeros(len(mine), bool)
    for piece in pieces:
        here = slice(*np.searchsorted(mine, [piece.begin_us, piece.end_us + 1]))
        is_seen = np.zeros(len(mine[here]), bool)
        for begin, end in piece.visible:
            is_seen |= (mine[here] >= begin) & (mine[here] <= end)
        covers[here] |= ~is_seen
    return first, covers


def _visible(pieces: Iterable[PlannedTrack]) -> tuple[Span, ...]:
    return tuple(merged(span for piece in pieces for span in piece.visible))
