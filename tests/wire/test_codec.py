import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from regard import errors
from regard.wire import codec
from regard.wire.model import ServiceModel

IMAGE = '"Image": {"Bytes": "/9j/4A=="}'


def decode(model: ServiceModel, operation: str, body: str) -> dict[str, Any]:
    return codec.decode(model.operations[operation], body.encode())


def test_input_has_blobs_as_bytes_and_floats_as_float(model: ServiceModel) -> None:
    decoded = decode(model, "DetectLabels", "{" + IMAGE + ', "MaxLabels": 10.0, "MinConfidence": 70}')
    assert decoded == {"Image": {"Bytes": b"\xff\xd8\xff\xe0"}, "MaxLabels": 10, "MinConfidence": 70.0}
    assert type(decoded["MaxLabels"]) is int
    assert type(decoded["MinConfidence"]) is float


def test_null_and_unknown_members_are_left_out(model: ServiceModel) -> None:
    body = '{"Image": {"Bytes": "QQ==", "S3Object": null, "Url": "x"}, "Attributes": null, "Nothing": {"a": [1]}}'
    assert decode(model, "DetectFaces", body) == {"Image": {"Bytes": b"A"}}


@pytest.mark.parametrize("name", ["Größe", "\\u00e9t\\u00e9", "\\ud83d\\ude42", "🙂"])
def test_text_is_read_escaped_or_not(model: ServiceModel, name: str) -> None:
    body = f'{{"Image": {{"S3Object": {{"Bucket": "abc", "Name": "{name}"}}}}}}'
    expected = json.loads(f'"{name}"')
    assert decode(model, "DetectFaces", body)["Image"]["S3Object"]["Name"] == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no",
        b"{",
        b'{"a": 1,}',
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": 1e400}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"Image": ' * 10_000 + b"1" + b"}" * 10_000,
    ],
    ids=[
        "empty", "word", "open", "comma", "quotes", "nan", "infinite", "not utf-8", "half a surrogate", "bom",
        "lists 10,000 deep", "objects 10,000 deep",
    ],
)  # fmt: skip
def test_body_that_is_not_json_is_a_serialization_exception(model: ServiceModel, body: bytes) -> None:
    with pytest.raises(errors.Serialization, match=r"^The body is not JSON: "):
        codec.decode(model.operations["DetectFaces"], body)


@pytest.mark.parametrize("body", ["[]", '"a"', "1", "null", "true"])
def test_body_that_is_not_an_object_is_a_serialization_exception(model: ServiceModel, body: str) -> None:
    with pytest.raises(errors.Serialization, match=r"^The body has to be a JSON object$"):
        decode(model, "ListCollections", body)


# The texts are those that DynamoDB and Kinesis, which have the same front end, are recorded to give.
MISMATCHES = [
    ("CreateCollection", '"CollectionId": 1', "NUMBER_VALUE cannot be converted to String at 'collectionId'"),
    ("CreateCollection", '"CollectionId": 1.5', "DECIMAL_VALUE cannot be converted to String at 'collectionId'"),
    ("CreateCollection", '"CollectionId": true', "TRUE_VALUE cannot be converted to String at 'collectionId'"),
    ("CreateCollection", '"CollectionId": ["a"]', "Start of list found where not expected at 'collectionId'"),
    ("CreateCollection", '"CollectionId": {}', "Start of structure or map found where not expected at 'collectionId'"),
    ("CreateCollection", '"Tags": "a"', "Unexpected field type at 'tags'"),
    ("CreateCollection", '"Tags": []', "Start of list found where not expected at 'tags'"),
    ("CreateCollection", '"Tags": {"a": 1}', "NUMBER_VALUE cannot be converted to String at 'tags.a'"),
    ("DetectFaces", '"Image": "QQ=="', "Unexpected field type at 'image'"),
    ("DetectFaces", '"Image": []', "Start of list found where not expected at 'image'"),
    ("DetectFaces", '"Image": {"S3Object": 1}', "Unexpected field type at 'image.s3Object'"),
    ("DetectFaces", '"Attributes": "ALL"', "Unexpected field type at 'attributes'"),
    ("DetectFaces", '"Attributes": {}', "Start of structure or map found where not expected at 'attributes'"),
    (
        "DetectFaces",
        '"Attributes": ["ALL", false]',
        "FALSE_VALUE cannot be converted to String at 'attributes.2.member'",
    ),
    ("DetectLabels", '"MaxLabels": "10"', "STRING_VALUE cannot be converted to Integer at 'maxLabels'"),
    ("DetectLabels", '"MaxLabels": true', "TRUE_VALUE cannot be converted to Integer at 'maxLabels'"),
    ("DetectLabels", '"MaxLabels": 1.5', "DECIMAL_VALUE cannot be converted to Integer at 'maxLabels'"),
    ("DetectLabels", '"MaxLabels": 2147483648', "Numeric value (2147483648) out of range of int at 'maxLabels'"),
    ("DetectLabels", '"MaxLabels": -2147483649', "Numeric value (-2147483649) out of range of int at 'maxLabels'"),
    ("DetectLabels", '"MinConfidence": "50"', "STRING_VALUE cannot be converted to Float at 'minConfidence'"),
    ("DetectLabels", '"MinConfidence": false', "FALSE_VALUE cannot be converted to Float at 'minConfidence'"),
    (
        "StartStreamProcessor",
        '"StartSelector": {"KVSStreamStartSelector": {"ProducerTimestamp": 9223372036854775808}}',
        "Numeric value (9223372036854775808) out of range of long"
        " at 'startSelector.kVSStreamStartSelector.producerTimestamp'",
    ),
    (
        "StartStreamProcessor",
        '"StartSelector": {"KVSStreamStartSelector": {"ProducerTimestamp": 1e30}}',
        "Numeric value (1000000000000000019884624838656) out of range of long"
        " at 'startSelector.kVSStreamStartSelector.producerTimestamp'",
    ),
    (
        "StartTextDetection",
        '"Filters": {"RegionsOfInterest": [{}, {"Polygon": [{}, {"X": "0"}]}]}',
        "STRING_VALUE cannot be converted to Float at 'filters.regionsOfInterest.2.member.polygon.2.member.x'",
    ),
    (
        "CreateStreamProcessor",
        '"DataSharingPreference": {"OptIn": "yes"}',
        "STRING_VALUE cannot be converted to Boolean at 'dataSharingPreference.optIn'",
    ),
]


