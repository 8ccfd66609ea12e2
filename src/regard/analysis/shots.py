"""The shots of a video: what lies between cuts, dissolves and fades.

    finder = ShotFinder()
    for measured in chunks:
        finder.add(measured)
    finder.shots()

Cuts are those of `analysis/cuts.py`, the same wherever a video was divided; frames of a soft transition belong to no
shot. Memory grows with the shots, not with the frames.
"""

from collections.abc import Callable
from dataclasses import dataclass

from regard.analysis import cuts
from regard.analysis.cuts import Cut, CutRule, Shown
from regard.analysis.frame_measures import FrameMeasurer, Gray, Measured
from regard.analysis.soft_transitions import Transition, TransitionFinder

_SURE_OVER = 0.3  # novelty over the limit from which a cut is beyond doubt


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames by number in the video, both included."""

    first: int
    last: int
    confidence: float  # 50 to 100: of the weaker of its ends; the video's own ends are beyond doubt


@dataclass(frozen=True, slots=True)
class _Boundary:
    last_before: int
    first_after: int
    confidence: float


class ShotFinder:
    """Chunks of one video in order."""

    def __init__(self) -> None:
        self._seam = _Seam()
        self._rule = CutRule()
        self._transitions = TransitionFinder()
        self._cuts: list[tuple[int, float]] = []  # frame, confidence
        self._frames = 0

    @property
    def frames(self) -> int:
        """How many were added."""
        return self._frames

    def add(self, measured: Measured) -> list[int]:
        """The next chunk. Returns its cuts, hard ones only, by the frames' numbers in the video."""
        known = len(self._cuts)
        self._seam.begin(measured, self._frames)
        for at, frame in enumerate(measured.frames):
            number = self._frames + at
            self._transitions.add(number, int(frame["time_us"]), measured.tiny[at])
            if frame["is_damaged"]:
                continue
            shown = Shown(number, int(frame["time_us"]), float(frame["level"]), bool(frame["is_flat"]))
            cut = self._rule.add(shown, self._seam.novelty(number), self._seam.since(number))
            if cut is not None:
                self._cuts.append((number, _confidence(cut)))
        self._frames += len(measured.frames)
        self._seam.end(measured)
        return [number for number, _ in self._cuts[known:]]

    def shots(self) -> list[Shot]:
        """All shots in order, once every chunk was added."""
        shots, first, confidence = [], 0, 100.0
        for boundary in self._boundaries():
            if boundary.last_before >= first:
                shots.append(Shot(first, boundary.last_before, min(confidence, boundary.confidence)))
            first, confidence = boundary.first_after, boundary.confidence
        if first < self._frames:
            shots.append(Shot(first, self._frames - 1, confidence))
        return shots

    def transitions(self) -> list[Transition]:
        """Dissolves and fades in order, once every chunk was added."""
        return self._transitions.found()

    def _boundaries(self) -> list[_Boundary]:
        soft = self.transitions()
        inside = {number for one in soft for number in range(one.first, one.last + 2)}
        found = [_Boundary(number - 1, number, sure) for number, sure in self._cuts if number not in inside]
        found += [_Boundary(one.first - 1, one.last + 1, one.confidence) for one in soft]
        return sorted(found, key=lambda boundary: boundary.first_after)


def _confidence(cut: Cut) -> float:
    return 50 + 50 * min(1.0, (cut.novelty - cut.limit) / _SURE_OVER)


class _Seam:
    """Novelties by the frames' numbers in the video, across the edges of chunks."""

    def __init__(self) -> None:
        self._offset = 0
        self._chunk = FrameMeasurer(()).measured()
        self._first = -1  # of this chunk, the frame that is compared with the chunk before
        self._last: Gray | None = None  # the last picture before this chunk
        self._late: dict[int, tuple[int, Gray]] = {}  # time and picture before this chunk that flashes may lead back to

    def begin(self, measured: Measured, offset: int) -> None:
        self._chunk, self._offset = measured, offset
        self._first = -1 if measured.first is None else offset + measured.first[0]

    def end(self, measured: Measured) -> None:
        """Keeps of a chunk what the next ones are compared with."""
        if measured.first is None:
            return
        number = max(measured.late)
        self._last = measured.late[number]
        end_us = int(measured.frames[number]["time_us"])
        for at, gray in measured.late.items():
            self._late[self._offset + at] = int(measured.frames[at]["time_us"]), gray
        self._late = {at: kept for at, kept in self._late.items() if end_us - kept[0] < cuts.FLASH_US}

    def novelty(self, number: int) -> float:
        """Against the frame before that is not damaged."""
        if number != self._first:
            return float(self._chunk.frames[number - self._offset]["novelty"])
        is_flat = bool(self._chunk.frames[number - self._offset]["is_flat"])
        return 0.0 if self._last is None or is_flat else cuts.novelty(self._last, self._picture(number))

    def since(self, number: int) -> Callable[[Shown], float]:
        """Against an earlier frame to which a flash may lead back."""

        def novelty(before: Shown) -> float:
            if before.number < self._offset:
                return cuts.novelty(self._late[before.number][1], self._picture(number))
            return self._chunk.since[before.number - self._offset, number - self._offset]

        return novelty

    def _picture(self, number: int) -> Gray:
        first = self._chunk.first
        if first is not None and number == self._first:
            return first[1]
        return self._chunk.early[number - self._offset]
