"""What a detector still finds in a redacted output, gathered over time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from regard.redaction.report import Sighting
from regard.redaction.report_pictures import ALARM, Box, Pixels, Seen, Thumbnail, grown, scaled, thumbnail

_GAP_US = 500_000  # by which the findings of one sighting may be apart
_MOVED = 0.75  # sides of its box by which it may have moved in that time


@dataclass(frozen=True, slots=True)
class Detected:
    """One thing that a detector finds in a picture."""

    kind: str
    box: Box  # in the picture's pixels
    score: float  # per cent


Detector = Callable[[Pixels], Sequence[Detected]]
"""(H, W, 3) RGB to what is there."""


@dataclass(slots=True)
class _Going:
    """A sighting that may still go on; boxes in the video's pixels."""

    begin_us: int
    end_us: int
    last_box: Box
    best: Detected
    best_box: Box
    picture: Thumbnail  # at the best moment
    frames: int = 1

    def is_same(self, time_us: int, kind: str, box: Box) -> bool:
        """Whether a finding goes on with it."""
        if kind != self.best.kind or not 0 < time_us - self.end_us <= _GAP_US:
            return False
        left, top, right, bottom = grown(self.last_box, _MOVED)
        return left <= (box[0] + box[2]) / 2 <= right and top <= (box[1] + box[3]) / 2 <= bottom

    @property
    def told(self) -> Sighting:
        """For the report."""
        left, top, right, bottom = (round(side, 1) for side in self.best_box)
        return Sighting(
            begin_us=self.begin_us,
            end_us=self.end_us,
            frames=self.frames,
            score=round(self.best.score, 1),
            kind=self.best.kind,
            box=(left, top, right, bottom),
            at_us=self.picture.time_us,
        )


class Sightings:
    """Puts what is found in frame after frame together."""

    def __init__(self) -> None:
        self._ended: list[_Going] = []
        self._going: list[_Going] = []

    def add(self, seen: Seen, found: Sequence[Detected], scale: float) -> None:
        """What is uncovered in a frame. scale: of its picture against the video."""
        self._ended += [one for one in self._going if seen.time_us - one.end_us > _GAP_US]
        self._going = [one for one in self._going if seen.time_us - one.end_us <= _GAP_US]
        boxes = [one.box for one in found]
        for one in found:
            self._add(seen, one, scaled(one.box, 1 / scale), boxes)

    def ordered(self) -> list[tuple[Sighting, Thumbnail]]:
        """All of them with a picture each, what lasts longest and is surest first."""
        every = sorted([*self._ended, *self._going], key=lambda one: (-one.best.score * one.frames, one.begin_us))
        return [(one.told, one.picture) for one in every]

    def _add(self, seen: Seen, one: Detected, box: Box, boxes: Sequence[Box]) -> None:
        known = next((going for going in self._going if going.is_same(seen.time_us, one.kind, box)), None)
        if known is None:
            picture = thumbnail(seen, boxes, one.box, ALARM)
            self._going.append(_Going(seen.time_us, seen.time_us, box, one, box, picture))
            return
        known.end_us, known.last_box = seen.time_us, box
        known.frames += 1
        if one.score > known.best.score:
            known.best, known.best_box, known.picture = one, box, thumbnail(seen, boxes, one.box, ALARM)
