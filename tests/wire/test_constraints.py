import base64
import json
from typing import Any

import pytest

from regard.wire import codec
from regard.wire.constraints import problems, validation_error
from regard.wire.model import ServiceModel
from tests.wire.complaints import complaint, one

FACE_ID = "11111111-2222-3333-4444-555555555555"
FACE_ID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PROJECT = "arn:aws:rekognition:eu-west-1:111122223333:project/cats/1600000000000"
NAME_PATTERN = r"[a-zA-Z0-9_.\-]+"
ATTRIBUTES = (
    "DEFAULT, ALL, AGE_RANGE, BEARD, EMOTIONS, EYE_DIRECTION, EYEGLASSES, EYES_OPEN, GENDER, MOUTH_OPEN, MUSTACHE, "
    "FACE_OCCLUDED, SMILE, SUNGLASSES"
)
REGION = "RegionOfInterest(boundingBox=BoundingBox(width=0.5, height=null, left=null, top=null), polygon=null)"
PICTURE = {"S3Object": {"Bucket": "pictures", "Name": "a.jpg"}}


@pytest.mark.parametrize(
    ("size", "rule"),
    [
        (0, "Member must have length greater than or equal to 1"),
        (7_800_000, "Member must have length less than or equal to 5242880"),
        (5_242_881, "Member must have length less than or equal to 5242880"),
    ],
)
def test_size_of_an_inline_picture_is_refused_in_the_recorded_words(model: ServiceModel, size: int, rule: str) -> None:
    members = {"Image": {"Bytes": base64.b64encode(bytes(size)).decode()}}
    buffer = f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"
    assert complaint(model, "DetectFaces", members) == (
        f"1 validation error detected: Value '{buffer}' at 'image.bytes' failed to satisfy constraint: {rule}"
    )


def test_picture_of_the_largest_size_is_accepted(model: ServiceModel) -> None:
    members = {"Image": {"Bytes": base64.b64encode(bytes(5_242_880)).decode()}}
    decoded = codec.decode(model.operations["DetectFaces"], json.dumps(members).encode())
    assert len(decoded["Image"]["Bytes"]) == 5_242_880