@pytest.mark.parametrize(("operation", "member", "text"), MISMATCHES, ids=[member for _, member, _ in MISMATCHES])
def test_value_of_another_json_type_is_a_serialization_exception(
    model: ServiceModel, operation: str, member: str, text: str
) -> None:
    with pytest.raises(errors.Serialization) as raised:
        decode(model, operation, "{" + member + "}")
    assert raised.value.message == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", "only base-64-encoded strings are convertible to bytes"),
        ("true", "only base-64-encoded strings are convertible to bytes"),
        ("[1]", "Start of list found where not expected"),
        ("{}", "Start of structure or map found where not expected"),
        ('"QQ"', "Base64 encoded length is expected a multiple of 4 bytes but found: 2"),
        ('"QQ==\\n"', "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ('"QQ=a"', "Invalid Base64 character or padding"),
        ('"QQ==QQ=="', "Invalid Base64 character or padding"),
        ('"-_-_"', "Invalid Base64 character or padding"),
        ('"Q Q="', "Invalid Base64 character or padding"),
        ('"Qé=="', "Invalid Base64 character or padding"),
        ('"data:image/png;base64,QUJDRA"', "Invalid Base64 character or padding"),
    ],
)
def test_blob_that_is_not_standard_base64_is_a_serialization_exception(
    model: ServiceModel, value: str, text: str
) -> None:
    with pytest.raises(errors.Serialization) as raised:
        decode(model, "DetectFaces", f'{{"Image": {{"Bytes": {value}}}}}')
    assert raised.value.message == f"{text} at 'image.bytes'"


def encode(model: ServiceModel, operation: str, output: dict[str, Any]) -> str:
    return codec.encode(model.operations[operation], output).decode()


def test_output_without_members_is_an_empty_object(model: ServiceModel) -> None:
    assert encode(model, "TagResource", {}) == "{}"


@pytest.mark.parametrize(
    ("value", "text"),
    [(99, "99.0"), (99.0, "99.0"), (0.18562500178813934, "0.18562500178813934"), (np.float64(0.5), "0.5")],
)
def test_floats_are_printed_with_a_point(model: ServiceModel, value: float, text: str) -> None:
    body = encode(model, "DetectFaces", {"FaceDetails": [{"BoundingBox": {"Left": value}}]})
    assert body == f'{{"FaceDetails":[{{"BoundingBox":{{"Left":{text}}}}}]}}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1569444828.274, "1569444828.274"),
        (1569444828, "1569444828.0"),
        (datetime(2019, 9, 25, 20, 53, 48, 274_000, tzinfo=UTC), "1569444828.274"),
        (datetime(2019, 9, 25, 22, 53, 48, 274_499, tzinfo=timezone(timedelta(hours=2))), "1569444828.274"),
    ],
)
def test_times_are_printed_as_seconds_since_1970(model: ServiceModel, value: float | datetime, text: str) -> None:
    assert encode(model, "DescribeCollection", {"CreationTimestamp": value}) == f'{{"CreationTimestamp":{text}}}'


def test_blobs_are_printed_as_base64(model: ServiceModel) -> None:
    output = {"SessionId": "s", "Status": "CREATED", "ReferenceImage": {"Bytes": b"\xff\xd8\xff\xe0"}}
    body = encode(model, "GetFaceLivenessSessionResults", output)
    assert body == '{"SessionId":"s","Status":"CREATED","ReferenceImage":{"Bytes":"/9j/4A=="}}'


