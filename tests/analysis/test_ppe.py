"""Persons, parts and masks: by hand on stub networks, and against AWS's recorded answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from regard.analysis.ppe import EquipmentInspector, EquippedPerson
from regard.geometry import iou
from regard.models.efficientdet import Detections, EfficientDet
from regard.models.engine import Engine
from regard.models.face_mask import FaceMask
from regard.models.movenet import MoveNet, Point, Poses
from regard.models.weights import WeightStore
from regard.models.yunet import FaceBoxes, YuNet

PICTURE = np.zeros((1000, 1300, 3), dtype=np.uint8)
BODY = (100.0, 100.0, 400.0, 900.0)


class StubPersons:
    """Boxes of class "person", scores, and a dog that fills the picture."""

    classes = ("person", "dog")

    def __init__(self, *found: tuple[tuple[float, float, float, float], float]) -> None:
        self.boxes = np.array([(0, 0, 1300, 1000), *(box for box, _ in found)], dtype=np.float32)
        self.scores = np.array([0.99, *(score for _, score in found)], dtype=np.float32)

    def detect(self, image: NDArray[np.uint8], threshold: float, limit: int) -> Detections:
        kept = self.scores > threshold
        classes = np.array([1] + [0] * (len(self.boxes) - 1))
        return Detections(self.boxes[kept], self.scores[kept], classes[kept])


class StubPoses:
    """One person in BODY; points not given have a score of 0."""

    def __init__(self, points: dict[Point, tuple[float, float, float]]) -> None:
        self.points = np.zeros((1, 17, 2), dtype=np.float32)
        self.scores = np.zeros((1, 17), dtype=np.float32)
        for point, (x, y, score) in points.items():
            self.points[0, point] = x, y
            self.scores[0, point] = score

    def locate(self, image: NDArray[np.uint8], longer_side: int) -> Poses:
        return Poses(self.points, self.scores, np.array([BODY], dtype=np.float32), np.ones(1, dtype=np.float32))


class StubFaces:
    """One face 100 pixels wide and 120 high at (200, 120), its eyes `apart` pixels from each other."""

    def __init__(self, score: float = 0.9, apart: float = 40, box: tuple[float, ...] = (200, 120, 300, 240)) -> None:
        self.score = score
        self.apart = apart
        self.box = box

    def detect(self, image: NDArray[np.uint8], longer_side: int, min_score: float) -> FaceBoxes:
        landmarks = np.zeros((1, 5, 2), dtype=np.float32)
        landmarks[0, 1, 0] = self.apart
        return FaceBoxes(np.array([self.box], np.float32), landmarks, np.array([self.score], np.float32))


class StubMasks:
    """The same probability for every face."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def covered(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return np.full(len(crops), self.probability, dtype=np.float32)


def inspected(
    poses: StubPoses | None = None, faces: StubFaces | None = None, mask: float = 0.0, persons: Any = None
) -> list[EquippedPerson]:
    networks = persons or StubPersons((BODY, 0.7)), poses or StubPoses({}), faces or StubFaces(), StubMasks(mask)
    return EquipmentInspector(*networks, person_limit=15).inspect(PICTURE)


def names(person: EquippedPerson) -> list[str]:
    return [part.name for part in person.parts]


def test_persons_are_numbered_by_size_and_everything_else_is_left_out() -> None:
    small, large = (900.0, 100.0, 1050.0, 400.0), BODY
    too_small, too_unsure = (600.0, 100.0, 699.0, 500.0), (700.0, 500.0, 900.0, 900.0)
    persons = StubPersons((small, 0.9), (large, 0.7), (too_small, 0.9), (too_unsure, 0.39))

    found = inspected(persons=persons)

    assert [person.box for person in found] == [large, small]
    assert [person.confidence for person in found] == pytest.approx([75, 91.667], abs=0.01)


def test_no_more_persons_than_the_limit() -> None:
    persons = StubPersons(*(((100.0 * i, 100.0, 100.0 * i + 120, 400.0 + i), 0.9) for i in range(5)))
    inspector = EquipmentInspector(persons, StubPoses({}), StubFaces(), StubMasks(0), person_limit=2)

    assert [person.box[3] for person in inspector.inspect(PICTURE)] == [404.0, 403.0]


@pytest.mark.parametrize(
    ("mask", "cover", "bare"),
    [(1.0, 100, None), (0.85, 75, None), (0.73, 55, None), (0.6, None, None), (0.5, None, 50), (0.1, None, 90)],
)
def test_a_face_is_covered_bare_or_neither(mask: float, cover: float | None, bare: float | None) -> None:
    face = inspected(mask=mask)[0].part("FACE")

    assert face is not None
    assert face.confidence == pytest.approx(90)
    assert (face.cover and face.cover.confidence) == (cover and pytest.approx(cover, abs=0.01))
    assert face.bare_confidence == (bare and pytest.approx(bare, abs=0.01))


def test_a_mask_lies_on_the_lower_face() -> None:
    face = inspected(mask=0.9)[0].part("FACE")

    assert face is not None
    assert face.cover is not None
    # Of a face from 120 to 240: 0.4 and 1.05 of its height.
    assert face.cover.box == pytest.approx((200, 168, 300, 246))