COMPLAINTS = [
    ("DetectFaces", {}, one("Value null", "image", "Member must not be null")),
    ("DetectFaces", {"Image": None}, one("Value null", "image", "Member must not be null")),
    (
        "DetectFaces",
        {"Image": {"S3Object": {"Bucket": "ab", "Name": "a"}}},
        one("Value 'ab'", "image.s3Object.bucket", "Member must have length greater than or equal to 3"),
    ),
    (
        "DetectFaces",
        {"Image": {"S3Object": {"Bucket": "../x", "Name": "a"}}},
        one(
            "Value '../x'",
            "image.s3Object.bucket",
            r"Member must satisfy regular expression pattern: [0-9A-Za-z\.\-_]*",
        ),
    ),
    (
        "DetectFaces",
        {"Image": {"S3Object": {"Bucket": "abc", "Name": "a" * 1025}}},
        one(f"Value '{'a' * 1025}'", "image.s3Object.name", "Member must have length less than or equal to 1024"),
    ),
    (
        "DetectFaces",
        {"Image": PICTURE, "Attributes": ["ALL", "FOO"]},
        one(
            "Value '[ALL, FOO]'",
            "attributes",
            f"Member must satisfy constraint: [Member must satisfy enum value set: [{ATTRIBUTES}]]",
        ),
    ),
    (
        "DetectFaces",
        {"Image": PICTURE, "Attributes": ["ALL", None]},
        one("Value '[ALL, null]'", "attributes", "Member must satisfy constraint: [Member must not be null]"),
    ),
    (
        "IndexFaces",
        {"CollectionId": "c", "Image": PICTURE, "QualityFilter": "BEST"},
        one("Value 'BEST'", "qualityFilter", "Member must satisfy enum value set: [NONE, AUTO, LOW, MEDIUM, HIGH]"),
    ),
    (
        "IndexFaces",
        {"CollectionId": "c", "Image": PICTURE, "ExternalImageId": "a b"},
        one(
            "Value 'a b'", "externalImageId", r"Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-:]+"
        ),
    ),
    (
        "IndexFaces",
        {"CollectionId": "c", "Image": PICTURE, "MaxFaces": 0},
        one("Value '0'", "maxFaces", "Member must have value greater than or equal to 1"),
    ),
    (
        "DetectLabels",
        {"Image": PICTURE, "MinConfidence": 101},
        one("Value '101.0'", "minConfidence", "Member must have value less than or equal to 100"),
    ),
    (
        "DetectLabels",
        {"Image": PICTURE, "MinConfidence": -1e-5},
        one("Value '-1.0E-5'", "minConfidence", "Member must have value greater than or equal to 0"),
    ),
    (
        "DetectLabels",
        {"Image": PICTURE, "MinConfidence": 1e39},
        one("Value 'Infinity'", "minConfidence", "Member must have value less than or equal to 100"),
    ),
    (
        "DetectLabels",
        {"Image": PICTURE, "Features": ["GENERAL_LABELS"] * 3},
        one(
            "Value '[GENERAL_LABELS, GENERAL_LABELS, GENERAL_LABELS]'",
            "features",
            "Member must have length less than or equal to 2",
        ),
    ),
    (
        "DetectText",
        {"Image": PICTURE, "Filters": {"RegionsOfInterest": [{}, {"BoundingBox": {"Width": 0.5}}] * 6}},
        one(
            f"Value '[{', '.join(['RegionOfInterest(boundingBox=null, polygon=null)', REGION] * 6)}]'",
            "filters.regionsOfInterest",
            "Member must have length less than or equal to 10",
        ),
    ),
    (
        "DetectText",
        {"Image": PICTURE, "Filters": {"WordFilter": {"MinBoundingBoxHeight": 1.5}}},
        one("Value '1.5'", "filters.wordFilter.minBoundingBoxHeight", "Member must have value less than or equal to 1"),
    ),
    (
        "DetectText",
        {"Image": PICTURE, "Filters": {"RegionsOfInterest": [None]}},
        one("Value null", "filters.regionsOfInterest.1.member", "Member must not be null"),
    ),
    (
        "DeleteFaces",
        {"CollectionId": "c", "FaceIds": []},
        one("Value '[]'", "faceIds", "Member must have length greater than or equal to 1"),
    ),
    (
        "DeleteFaces",
        {"CollectionId": "c", "FaceIds": [FACE_ID, "x"]},
        one(
            f"Value '[{FACE_ID}, x]'",
            "faceIds",
            f"Member must satisfy constraint: [Member must satisfy regular expression pattern: {FACE_ID_PATTERN}]",
        ),
    ),
    (
        "DescribeProjects",
        {"ProjectNames": ["a b"]},
        one(
            "Value '[a b]'",
            "projectNames",
            "Member must satisfy constraint: [Member must have length less than or equal to 255, "
            "Member must have length greater than or equal to 1, "
            f"Member must satisfy regular expression pattern: {NAME_PATTERN}]",
        ),
    ),
    (
        "CreateCollection",
        {"CollectionId": "c", "Tags": {"aws:x": "1", "b": "2"}},
        one(
            "Value '{aws:x=1, b=2}'",
            "tags",
            "Map keys must satisfy constraint: [Member must have length less than or equal to 128, "
            "Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
            r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$]",
        ),
    ),
    (
        "CreateCollection",
        {"CollectionId": "c", "Tags": {"a": "!"}},
        one(
            "Value '{a=!}'",
            "tags",
            "Map value must satisfy constraint: [Member must have length less than or equal to 256, "
            "Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: "
            r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$]",
        ),
    ),
    (
        "CreateCollection",
        {"CollectionId": "c", "Tags": {"a": None}},
        one("Value '{a=null}'", "tags", "Map value must satisfy constraint: [Member must not be null]"),
    ),
    (
        "UpdateDatasetEntries",
        {"DatasetArn": f"{PROJECT[:-14]}/dataset/train/1600000000000", "Changes": {"GroundTruth": ""}},
        one(
            "Value 'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]'",
            "changes.groundTruth",
            "Member must have length greater than or equal to 1",
        ),
    ),
    (
        "DistributeDatasetEntries",
        {"Datasets": [{"Arn": f"{PROJECT[:-14]}/dataset/train/1600000000000"}, {}]},
        one("Value null", "datasets.2.member.arn", "Member must not be null"),
    ),
    (
        "StartSegmentDetection",
        {"Video": PICTURE, "SegmentTypes": ["SHOT"], "NotificationChannel": {"SNSTopicArn": "x", "RoleArn": "y"}},
        "2 validation errors detected: Value 'x' at 'notificationChannel.sNSTopicArn' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: (^arn:aws:sns:.*:\w{12}:.+$); "
        "Value 'y' at 'notificationChannel.roleArn' failed to satisfy constraint: Member must satisfy regular "
        r"expression pattern: arn:aws:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
    ),
    (
        "CreateCollection",
        {"CollectionId": ""},
        "2 validation errors detected: Value '' at 'collectionId' failed to satisfy constraint: Member must have "
        "length greater than or equal to 1; Value '' at 'collectionId' failed to satisfy constraint: Member must "
        f"satisfy regular expression pattern: {NAME_PATTERN}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "members", "text"), COMPLAINTS, ids=[str(case[1])[:60] for case in COMPLAINTS])
def test_broken_constraint_is_told_in_the_words_of_aws(
    model: ServiceModel, operation: str, members: dict[str, Any], text: str
) -> None:
    assert complaint(model, operation, members) == text


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DetectFaces", {"Image": PICTURE, "Attributes": []}),
        ("DetectFaces", {"Image": {}}),
        ("DetectLabels", {"Image": PICTURE, "MaxLabels": 0, "MinConfidence": 100}),
        ("DetectLabels", {"Image": PICTURE, "Settings": {"GeneralLabels": {"LabelInclusionFilters": [""]}}}),
        ("CreateCollection", {"CollectionId": "a" * 255, "Tags": {"Größe 1": ""}}),
        ("CreateCollection", {"CollectionId": "c", "Tags": {}}),
        ("IndexFaces", {"CollectionId": "c", "Image": PICTURE, "ExternalImageId": "a:b"}),
        ("ListFaces", {"CollectionId": "c", "MaxResults": 0}),
    ],
)
def test_value_on_its_limit_is_accepted(model: ServiceModel, operation: str, members: dict[str, Any]) -> None:
    assert codec.decode(model.operations[operation], json.dumps(members).encode()) == members


