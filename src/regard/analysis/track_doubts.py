"""Why a cover may be wrong, in words for people, with the while for which it may."""

from dataclasses import dataclass

import numpy as np

from regard.analysis.track_parts import Floats, Uncertain

WEAK = "hardly recognised"
DAMAGED = "the video is damaged here"
JUMPED = "the box jumped"
ONCE = "seen only once"
BRIDGED = "not found in a row of frames; covered where the picture's motion says it was"
FAST = "lost while moving fast"
EDGE = "lost near the edge of the picture"

_LEAST_WEAK = 4  # detections in a row
_FAST = 3.0  # sides of the box a second
_NEAR_EDGE = 0.3  # sides of the box


@dataclass(slots=True)
class Spell:
    """A run of moments with one doubt, told when it ends or when what is known is given out."""

    why: str
    least: int  # moments from which it is told
    begin_us: int = 0
    end_us: int = 0
    length: int = 0

    def goes_on(self, time_us: int, is_so: bool) -> list[Uncertain]:
        """The run that just ended, if any."""
        if not is_so:
            return self.told(is_over=True)
        self.begin_us = self.begin_us if self.length else time_us
        self.end_us = time_us
        self.length += 1
        return []

    def told(self, is_over: bool = False) -> list[Uncertain]:
        """What is known of the run by now; it goes on from there unless it is over."""
        told = [Uncertain(self.begin_us, self.end_us, self.why)] if self.length >= self.least else []
        if is_over:
            self.length = 0
        elif told:
            self.begin_us = self.end_us
        return told


def weak_spell() -> Spell:
    """Detections that would not have begun a track."""
    return Spell(WEAK, _LEAST_WEAK)


def damaged_spell() -> Spell:
    """Frames that could not be decoded soundly."""
    return Spell(DAMAGED, 1)


def at_loss(box: Floats, velocity: Floats, frame: Floats, hits: int) -> list[str]:
    """What is doubtful about a track whose last detection was in `box`.

    velocity: (2,) pixels a microsecond; frame: (2,) width and height of the picture.
    """
    side = float(np.sqrt(np.clip(box[2:] - box[:2], 1e-3, None).prod()))
    why = [ONCE] if hits == 1 else []
    if float(np.hypot(*velocity)) * 1e6 > _FAST * side:
        why.append(FAST)
    if min(*box[:2], *(frame - box[2:])) < _NEAR_EDGE * side:
        why.append(EDGE)
    return why
