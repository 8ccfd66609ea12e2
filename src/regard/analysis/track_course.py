"""One track while it is being followed: where it was found, where it was meanwhile, and what is settled of that."""

from dataclasses import dataclass

import numpy as np

from regard.analysis import track_doubts
from regard.analysis.bridging import Film, Moved
from regard.analysis.track_parts import Floats, Found, TrackerOptions, TrackPiece, Uncertain
from regard.analysis.track_smoothing import simplified, smoothed

_COAST_US = 500_000  # for which a track is thought to go on at its last speed
_RECENT_US = 300_000
_BLIND_LEAD_US = 200_000  # for which a lead-in goes on where the pixels do not say whereto
_AT_EASE = 0.5  # sides of the box a second; what moves less is where the camera says
_LITTLE_DRIFT = 0.1  # sides of the box; a bridge that ends so near needs no second one from the other end
_JUMP = 0.6  # the same, from where it was expected
_LEAST_BRIDGE_US = 300_000
_WEAK_BRIDGE_US = 800_000  # the longest gap that ends with a weak detection
_BELIEVED = 1.5  # sure detections' scores together, from which weak ones may go on for ever
_BRIDGE_FOR_EVIDENCE_US = 600_000  # more for each sure detection


@dataclass(slots=True)
class Moment:
    """Where the track is in one frame."""

    time_us: int
    box: Floats
    is_found: bool = False
    outline: Floats | None = None