def test_only_ten_problems_are_listed(model: ServiceModel) -> None:
    regions: list[Any] = [{"BoundingBox": {}}] * 4 + [None] * 12
    text = complaint(model, "DetectText", {"Image": PICTURE, "Filters": {"RegionsOfInterest": regions}})
    assert text.startswith("10 validation errors detected: Value '[RegionOfInterest(")
    assert text.count(" failed to satisfy constraint: ") == 10
    assert text.endswith(
        "Value null at 'filters.regionsOfInterest.13.member' failed to satisfy constraint: Member must not be null"
    )


def test_long_value_is_quoted_in_part(model: ServiceModel) -> None:
    text = complaint(model, "DetectFaces", {"Image": {"S3Object": {"Bucket": "abc", "Name": "a" * 1_000_000}}})
    assert f"Value '{'a' * 4096}' at 'image.s3Object.name'" in text


def test_pattern_is_not_tried_on_a_value_that_is_too_long(model: ServiceModel) -> None:
    text = complaint(model, "CreateCollection", {"CollectionId": " " * 256})
    assert text == one(f"Value '{' ' * 256}'", "collectionId", "Member must have length less than or equal to 255")


def test_arn_without_a_limit_in_the_model_is_at_most_2048_characters_long(model: ServiceModel) -> None:
    arn = "arn:aws:iam::111122223333:role/"
    role = model.operations["CreateStreamProcessor"].input.members["RoleArn"]
    assert list(problems(role, arn + "a" * (2048 - len(arn)))) == []
    assert len(list(problems(role, arn + "a" * (2049 - len(arn))))) == 1


def test_sensitive_value_is_not_shown(model: ServiceModel) -> None:
    image = model.operations["GetFaceLivenessSessionResults"].output.members["ReferenceImage"]
    found = list(problems(image, {"Bytes": b""}, "referenceImage"))
    rule = "Member must have length greater than or equal to 1"
    assert found == [f"Value at 'referenceImage.bytes' failed to satisfy constraint: {rule}"]


def test_nothing_wrong_is_no_error() -> None:
    assert validation_error([]) is None
