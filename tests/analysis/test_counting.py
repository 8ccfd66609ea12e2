"""Counting faces, persons and vehicles, in all and in zones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.counting import Counts, CrowdCounter, Zone
from regard.analysis.results import ArraySource, PixelSource
from regard.models.efficientdet import Detections

SQUARE = ArraySource(np.zeros((100, 200, 3), np.uint8))
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class Faces:
    """Boxes of faces in pixels of a picture of 200 x 100."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self._boxes = np.array(boxes, np.float32).reshape(-1, 4)

    def boxes(self, source: PixelSource) -> NDArray[np.float32]:
        return self._boxes


class Objects:
    """A network that finds what it is told, at a score each."""

    classes = ("person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "dog", "chair")

    def __init__(self, *found: tuple[str, float, tuple[float, float, float, float]]) -> None:
        self._found = found

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        kept = [item for item in self._found if item[1] >= threshold]
        return Detections(
            np.array([box for _, _, box in kept], np.float32).reshape(-1, 4),
            np.array([score for _, score, _ in kept], np.float32),
            np.array([self.classes.index(name) for name, _, _ in kept], np.int64),
        )


def test_an_empty_picture_counts_nothing() -> None:
    everywhere, zones = CrowdCounter(Faces(), Objects()).count(SQUARE, [Zone("all", WHOLE)])
    assert (everywhere, zones) == (Counts(0, 0, 0), [Counts(0, 0, 0)])


@pytest.mark.parametrize("vehicle", ["bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"])
def test_whatever_carries_people_is_a_vehicle(vehicle: str) -> None:
    objects = Objects((vehicle, 0.9, (0, 0, 50, 50)), ("dog", 0.9, (0, 0, 50, 50)), ("chair", 0.9, (0, 0, 50, 50)))
    everywhere, _ = CrowdCounter(Faces(), objects).count(SQUARE)
    assert everywhere == Counts(faces=0, persons=0, vehicles=1)


def test_what_the_network_is_unsure_of_is_not_counted() -> None:
    objects = Objects(("person", 0.41, (0, 0, 20, 50)), ("person", 0.39, (50, 0, 70, 50)))
    everywhere, _ = CrowdCounter(Faces(), objects).count(SQUARE)
    assert everywhere.persons == 1


def test_a_face_is_where_its_middle_is() -> None:
    left, right = (
        Zone("left", ((0, 0), (0.5, 0), (0.5, 1), (0, 1))),
        Zone("right", ((0.5, 0), (1, 0), (1, 1), (0.5, 1))),
    )
    faces = Faces((85, 10, 105, 30), (101, 10, 121, 30), (150, 50, 170, 70))
    everywhere, zones = CrowdCounter(faces, Objects()).count(SQUARE, [left, right])
    assert everywhere.faces == 3
    assert [zone.faces for zone in zones] == [1, 2]


def test_a_person_and_a_vehicle_are_where_they_stand() -> None:
    """The middle of the lower edge: a tall person far in front may cover the zone behind."""
    objects = Objects(("person", 0.9, (20, 5, 40, 90)), ("car", 0.9, (100, 20, 160, 45)))
    upper, lower = (
        Zone("upper", ((0, 0), (1, 0), (1, 0.5), (0, 0.5))),
        Zone("lower", ((0, 0.5), (1, 0.5), (1, 1), (0, 1))),
    )
    _, zones = CrowdCounter(Faces(), objects).count(SQUARE, [upper, lower])
    assert zones == [Counts(0, 0, 1), Counts(0, 1, 0)]


def test_zones_may_overlap_and_keep_their_order() -> None:
    small = Zone("small", ((0, 0), (0.1, 0), (0, 0.1)))
    _, zones = CrowdCounter(Faces((100, 40, 120, 60)), Objects()).count(
        SQUARE, [Zone("a", WHOLE), small, Zone("b", WHOLE)]
    )
    assert [zone.faces for zone in zones] == [1, 0, 1]


def test_a_zone_may_have_any_outline() -> None:
    """An L: the face lies in the corner that the L leaves out, the person in its foot."""
    outline = Zone("L", ((0, 0), (0.3, 0), (0.3, 0.7), (1, 0.7), (1, 1), (0, 1)))
    counter = CrowdCounter(Faces((140, 20, 160, 40)), Objects(("person", 0.9, (150, 20, 180, 90))))
    everywhere, [zone] = counter.count(SQUARE, [outline])
    assert (everywhere, zone) == (Counts(1, 1, 0), Counts(0, 1, 0))


@pytest.mark.parametrize("outline", [((0.5, 0.5),) * 3, ((0, 0), (0.5, 0.5), (1, 1))], ids=["point", "line"])
def test_a_zone_without_an_area_holds_what_lies_on_it(outline: tuple[tuple[float, float], ...]) -> None:
    counter = CrowdCounter(Faces((95, 45, 105, 55), (10, 70, 20, 80)), Objects())
    _, [zone] = counter.count(SQUARE, [Zone("thin", outline)])
    assert zone.faces == 1


def test_a_scaled_picture_is_counted_in_the_same_places() -> None:
    """Objects are looked for in a smaller copy, faces in the whole picture."""

    class Scaled:
        size = (2000, 1000)

        def pixels(self, at_least: int | None = None) -> NDArray[np.uint8]:
            return np.zeros((100, 200, 3), np.uint8)

    objects = Objects(("person", 0.9, (20, 5, 40, 90)))
    left = Zone("left", ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
    _, [zone] = CrowdCounter(Faces((200, 200, 300, 300)), objects).count(Scaled(), [left])
    assert zone == Counts(1, 1, 0)
