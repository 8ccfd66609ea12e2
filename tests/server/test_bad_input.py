"""Every kind of bad input, over HTTP: status, code, both message forms, request id, and no traceback."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.media.memory import peak_growth
from tests.media.picture_files import encoded, jpeg, noise, one_colour_png, png, quarters
from tests.server.service import CONTENT_TYPE, Answer, Service, has_answer, head, received

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MEBIBYTE = 1024 * 1024


def assert_refused(answer: Answer, status: int, code: str, message: str) -> None:
    """The wire form of contract 3.1: logic has Code, Logref and Message, the front end a small message."""
    body = answer.json
    said = body.pop("Message", None) or body.pop("message")
    assert (answer.status, body.pop("__type"), answer.headers["x-amzn-ErrorType"]) == (status, code, code)
    request_id = answer.headers["x-amzn-RequestId"]
    assert UUID.fullmatch(request_id)
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert body in ({}, {"Code": code, "Logref": request_id})
    assert re.search(message, said), said
    assert b"Traceback" not in answer.body
    assert b".py" not in answer.body


def detect(service: Service, data: bytes, **members: Any) -> Answer:
    return service.call("DetectFaces", {"Image": {"Bytes": base64.b64encode(data).decode()}, **members})


def is_service_error(answer: Answer) -> bool:
    return "Code" in answer.json


def padded(size: int) -> bytes:
    """A JPEG of exactly `size` bytes."""
    data = jpeg()
    return data + bytes(size - len(data))


@pytest.mark.parametrize(
    "data",
    [b"not a picture", b"\0" * 1000, b"%PDF-1.7", base64.b64encode(jpeg())],
    ids=["text", "zeros", "pdf", "twice"],
)
def test_what_is_not_a_picture(service: Service, data: bytes) -> None:
    answer = detect(service, data)
    assert_refused(answer, 400, "InvalidImageFormatException", "^Request has invalid image format$")
    assert is_service_error(answer)


@pytest.mark.parametrize("size", [(79, 200), (200, 79), (79, 79), (1, 1)], ids=str)
def test_a_picture_of_79_pixels(service: Service, size: tuple[int, int]) -> None:
    message = f"{size[0]} x {size[1]} pixels; each side must be at least 80 pixels"
    assert_refused(detect(service, png(*size)), 400, "InvalidParameterException", message)


def test_a_picture_of_80_pixels_is_taken(service: Service) -> None:
    assert detect(service, png(80, 80)).status == 200


@pytest.mark.parametrize("make", [jpeg, png])
@pytest.mark.parametrize("size", [(10_001, 80), (80, 10_001)], ids=str)
def test_a_picture_of_10001_pixels(service: Service, make: Callable[..., bytes], size: tuple[int, int]) -> None:
    message = f"Input image dimensions {size[0]} x {size[1]} exceed maximum dimension size of 10000 pixels"
    assert_refused(detect(service, make(*size)), 400, "ImageTooLargeException", message)


def test_a_picture_of_10000_pixels_is_taken(service: Service) -> None:
    assert detect(service, jpeg(10_000, 80)).status == 200


def test_a_picture_of_5_megabytes_and_a_byte(service: Service) -> None:
    answer = detect(service, padded(5 * MEBIBYTE + 1))
    message = (
        r"^1 validation error detected: Value 'java\.nio\.HeapByteBuffer\[pos=0 lim=5242881 cap=5242881\]' at "
        r"'image\.bytes' failed to satisfy constraint: Member must have length less than or equal to 5242880$"
    )
    assert_refused(answer, 400, "ValidationException", message)
    assert not is_service_error(answer)


def test_a_picture_of_5_megabytes_is_taken(service: Service) -> None:
    assert detect(service, padded(5 * MEBIBYTE)).status == 200


def test_relaxed_limits_take_more_than_5_megabytes(relaxed: Service) -> None:
    assert detect(relaxed, padded(5 * MEBIBYTE + 1)).status == 200


def test_empty_bytes(service: Service) -> None:
    message = (
        r"^1 validation error detected: Value 'java\.nio\.HeapByteBuffer\[pos=0 lim=0 cap=0\]' at 'image\.bytes' "
        r"failed to satisfy constraint: Member must have length greater than or equal to 1$"
    )
    assert_refused(detect(service, b""), 400, "ValidationException", message)


@pytest.mark.parametrize("limits", ["service", "relaxed"])
def test_a_png_of_one_colour_and_20000_pixels_each_way(limits: str, request: pytest.FixtureRequest) -> None:
    """Its header is enough to refuse it: decoded it would be 1,200 MB."""
    server: Service = request.getfixturevalue(limits)
    detect(server, png())
    body = {"Image": {"Bytes": base64.b64encode(one_colour_png(20_000, 20_000)).decode()}}
    answers: list[Answer] = []
    grown = peak_growth(lambda: answers.append(server.call("DetectFaces", body)))
    assert_refused(answers[0], 400, "ImageTooLargeException", "20000 x 20000 pixels exceed")
    assert grown < 50_000_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_picture(service: Service, kind: str) -> None:
    data = encoded(noise(300, 200), kind)
    answer = detect(service, data[: len(data) // 2])
    assert_refused(answer, 400, "InvalidImageFormatException", "^Request has invalid image format$")


@pytest.mark.parametrize("text", ["!!!!", "abc", "ab=c", "====", "YWJj\nYWJj", "YWJj YWJj", "YW-_", "é" * 4])
def test_wrong_base64(service: Service, text: str) -> None:
    answer = service.call("DetectFaces", {"Image": {"Bytes": text}})
    assert_refused(answer, 400, "SerializationException", "(?i)base64.* at 'image.bytes'$")


@pytest.mark.parametrize("value", [17, True, [1], {"a": 1}, 1.5], ids=str)
def test_bytes_that_are_no_text(service: Service, value: Any) -> None:
    answer = service.call("DetectFaces", {"Image": {"Bytes": value}})
    assert_refused(answer, 400, "SerializationException", "at 'image.bytes'$")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"text"', b"17", b"null", b"true", b"{", b"{}{}", b"{'a': 1}", b"\xff\xfe", b"<xml/>", b'{"a": NaN}'],
)
@pytest.mark.parametrize("operation", ["DetectFaces", "NoSuchOperation", None])
def test_json_that_is_not_an_object(service: Service, operation: str | None, body: bytes) -> None:
    """It comes before an unknown operation, contract 1.5."""
    assert_refused(service.call(operation, body), 400, "SerializationException", "JSON")


@pytest.mark.parametrize(
    "target",
    [
        "RekognitionService.NoSuchOperation",
        "RekognitionService.detectFaces",
        "RekognitionService.",
        "RekognitionService",
        "DetectFaces",
        "OtherService.DetectFaces",
        "",
        "../../etc/passwd",
    ],
)
def test_an_unknown_operation(service: Service, target: str) -> None:
    answer = service.call(None, X_Amz_Target=target)
    assert_refused(answer, 400, "UnknownOperationException", "X-Amz-Target")
    assert not is_service_error(answer)


def test_a_missing_target(service: Service) -> None:
    assert_refused(service.call(None), 400, "UnknownOperationException", "has no X-Amz-Target")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-amz-json-1.0", "", None])
def test_a_wrong_content_type(service: Service, content_type: str | None) -> None:
    answer = service.call("DetectFaces", Content_Type=content_type)
    assert_refused(answer, 404, "UnknownOperationException", "it has to be application/x-amz-json-1.1")


@pytest.mark.parametrize("content_type", [f"{CONTENT_TYPE}; charset=utf-8", "Application/X-AMZ-JSON-1.1"])
def test_a_content_type_may_have_parameters_and_capitals(service: Service, content_type: str) -> None:
    assert_refused(service.call("DetectFaces", Content_Type=content_type), 400, "ValidationException", "'image'")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_wrong_method(service: Service, method: str) -> None:
    assert_refused(service.ask(method, "/"), 403, "AccessDeniedException", "Unable to determine service/operation")


@pytest.mark.parametrize("path", ["/", "/rek", "/rek/", "/a%20b", "//", "/v2/x"])
def test_the_path_means_nothing(service: Service, path: str) -> None:
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": "RekognitionService.DetectFaces"}
    assert_refused(service.ask("POST", path, b"{}", headers), 400, "ValidationException", "Value null at 'image'")


S3 = {"Bucket": "photos", "Name": "a.jpg"}


def test_both_bytes_and_an_object(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match=r"exactly one.* both"):
        client.detect_faces(Image={"Bytes": png(), "S3Object": S3})


def test_neither_bytes_nor_an_object(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match=r"exactly one.* neither"):
        client.detect_faces(Image={})


@pytest.mark.parametrize(
    ("named", "missing"), [({"Name": "a.jpg"}, "Bucket"), ({"Bucket": "photos"}, "Name"), ({}, "Bucket")]
)
def test_an_object_without_its_names(client: Any, named: dict[str, str], missing: str) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match=f"S3Object has no {missing}"):
        client.detect_faces(Image={"S3Object": named})


@pytest.fixture
def stored(buckets: Path) -> dict[str, str]:
    (buckets / "photos").mkdir(exist_ok=True)
    (buckets / "photos" / "a.png").write_bytes(png())
    (buckets / "photos" / "empty.png").write_bytes(b"")
    (buckets / "secret.png").write_bytes(png())
    return {"Bucket": "photos", "Name": "a.png"}


def test_an_object_is_read(client: Any, stored: dict[str, str]) -> None:
    [face] = client.detect_faces(Image={"S3Object": stored})["FaceDetails"]
    assert face["BoundingBox"]["Left"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Bucket": "missing"},
        {"Name": "missing.png"},
        {"Version": "no-such-version"},
        {"Name": "empty.png"},
        {"Name": "../secret.png"},
        {"Name": "x/../../secret.png"},
        {"Name": "/etc/passwd"},
        {"Bucket": "..."},
        {"Bucket": "..-.."},
    ],
    ids=str,
)
def test_a_missing_bucket_key_or_version_and_names_that_climb(
    client: Any, stored: dict[str, str], wrong: dict[str, str]
) -> None:
    with pytest.raises(client.exceptions.InvalidS3ObjectException, match="Unable to get object metadata from S3"):
        client.detect_faces(Image={"S3Object": stored | wrong})


@pytest.mark.parametrize("bucket", ["../x", "../../etc", "/etc", "a/b", "a\\b", "photos\0", "bück", "http://x"])
def test_a_bucket_that_climbs_breaks_the_service_models_pattern(service: Service, bucket: str) -> None:
    answer = service.call("DetectFaces", {"Image": {"S3Object": {"Bucket": bucket, "Name": "a.png"}}})
    assert_refused(answer, 400, "ValidationException", r"'image\.s3Object\.bucket' .* regular expression pattern")


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        ("DetectFaces", {"Attributes": ["BLUE"]}, r"at 'attributes'.* enum value set: \[.*DEFAULT.*\]"),
        ("DetectLabels", {"MaxLabels": -1}, "Value '-1' at 'maxLabels' .* greater than or equal to 0"),
        ("DetectLabels", {"MinConfidence": 101}, "at 'minConfidence' .* less than or equal to 100"),
        ("DetectLabels", {"MinConfidence": -0.5}, "at 'minConfidence' .* greater than or equal to 0"),
        ("DetectLabels", {"Features": ["GENERAL_LABELS"] * 3}, "at 'features' .* length less than or equal to 2"),
        ("DetectFaces", {"Image": {"S3Object": {**S3, "Name": ""}}}, "at 'image.s3Object.name' .* equal to 1"),
        ("DetectFaces", {"Image": {"S3Object": {**S3, "Name": "n" * 1025}}}, "'image.s3Object.name' .* equal to 1024"),
        ("DetectFaces", {"Image": None}, "Value null at 'image' failed .* Member must not be null"),
    ],
)
def test_an_enum_a_number_and_a_length_out_of_range(
    service: Service, operation: str, members: dict[str, Any], message: str
) -> None:
    image = {"Image": {"Bytes": base64.b64encode(png()).decode()}}
    answer = service.call(operation, image | members)
    assert_refused(answer, 400, "ValidationException", f"^1 validation error detected: .*{message}")
    assert not is_service_error(answer)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Attributes": "ALL"}, "at 'attributes'"),
        ({"Attributes": [1]}, "NUMBER_VALUE cannot be converted to String"),
        ({"Image": []}, "Start of list found where not expected"),
        ({"Image": "x"}, "Unexpected field type"),
    ],
)
def test_a_value_of_another_type(service: Service, members: dict[str, Any], message: str) -> None:
    assert_refused(service.call("DetectFaces", members), 400, "SerializationException", message)


DEEP = 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b'{"Image":' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"Unknown":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    ],
    ids=["open", "lists", "objects", "member", "unknown-member"],
)
@pytest.mark.parametrize("operation", ["DetectFaces", "NoSuchOperation"])
def test_json_nested_10000_deep(service: Service, operation: str, body: bytes) -> None:
    assert_refused(service.call(operation, body), 400, "SerializationException", "JSON")


def test_unknown_members_are_passed_over(service: Service) -> None:
    answer = detect(service, png(), NoSuchMember={"a": [1, 2]}, AnotherOne=None)
    assert (answer.status, len(answer.json["FaceDetails"])) == (200, 1)


def test_a_body_that_says_it_is_beyond_the_cap_is_refused_by_its_header(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(head(f"Content-Length: {service.settings.max_body_bytes + 1}"))
        answer = received(connection)
    assert_refused(answer, 413, "RequestEntityTooLargeException", "is 33554433 bytes; the limit is 33554432")


def test_a_body_beyond_the_cap_leaves_boto3_with_413(
    tmp_path_factory: pytest.TempPathFactory, service: Service
) -> None:
    client = service.client()
    client.meta.events.register("before-call", double_body)
    with pytest.raises(ClientError) as caught:
        client.detect_faces(Image={"Bytes": padded(18 * MEBIBYTE)})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert caught.value.response["Error"]["Code"] == "RequestEntityTooLargeException"


def double_body(params: dict[str, Any], **_: Any) -> None:
    params["body"] += b" " * len(params["body"])


def test_a_body_that_never_ends_is_refused_at_the_cap(service: Service) -> None:
    """In chunks, so that no header tells its length."""
    chunk = b"100000\r\n" + b" " * MEBIBYTE + b"\r\n"
    with service.connect() as connection:
        connection.sendall(head("Transfer-Encoding: chunked"))
        sent = 0
        while not has_answer(connection):
            connection.sendall(chunk)
            sent += 1
        answer = received(connection)
    assert_refused(answer, 413, "RequestEntityTooLargeException", "is over 33554432 bytes")
    assert sent < 64


def test_the_body_of_an_answer_is_one_json_object(service: Service) -> None:
    answer = detect(service, encoded(quarters(), "JPEG"))
    assert (answer.status, answer.headers["Content-Type"]) == (200, CONTENT_TYPE)
    assert UUID.fullmatch(answer.headers["x-amzn-RequestId"])
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert list(json.loads(answer.body)) == ["FaceDetails"]
    assert answer.headers["Date"]
