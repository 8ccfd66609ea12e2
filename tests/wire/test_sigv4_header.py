"""Requests that are refused for what their headers say, before any signature is computed."""

from datetime import UTC, datetime

import pytest

from regard import errors
from regard.wire.sigv4 import Credential, Verifier, region_of

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
NO_PARAMETERS = (
    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
    "Authorization header requires 'SignedHeaders' parameter."
)
SCOPE = "AKIDEXAMPLE/20150830/us-east-1/rekognition/aws4_request"
AUTHORIZATION = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=date;host;x-amz-date, Signature=0"


def verify(headers: dict[str, str], query: bytes = b"") -> None:
    pairs = [(name.encode(), value.encode()) for name, value in {"host": "localhost:8080", **headers}.items()]
    Verifier({"AKIDEXAMPLE": Credential("secret")}.get).verify("POST", b"/", query, pairs, b"{}", NOW)


def test_request_without_authorization_is_told_so() -> None:
    with pytest.raises(errors.MissingAuthenticationToken, match=r"^Missing Authentication Token$"):
        verify({"x-amz-date": "20150830T123600Z"})


def test_presigned_query_is_not_accepted() -> None:
    with pytest.raises(errors.MissingAuthenticationToken, match=r"^Missing Authentication Token: a presigned query"):
        verify({}, b"X-Amz-Algorithm=AWS4-HMAC-SHA256")


def test_header_and_query_together_are_refused() -> None:
    with pytest.raises(errors.InvalidSignature, match=r"^Found both 'X-Amz-Algorithm' as a query-string param"):
        verify({"authorization": AUTHORIZATION, "x-amz-date": "20150830T123600Z"}, b"a=1&X-Amz-Algorithm=x")


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("AWS4-HMAC-SHA256 x=", f"{NO_PARAMETERS} Authorization=AWS4-HMAC-SHA256 x="),
        ("AWS4-HMAC-SHA256", f"{NO_PARAMETERS} Authorization=AWS4-HMAC-SHA256"),
        (
            f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host",
            "Authorization header requires 'Signature' parameter. "
            f"Authorization=AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20150830/../rekognition/aws4_request, SignedHeaders=host, Signature=0",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            "got 'a/20150830/../rekognition/aws4_request'",
        ),
        ("Bearer abc", "The algorithm in the Authorization header has to be AWS4-HMAC-SHA256."),
        (
            "AWS4-HMAC-SHA256 Signature",
            "'Signature' is not a key=value pair that comes once in Authorization header: "
            "'AWS4-HMAC-SHA256 Signature'.",
        ),
        (
            "AWS4-HMAC-SHA256 Signature=0, Signature=1",
            "'Signature=1' is not a key=value pair that comes once in Authorization header: "
            "'AWS4-HMAC-SHA256 Signature=0, Signature=1'.",
        ),
    ],
)
def test_malformed_authorization_is_told_what_it_lacks(header: str, text: str) -> None:
    with pytest.raises(errors.IncompleteSignature) as raised:
        verify({"authorization": header, "x-amz-date": "20150830T123600Z"})
    assert raised.value.message == text


def test_request_without_a_date_is_incomplete() -> None:
    with pytest.raises(errors.IncompleteSignature) as raised:
        verify({"authorization": AUTHORIZATION})
    assert raised.value.message == (
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        f"Authorization={AUTHORIZATION}"
    )


@pytest.mark.parametrize("name", ["x-amz-date", "date"])
@pytest.mark.parametrize(
    "date", ["yesterday", "2015-08-30T12:36:00Z", "20151330T123600Z", "Fri, 31 Dec 9999 23:59:59 -2300"]
)
def test_date_that_cannot_be_read_is_incomplete(name: str, date: str) -> None:
    with pytest.raises(errors.IncompleteSignature) as raised:
        verify({"authorization": AUTHORIZATION, name: date})
    assert raised.value.message == f"Date must be in ISO-8601 'basic format'. Got '{date}'."


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("/rekognition/", "/s3/", "Credential should be scoped to correct service: 'rekognition'."),
        (
            "/aws4_request",
            "/aws5_request",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
        (
            "/20150830/",
            "/20150829/",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20150829' != '20150830', from '20150830T123600Z'.",
        ),
    ],
)
def test_scope_of_another_service_or_day_is_refused(old: str, new: str, text: str) -> None:
    with pytest.raises(errors.InvalidSignature) as raised:
        verify({"authorization": AUTHORIZATION.replace(old, new), "x-amz-date": "20150830T123600Z"})
    assert raised.value.message == text


@pytest.mark.parametrize(
    ("date", "text"),
    [
        (
            "20150830T123059Z",
            "Signature expired: 20150830T123059Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)",
        ),
        (
            "20150830T124101Z",
            "Signature not yet current: 20150830T124101Z is still later than 20150830T124100Z "
            "(20150830T123600Z + 5 min.)",
        ),
    ],
)
def test_clock_that_differs_by_more_than_five_minutes_is_told_the_times(date: str, text: str) -> None:
    with pytest.raises(errors.InvalidSignature) as raised:
        verify({"authorization": AUTHORIZATION, "x-amz-date": date})
    assert raised.value.message == text


@pytest.mark.parametrize("date", ["20150830T123100Z", "20150830T124100Z"])
def test_clock_may_differ_by_five_minutes(date: str) -> None:
    """The signature is looked at, and is wrong."""
    with pytest.raises(errors.InvalidSignature, match=r"^The request signature we calculated does not match"):
        verify({"authorization": AUTHORIZATION, "x-amz-date": date})


@pytest.mark.parametrize(
    ("authorization", "region"),
    [
        (AUTHORIZATION, "us-east-1"),
        (f"AWS4-HMAC-SHA256 Credential={SCOPE}", "us-east-1"),
        ("AWS4-HMAC-SHA256 Credential=a/20150830/../rekognition/aws4_request, Signature=0", "local"),
        ("AWS4-HMAC-SHA256 Credential=a/b", "local"),
        ("Bearer abc", "local"),
        ("", "local"),
    ],
)
def test_region_is_taken_from_the_scope_where_nothing_is_verified(authorization: str, region: str) -> None:
    assert region_of([(b"Authorization", authorization.encode())], "local") == region


def test_region_of_a_request_without_signature_is_the_default() -> None:
    assert region_of([(b"host", b"localhost")], "local") == "local"
