"""Short anonymous tracks, so that what covers something does not blink.

Boxes found in frames are joined by overlap, position and motion; nothing is remembered of how anything looks, and no
track outlives its shot. What was missed between two detections is filled by following the pixels from both ends, and
what is covered begins before the first detection and ends after the last.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from regard.analysis.bridging import Film
from regard.analysis.track_course import Course
from regard.analysis.track_matching import distances, inside_share, pairs
from regard.analysis.track_parts import Floats, Found, TrackerOptions, TrackPiece, Uncertain

__all__ = ["Found", "TrackPiece", "Tracker", "TrackerOptions", "Uncertain"]

_NEAR = 0.6  # box sides between where a track was expected and where something was found that continues it
_NEAR_FIRST = 1.0  # where its speed is not known yet
_NEAR_EACH_SECOND = 0.8  # more for each second since it was last found
_NEAR_AT_MOST = 1.2
_IN_THE_SHADOW = 0.7  # the share of a lost track's box that another's covers, so that it is the same or behind it

_DEFAULTS = TrackerOptions()


class Tracker:
    """Frames of one video in order; pieces of tracks come out once they are settled. Memory does not grow."""

    def __init__(self, options: TrackerOptions = _DEFAULTS, last_track: int = 0) -> None:
        """last_track: the number after which those of tracks begin."""
        self._options = options
        self._film = Film()
        self._courses: list[Course] = []
        self._last_track = last_track
        self._shot_us = self._last_us = 0
        self._frame = np.zeros(2)
        self._settled_us = 0

    @property
    def settled_us(self) -> int:
        """Every piece that begins before has been given out."""
        return self._settled_us

    def add(
        self,
        time_us: int,
        image: NDArray[np.uint8],
        scale: float,
        found: list[Found] | None,
        is_cut: bool = False,
        is_damaged: bool = False,
        looked_for: Collection[str] | None = None,
    ) -> list[TrackPiece]:
        """The next frame; times must rise. Returns what was settled by it.

        image: (H, W, 3) RGB, the same size in every frame; scale: full-frame pixels in one of its pixels.
        found: with scores down to `keep_score` where they are known; None where the frame was not searched.
        is_cut: whether it begins a new shot. looked_for: kinds that were searched for, None for all.
        """
        pieces: list[TrackPiece] = []
        if is_cut:
            pieces += self._end(self._last_us, self._courses)
            self._film.clear()
            self._shot_us = time_us
        self._last_us = time_us
        self._frame = np.array(image.shape[1::-1], np.float64) * scale
        self._film.add(time_us, image, scale, time_us - 2 * self._options.lead_us)
        kinds = {course.kind for course in self._courses} | {one.kind for one in found or []}
        for kind in sorted(kinds):
            is_looked_for = found is not None and (looked_for is None or kind in looked_for)
            self._match(time_us, kind, [one for one in found or [] if one.kind == kind], is_looked_for)
        for course in self._courses:
            course.note_damage(time_us, is_damaged)
        pieces += self._end(time_us, [course for course in self._courses if course.is_over(time_us)])
        pieces += [piece for course in self._courses if (piece := course.settled(time_us)) is not None]
        self._settle(time_us)
        return pieces

    def finish(self) -> list[TrackPiece]:
        """The video is over: the rest."""
        pieces = self._end(self._last_us, self._courses)
        self._film.clear()
        return pieces

    def _match(self, time_us: int, kind: str, found: list[Found], is_looked_for: bool) -> None:
        courses = [course for course in self._courses if course.kind == kind]
        free = [course for course in courses if not course.is_lost]
        strong = [one for one in found if one.score >= self._options.start_score]
        weak = [one for one in found if self._options.keep_score <= one.score < self._options.start_score]
        # Those that were just seen first, where they head; only for the others is it worth following pixels.
        self._join(time_us, free, strong)
        missed = [course for course in courses if course.last_us != time_us]
        for course in missed:
            course.follow(time_us, self._film)
        self._join(time_us, missed, strong)
        self._join(time_us, [course for course in missed if course.takes_weak(time_us)], weak)
        missed = [course for course in missed if course.last_us != time_us]
        for one in strong:
            self._last_track += 1
            self._courses.append(Course(self._last_track, time_us, one, self._options))
        seen = [course for course in self._courses if course.kind == kind and course.last_us == time_us]
        for course in missed:
            course.miss(time_us, self._film, is_looked_for)
            if is_looked_for:
                course.shadowed = course.shadowed + 1 if _is_shadowed(course, seen) else 0
        for course in seen:
            course.lead_in(self._film, self._frame)

    def _join(self, time_us: int, courses: list[Course], found: list[Found]) -> None:
        """Gives courses what was found near them; takes what was given out of both lists."""
        if not courses or not found:
            return
        boxes = np.array([one.box for one in found])
        costs = distances(np.array([course.coasting(time_us) for course in courses]), boxes)
        if any(course.coming is not None for course in courses):
            followed = [course.coasting(time_us) if course.coming is None else course.coming.box for course in courses]
            costs = np.minimum(costs, distances(np.array(followed), boxes))
        limits = np.array([_reach(course, time_us) for course in courses])
        matched = pairs(costs, limits)
        for row, column in matched:
            courses[row].find(time_us, found[column], self._film)
        for row in sorted((row for row, _ in matched), reverse=True):
            del courses[row]
        for column in sorted((column for _, column in matched), reverse=True):
            del found[column]

    def _end(self, time_us: int, courses: list[Course]) -> list[TrackPiece]:
        pieces = [course.end(time_us, self._frame) for course in courses]
        self._courses = [course for course in self._courses if course not in courses]
        return [piece for piece in pieces if piece is not None]

    def _settle(self, time_us: int) -> None:
        coming_us = max(self._shot_us, time_us + 1 - self._options.lead_us)
        settled_us = min([coming_us, *(max(course.unsettled_us, self._shot_us) for course in self._courses)])
        self._settled_us = max(self._settled_us, settled_us)


def _reach(course: Course, time_us: int) -> float:
    if course.hits == 1:
        return _NEAR_FIRST
    return min(_NEAR + _NEAR_EACH_SECOND * (time_us - course.last_us) / 1e6, _NEAR_AT_MOST)


def _is_shadowed(course: Course, others: list[Course]) -> bool:
    box: Floats = course.moments[-1].box
    return any(inside_share(box, other.last_box) > _IN_THE_SHADOW for other in others)
