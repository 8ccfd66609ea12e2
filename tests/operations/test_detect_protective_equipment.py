"""DetectProtectiveEquipment, from a decoded call to the members of the answer. The networks are stubs."""

import io
from collections.abc import Mapping, Sequence
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
from regard.analysis.ppe import EquipmentInspector
from regard.media.sources import LocalBuckets
from regard.models.efficientdet import Detections
from regard.models.movenet import Poses
from regard.models.yunet import FaceBoxes
from regard.operations.call import Call
from regard.operations.images import Pictures
from regard.operations.limits import AWS
from regard.operations.protective_equipment import ProtectiveEquipmentOperations


class StubPersons:
    """Somebody on the left half, and somebody on the right three tenths."""

    classes = ("person",)

    def detect(self, image: NDArray[np.uint8], threshold: float, limit: int) -> Detections:
        height, width = image.shape[:2]
        boxes = np.array([(0, 0, 0.5, 1), (0.7, 0, 1, 1)]) * [width, height, width, height]
        return Detections(boxes.astype(np.float32), np.array([0.7, 0.88], np.float32), np.zeros(2, np.int64))


class StubPoses:
    """Finds nobody."""

    def locate(self, image: NDArray[np.uint8], longer_side: int) -> Poses:
        return Poses(*(np.zeros(shape, dtype=np.float32) for shape in ((0, 17, 2), (0, 17), (0, 4), (0,))))


class StubFaces:
    """A face for the one on the left, a tenth of the picture wide and high, at its top."""

    def detect(self, image: NDArray[np.uint8], longer_side: int, min_score: float) -> FaceBoxes:
        height, width = image.shape[:2]
        box = np.array([(0.2, 0.05, 0.3, 0.15)]) * [width, height, width, height]
        landmarks = np.array([[(0.22 * width, 0), (0.28 * width, 0), (0, 0), (0, 0), (0, 0)]])
        return FaceBoxes(box.astype(np.float32), landmarks.astype(np.float32), np.array([0.8], np.float32))


class StubMasks:
    """A mask, quite sure."""

    def covered(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return np.full(len(crops), 0.94, dtype=np.float32)


@pytest.fixture
def operations(tmp_path: Path) -> ProtectiveEquipmentOperations:
    inspector = EquipmentInspector(StubPersons(), StubPoses(), StubFaces(), StubMasks(), person_limit=15)
    return ProtectiveEquipmentOperations(Pictures(LocalBuckets(tmp_path), AWS), inspector)


def png(width: int = 400, height: int = 400) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "PNG")
    return file.getvalue()


def call(picture: bytes, **members: Any) -> Call:
    wanted = {"Image": {"Bytes": picture}, **members}
    return Call("DetectProtectiveEquipment", wanted, "request", "us-east-1", "000000000000")


def assert_fits_the_service_model(answer: Mapping[str, Any]) -> None:
    model = ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")
    report = ParamValidator().validate(answer, model.operation_model("DetectProtectiveEquipment").output_shape)
    assert not report.has_errors(), report.generate_report()


def near(**members: float) -> dict[str, Any]:
    return {name: pytest.approx(value, abs=1e-4) for name, value in members.items()}


def test_persons_come_with_their_parts_and_covers_in_ratios(operations: ProtectiveEquipmentOperations) -> None:
    answer = operations.detect_protective_equipment(call(png()))

    assert answer["ProtectiveEquipmentModelVersion"] == "1.0"
    assert answer["Persons"] == [
        {
            "Id": 0,
            "BoundingBox": near(Left=0, Top=0, Width=0.5, Height=1),
            "Confidence": pytest.approx(75),
            "BodyParts": [
                {
                    "Name": "FACE",
                    "Confidence": pytest.approx(80),
                    "EquipmentDetections": [
                        {
                            "Type": "FACE_COVER",
                            "BoundingBox": near(Left=0.2, Top=0.09, Width=0.1, Height=0.065),
                            "Confidence": pytest.approx(90),
                            "CoversBodyPart": {"Value": True, "Confidence": pytest.approx(90)},
                        }
                    ],
                },
                {"Name": "HEAD", "Confidence": pytest.approx(80), "EquipmentDetections": []},
            ],
        },
        {
            "Id": 1,
            "BoundingBox": near(Left=0.7, Top=0, Width=0.3, Height=1),
            "Confidence": pytest.approx(90),
            "BodyParts": [],
        },
    ]
    assert_fits_the_service_model(answer)


def test_there_is_no_summary_unless_it_is_asked_for(operations: ProtectiveEquipmentOperations) -> None:
    assert "Summary" not in operations.detect_protective_equipment(call(png()))


@pytest.mark.parametrize(
    ("required", "least", "equipped", "indeterminate"),
    [
        (["FACE_COVER"], 60, [0], [1]),
        (["FACE_COVER"], 10, [0], [1]),
        (["FACE_COVER"], 85, [], [0, 1]),
        (["HEAD_COVER"], 60, [], [0, 1]),
        (["HAND_COVER", "FACE_COVER"], 60, [], [0, 1]),
    ],
)
def test_the_summary_sorts_persons_by_number(
    operations: ProtectiveEquipmentOperations,
    required: list[str],
    least: float,
    equipped: list[int],
    indeterminate: list[int],
) -> None:
    wanted = {"MinConfidence": least, "RequiredEquipmentTypes": required}

    answer = operations.detect_protective_equipment(call(png(), SummarizationAttributes=wanted))

    assert answer["Summary"] == {
        "PersonsWithRequiredEquipment": equipped,
        "PersonsWithoutRequiredEquipment": [],
        "PersonsIndeterminate": indeterminate,
    }
    assert_fits_the_service_model(answer)


@pytest.mark.parametrize(
    ("picture", "error"),
    [
        (png(width=63), errors.InvalidParameter),
        (png(width=4097), errors.ImageTooLarge),
        (b"\x89PNG\r\n\x1a\n" + bytes(4 * 1024 * 1024), errors.ImageTooLarge),
    ],
    ids=["63 pixels wide", "4,097 pixels wide", "over 4 MB"],
)
def test_pictures_outside_the_rules_are_refused(
    operations: ProtectiveEquipmentOperations, picture: bytes, error: type[errors.ApiError]
) -> None:
    with pytest.raises(error):
        operations.detect_protective_equipment(call(picture))


def test_a_picture_of_64_pixels_is_taken(operations: ProtectiveEquipmentOperations) -> None:
    assert len(operations.detect_protective_equipment(call(png(64, 64)))["Persons"]) == 2
