"""DetectLabels, from a decoded call to the members of the answer. The networks are stubs; all between is real."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from numpy.typing import NDArray
from PIL import Image

from regard import errors
from regard.analysis.colours import ColourAnalyser
from regard.analysis.labels import LabelDetector
from regard.media.sources import LocalBuckets
from regard.models.efficientdet import Detections, EfficientDet
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine
from regard.models.u2net import U2Net
from regard.models.weights import WeightStore
from regard.operations.call import Call
from regard.operations.images import Pictures
from regard.operations.labels import LabelOperations
from regard.operations.limits import AWS

PERSON, CAR = 0, 2
ESPRESSO = 967


class StubObjects:
    """A sure person on the left half, a doubtful one on the right, and a car below both."""

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        height, width = image.shape[:2]
        boxes = np.array([[0, 0, 0.5, 1], [0.5, 0, 1, 1], [0, 0.5, 1, 1]]) * [width, height, width, height]
        scores = np.array([0.80, 0.40, 0.60], dtype=np.float32)  # 99, 50 and 84 percent
        return Detections(boxes.astype(np.float32), scores, np.array([PERSON, PERSON, CAR]))


class StubTags:
    """An espresso, not quite sure."""

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        probabilities = np.zeros(1000, dtype=np.float32)
        probabilities[ESPRESSO] = 0.5
        return probabilities


class StubSaliency:
    """The left half stands out."""

    def saliency(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        mask = np.zeros(image.shape[:2], dtype=np.float32)
        mask[:, : image.shape[1] // 2] = 1
        return mask


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    return Pictures(LocalBuckets(tmp_path), AWS)


@pytest.fixture
def operations(pictures: Pictures) -> LabelOperations:
    return LabelOperations(pictures, LabelDetector(StubObjects(), StubTags()), ColourAnalyser(StubSaliency()))


def png(width: int = 100, height: int = 80) -> bytes:
    """Navy on the left, white on the right."""
    array = np.full((height, width, 3), (0, 0, 128), dtype=np.uint8)
    array[:, width // 2 :] = 255
    return encoded(array)


def encoded(array: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def call(picture: bytes, **members: Any) -> Call:
    return Call("DetectLabels", {"Image": {"Bytes": picture}, **members}, "request", "us-east-1", "000000000000")


def names(answer: Mapping[str, Any]) -> list[str]:
    return [label["Name"] for label in answer["Labels"]]


def filters(**lists: list[str]) -> dict[str, Any]:
    return {"Settings": {"GeneralLabels": lists}}


def assert_fits_the_service_model(answer: Mapping[str, Any]) -> None:
    model = ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")
    report = ParamValidator().validate(answer, model.operation_model("DetectLabels").output_shape)
    assert not report.has_errors(), report.generate_report()


def test_the_answer_is_that_of_label_model_3(operations: LabelOperations) -> None:
    answer = operations.detect_labels(call(png()))

    assert answer["LabelModelVersion"] == "3.0"
    assert "ImageProperties" not in answer
    assert answer["Labels"][0] == {
        "Name": "Person",
        "Confidence": pytest.approx(99),
        "Instances": [
            {"BoundingBox": {"Left": 0, "Top": 0, "Width": 0.5, "Height": 1}, "Confidence": pytest.approx(99)}
        ],
        "Parents": [],
        "Aliases": [{"Name": "Human"}],
        "Categories": [{"Name": "Person Description"}],
    }
    assert answer["Labels"][1]["Parents"] == [{"Name": "Transportation"}, {"Name": "Vehicle"}]
    assert_fits_the_service_model(answer)


def test_labels_and_objects_below_55_are_left_out_by_default(operations: LabelOperations) -> None:
    answer = operations.detect_labels(call(png()))

    assert names(answer) == ["Person", "Car", "Transportation", "Vehicle"]
    assert [len(label["Instances"]) for label in answer["Labels"]] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (0, ["Person", "Car", "Transportation", "Vehicle", "Beverage", "Coffee", "Espresso"]),
        (50, ["Person", "Car", "Transportation", "Vehicle", "Beverage", "Coffee", "Espresso"]),
        (50.1, ["Person", "Car", "Transportation", "Vehicle"]),
        (90, ["Person"]),
        (100, []),
    ],
)
def test_min_confidence_decides(operations: LabelOperations, least: float, expected: list[str]) -> None:
    assert names(operations.detect_labels(call(png(), MinConfidence=least))) == expected


def test_a_low_min_confidence_brings_doubtful_objects(operations: LabelOperations) -> None:
    person = operations.detect_labels(call(png(), MinConfidence=0))["Labels"][0]

    assert [instance["Confidence"] for instance in person["Instances"]] == pytest.approx([99, 50])


@pytest.mark.parametrize(("most", "expected"), [(0, []), (1, ["Person"]), (2, ["Person", "Car"])])
def test_max_labels_keeps_the_surest(operations: LabelOperations, most: int, expected: list[str]) -> None:
    assert names(operations.detect_labels(call(png(), MaxLabels=most))) == expected


def test_max_labels_above_the_ceiling_is_the_ceiling(operations: LabelOperations) -> None:
    assert len(names(operations.detect_labels(call(png(), MaxLabels=5000)))) == 4


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({"LabelInclusionFilters": ["Car"]}, ["Car"]),
        ({"LabelInclusionFilters": ["car"]}, []),
        ({"LabelInclusionFilters": ["Automobile"]}, []),
        ({"LabelInclusionFilters": ["No Such Label"]}, []),
        ({"LabelInclusionFilters": []}, ["Person", "Car", "Transportation", "Vehicle"]),
        ({"LabelExclusionFilters": ["Person", "No Such Label"]}, ["Car", "Transportation", "Vehicle"]),
        ({"LabelCategoryInclusionFilters": ["Person Description"]}, ["Person"]),
        ({"LabelCategoryExclusionFilters": ["Vehicles and Automotive"]}, ["Person"]),
        (
            {"LabelInclusionFilters": ["Car"], "LabelCategoryInclusionFilters": ["Person Description"]},
            ["Person", "Car"],
        ),
        (
            {"LabelCategoryInclusionFilters": ["Vehicles and Automotive"], "LabelExclusionFilters": ["Car"]},
            ["Transportation", "Vehicle"],
        ),
        ({"LabelInclusionFilters": ["Car"], "LabelExclusionFilters": ["Car"]}, []),
    ],
    ids=[
        "included by name",
        "names are exact",
        "an alias is no name",
        "unknown names match nothing",
        "an empty list includes all",
        "excluded by name",
        "included by category",
        "excluded by category",
        "name or category",
        "exclusion after inclusion",
        "exclusion wins",
    ],
)
def test_filters_act_on_names_and_categories(
    operations: LabelOperations, lists: dict[str, list[str]], expected: list[str]
) -> None:
    assert names(operations.detect_labels(call(png(), **filters(**lists)))) == expected


def test_filters_come_before_max_labels(operations: LabelOperations) -> None:
    members = filters(LabelExclusionFilters=["Person"])

    assert names(operations.detect_labels(call(png(), MaxLabels=1, **members))) == ["Car"]


def test_filtered_ancestors_stay_named_as_parents(operations: LabelOperations) -> None:
    (car,) = operations.detect_labels(call(png(), **filters(LabelInclusionFilters=["Car"])))["Labels"]

    assert car["Parents"] == [{"Name": "Transportation"}, {"Name": "Vehicle"}]


def test_image_properties_alone_bring_no_labels(operations: LabelOperations) -> None:
    answer = operations.detect_labels(call(png(), Features=["IMAGE_PROPERTIES"], MaxLabels=10, MinConfidence=1))

    assert answer["Labels"] == []
    assert_fits_the_service_model(answer)


def test_image_properties_have_the_members_of_the_service_model(operations: LabelOperations) -> None:
    properties = operations.detect_labels(call(png(), Features=["IMAGE_PROPERTIES"]))["ImageProperties"]

    assert set(properties["Quality"]) == {"Brightness", "Sharpness", "Contrast"}
    assert set(properties["Foreground"]["Quality"]) == {"Brightness", "Sharpness"}
    assert properties["Foreground"]["DominantColors"] == [
        {
            "Red": 0,
            "Green": 0,
            "Blue": 128,
            "HexCode": "#000080",
            "CSSColor": "navy",
            "SimplifiedColor": "blue",
            "PixelPercent": 100.0,
        }
    ]
    assert [colour["CSSColor"] for colour in properties["Background"]["DominantColors"]] == ["white"]


def test_a_plain_picture_has_no_foreground(pictures: Pictures) -> None:
    class Nothing:
        def saliency(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
            return np.zeros(image.shape[:2], dtype=np.float32)

    operations = LabelOperations(pictures, LabelDetector(StubObjects(), StubTags()), ColourAnalyser(Nothing()))

    properties = operations.detect_labels(call(png(), Features=["IMAGE_PROPERTIES"]))["ImageProperties"]

    assert set(properties) == {"Quality", "DominantColors"}


@pytest.mark.parametrize(("most", "expected"), [(0, []), (1, ["navy"]), (20, ["navy", "white"])])
def test_max_dominant_colors_is_kept(operations: LabelOperations, most: int, expected: list[str]) -> None:
    settings = {"ImageProperties": {"MaxDominantColors": most}}

    properties = operations.detect_labels(call(png(), Features=["IMAGE_PROPERTIES"], Settings=settings))

    assert [c["CSSColor"] for c in properties["ImageProperties"]["DominantColors"]] == expected


def test_objects_have_colours_only_when_both_features_are_asked_for(operations: LabelOperations) -> None:
    both = operations.detect_labels(call(png(), Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"]))
    one = operations.detect_labels(call(png(), Features=["GENERAL_LABELS"]))

    person, car = both["Labels"][0]["Instances"][0], both["Labels"][1]["Instances"][0]
    assert [(c["CSSColor"], c["PixelPercent"]) for c in person["DominantColors"]] == [("navy", 100.0)]
    assert [(c["CSSColor"], c["PixelPercent"]) for c in car["DominantColors"]] == [("navy", 50.0), ("white", 50.0)]
    assert "DominantColors" not in one["Labels"][0]["Instances"][0]
    assert_fits_the_service_model(both)


def test_no_features_are_general_labels(operations: LabelOperations) -> None:
    assert len(operations.detect_labels(call(png(), Features=[]))["Labels"]) == 4


def test_label_settings_without_the_feature_are_refused(operations: LabelOperations) -> None:
    members = filters(LabelInclusionFilters=["Car"])

    with pytest.raises(errors.InvalidParameter, match="GENERAL_LABELS"):
        operations.detect_labels(call(png(), Features=["IMAGE_PROPERTIES"], **members))


@pytest.mark.parametrize(("width", "height"), [(79, 200), (200, 79)])
def test_a_picture_of_79_pixels_is_too_small(operations: LabelOperations, width: int, height: int) -> None:
    with pytest.raises(errors.InvalidParameter):
        operations.detect_labels(call(png(width, height)))


def test_a_picture_of_10001_pixels_is_too_large(operations: LabelOperations) -> None:
    with pytest.raises(errors.ImageTooLarge, match="exceed maximum dimension size of 10000 pixels"):
        operations.detect_labels(call(png(10_001, 80)))


@pytest.mark.weights
def test_a_cup_of_coffee_through_the_networks(pictures: Pictures, engine: Engine, store: WeightStore) -> None:
    from skimage.data import coffee

    detector = LabelDetector(EfficientDet(engine, store), EfficientNet(engine, store))
    operations = LabelOperations(pictures, detector, ColourAnalyser(U2Net(engine, store)))
    picture = encoded(coffee())  # type: ignore[no-untyped-call]  # scikit-image has no types

    answer = operations.detect_labels(call(picture, Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"]))

    # (600, 400) pixels: a white cup in the middle of the right half on a brown table.
    (cup,) = [label for label in answer["Labels"] if label["Name"] == "Cup"]
    box = cup["Instances"][0]["BoundingBox"]
    assert 0 <= box["Left"] < 0.5 < box["Left"] + box["Width"] <= 1
    assert 0 <= box["Top"] < 0.5 < box["Top"] + box["Height"] <= 1
    assert "brown" in {colour["SimplifiedColor"] for colour in answer["ImageProperties"]["DominantColors"]}
    assert_fits_the_service_model(answer)
