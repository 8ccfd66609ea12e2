"""What is to be covered in frames of a video and in pictures, found by the application's networks.

Faces are looked for in every frame, what is heavier to find at a beat; the tracker bridges the frames between. No text
is read and no face told from another.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.analysis.face_search import FaceDetector
from regard.analysis.tracks import Found
from regard.models import cards
from regard.models.card import Card
from regard.models.yunet import FaceBoxes
from regard.redaction.finding_faces import FaceRates, VideoFaces

MOST_SIDE = 1920  # pixels; a larger frame is searched at this size

_CARDS: dict[str, tuple[Card, ...]] = {"face": (cards.YUNET,)}


@dataclass(frozen=True, slots=True)
class FinderNetworks:
    """Makers of networks, each called when something first needs it."""

    faces: Callable[[], FaceDetector]


class Finder:
    """Finds things of some kinds. One walk over a video at a time; its calls may come from any one thread."""

    def __init__(self, networks: FinderNetworks, kinds: frozenset[str]) -> None:
        """kinds: of `Found.kind`."""
        self._networks, self._kinds = networks, kinds
        self.begin(25.0, 1.0)

    def networks(self) -> dict[str, str]:
        """SHA-256 of the files of the networks that are used, by the names of their cards."""
        used = {card.name: card.sha256 for kind in self._kinds for card in _CARDS[kind]}
        return dict(sorted(used.items()))

    def longer_side(self, width: int, height: int) -> int:
        """At which size frames of an upright (width, height) video are to be searched."""
        return min(max(width, height), MOST_SIDE)

    def begin(self, fps: float, scale: float) -> None:
        """A new walk; its video's full-size pixels are `scale` of those of the pictures that are searched."""
        self._scale = scale
        self._faces = VideoFaces(self._networks.faces, FaceRates()) if "face" in self._kinds else None

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[Found]:
        """What is in the (H, W, 3) RGB frame, in upright full-size pixels.

        A kind that is not due in this frame is not looked for; all are where a new shot begins.
        """
        found: list[Found] = []
        if self._faces is not None:
            found += _found_faces(self._faces.find(image, time_us, is_new_shot), self._scale)
        return found


def _found_faces(faces: FaceBoxes, scale: float) -> list[Found]:
    boxes = faces.boxes.astype(np.float64) * scale
    return [Found("face", box, float(score)) for box, score in zip(boxes, faces.scores, strict=True)]
