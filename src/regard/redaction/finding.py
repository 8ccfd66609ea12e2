"""What is to be covered in frames of a video and in pictures, found by the application's networks.

Faces are looked for in every frame, what is heavier to find at a beat; the tracker bridges the frames between. No text
is read and no face told from another. A score of 0.5 is just enough for every kind, whatever its network's own scale.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from regard.analysis.confidence import percent
from regard.analysis.face_search import FaceDetector, FaceSearch
from regard.analysis.outlines import MaskNetwork
from regard.analysis.plates import TextNetwork
from regard.analysis.results import PixelSource
from regard.analysis.tracks import Found
from regard.models import cards
from regard.models.card import Card
from regard.models.yunet import FaceBoxes, merged
from regard.redaction.finding_faces import FaceRates, VideoFaces
from regard.redaction.finding_objects import ObjectNetwork
from regard.redaction.finding_second import SecondOpinion
from regard.redaction.finding_things import STILL, ThingNetworks, ThingRates, Things
from regard.redaction.finding_turned import TURNS, turned_faces

MOST_SIDE = 1920  # pixels; a larger frame is searched at this size
# YuNet's score that is worth a confidence of 50 (bench/finding.py). A picture is seen once: at 0.45 89 of 100 faces of
# WIDER FACE from 12 pixels on are found, at 0.5 87; below, what is covered without being a face grows threefold. In a
# video a face is seen often, and a lower score there only covers more.
PICTURE_FACE, VIDEO_FACE = 0.45, 0.5
_LEAST_FACE_SCORE = 0.18  # goes on with a track: a confidence of 20
_TURNED_SIDE, _TURNED_SCORE = 1280, 0.75  # in pictures
_SECOND_SIDE = 960  # in pictures; at 1280 it finds as many
_SAME_FACE = 0.4  # IoU
_THINGS_SIDE = 2048  # of pictures, for all but faces

_CARDS: dict[str, tuple[Card, ...]] = {
    "face": (cards.YUNET, cards.CENTERFACE),
    "person": (cards.EFFICIENTDET_LITE2,),
    "plate": (cards.EFFICIENTDET_LITE2, cards.PPOCR_DET),
    "screen": (cards.EFFICIENTDET_LITE2,),
    "text": (cards.PPOCR_DET,),
}


@dataclass(frozen=True, slots=True)
class FinderNetworks:
    """Makers of networks, each called when something first needs it."""

    faces: Callable[[], FaceDetector]
    second_faces: Callable[[], FaceDetector]  # CenterFace, with scores of its own
    objects: Callable[[], ObjectNetwork]
    text: Callable[[], TextNetwork]
    masks: Callable[[], MaskNetwork]


def cards_for(kinds: frozenset[str], has_outlines: bool = False) -> tuple[Card, ...]:
    """Cards of the networks that find these kinds, by name. has_outlines: of people too."""
    used = {card.name: card for kind in kinds for card in _CARDS[kind]}
    if has_outlines and "person" in kinds:
        used[cards.SELFIE_SEGMENTER.name] = cards.SELFIE_SEGMENTER
    return tuple(used[name] for name in sorted(used))


class Finder:
    """Finds things of some kinds. One walk over a video at a time; its calls may come from any one thread."""

    def __init__(self, networks: FinderNetworks, kinds: frozenset[str], has_outlines: bool = False) -> None:
        """kinds: of `Found.kind`. has_outlines: people have outlines beside their boxes."""
        self._networks, self._kinds, self._has_outlines = networks, kinds, has_outlines
        self._second = SecondOpinion(networks.second_faces)
        self.begin(25.0, 1.0)

    def networks(self) -> dict[str, str]:
        """SHA-256 of the files of the networks that are used, by the names of their cards."""
        return {card.name: card.sha256 for card in cards_for(self._kinds, self._has_outlines)}

    def longer_side(self, width: int, height: int) -> int:
        """At which size frames of an upright (width, height) video are to be searched."""
        return min(max(width, height), MOST_SIDE)

    def begin(self, fps: float, scale: float) -> None:
        """A new walk; its video's full-size pixels are `scale` of those of the pictures that are searched."""
        self._scale = scale
        self._faces = VideoFaces(self._networks.faces, lambda: self._second, FaceRates(least_score=_LEAST_FACE_SCORE))
        self._things = self._new_things(ThingRates())

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[Found]:
        """What is in the (H, W, 3) RGB frame, in upright full-size pixels.

        A kind that is not due in this frame is not looked for; all are where a new shot begins.
        """
        found = self._things.find(image, time_us, is_new_shot)
        if "face" in self._kinds:
            found += _found_faces(self._faces.find(image, time_us, is_new_shot), VIDEO_FACE)
        return [_scaled(one, self._scale) for one in found] if self._scale != 1 else found

    @property
    def looked_for(self) -> frozenset[str]:
        """The kinds that were looked for in the last frame."""
        return self._things.looked_for | (self._kinds & {"face"})

    def find_in_picture(self, source: PixelSource) -> list[Found]:
        """What is in a still picture, in its upright pixels, with scores down to those that are worth little."""
        found: list[Found] = []
        if self._kinds - {"face"}:
            image = source.pixels(at_least=_THINGS_SIDE)
            scale = max(source.size) / max(image.shape[:2])
            found += [_scaled(one, scale) for one in self._new_things(STILL).find(image, 0, is_new_shot=True)]
        if "face" in self._kinds:
            found += _found_faces(self._faces_in_picture(source), PICTURE_FACE)
        return found

    def _faces_in_picture(self, source: PixelSource) -> FaceBoxes:
        detector = self._networks.faces()
        parts = [FaceSearch(detector).find(source, _LEAST_FACE_SCORE)]
        image = source.pixels(at_least=_TURNED_SIDE)
        scale = max(source.size) / max(image.shape[:2])
        for turn in TURNS:
            turned = turned_faces(detector, image, turn, _TURNED_SIDE, _TURNED_SCORE)
            parts.append(turned.moved(scale, 0, 0))
        parts.append(self._second.detect(image, _SECOND_SIDE, PICTURE_FACE).moved(scale, 0, 0))
        return merged(parts, _SAME_FACE)

    def _new_things(self, rates: ThingRates) -> Things:
        networks = ThingNetworks(self._networks.objects, self._networks.text, self._networks.masks)
        return Things(networks, self._kinds, self._has_outlines, rates)


def _found_faces(faces: FaceBoxes, threshold: float) -> list[Found]:
    return [
        Found("face", box.astype(np.float64), percent(min(float(score), 1.0), threshold) / 100)
        for box, score in zip(faces.boxes, faces.scores, strict=True)
    ]


def _scaled(found: Found, scale: float) -> Found:
    outline = None if found.outline is None else found.outline * scale
    return replace(found, box=found.box * scale, outline=outline)