class Course:
    """A track from its first detection on."""

    def __init__(self, track: int, time_us: int, found: Found, options: TrackerOptions) -> None:
        self.track, self.kind, self._options = track, found.kind, options
        self.moments = [Moment(time_us, found.box, True, found.outline)]
        self.first_us = self.last_us = time_us  # of its detections
        self.last_box = found.box
        self.hits, self.evidence = 1, found.score
        self._strong, self._last_strong_us = found.score, time_us  # the sum of scores that could begin a track
        self.velocity = np.zeros(2)
        self.coming: Moved | None = None  # where its pixels went in the frame that is being looked at
        self.shadowed = 0  # looks in a row in which it was not found and another track was in its place
        self._missed = 0  # frames since the last detection that were searched
        self._emitted_us: int | None = None
        self._joint: Floats | None = None  # the last position given out
        self._lead_is_whole = False
        self._has_outlines = found.outline is not None
        self._doubts: list[Uncertain] = []
        self._weak, self._damaged = track_doubts.weak_spell(), track_doubts.damaged_spell()

    @property
    def is_lost(self) -> bool:
        """Whether it was not found in the frame before, or not looked for."""
        return not self.moments[-1].is_found

    @property
    def unsettled_us(self) -> int:
        """Nothing of it changes before."""
        return self.first_us - self._options.lead_us if self._emitted_us is None else self._emitted_us

    def coasting(self, time_us: int) -> Floats:
        """(4,) where it would be had it gone on at its last speed."""
        return self.last_box + np.tile(self.velocity * min(time_us - self.last_us, _COAST_US), 2)

    def follow(self, time_us: int, film: Film) -> Moved:
        """Where its pixels went since the frame before, or else where it probably is."""
        if self.coming is None:
            before = self.moments[-1]
            self.coming = film.forward(before.box, self._own_motion(time_us) * (time_us - before.time_us))
        return self.coming

    def find(self, time_us: int, found: Found, film: Film) -> None:
        """It was found in this frame; what lies between this and the last time is filled."""
        expected = self.coasting(time_us) if self.coming is None else self.coming.box
        side = _side(found.box)
        drift = found.box - expected
        if np.abs(drift).max() > _JUMP * side and (self.hits > 1 or self.coming is not None):
            self._doubts.append(Uncertain(self.moments[-1].time_us, time_us, track_doubts.JUMPED))
        self._fill(time_us, found.box, drift, film)
        self._learn_velocity(time_us, found.box)
        self._doubts += self._weak.goes_on(time_us, found.score < self._options.start_score)
        self.moments.append(Moment(time_us, found.box, True, found.outline))
        self.last_us, self.last_box = time_us, found.box
        self.hits, self.evidence = self.hits + 1, self.evidence + found.score
        if found.score >= self._options.start_score:
            self._strong, self._last_strong_us = self._strong + found.score, time_us
        self._has_outlines |= found.outline is not None
        self.coming, self.shadowed, self._missed = None, 0, 0

    def miss(self, time_us: int, film: Film, is_looked_for: bool) -> None:
        """It was not found in this frame, or not looked for."""
        self._missed += is_looked_for
        self.moments.append(Moment(time_us, self.follow(time_us, film).box))
        self.coming = None

    def note_damage(self, time_us: int, is_damaged: bool) -> None:
        """Whether this frame could be decoded soundly."""
        self._doubts += self._damaged.goes_on(time_us, is_damaged)

    def lead_in(self, film: Film, frame: Floats) -> None:
        """Covers it before its first detection, for as long as the evidence for it allows. frame: (2,) its size."""
        if self._lead_is_whole or self._emitted_us is not None:
            return
        earliest = self.moments[0]
        goal_us = self.first_us - self._allowed(self._options.lead_us)
        sure_us = earliest.time_us
        for time_us, moved in film.backward(earliest.box, earliest.time_us, goal_us, self._own_motion(self.last_us)):
            sure_us = time_us if moved.is_sure else sure_us
            if sure_us - time_us > _BLIND_LEAD_US or _is_outside(moved.box, frame):
                self._lead_is_whole = True
                break
            self.moments.insert(0, Moment(time_us, moved.box))
        self._lead_is_whole |= self.evidence >= self._options.enough_evidence

    def takes_weak(self, time_us: int) -> bool:
        """Whether a weak detection continues it: that of a passing error must not keep it alive for long."""
        if time_us - self.last_us > _WEAK_BRIDGE_US:
            return False
        is_believed = self._strong >= _BELIEVED
        return is_believed or time_us - self._last_strong_us <= self._bridge_us(self._strong)

    def is_over(self, time_us: int) -> bool:
        """Whether it has been lost for so long that a new detection would be another track's."""
        return time_us - self.last_us > self._bridge_us(self.evidence) or self.shadowed >= 3

    def end(self, time_us: int, frame: Floats) -> TrackPiece | None:
        """The rest of it, held for a while after the last detection."""
        until_us = self.last_us + self._allowed(self._options.hold_us)
        while self.moments[-1].time_us > until_us or (self.is_lost and _is_outside(self.moments[-1].box, frame)):
            self.moments.pop()
        self._doubts += self._weak.told(is_over=True) + self._damaged.told(is_over=True)
        is_lost = self._missed > self._options.doubtful_frames or self.is_over(time_us)
        for why in track_doubts.at_loss(self.last_box, self.velocity, frame, self.hits) if is_lost else []:
            self._doubts.append(Uncertain(self.last_us, self.moments[-1].time_us, why))
        return self._piece(len(self.moments) - 1)

    def settled(self, time_us: int) -> TrackPiece | None:
        """What will not change any more, where that is worth a piece."""
        is_led_in = self.evidence >= self._options.enough_evidence or time_us - self.first_us > self._options.lead_us
        if not is_led_in or time_us - self.unsettled_us < self._options.piece_us:
            return None
        settled_us = self.last_us - 3 * self._options.smooth_us
        last = sum(moment.time_us <= settled_us for moment in self.moments) - 1
        if last < 0 or (self._emitted_us is not None and self.moments[last].time_us <= self._emitted_us):
            return None
        self._doubts += self._weak.told() + self._damaged.told()
        return self._piece(last)

    def _piece(self, last: int) -> TrackPiece | None:
        first = 0
        if self._emitted_us is not None:
            first = next(at for at, moment in enumerate(self.moments) if moment.time_us == self._emitted_us)
            if first == last:
                return None
        chosen = self.moments[first : last + 1]
        end_us = self._emitted_us = chosen[-1].time_us
        times = np.array([moment.time_us for moment in self.moments], np.float64)
        boxes = smoothed(times, np.array([moment.box for moment in self.moments]), self._options.smooth_us)
        positions = np.column_stack([times, boxes])[first : last + 1]
        if self._joint is not None:
            positions[0] = self._joint  # the same but for the last bit
        self._joint = positions[-1].copy()
        outlines = None
        if self._has_outlines:
            outlines = tuple(moment.outline for moment in chosen)
        else:
            positions = positions[simplified(positions[:, 0], positions[:, 1:])]
        doubts = tuple(doubt for doubt in self._doubts if doubt.begin_us <= end_us)
        self._doubts = [doubt for doubt in self._doubts if doubt.begin_us > end_us]
        self.moments = [one for one in self.moments if one.time_us >= end_us - 3 * self._options.smooth_us]
        return TrackPiece(self.track, self.kind, positions, outlines, doubts)

    def _fill(self, time_us: int, box: Floats, drift: Floats, film: Film) -> None:
        """Puts the boxes since the last detection where both ends agree; covers both where they do not."""
        gap = [moment for moment in self.moments if moment.time_us > self.last_us]
        if not gap:
            return
        if self._missed > self._options.doubtful_frames:
            self._doubts.append(Uncertain(self.last_us, time_us, track_doubts.BRIDGED))
        for moment in gap:
            moment.box = moment.box + drift * ((moment.time_us - self.last_us) / (time_us - self.last_us))
        if np.abs(drift).max() < _LITTLE_DRIFT * _side(box):
            return
        back = dict(film.backward(box, time_us, self.last_us, self._own_motion(time_us)))
        error = self.last_box - back[self.last_us].box if self.last_us in back else np.zeros(4)
        for moment in gap:
            if moment.time_us in back:
                share = (time_us - moment.time_us) / (time_us - self.last_us)
                moment.box = _union(moment.box, back[moment.time_us].box + error * share)

    def _learn_velocity(self, time_us: int, box: Floats) -> None:
        now = (box[:2] + box[2:] - self.last_box[:2] - self.last_box[2:]) / 2 / (time_us - self.last_us)
        self.velocity = now if self.hits == 1 else 0.5 * self.velocity + 0.5 * now

    def _own_motion(self, time_us: int) -> Floats:
        """(2,) pixels a microsecond where it moves by itself and that is known, else zeros."""
        is_known = self.hits > 2 and time_us - self.last_us < _RECENT_US
        is_moving = float(np.hypot(*self.velocity)) * 1e6 > _AT_EASE * _side(self.last_box)
        return self.velocity if is_known and is_moving else np.zeros(2)

    def _bridge_us(self, evidence: float) -> int:
        return min(self._options.bridge_us, _LEAST_BRIDGE_US + int(evidence * _BRIDGE_FOR_EVIDENCE_US))

    def _allowed(self, whole_us: int) -> int:
        """How long it is covered where it is not seen, by the evidence that there is something."""
        options = self._options
        share = float(np.clip((self.evidence - 1) / (options.enough_evidence - 1), 0, 1))
        return int(options.glimpse_us + share * max(0, whole_us - options.glimpse_us))


def _side(box: Floats) -> float:
    return float(np.sqrt(np.clip(box[2:] - box[:2], 1e-3, None).prod()))


def _is_outside(box: Floats, frame: Floats) -> bool:
    centre = (box[:2] + box[2:]) / 2
    return bool(np.any(centre < 0) or np.any(centre > frame))


def _union(one: Floats, other: Floats) -> Floats:
    return np.concatenate([np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])])