@pytest.mark.parametrize("faces", [StubFaces(apart=20), StubFaces(score=0.65)], ids=["profile", "unsure"])
def test_the_cover_of_an_unclear_face_is_not_judged(faces: StubFaces) -> None:
    face = inspected(faces=faces, mask=0.99)[0].part("FACE")

    assert face is not None
    assert (face.cover, face.bare_confidence) == (None, None)


@pytest.mark.parametrize(
    "box", [(240, 120, 263, 150), (-300, 120, -200, 240), (240, 985, 300, 1060)], ids=["tiny", "outside", "at the edge"]
)
def test_a_face_with_less_than_24_pixels_in_the_picture_is_not_listed(box: tuple[float, ...]) -> None:
    assert inspected(faces=StubFaces(box=box), mask=0.99)[0].part("FACE") is None


def test_parts_come_in_the_order_of_recorded_answers() -> None:
    poses = StubPoses(
        {
            Point.NOSE: (250, 190, 0.9),
            Point.LEFT_ELBOW: (350, 400, 0.9),
            Point.LEFT_WRIST: (350, 500, 0.6),
            Point.RIGHT_ELBOW: (150, 400, 0.9),
            Point.RIGHT_WRIST: (150, 500, 0.2),
        }
    )

    person = inspected(poses)[0]

    assert names(person) == ["FACE", "LEFT_HAND", "RIGHT_HAND", "HEAD"]
    # The wrists' scores of 0.6 and 0.2 over a threshold of 0.2; the head is as sure as the face.
    assert [part.confidence for part in person.parts] == pytest.approx([90, 75, 50, 90], abs=0.01)


def test_a_hand_beyond_the_edge_of_the_picture_is_not_listed() -> None:
    # 37 pixels on from a wrist at 980 is 1017, and the picture ends at 1000.
    poses = StubPoses({Point.LEFT_ELBOW: (350, 880, 0.9), Point.LEFT_WRIST: (350, 980, 0.9)})

    assert "LEFT_HAND" not in names(inspected(poses)[0])


def test_a_head_is_known_by_two_of_its_points_where_no_face_is_found() -> None:
    away = StubFaces(box=(1000, 120, 1100, 240))
    ears = StubPoses({Point.LEFT_EAR: (230, 190, 0.9), Point.RIGHT_EAR: (270, 190, 0.65)})
    one_ear = StubPoses({Point.LEFT_EAR: (230, 190, 0.9)})

    assert names(inspected(ears, away)[0]) == ["HEAD"]
    assert inspected(ears, away)[0].parts[0].confidence == pytest.approx(75, abs=0.01)
    assert names(inspected(one_ear, away)[0]) == []


def test_a_picture_without_persons_has_none() -> None:
    assert inspected(persons=StubPersons()) == []


@pytest.fixture(scope="module")
def inspector(engine: Engine, store: WeightStore) -> EquipmentInspector:
    networks = EfficientDet(engine, store), MoveNet(engine, store), YuNet(engine, store), FaceMask(engine, store)
    return EquipmentInspector(*networks, person_limit=15)


@pytest.mark.weights
def test_the_astronaut_is_a_person_with_a_bare_face_and_no_hands_in_view(
    inspector: EquipmentInspector, astronaut: NDArray[np.uint8]
) -> None:
    (person,) = inspector.inspect(astronaut)

    assert names(person) == ["FACE", "HEAD"]
    assert person.parts[0].bare_confidence is not None
    assert person.parts[0].bare_confidence > 95


@pytest.mark.weights
def test_four_workers_with_masks_are_seen_as_aws_saw_them(inspector: EquipmentInspector, testdata: Path) -> None:
    recorded = testdata / "recorded"
    image = np.asarray(Image.open(recorded / "ppe-image-group.jpg").convert("RGB"))
    theirs = json.loads((recorded / "detect_protective_equipment.json").read_text())["Persons"]

    ours = inspector.inspect(image)

    assert len(ours) == len(theirs) == 4
    assert min(overlaps([person.box for person in ours], [person["BoundingBox"] for person in theirs])) > 0.9
    covers = [face.cover for person in ours if (face := person.part("FACE"))]
    masks = [person["BodyParts"][0]["EquipmentDetections"][0]["BoundingBox"] for person in theirs]
    assert min(overlaps([cover.box for cover in covers if cover], masks)) > 0.6
    # AWS lists all eight hands; the tallest worker's right one is half hidden behind him and missed here.
    assert [[part.name for part in person.parts] for person in ours] == [
        ["FACE", "LEFT_HAND", "HEAD"],
        ["FACE", "LEFT_HAND", "RIGHT_HAND", "HEAD"],
        ["FACE", "LEFT_HAND", "RIGHT_HAND", "HEAD"],
        ["FACE", "LEFT_HAND", "RIGHT_HAND", "HEAD"],
    ]


def overlaps(ours: list[tuple[float, float, float, float]], theirs: list[dict[str, float]]) -> list[float]:
    """IoU of each pair, in a picture of 1920 by 1280."""
    boxes = [
        (box["Left"], box["Top"], box["Left"] + box["Width"], box["Top"] + box["Height"]) for box in theirs
    ] * np.array([1920, 1280, 1920, 1280])
    matrix = iou(np.array(ours, dtype=np.float32), np.asarray(boxes, dtype=np.float32))
    return [float(value) for value in np.diag(matrix)]