def test_none_is_left_out_and_the_word_null_is_not(model: ServiceModel) -> None:
    output = {"TextDetections": [{"DetectedText": "null", "Id": 0, "ParentId": None}], "TextModelVersion": None}
    assert encode(model, "DetectText", output) == '{"TextDetections":[{"DetectedText":"null","Id":0}]}'


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ({"Faces": []}, "DetectFacesResponse has no members ['Faces']"),
        ({"FaceDetails": [{"Beauty": 1.0}]}, "FaceDetail has no members ['Beauty']"),
        ({"FaceDetails": [{"Pose": {"Roll": 1.0, "Tilt": 1.0}}]}, "Pose has no members ['Tilt']"),
        ({"FaceDetails": [{"Pose": {"Roll": float("nan")}}]}, "nan is no Degree"),
        ({"FaceDetails": [{"Pose": {"Roll": float("inf")}}]}, "inf is no Degree"),
        ({"FaceDetails": [{"Pose": {"Roll": "1.0"}}]}, "'1.0' is no Degree"),
        ({"FaceDetails": [{"Pose": {"Roll": True}}]}, "True is no Degree"),
        ({"FaceDetails": [{"Pose": [1.0]}]}, "[1.0] is no Pose"),
        ({"FaceDetails": {"Pose": {}}}, "{'Pose': {}} is no FaceDetailList"),
        ({"FaceDetails": [None]}, "None is no FaceDetail"),
        ({"FaceDetails": [{"AgeRange": {"Low": 1.0}}]}, "1.0 is no UInteger"),
        ({"FaceDetails": [{"Smile": {"Value": 1}}]}, "1 is no Boolean"),
    ],
)  # fmt: skip
def test_output_that_the_model_does_not_have_is_a_bug(model: ServiceModel, output: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 -- the text is compared below, brackets and all
        encode(model, "DetectFaces", output)
    assert str(raised.value).startswith(text)


def test_time_without_a_zone_is_a_bug(model: ServiceModel) -> None:
    with pytest.raises(ValueError, match="is no DateTime"):
        encode(model, "DescribeCollection", {"CreationTimestamp": datetime(2019, 9, 25)})


def test_check_accepts_an_answer_that_keeps_the_model(model: ServiceModel) -> None:
    face = {"BoundingBox": {"Left": -0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}, "Pose": {"Roll": -12.5}}
    codec.check_output(model.operations["DetectFaces"], {"FaceDetails": [{**face, "Confidence": 99.5}]})


@pytest.mark.parametrize(
    ("operation", "output", "text"),
    [
        (
            "GetFaceLivenessSessionResults",
            {"SessionId": "00000000-0000-0000-0000-000000000000"},
            "GetFaceLivenessSessionResults: 1 validation error detected: Value null at 'status' failed to satisfy "
            "constraint: Member must not be null",
        ),
        (
            "DetectFaces",
            {"FaceDetails": [{"Confidence": 101.0}]},
            "DetectFaces: 1 validation error detected: Value '101.0' at 'faceDetails.1.member.confidence' failed to "
            "satisfy constraint: Member must have value less than or equal to 100",
        ),
        (
            "DetectFaces",
            {"FaceDetails": [{"Landmarks": [{"Type": "ear"}]}]},
            "DetectFaces: 1 validation error detected: Value 'ear' at 'faceDetails.1.member.landmarks.1.member.type' "
            "failed to satisfy constraint: Member must satisfy enum value set: [eyeLeft, eyeRight, nose, ",
        ),
        (
            "DescribeStreamProcessor",
            {"StreamProcessorArn": "arn:aws:rekognition:eu-west-1:1:streamprocessor/a"},
            "DescribeStreamProcessor: 1 validation error detected: Value 'arn:aws:rekognition:eu-west-1:1:stream",
        ),
        ("DetectFaces", {"FaceDetails": [{"AgeRange": {"Low": 1 << 31}}]}, "DetectFaces: Numeric value (2147483648) "),
    ],
)  # fmt: skip
def test_check_refuses_an_answer_that_breaks_the_model(
    model: ServiceModel, operation: str, output: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 -- the text is compared below, brackets and all
        codec.check_output(model.operations[operation], output)
    assert str(raised.value).startswith(text)


def test_error_of_the_logic_has_four_members() -> None:
    error = errors.InvalidImageFormat("Request has invalid image format")
    assert json.loads(codec.error_body(error, "5f0c2c1e")) == {
        "__type": "InvalidImageFormatException",
        "Code": "InvalidImageFormatException",
        "Logref": "5f0c2c1e",
        "Message": "Request has invalid image format",
    }


def test_error_of_the_front_end_has_two_members() -> None:
    error = errors.UnrecognizedClient("The security token included in the request is invalid.")
    assert json.loads(codec.error_body(error, "5f0c2c1e")) == {
        "__type": "UnrecognizedClientException",
        "message": "The security token included in the request is invalid.",
    }
