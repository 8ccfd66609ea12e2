"""The whole application with stand-ins for every network, so that a request takes as long as what is around them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.analysis.colours import ColourAnalyser
from regard.analysis.labels import LabelDetector
from regard.analysis.moderation import Moderator
from regard.analysis.ppe import EquipmentInspector
from regard.analysis.text import TextReader
from regard.models.efficientdet import Detections
from regard.models.image_safety import SafetyScores
from regard.models.movenet import Poses
from regard.models.nsfwjs import NsfwjsScores
from regard.models.ppocr_detection import TextQuad, TextSearch
from regard.models.ppocr_recognition import Reading
from regard.operations.call import Operation
from regard.settings import Settings
from tests.operations.drawn_people import DrawnApp, SquareFinder
from tests.server.service import NoLargeFace, TwoObjects

Image = NDArray[np.uint8]


class _Objects(TwoObjects):
    def detect(self, image: Image, threshold: float, limit: int = 100) -> Detections:
        """The person and the car, as often as is asked for."""
        return super().detect(image, threshold)


class _Tags:
    def classify(self, image: Image) -> NDArray[np.float32]:
        """Something, by how bright the picture is."""
        probabilities = np.full(1000, 0.0005, np.float32)
        probabilities[int(image.mean())] = 0.5
        return probabilities


class _Middle:
    def saliency(self, image: Image) -> NDArray[np.float32]:
        """The middle of the picture."""
        found = np.zeros(image.shape[:2], np.float32)
        found[image.shape[0] // 4 : -image.shape[0] // 4, image.shape[1] // 4 : -image.shape[1] // 4] = 1
        return found


class _OneLine:
    def detect(self, image: Image, search: TextSearch) -> list[TextQuad]:
        """A line of text across the picture."""
        height, width = image.shape[:2]
        corners = np.array([(0.1, 0.4), (0.9, 0.4), (0.9, 0.6), (0.1, 0.6)], np.float32)
        return [TextQuad(corners * np.array([width, height], np.float32), 0.9)]


class _TwoWords:
    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """The same in every crop."""
        text = "GATE 7"
        positions = (np.arange(len(text), dtype=np.float32) + np.float32(0.5)) / np.float32(len(text))
        return [Reading(text, 0.9, np.full(len(text), 0.9, np.float32), positions) for _ in crops]


class _Harmless:
    def classify(self, image: Image) -> Any:
        """Safe."""
        return SafetyScores(0.05, 0.05, 0.9)

    def explicit_probability(self, image: Image) -> float:
        """Not at all."""
        return 0.01


class _Neutral:
    def classify(self, image: Image) -> NsfwjsScores:
        """Neither."""
        return NsfwjsScores(0.1, 0.1, 0.7, 0.05, 0.05)


class _NoBody:
    def locate(self, image: Image, longer_side: int = 256, min_score: float = 0.1) -> Poses:
        """Nobody."""
        return Poses(*(np.zeros(shape, np.float32) for shape in ((0, 17, 2), (0, 17), (0, 4), (0,))))


class QuickApp(DrawnApp):
    """Serves all that the application serves."""

    def __init__(self, settings: Settings, operations: Mapping[str, Operation]) -> None:
        super().__init__(settings, operations)
        objects, tags, text = _Objects(), _Tags(), (_OneLine(), _TwoWords())
        made: dict[str, Any] = {
            "labels": LabelDetector(objects, tags),
            "colours": ColourAnalyser(_Middle()),
            "text": TextReader(*text),  # type: ignore[arg-type]  # stand-ins for the two networks
            "moderation": Moderator(_Harmless(), _Neutral(), _Harmless(), tags),
            "equipment": EquipmentInspector(objects, _NoBody(), SquareFinder(), NoLargeFace(), self.limits.persons),
        }
        for name, thing in made.items():
            setattr(self, name, lambda thing=thing: thing)
