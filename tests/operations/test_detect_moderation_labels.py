"""DetectModerationLabels, from a decoded call to the members of the answer. The networks are stubs."""

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
from regard.analysis.moderation import Moderator
from regard.media.sources import LocalBuckets
from regard.models.image_safety import SafetyScores
from regard.models.nsfwjs import NsfwjsScores
from regard.operations.call import Call
from regard.operations.images import Pictures
from regard.operations.limits import AWS
from regard.operations.moderation import ModerationOperations

REVOLVER = 763


class StubSafety:
    def classify(self, image: NDArray[np.uint8]) -> SafetyScores:
        return SafetyScores(0.03, 0.04, 0.93)


class StubNsfwjs:
    def classify(self, image: NDArray[np.uint8]) -> NsfwjsScores:
        return NsfwjsScores(0.0, 0.0, 1.0, 0.0, 0.0)


class StubOpenNsfw:
    def explicit_probability(self, image: NDArray[np.uint8]) -> float:
        return 0.0


class StubTags:
    """A revolver in red pictures."""

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        probabilities = np.zeros(1000, dtype=np.float32)
        probabilities[REVOLVER] = 0.65 * (image[0, 0, 0] > 128)
        return probabilities


@pytest.fixture
def operations(tmp_path: Path) -> ModerationOperations:
    moderator = Moderator(StubSafety(), StubNsfwjs(), StubOpenNsfw(), StubTags())
    return ModerationOperations(Pictures(LocalBuckets(tmp_path), AWS), moderator)


def png(red: int = 255, width: int = 100, height: int = 80) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (red, 0, 0)).save(file, "PNG")
    return file.getvalue()


def call(picture: bytes, **members: Any) -> Call:
    wanted = {"Image": {"Bytes": picture}, **members}
    return Call("DetectModerationLabels", wanted, "request", "us-east-1", "000000000000")


def assert_fits_the_service_model(answer: Mapping[str, Any]) -> None:
    model = ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")
    report = ParamValidator().validate(answer, model.operation_model("DetectModerationLabels").output_shape)
    assert not report.has_errors(), report.generate_report()


def test_a_label_comes_with_the_one_above_it(operations: ModerationOperations) -> None:
    answer = operations.detect_moderation_labels(call(png()))

    assert answer == {
        "ModerationLabels": [
            {"Name": "Weapons", "ParentName": "Violence", "Confidence": pytest.approx(75), "TaxonomyLevel": 2},
            {"Name": "Violence", "ParentName": "", "Confidence": pytest.approx(75), "TaxonomyLevel": 1},
        ],
        "ModerationModelVersion": "7.0",
        "ContentTypes": [],
    }
    assert_fits_the_service_model(answer)


def test_a_clean_picture_has_no_labels(operations: ModerationOperations) -> None:
    answer = operations.detect_moderation_labels(call(png(red=0)))

    assert answer["ModerationLabels"] == []
    assert_fits_the_service_model(answer)


@pytest.mark.parametrize(("least", "count"), [(0, 11), (50, 2), (74.9, 2), (75.1, 0), (100, 0)])
def test_min_confidence_decides(operations: ModerationOperations, least: float, count: int) -> None:
    answer = operations.detect_moderation_labels(call(png(), MinConfidence=least))

    assert len(answer["ModerationLabels"]) == count


def test_a_human_review_is_refused_by_name(operations: ModerationOperations) -> None:
    loop = {"HumanLoopName": "loop", "FlowDefinitionArn": "arn:aws:sagemaker:us-east-1:000000000000:flow-definition/f"}

    with pytest.raises(errors.InvalidParameter, match="HumanLoopConfig"):
        operations.detect_moderation_labels(call(png(), HumanLoopConfig=loop))


def test_an_adapter_that_does_not_exist_is_named(operations: ModerationOperations) -> None:
    arn = "arn:aws:rekognition:us-east-1:000000000000:project/p/version/v/1700000000000"

    with pytest.raises(errors.ResourceNotFound, match=arn):
        operations.detect_moderation_labels(call(png(), ProjectVersion=arn))


@pytest.mark.parametrize(
    ("picture", "error"),
    [
        (png(width=79), errors.InvalidParameter),
        (png(width=10_001), errors.ImageTooLarge),
        (b"not a picture", errors.InvalidImageFormat),
    ],
    ids=["79 pixels wide", "10,001 pixels wide", "not a picture"],
)
def test_pictures_outside_the_rules_are_refused(
    operations: ModerationOperations, picture: bytes, error: type[errors.ApiError]
) -> None:
    with pytest.raises(error):
        operations.detect_moderation_labels(call(picture))
