"""What an endpoint that was configured with keys says to requests signed wrongly, or not at all."""

import dataclasses
import datetime
from collections.abc import Iterator, Mapping

from regard_conformance.sdk.raw import JSON_1_1, SERVICE, RawClient, RawRequest, signature
from regard_conformance.wire import (
    Ask,
    WireCase,
    answered,
    body_of,
    call_from_a_page,
    error_name,
    preflight,
    refused,
)

AN_HOUR = datetime.timedelta(hours=1)


def _signed_otherwise(code: str, *, service: str = SERVICE, access_key: str = "", secret_key: str = "") -> Ask:
    """Refused with `code` when signed with other keys, or for another service."""

    def ask(client: RawClient) -> Iterator[str]:
        good = client.target
        target = dataclasses.replace(
            good, access_key=access_key or good.access_key, secret_key=secret_key or good.secret_key
        )
        headers = {"Content-Type": JSON_1_1, "X-Amz-Target": "RekognitionService.DetectFaces"}
        headers |= signature(target, f"{target.endpoint}/", headers, body_of(), service=service)
        yield from refused(code, headers=headers)(client)

    return ask


def _changed(code: str, changes: Mapping[str, str]) -> Ask:
    """Refused with `code` when parts of a good Authorization header are replaced."""

    def ask(client: RawClient) -> Iterator[str]:
        headers = client.headers(RawRequest(body_of()))
        for old, new in changes.items():
            headers["Authorization"] = headers["Authorization"].replace(old, new)
        yield from refused(code, headers=headers)(client)

    return ask


def body_was_changed(client: RawClient) -> Iterator[str]:
    """The signature is of the body."""
    headers = client.headers(RawRequest(body_of()))
    answer = client.send(RawRequest(body_of({"Attributes": ["ALL"]}), headers=headers))
    if error_name(answer) != "InvalidSignatureException":
        yield f"a body that was not signed is answered {answer.status} {error_name(answer)}"


def date_was_changed(client: RawClient) -> Iterator[str]:
    """A request of an hour ago, or one whose date was moved."""
    headers = client.headers(RawRequest(body_of()))
    earlier = datetime.datetime.now(datetime.UTC) - AN_HOUR
    headers["X-Amz-Date"] = earlier.strftime("%Y%m%dT%H%M%SZ")
    yield from refused("InvalidSignatureException", headers=headers)(client)


CASES = [
    WireCase("DetectFaces", "the preflight of any page", preflight("https://example.org"), "signature"),
    WireCase("DetectFaces", "a call from any page", call_from_a_page("https://example.org"), "signature"),
    WireCase("DetectFaces", "signed", answered(), "signature"),
    WireCase("DetectFaces", "signed for a path with spaces", answered(path="/a%20b/c"), "signature"),
    WireCase(
        "DetectFaces",
        "not signed",
        refused("MissingAuthenticationTokenException", headers={"Authorization": None}),
        "signature",
    ),
    WireCase(
        "DetectFaces",
        "an unknown access key",
        _signed_otherwise("UnrecognizedClientException", access_key="AKIAUNKNOWNUNKNOWN00"),
        "signature",
    ),
    WireCase(
        "DetectFaces",
        "another secret",
        _signed_otherwise("InvalidSignatureException", secret_key="not the secret of this key"),
        "signature",
    ),
    WireCase(
        "DetectFaces",
        "another service's scope",
        _signed_otherwise("InvalidSignatureException", service="kinesis"),
        "signature",
    ),
    WireCase(
        "DetectFaces",
        "no Signature in the header",
        _changed("IncompleteSignatureException", {"Signature=": "Signatur="}),
        "signature",
    ),
    WireCase(
        "DetectFaces",
        "no Credential in the header",
        _changed("IncompleteSignatureException", {"Credential=": "Credentials="}),
        "signature",
    ),
    WireCase("DetectFaces", "another body than was signed", body_was_changed, "signature"),
    WireCase("DetectFaces", "an hour old", date_was_changed, "signature"),
]
