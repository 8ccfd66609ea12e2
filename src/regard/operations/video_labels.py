"""Labels of stored videos: what each look shows, and the views that answer GetLabelDetection."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.labels import Label
from regard.jobs.kinds import ChunkAnalyser, Facts, Result, Row, Wish
from regard.operations.labels import LONGER_SIDE, label_members, passes
from regard.operations.shapes import bounding_box
from regard.operations.video_rows import Chunks, PictureAnalyser, each_row
from regard.operations.video_sightings import Look, SightingViews

DEFAULT_MIN_CONFIDENCE = 50.0  # of videos, contract 8; of pictures it is 55


class Detector(Protocol):
    """`analysis.labels.LabelDetector`."""

    def detect(self, image: NDArray[np.uint8], min_confidence: float) -> list[Label]:
        """Labels of a (H, W, 3) RGB picture that are at least so sure."""


class LabelKind:
    """Wishes are `MinConfidence` and `Filters`, the members of `GeneralLabelsSettings`.

    A chunk's row is one look, also where nothing was found, since runs end there.
    """

    name = "labels"
    longer_side = LONGER_SIDE

    def __init__(self, detector: Callable[[], Detector]) -> None:
        self._detector = detector

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> ChunkAnalyser:
        """As `Kind.begin`."""
        least = min(wish["MinConfidence"] for wish in wishes)
        detector = self._detector()

        def look_at(image: NDArray[np.uint8]) -> Iterator[Row]:
            size = image.shape[1], image.shape[0]
            yield {"Labels": [_members(label, size) for label in detector.detect(image, least)]}

        return PictureAnalyser(look_at)

    def settle(self, chunks: Chunks, wish: Wish, facts: Facts, result: Result) -> Mapping[str, Any]:
        """As `Kind.settle`; the outcome says nothing more."""

        def looks() -> Iterator[Look]:
            for row in each_row(chunks):
                yield row["Timestamp"], list(_wanted(row["Labels"], wish))

        SightingViews("Label", looks, facts, {"Instances": []}).write(result)
        return {}


def _members(label: Label, size: tuple[int, int]) -> Row:
    instances = [
        {"BoundingBox": bounding_box(instance.box, size), "Confidence": instance.confidence}
        for instance in label.instances
    ]
    return label_members(label, instances)


def _wanted(labels: Iterable[Row], wish: Wish) -> Iterator[Row]:
    least, filters = wish["MinConfidence"], wish["Filters"]
    for label in labels:
        if label["Confidence"] >= least and passes(label["Name"], label["Categories"][0]["Name"], filters):
            instances = [instance for instance in label["Instances"] if instance["Confidence"] >= least]
            yield {**label, "Instances": instances}
