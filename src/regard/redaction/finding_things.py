"""What is found at a beat, not in every frame: people, plates, screens and text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.analysis import plates
from regard.analysis.confidence import percent
from regard.analysis.outlines import MaskNetwork, outline
from regard.analysis.plates import TextNetwork
from regard.analysis.tracks import Found
from regard.models.ppocr_detection import TextSearch
from regard.redaction.finding_beat import Beat
from regard.redaction.finding_objects import ObjectNetwork, Objects, objects_in

Floats = NDArray[np.float32]

OBJECT_KINDS = {"person": frozenset({"person"}), "screen": frozenset({"tv", "laptop", "cell phone"})}
# The network's score that is worth a confidence of 50. bench/accuracy.py: from 0.4 on as many persons are missed as
# invented; what is missed here is seen by others.
_OBJECT_THRESHOLD = 0.3
_TEXT_THRESHOLD = 0.5
_LEAST_VEHICLE = 0.2
_OUTLINES = 12  # at most, the largest people first; the others are covered by their boxes


@dataclass(frozen=True, slots=True)
class ThingNetworks:
    """Makers of networks, each called when something first needs it."""

    objects: Callable[[], ObjectNetwork]
    text: Callable[[], TextNetwork]
    masks: Callable[[], MaskNetwork]


_VIDEO_TEXT = TextSearch(short_side=640, long_side=1280)


@dataclass(frozen=True, slots=True)
class ThingRates:
    """How often each is looked for, in microseconds of the video."""

    objects_us: int = 250_000
    plates_us: int = 500_000  # by when a track found once is still followed
    text_us: int = 500_000
    text: TextSearch = _VIDEO_TEXT
    is_thorough: bool = False  # takes the time that a single picture may take


_RATES = ThingRates()
STILL = ThingRates(text=TextSearch(), is_thorough=True)  # of a picture


class Things:
    """Looks for things of some kinds in the frames of one video, in order, or in one picture."""

    def __init__(
        self, networks: ThingNetworks, kinds: frozenset[str], has_outlines: bool, rates: ThingRates = _RATES
    ) -> None:
        """has_outlines: of people, beside their boxes."""
        self._networks, self._kinds, self._has_outlines, self._rates = networks, kinds, has_outlines, rates
        self._objects, self._plates, self._text = (
            Beat(every_us) for every_us in (rates.objects_us, rates.plates_us, rates.text_us)
        )
        self.looked_for: frozenset[str] = frozenset()  # kinds, in the last frame

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[Found]:
        """What is due, in pixels of the (H, W, 3) RGB frame."""
        found: list[Found] = []
        asks_plates = "plate" in self._kinds and self._plates.is_due(time_us, is_new_shot)
        asks_objects = bool(self._kinds & OBJECT_KINDS.keys()) and self._objects.is_due(time_us, is_new_shot)
        if asks_plates or asks_objects:
            objects = objects_in(self._networks.objects(), image)
            found += self._named(image, objects) if asks_objects else []
            found += self._on_vehicles(image, objects) if asks_plates else []
        asks_text = "text" in self._kinds and self._text.is_due(time_us, is_new_shot)
        if asks_text:
            found += self._lines(image)
        asked = {"plate": asks_plates, "text": asks_text, **dict.fromkeys(OBJECT_KINDS, asks_objects)}
        self.looked_for = frozenset(kind for kind in self._kinds if asked.get(kind))
        return found

    def _named(self, image: NDArray[np.uint8], objects: Objects) -> Iterator[Found]:
        for kind in sorted(self._kinds & OBJECT_KINDS.keys()):
            boxes, scores = objects.named(OBJECT_KINDS[kind])
            outlined = set(self._to_outline(boxes)) if kind == "person" and self._has_outlines else set()
            for index, (box, score) in enumerate(zip(boxes, scores, strict=True)):
                around = outline(self._networks.masks(), image, box) if index in outlined else None
                yield Found(kind, box.astype(np.float64), _worth(float(score), _OBJECT_THRESHOLD), around)

    def _to_outline(self, boxes: Floats) -> list[int]:
        heights = boxes[:, 3] - boxes[:, 1]
        return [int(index) for index in np.argsort(-heights, kind="stable")[:_OUTLINES]]

    def _on_vehicles(self, image: NDArray[np.uint8], objects: Objects) -> Iterator[Found]:
        vehicles, _ = objects.named(plates.VEHICLES, _LEAST_VEHICLE)
        boxes, scores = plates.plates(self._networks.text(), image, vehicles, self._rates.is_thorough)
        for box, score in zip(boxes, scores, strict=True):
            yield Found("plate", box.astype(np.float64), _worth(float(score), plates.LINE_PROBABILITY))

    def _lines(self, image: NDArray[np.uint8]) -> Iterator[Found]:
        for quad in self._networks.text().detect(image, self._rates.text):
            box = plates.bounds(quad.corners).astype(np.float64)
            yield Found("text", box, _worth(quad.score, _TEXT_THRESHOLD))


def _worth(score: float, threshold: float) -> float:
    return percent(min(score, 1.0), threshold) / 100
