"""How many faces, persons and vehicles, in all and in zones. Numbers only: nothing here keeps or returns a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.results import PixelSource
from regard.models.efficientdet import Detections

_LONGER_SIDE = 640  # enough for the object network
_MIN_OBJECT_SCORE = 0.4  # where bench/accuracy.py finds precision and recall about equal on persons
KINDS: Mapping[str, frozenset[str]] = {
    "persons": frozenset({"person"}),
    "vehicles": frozenset({"bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"}),
}


class FaceSource(Protocol):
    """`analysis.faces.FaceAnalyser`."""

    def boxes(self, source: PixelSource) -> NDArray[np.float32]:
        """(N, 4) boxes of faces in pixels of the whole picture."""


class ObjectNetwork(Protocol):
    """`models.efficientdet.EfficientDet`."""

    @property
    def classes(self) -> Sequence[str]:
        """COCO's names by index."""

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        """Boxes in pixels of `image`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Anonymous numbers."""

    faces: int
    persons: int
    vehicles: int


@dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon in ratios of the picture's width and height, at least three corners, in order."""

    name: str
    polygon: tuple[tuple[float, float], ...]


class CrowdCounter:
    """Counts what is in a picture, and in parts of it."""

    def __init__(self, faces: FaceSource, objects: ObjectNetwork) -> None:
        self._faces = faces
        self._objects = objects

    def count(self, source: PixelSource, zones: Sequence[Zone] = ()) -> tuple[Counts, list[Counts]]:
        """Counts of the whole picture, and of each zone in the order given.

        A face is where its middle is, a person or a vehicle where the middle of its lower edge is: on the ground.
        """
        size = np.array(source.size, np.float32)
        faces = self._faces.boxes(source)
        middles = ((faces[:, :2] + faces[:, 2:]) / 2 / size).astype(np.float32)
        places = {"faces": middles} | self._standing(source)
        everywhere = Counts(**{kind: len(points) for kind, points in places.items()})
        return everywhere, [_inside(zone, places) for zone in zones]

    def _standing(self, source: PixelSource) -> dict[str, NDArray[np.float32]]:
        """(N, 2) ratios of where persons and vehicles stand."""
        image = source.pixels(at_least=_LONGER_SIDE)
        found = self._objects.detect(image, _MIN_OBJECT_SCORE)
        names = np.array(self._objects.classes)[found.classes]
        feet = np.stack([(found.boxes[:, 0] + found.boxes[:, 2]) / 2, found.boxes[:, 3]], axis=1)
        feet = (feet / (image.shape[1], image.shape[0])).astype(np.float32)
        return {kind: feet[np.isin(names, list(members))] for kind, members in KINDS.items()}


def _inside(zone: Zone, places: Mapping[str, NDArray[np.float32]]) -> Counts:
    polygon = np.array(zone.polygon, np.float32)
    return Counts(
        **{
            kind: sum(cv2.pointPolygonTest(polygon, (float(x), float(y)), False) >= 0 for x, y in points)
            for kind, points in places.items()
        }
    )
