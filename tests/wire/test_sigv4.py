from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from regard import errors
from regard.wire.sigv4 import Credential, Identity, Verifier, signing_key

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BODY = b'{"Image": {"Bytes": "/9j/4A=="}}'
TARGET = "RekognitionService.DetectFaces"


@dataclass(frozen=True)
class Request:
    """A request as ASGI would give it."""

    headers: dict[str, str]
    signed_at: datetime
    path: bytes = b"/"
    query: bytes = b""
    method: str = "POST"
    body: bytes = BODY

    def pairs(self) -> list[tuple[bytes, bytes]]:
        return [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]

    def with_header(self, name: str, value: str | None) -> "Request":
        headers = {key: each for key, each in self.headers.items() if key.lower() != name.lower()}
        return replace(self, headers=headers if value is None else {**headers, name: value})

    def with_authorization(self, old: str, new: str) -> "Request":
        assert old in self.headers["Authorization"]
        return self.with_header("Authorization", self.headers["Authorization"].replace(old, new))


def signed(
    path: str = "/",
    query: str = "",
    token: str | None = None,
    headers: dict[str, str] | None = None,
    body: bytes = BODY,
) -> Request:
    """A request as botocore signs it, now."""
    url = f"http://localhost:8080{path}" + (f"?{query}" if query else "")
    given = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET, **(headers or {})}
    request = AWSRequest("POST", url, given, body)
    SigV4Auth(Credentials(KEY_ID, SECRET, token), "rekognition", "eu-west-1").add_auth(request)
    sent = {"Host": "localhost:8080", **dict(request.headers.items())}
    return Request(sent, datetime.now(UTC), path.encode(), query.encode(), body=body)


def verify(request: Request, token: str | None = None, expires: datetime | None = None) -> Identity:
    keys = {"AKIDOTHER": Credential("other"), KEY_ID: Credential(SECRET, token, expires)}
    return Verifier(keys.get).verify(
        request.method, request.path, request.query, request.pairs(), request.body, request.signed_at
    )


@pytest.mark.parametrize("path", ["/", "/rek", "/rek/", "/a%20b", "/a/../b/./c", "//a//", "/%7Ea~b", "/é", "/a=b&c+d"])
def test_request_that_botocore_signed_is_verified(path: str) -> None:
    assert verify(signed(path)) == Identity(KEY_ID, "eu-west-1")


def test_no_path_counts_as_the_root() -> None:
    assert verify(replace(signed("/"), path=b"")) == Identity(KEY_ID, "eu-west-1")


@pytest.mark.parametrize("query", ["a=1", "b=2&a=1", "a=2&a=1", "a", "a=%20b%2F"])
def test_query_is_part_of_what_is_signed(query: str) -> None:
    assert verify(signed(query=query)) == Identity(KEY_ID, "eu-west-1")
    with pytest.raises(errors.InvalidSignature, match="signature we calculated"):
        verify(replace(signed(query=query), query=b"a=3"))


def test_session_token_is_verified() -> None:
    assert verify(signed(token="FwoGZ/+=="), token="FwoGZ/+==") == Identity(KEY_ID, "eu-west-1")


def test_values_are_trimmed_and_their_white_space_collapsed() -> None:
    request = signed(headers={"X-Amz-User-Agent": "  a   b  "})
    assert "x-amz-user-agent" in request.headers["Authorization"]
    assert verify(request.with_header("X-Amz-User-Agent", "a b")) == Identity(KEY_ID, "eu-west-1")


def test_header_that_comes_twice_counts_as_one_with_a_comma() -> None:
    request = signed(headers={"X-Amz-Meta": "a,b"})
    pairs = [*request.with_header("X-Amz-Meta", None).pairs(), (b"x-amz-meta", b" a"), (b"x-amz-meta", b"b ")]
    verifier = Verifier({KEY_ID: Credential(SECRET)}.get)
    assert verifier.verify("POST", b"/", b"", pairs, BODY, datetime.now(UTC)) == Identity(KEY_ID, "eu-west-1")


def test_headers_that_are_not_signed_may_change() -> None:
    request = (
        signed().with_header("User-Agent", "x").with_header("Connection", "close").with_header("X-Forwarded-For", "y")
    )
    assert verify(request) == Identity(KEY_ID, "eu-west-1")


def test_hash_of_the_body_may_come_as_a_header() -> None:
    # What the JavaScript SDKs send, here with the hash of "{}" as sha256sum prints it.
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    request = signed(body=b"{}", headers={"X-Amz-Content-SHA256": digest})
    assert verify(request) == Identity(KEY_ID, "eu-west-1")


