"""Faces in the frames of a video: every frame coarsely, and at a slower beat finely, turned, and by a second network.

What a fine look finds between coarse ones is followed by the tracker. bench/finding.py chose sizes and rates, and
prints the table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.analysis.face_search import FaceDetector
from regard.geometry import area, iou
from regard.models.yunet import FaceBoxes, merged
from regard.redaction.finding_beat import Beat
from regard.redaction.finding_turned import TURNS, turned_faces

_SAME_FACE = 0.4  # IoU between looks of one frame
_SMALL = 160  # pixels of a fine look; larger faces are the coarse look's business, which sees them whole


@dataclass(frozen=True, slots=True)
class FaceRates:
    """At which sizes faces are looked for, and how often. Sides are the longer one's, in pixels; times of the video."""

    least_score: float = 0.2  # as low as the tracker may use to go on with a track
    coarse_side: int = 640  # in every frame
    native_side: int = 800  # a frame no larger is looked at as it is, not coarsely
    fine_side: int = 1920
    most_enlargement: float = 1.5  # in a fine look; at 2 a fifth more is covered, most of it no face
    fine_us: int = 250_000  # while fine looks show what coarse ones do not
    idle_us: int = 500_000  # otherwise; what appears between is covered from before it was seen
    telling_score: float = 0.45  # from which a face that only a fine look shows counts
    turned_side: int = 640
    turned_us: int = 1_000_000  # one turn at a time
    turned_stay_us: int = 2_000_000  # for which a turn that showed a face is tried at every fine look
    turned_score: float = 0.75  # turned pictures show more that only looks like a face; at 0.7 one in 700 looks
    second_side: int = 640  # of the second network's look, which takes four times as long
    second_us: int = 500_000
    second_score: float = 0.45  # from which it counts


_RATES = FaceRates()


class VideoFaces:
    """Looks for faces in the frames of one video, in order."""

    def __init__(
        self, detector: Callable[[], FaceDetector], second: Callable[[], FaceDetector], rates: FaceRates = _RATES
    ) -> None:
        """detector: looks in every frame; second: another network, now and then."""
        self._detector, self._second, self._rates = detector, second, rates
        self._fine, self._turned, self._other = Beat(rates.fine_us), Beat(rates.turned_us), Beat(rates.second_us)
        self._next_turn = 0
        self._seen_turned_us: dict[int, int] = {}

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> FaceBoxes:
        """Faces in pixels of the (H, W, 3) RGB frame, surest first."""
        rates, longer = self._rates, max(image.shape[:2])
        coarse_side = longer if longer <= rates.native_side else rates.coarse_side
        coarse = self._detector().detect(image, coarse_side, rates.least_score)
        parts = [coarse]
        if self._fine.is_due(time_us, is_new_shot):
            fine = self._fine_look(image)
            self._fine.every_us = rates.fine_us if _shows_more(fine, coarse, rates.telling_score) else rates.idle_us
            parts += [fine, *self._turned_parts(image, time_us, is_new_shot)]
        if self._other.is_due(time_us, is_new_shot):
            side = min(rates.second_side, round(longer * rates.most_enlargement))
            parts.append(self._second().detect(image, side, rates.second_score))
        return merged(parts, _SAME_FACE) if len(parts) > 1 else coarse

    def _fine_look(self, image: NDArray[np.uint8]) -> FaceBoxes:
        longer = max(image.shape[:2])
        side = min(self._rates.fine_side, round(longer * self._rates.most_enlargement))
        faces = self._detector().detect(image, side, self._rates.least_score)
        return faces.pick(np.flatnonzero(np.sqrt(area(faces.boxes)) < _SMALL * longer / side))

    def _turned_parts(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[FaceBoxes]:
        """Faces of people who lie or hang, or of a camera held askew."""
        if is_new_shot:
            self._seen_turned_us.clear()
        stay_us = self._rates.turned_stay_us
        turns = {turn for turn, seen_us in self._seen_turned_us.items() if 0 <= time_us - seen_us < stay_us}
        if self._turned.is_due(time_us, is_new_shot):
            turns |= set(TURNS) if is_new_shot else {TURNS[self._next_turn % len(TURNS)]}
            self._next_turn += 1
        parts = []
        for turn in sorted(turns):
            found = turned_faces(self._detector(), image, turn, self._rates.turned_side, self._rates.turned_score)
            if len(found):
                self._seen_turned_us[turn] = time_us
                parts.append(found)
        return parts


def _shows_more(fine: FaceBoxes, coarse: FaceBoxes, score: float) -> bool:
    sure = fine.boxes[fine.scores >= score]
    known = iou(sure, coarse.boxes).max(axis=1, initial=0) >= _SAME_FACE
    return bool(np.any(~known))
