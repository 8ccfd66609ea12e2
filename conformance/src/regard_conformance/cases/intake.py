"""Pictures that must be refused, and by which name: clients branch on it."""

import base64
from collections.abc import Callable
from typing import Any

from regard_conformance.case import Answered, Case, Expectation, Json, Refused
from regard_conformance.fixtures import Fixtures, encoded
from regard_conformance.pictures import INLINE_LIMIT_BYTES, blank, blank_bytes, bomb, padded_jpeg, signs, two_colours

DETECTORS = ("DetectFaces", "DetectLabels", "DetectText", "DetectModerationLabels", "DetectProtectiveEquipment")
NOT_AN_IMAGE = Refused(("InvalidImageFormatException",))
TOO_LARGE = Refused(("ImageTooLargeException",))
WRONG_PARAMETERS = Refused(("InvalidParameterException",))
# One newer client expects the second name with the same text.
TOO_MANY_BYTES = Refused(("ValidationException", "InvalidParameterException"), r"less than or equal to 5242880")
NO_SUCH_OBJECT = Refused(("InvalidS3ObjectException",))
WRONG_MEMBER = Refused(("ValidationException",))
# The command line checks or changes these itself, or is not worth a process for each of them.
PROGRAMS = ("boto3", "js")
PPE_LIMIT_BYTES = 4 * 1024 * 1024


def _bytes(data: bytes | Callable[[], bytes]) -> Callable[[Fixtures], Json]:
    return lambda _fixtures: {"Image": {"Bytes": data if isinstance(data, bytes) else data()}}


def _under_aws_limits(data: Callable[[], bytes]) -> Callable[[Fixtures], Json]:
    return lambda fixtures: fixtures.under_aws_limits({"Image": {"Bytes": data()}})


def _object(**members: str) -> Callable[[Fixtures], Json]:
    return lambda _fixtures: {"Image": {"S3Object": members}}


def _stored(**members: str) -> Callable[[Fixtures], Json]:
    def request(fixtures: Fixtures) -> Json:
        bucket, key = fixtures.s3_object
        return {"Image": {"S3Object": {"Bucket": bucket, "Name": key, **members}}}

    return request


def _image(**members: Any) -> Callable[[Fixtures], Json]:
    return lambda _fixtures: {"Image": members}


def _case(operation: str, name: str, request: Callable[[Fixtures], Json], expect: Expectation) -> Case:
    return Case(operation, name, request, expect, "intake", PROGRAMS)


