"""What is in a picture: objects with boxes and image-level tags, merged into one list of labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.taxonomy import LabelKind, load_taxonomy
from regard.models.efficientdet import Detections

OBJECT_FLOOR = 0.15  # detector scores below it are right in fewer than 1 of 20 cases
TAG_FLOOR = 0.2  # below it tags are noise: a fifth of the belief is what a picture of nothing in particular gets

# Share of detections that are right (IoU of at least 0.5 with an object of the class, each object found once) by
# detector score, on the 177 COCO validation pictures of shared/testdata, made monotone. Fitted on every second
# picture it is off by 2 to 3 points on the others. Made by `python -m bench.calibrate_labels`.
CALIBRATION_SCORES = (0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.60, 0.70, 0.80)
CALIBRATION_PRECISIONS = (0.04, 0.09, 0.17, 0.35, 0.38, 0.50, 0.67, 0.81, 0.84, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Instance:
    """One object that a label stands for."""

    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels of the array that was given
    confidence: float  # 0 to 100


@dataclass(frozen=True, slots=True)
class Label:
    """One thing in a picture."""

    name: str
    confidence: float  # 0 to 100: how often such a label is right
    instances: tuple[Instance, ...]  # surest first; empty for tags and for ancestors
    parents: tuple[str, ...]  # all ancestors; each has a row of its own in the same list
    aliases: tuple[str, ...]
    category: str


class ObjectNetwork(Protocol):
    """What finds objects: `models.efficientdet.EfficientDet`."""

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        """Objects of a (H, W, 3) RGB picture whose score is above `threshold`."""
        ...


class TagNetwork(Protocol):
    """What names a whole picture: `models.efficientnet.EfficientNet`."""

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(1000,) probabilities for a (H, W, 3) RGB picture."""
        ...


class LabelDetector:
    """Labels of pictures. Safe to use from several threads when the networks are."""

    def __init__(self, objects: ObjectNetwork, tags: TagNetwork) -> None:
        self._objects = objects
        self._tags = tags
        self._taxonomy = load_taxonomy()
        self._object_labels = self._taxonomy.label_of("coco")
        self._tag_labels = self._taxonomy.label_of("imagenet")

    def detect(self, image: NDArray[np.uint8], min_confidence: float = 0.0) -> list[Label]:
        """Labels of a (H, W, 3) RGB picture that are at least so sure, surest first, equally sure ones by name.

        Every ancestor of a label is in the list, once, and at least as sure as the label. A label has all its objects,
        those below `min_confidence` (0 to 100) too.
        """
        instances = self._instances(image)
        sure = {name: found[0].confidence for name, found in instances.items()}
        for name, belief in self._beliefs(image, max(100 * TAG_FLOOR, min_confidence)).items():
            sure[name] = max(sure.get(name, 0.0), belief)
        for name in list(sure):
            for parent in self._taxonomy.labels[name].parents:
                sure[parent] = max(sure.get(parent, 0.0), sure[name])
        labels = [
            self._label(name, confidence, instances.get(name, ()))
            for name, confidence in sure.items()
            if confidence >= min_confidence
        ]
        return sorted(labels, key=lambda label: (-label.confidence, label.name))

    def _label(self, name: str, confidence: float, instances: Sequence[Instance]) -> Label:
        kind = self._taxonomy.labels[name]
        return Label(name, confidence, tuple(instances), kind.parents, kind.aliases, kind.category)

    def _instances(self, image: NDArray[np.uint8]) -> dict[str, list[Instance]]:
        """Objects by label, each list surest first."""
        found = self._objects.detect(image, OBJECT_FLOOR)
        instances: dict[str, list[Instance]] = {}
        for box, score, index in zip(found.boxes, found.scores, found.classes, strict=True):
            left, top, right, bottom = (float(edge) for edge in box)
            instance = Instance((left, top, right, bottom), 100 * calibrated(float(score)))
            instances.setdefault(self._object_labels[int(index)].name, []).append(instance)
        return instances

    def _beliefs(self, image: NDArray[np.uint8], least: float) -> dict[str, float]:
        """Confidence, `least` to 100, of image-level labels.

        A label's belief is the sum of the probabilities of its classes and of all below it, so a dog of uncertain
        breed is a certain dog. It must hold for the whole picture and for its central square: the lesser counts. The
        probabilities are taken as they are, for want of labelled ImageNet pictures; where COCO's ground truth can
        judge them, they are on the safe side (`bench/calibrate_labels.py`).
        """
        beliefs = self._sure_beliefs(image, least)
        square = central_square(image)
        if beliefs and square.shape != image.shape:
            again = self._sure_beliefs(square, least)
            beliefs = {name: min(belief, again[name]) for name, belief in beliefs.items() if name in again}
        return beliefs

    def _sure_beliefs(self, image: NDArray[np.uint8], least: float) -> dict[str, float]:
        beliefs = tag_beliefs(self._tags.classify(image), self._tag_labels)
        percents = {name: 100 * min(belief, 1.0) for name, belief in beliefs.items()}
        return {name: belief for name, belief in percents.items() if belief >= least}


def calibrated(score: float) -> float:
    """How often a detection of that score is right, 0 to 1: rising, and straight between the rows of the table."""
    return float(np.interp(score, CALIBRATION_SCORES, CALIBRATION_PRECISIONS))


def tag_beliefs(probabilities: NDArray[np.float32], kinds: dict[int, LabelKind]) -> dict[str, float]:
    """Summed probability of every label and ancestor from (1000,) probabilities of classes."""
    beliefs: dict[str, float] = {}
    for index in np.flatnonzero(probabilities):
        kind = kinds.get(int(index))
        for name in (kind.name, *kind.parents) if kind else ():
            beliefs[name] = beliefs.get(name, 0.0) + float(probabilities[index])
    return beliefs


def central_square(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest square in the middle of a (H, W, 3) picture."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(image[top : top + side, left : left + side])