@pytest.mark.parametrize("value", ["UNSIGNED-PAYLOAD", "0" * 64, ""])
def test_hash_that_is_not_the_body_s_is_refused(value: str) -> None:
    with pytest.raises(errors.InvalidSignature, match="'x-amz-content-sha256' header does not match"):
        verify(signed(headers={"X-Amz-Content-SHA256": value}))


def test_date_header_serves_instead_of_x_amz_date() -> None:
    request = signed(headers={"Date": "now"})
    assert "X-Amz-Date" not in request.headers
    assert verify(request) == Identity(KEY_ID, "eu-west-1")


def test_signing_key_is_that_of_the_documentation() -> None:
    """The example of AWS's page on deriving a signing key."""
    key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


GENUINE = signed(token="token")
# Of the same minute, and so of the day that the scope names.
ANOTHER_SECOND = GENUINE.signed_at.replace(second=(GENUINE.signed_at.second + 30) % 60)


@pytest.mark.parametrize(
    "request_",
    [
        replace(GENUINE, body=BODY + b" "),
        replace(GENUINE, body=b""),
        replace(GENUINE, path=b"/rek"),
        replace(GENUINE, query=b"a=1"),
        replace(GENUINE, method="PUT"),
        GENUINE.with_header("Host", "localhost"),
        GENUINE.with_header("Host", None),
        GENUINE.with_header("X-Amz-Target", "RekognitionService.DeleteCollection"),
        GENUINE.with_header("X-Amz-Target", None),
        GENUINE.with_header("Content-Type", "text/plain"),
        GENUINE.with_header("Content-Type", None),
        GENUINE.with_header("X-Amz-Date", ANOTHER_SECOND.strftime("%Y%m%dT%H%M%SZ")),
        GENUINE.with_authorization("/eu-west-1/", "/us-east-1/"),
        GENUINE.with_authorization("host;", "host;x-amz-nothing;"),
        GENUINE.with_authorization("content-type;", ""),
        GENUINE.with_authorization("Signature=", "Signature=0"),
        GENUINE.with_header("Authorization", GENUINE.headers["Authorization"][:-1] + "é"),
        GENUINE.with_authorization(KEY_ID, "AKIDOTHER").with_header("X-Amz-Security-Token", None),
    ],
    ids=[
        "body longer", "no body", "path", "query", "method", "host", "no host", "target", "no target", "content type",
        "no content type", "date", "region", "one signed header more", "one signed header fewer", "signature longer",
        "signature not ascii", "another's key",
    ],
)  # fmt: skip
def test_request_that_was_changed_on_its_way_is_refused(request_: Request) -> None:
    with pytest.raises(errors.InvalidSignature, match=r"^The request signature we calculated does not match"):
        verify(request_, token="token")


def test_mismatch_says_what_the_server_saw() -> None:
    with pytest.raises(errors.InvalidSignature, match="came with Host 'proxy' and path '/a%20b'; a proxy"):
        verify(signed("/a%20b").with_header("Host", "proxy"))


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target"])
def test_header_that_has_to_be_signed_is_named(name: str) -> None:
    request = signed()
    names = request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    fewer = ";".join(each for each in names.split(";") if each != name)
    with pytest.raises(errors.InvalidSignature, match=f"^'{name}' must be a 'SignedHeader' in the AWS Authorization"):
        verify(request.with_authorization(names, fewer))


def test_unknown_key_is_refused() -> None:
    with pytest.raises(errors.UnrecognizedClient, match=r"^The security token included in the request is invalid\.$"):
        verify(signed().with_authorization(KEY_ID, "AKIANOBODY"))


@pytest.mark.parametrize(("sent", "expected"), [("a", "b"), (None, "b"), ("a", None), ("é", "b")])
def test_wrong_session_token_is_refused(sent: str | None, expected: str | None) -> None:
    with pytest.raises(errors.UnrecognizedClient, match=r"^The security token included in the request is invalid\.$"):
        verify(signed(token=sent), token=expected)


def test_expired_session_token_is_refused() -> None:
    expires = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(errors.ExpiredToken, match=r"^The security token included in the request is expired$"):
        verify(signed(token="token"), token="token", expires=expires)


def test_session_token_serves_until_it_expires() -> None:
    expires = datetime.now(UTC) + timedelta(minutes=1)
    assert verify(signed(token="token"), token="token", expires=expires) == Identity(KEY_ID, "eu-west-1")


def test_secret_does_not_show() -> None:
    assert SECRET not in repr(Credential(SECRET, "token"))