def _truncated() -> bytes:
    whole = encoded(signs(), "JPEG", quality=95)
    return whole[: len(whole) // 2]


def _lying_header() -> bytes:
    """A PNG whose header promises ten times the rows its data has."""
    whole = bytearray(encoded(blank(200, 100)))
    whole[20:24] = (1000).to_bytes(4, "big")
    return bytes(whole)


NOT_PICTURES: dict[str, bytes | Callable[[], bytes]] = {
    "a long text": b"this is not a picture, however long it is looked at" * 10,
    "one byte": b"\xff",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "HTML with a picture's first bytes": b"\xff\xd8\xff<html><script>alert(1)</script></html>",
    "a picture encoded twice in base64": lambda: base64.b64encode(blank_bytes()),
    "a data URL": lambda: b"data:image/png;base64," + base64.b64encode(blank_bytes()),
    "half a JPEG": _truncated,
    "a PNG that ends in its header": lambda: blank_bytes()[:33],
    "a PNG with a lying header": _lying_header,
}
# Legal elsewhere, and in an endpoint with relaxed limits.
OTHER_FORMATS: dict[str, Callable[[], bytes]] = {
    "GIF": lambda: encoded(two_colours(), "GIF"),
    "BMP": lambda: encoded(two_colours(), "BMP"),
    "TIFF": lambda: encoded(two_colours(), "TIFF"),
    "WebP": lambda: encoded(two_colours(), "WEBP"),
}

CASES = [
    *(_case(operation, "text for a picture", _bytes(b"not a picture"), NOT_AN_IMAGE) for operation in DETECTORS),
    *(_case("DetectFaces", f"{name} for a picture", _bytes(data), NOT_AN_IMAGE) for name, data in NOT_PICTURES.items()),
    *(
        _case("DetectFaces", f"a {name} for a picture", _under_aws_limits(data), NOT_AN_IMAGE)
        for name, data in OTHER_FORMATS.items()
    ),
    *(_case(operation, "no bytes", _bytes(b""), WRONG_MEMBER) for operation in DETECTORS),
    _case("DetectFaces", "5 MiB of picture", _bytes(lambda: padded_jpeg(INLINE_LIMIT_BYTES)), Answered()),
    *(
        _case(
            operation,
            "5 MiB and a byte",
            _under_aws_limits(lambda: padded_jpeg(INLINE_LIMIT_BYTES + 1)),
            TOO_MANY_BYTES,
        )
        for operation in ("DetectFaces", "DetectLabels")
    ),
    _case(
        "DetectProtectiveEquipment",
        "4 MiB and a byte",
        _under_aws_limits(lambda: padded_jpeg(PPE_LIMIT_BYTES + 1)),
        TOO_LARGE,
    ),
    *(
        _case(operation, "79 pixels wide", _under_aws_limits(lambda: blank_bytes(79, 200)), WRONG_PARAMETERS)
        for operation in DETECTORS[:4]
    ),
    _case("DetectFaces", "79 pixels high", _under_aws_limits(lambda: blank_bytes(200, 79)), WRONG_PARAMETERS),
    *(_case(operation, "80 by 80 pixels", _bytes(lambda: blank_bytes(80, 80)), Answered()) for operation in DETECTORS),
    _case("DetectProtectiveEquipment", "64 by 64 pixels", _bytes(lambda: blank_bytes(64, 64)), Answered()),
    _case(
        "DetectProtectiveEquipment",
        "63 pixels wide",
        _under_aws_limits(lambda: blank_bytes(63, 64)),
        WRONG_PARAMETERS,
    ),
    _case("DetectProtectiveEquipment", "4097 pixels wide", _under_aws_limits(lambda: blank_bytes(4097, 80)), TOO_LARGE),
    *(
        case
        for operation in ("DetectLabels", "DetectModerationLabels")
        for case in (
            _case(operation, "10,000 pixels wide", _bytes(lambda: blank_bytes(10_000, 80)), Answered()),
            _case(operation, "10,001 pixels wide", _under_aws_limits(lambda: blank_bytes(10_001, 80)), TOO_LARGE),
        )
    ),
    *(_case(operation, "20,000 by 20,000 pixels of one colour", _bytes(bomb), TOO_LARGE) for operation in DETECTORS),
    *(_case(operation, "neither bytes nor object", _image(), WRONG_PARAMETERS) for operation in DETECTORS),
    _case(
        "DetectFaces",
        "bytes and object",
        _image(Bytes=blank_bytes(), S3Object={"Bucket": "bucket", "Name": "key.png"}),
        WRONG_PARAMETERS,
    ),
    *(
        _case(operation, "no such bucket", _object(Bucket="no-such-bucket-here", Name="key.png"), NO_SUCH_OBJECT)
        for operation in DETECTORS
    ),
    _case("DetectFaces", "a key that climbs", _object(Bucket="bucket", Name="../../etc/passwd"), NO_SUCH_OBJECT),
    _case("DetectFaces", "a key that is a path", _object(Bucket="bucket", Name="/etc/passwd"), NO_SUCH_OBJECT),
    _case("DetectFaces", "a bucket that climbs", _object(Bucket="...", Name="etc/passwd"), NO_SUCH_OBJECT),
    _case("DetectFaces", "a bucket with a slash", _object(Bucket="../..", Name="passwd"), WRONG_MEMBER),
    _case(
        "DetectFaces",
        "an object without a key",
        _object(Bucket="bucket"),
        Refused(("InvalidParameterException", "InvalidS3ObjectException")),
    ),
    _case("DetectFaces", "a picture in a bucket", _stored(), Answered()),
    _case("DetectFaces", "an unknown version in a bucket", _stored(Version="no-such-version"), NO_SUCH_OBJECT),
]
