"""Objects and tags merged into labels. The stub networks answer arrays; what they mean is computed by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage.data import coffee

from regard.analysis.labels import Label, LabelDetector, calibrated, central_square
from regard.geometry import iou
from regard.models.efficientdet import Detections, EfficientDet
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine
from regard.models.weights import WeightStore

PERSON, CAR, DOG = 0, 2, 17  # places in the detector's label map
BEAGLE, BASSET, ESPRESSO, CUP = 162, 161, 967, 968  # places in ImageNet's list
SQUARE = np.zeros((100, 100, 3), dtype=np.uint8)
WIDE = np.zeros((100, 200, 3), dtype=np.uint8)


class StubObjects:
    """Finds what it was told, as (class, score) in a fixed box."""

    def __init__(self, *found: tuple[int, float]) -> None:
        self.found = found

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        kept = [(index, score) for index, score in self.found if score > threshold]
        return Detections(
            np.tile(np.array([[10, 20, 30, 60]], dtype=np.float32), (len(kept), 1)),
            np.array([score for _, score in kept], dtype=np.float32),
            np.array([index for index, _ in kept], dtype=np.int64),
        )


class StubTags:
    """Gives the probabilities it was told, one set per view of a picture."""

    def __init__(self, *views: dict[int, float]) -> None:
        self.views = list(views)
        self.shapes: list[tuple[int, ...]] = []

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.shapes.append(image.shape)
        probabilities = np.zeros(1000, dtype=np.float32)
        for index, probability in self.views[len(self.shapes) - 1].items():
            probabilities[index] = probability
        return probabilities


def by_name(labels: list[Label]) -> dict[str, Label]:
    return {label.name: label for label in labels}


@pytest.mark.parametrize(
    ("score", "precision"), [(0.0, 0.04), (0.15, 0.04), (0.40, 0.50), (0.425, 0.585), (0.80, 0.99), (1.0, 0.99)]
)
def test_a_score_becomes_the_precision_measured_at_it(score: float, precision: float) -> None:
    assert calibrated(score) == pytest.approx(precision)


def test_an_object_has_its_box_its_confidence_and_its_kind() -> None:
    (car,) = [x for x in LabelDetector(StubObjects((CAR, 0.70)), StubTags({})).detect(SQUARE) if x.name == "Car"]

    assert car.confidence == pytest.approx(95)
    assert [i.box for i in car.instances] == [(10.0, 20.0, 30.0, 60.0)]
    assert [i.confidence for i in car.instances] == pytest.approx([95])
    assert car.parents == ("Transportation", "Vehicle")
    assert car.aliases == ("Automobile",)
    assert car.category == "Vehicles and Automotive"


def test_a_label_is_as_sure_as_its_surest_object_and_lists_all() -> None:
    detector = LabelDetector(StubObjects((PERSON, 0.80), (PERSON, 0.60), (PERSON, 0.20)), StubTags({}))

    (person,) = detector.detect(SQUARE)

    assert person.confidence == pytest.approx(99)
    assert [i.confidence for i in person.instances] == pytest.approx([99, 84, 9])


def test_every_ancestor_is_there_once_without_objects() -> None:
    labels = LabelDetector(StubObjects((CAR, 0.70), (CAR, 0.50)), StubTags({})).detect(SQUARE)

    assert [(label.name, len(label.instances)) for label in labels] == [
        ("Car", 2),
        ("Transportation", 0),
        ("Vehicle", 0),
    ]
    assert {round(label.confidence, 3) for label in labels} == {95.0}


def test_an_uncertain_breed_is_a_certain_dog() -> None:
    labels = by_name(LabelDetector(StubObjects(), StubTags({BEAGLE: 0.5, BASSET: 0.375})).detect(SQUARE))

    assert {name: label.confidence for name, label in labels.items()} == {
        "Beagle": 50.0,
        "Basset Hound": 37.5,
        "Dog": 87.5,
        "Canine": 87.5,
        "Pet": 87.5,
        "Mammal": 87.5,
        "Animal": 87.5,
    }


def test_the_surer_of_both_networks_counts() -> None:
    detector = LabelDetector(StubObjects((DOG, 0.70)), StubTags({BEAGLE: 0.5}))

    labels = by_name(detector.detect(SQUARE))

    assert labels["Beagle"].confidence == pytest.approx(50)
    assert labels["Dog"].confidence == pytest.approx(95)
    assert len(labels["Dog"].instances) == 1
    assert labels["Animal"].confidence == pytest.approx(95)


def test_a_tag_must_hold_for_the_whole_and_for_the_middle() -> None:
    tags = StubTags({ESPRESSO: 0.75, CUP: 0.25}, {ESPRESSO: 0.25, BEAGLE: 0.75})

    labels = by_name(LabelDetector(StubObjects(), tags).detect(WIDE))

    assert tags.shapes == [(100, 200, 3), (100, 100, 3)]
    assert {name: label.confidence for name, label in labels.items()} == {
        "Espresso": 25.0,
        "Coffee": 25.0,
        "Beverage": 25.0,
    }


def test_a_square_picture_is_looked_at_once() -> None:
    tags = StubTags({ESPRESSO: 0.75})

    LabelDetector(StubObjects(), tags).detect(SQUARE)

    assert tags.shapes == [(100, 100, 3)]


def test_only_labels_that_are_sure_enough_are_given_with_all_their_objects() -> None:
    detector = LabelDetector(StubObjects((DOG, 0.70), (DOG, 0.35), (CAR, 0.40)), StubTags({BEAGLE: 0.5, BASSET: 0.25}))

    labels = by_name(detector.detect(SQUARE, 50))

    assert labels.keys() == {"Dog", "Canine", "Pet", "Mammal", "Animal", "Beagle", "Car", "Transportation", "Vehicle"}
    assert len(labels["Dog"].instances) == 2


def test_the_middle_is_not_looked_at_where_the_whole_picture_has_no_tag_that_is_sure_enough() -> None:
    tags = StubTags({ESPRESSO: 0.45})

    assert LabelDetector(StubObjects(), tags).detect(WIDE, 50) == []
    assert tags.shapes == [(100, 200, 3)]


def test_faint_tags_and_faint_objects_are_left_out() -> None:
    assert LabelDetector(StubObjects((CAR, 0.15)), StubTags({ESPRESSO: 0.19})).detect(SQUARE) == []


def test_a_class_without_a_label_says_nothing() -> None:
    teat_of_a_bottle = 680

    assert LabelDetector(StubObjects(), StubTags({teat_of_a_bottle: 0.9})).detect(SQUARE) == []


def test_labels_are_surest_first_and_then_by_name() -> None:
    labels = LabelDetector(StubObjects((CAR, 0.70), (PERSON, 0.60)), StubTags({})).detect(SQUARE)

    assert [label.name for label in labels] == ["Car", "Transportation", "Vehicle", "Person"]


def test_the_central_square_is_the_middle() -> None:
    image = np.arange(8, dtype=np.uint8).reshape(2, 4, 1).repeat(3, axis=2)

    assert central_square(image)[:, :, 0].tolist() == [[1, 2], [5, 6]]


@pytest.fixture(scope="module")
def detector(engine: Engine, store: WeightStore) -> LabelDetector:
    return LabelDetector(EfficientDet(engine, store), EfficientNet(engine, store))


@pytest.mark.weights
def test_a_cup_of_coffee_is_found(detector: LabelDetector) -> None:
    labels = by_name(detector.detect(coffee()))  # type: ignore[no-untyped-call]  # scikit-image has no types

    assert labels["Cup"].confidence > 90
    assert labels["Espresso"].confidence > 55
    assert labels["Beverage"].confidence >= labels["Espresso"].confidence


@pytest.mark.weights
def test_a_person_is_a_person_and_nothing_is_guessed(detector: LabelDetector, astronaut: NDArray[np.uint8]) -> None:
    person = by_name(detector.detect(astronaut))["Person"]

    assert person.confidence > 95
    assert len([i for i in person.instances if i.confidence > 55]) == 1


@pytest.mark.weights
@pytest.mark.parametrize("name", ["Person", "Bicycle", "Car"])
def test_objects_are_where_rekognition_saw_them(detector: LabelDetector, testdata: Path, name: str) -> None:
    image = np.asarray(Image.open(testdata / "recorded" / "detect_labels_older_model.jpg").convert("RGB"))
    recorded = json.loads((testdata / "recorded" / "detect_labels_older_model.json").read_text())["Labels"]
    height, width = image.shape[:2]
    boxes = [i["BoundingBox"] for label in recorded if label["Name"] == name for i in label["Instances"]]
    theirs = [[b["Left"], b["Top"], b["Left"] + b["Width"], b["Top"] + b["Height"]] for b in boxes]
    expected = np.array(theirs, dtype=np.float32) * np.array([width, height, width, height], dtype=np.float32)

    found = [i.box for i in by_name(detector.detect(image))[name].instances if i.confidence > 55]

    assert len(found) == len(expected)
    assert iou(np.array(found, dtype=np.float32), expected).max(axis=0).min() > 0.75
