"""What crosses the wire besides the JSON of an answer: headers, odd requests, the bodies of errors.

Each case is a function that sends what it wants and yields what is wrong.
"""

import base64
import datetime
import email.utils
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from regard_conformance.fixtures import Unavailable
from regard_conformance.pictures import blank_bytes
from regard_conformance.sdk.raw import JSON_1_1, RawAnswer, RawClient, RawRequest

MOST_SKEW = datetime.timedelta(minutes=5)
Ask = Callable[[RawClient], Iterator[str]]


@dataclass(frozen=True, slots=True)
class WireCase:
    """One question over plain HTTP."""

    operation: str
    name: str
    ask: Ask
    group: str = "wire"


def body_of(members: Any = None) -> bytes:
    """DetectFaces on an empty picture, with `members` besides."""
    picture = base64.b64encode(blank_bytes()).decode("ascii")
    return json.dumps({"Image": {"Bytes": picture}, **(members or {})}).encode()


def answered(**request: Any) -> Ask:
    """The request is answered like any other."""

    def ask(client: RawClient) -> Iterator[str]:
        answer = client.send(RawRequest(**{"body": body_of(), **request}))
        if answer.status != 200:
            yield f"HTTP status {answer.status}: {answer.body[:200]!r}"
        elif json.loads(answer.body) != {"FaceDetails": []}:
            yield f"the body is {answer.body[:200]!r}"
        yield from headers_are_sound(answer)

    return ask


def refused(code: str, status: int = 400, **request: Any) -> Ask:
    """The request is refused with this code in a JSON body."""

    def ask(client: RawClient) -> Iterator[str]:
        answer = client.send(RawRequest(**{"body": body_of(), **request}))
        if answer.status != status:
            yield f"HTTP status {answer.status}, not {status}"
        if error_name(answer) != code:
            yield f"__type is {error_name(answer)!r}, not {code}: {answer.body[:200]!r}"
        yield from headers_are_sound(answer)

    return ask


def error_name(answer: RawAnswer) -> str:
    """`__type` as SDKs read it: after `#` and before `:`; empty when the body has none."""
    try:
        name = json.loads(answer.body)["__type"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(name).rsplit("#", 1)[-1].split(":", 1)[0]


def headers_are_sound(answer: RawAnswer) -> Iterator[str]:
    """The headers that every answer carries, good or bad."""
    if answer.headers.get("content-type", "").split(";")[0] != JSON_1_1:
        yield f"Content-Type is {answer.headers.get('content-type')}, not {JSON_1_1}"
    try:
        uuid.UUID(answer.headers.get("x-amzn-requestid", ""))
    except ValueError:
        yield f"x-amzn-RequestId is {answer.headers.get('x-amzn-requestid')!r}, not a UUID"
    yield from _date_is_sound(answer)
    if "content-encoding" in answer.headers:
        yield f"Content-Encoding is {answer.headers['content-encoding']}; SDKs ask for none"
    if answer.headers.get("content-length") != str(len(answer.body)):
        yield f"Content-Length is {answer.headers.get('content-length')} for {len(answer.body)} bytes"


def _date_is_sound(answer: RawAnswer) -> Iterator[str]:
    try:
        date = email.utils.parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        yield f"Date is {answer.headers.get('date')!r}; SDKs correct their clock by it"
        return
    if abs(datetime.datetime.now(datetime.UTC) - date) > MOST_SKEW:
        yield f"Date is {answer.headers['date']}"


def service_error_body(client: RawClient) -> Iterator[str]:
    """`__type`, `Code`, `Logref`, `Message`, and a header that agrees."""
    request = RawRequest(json.dumps({"Image": {"Bytes": base64.b64encode(b"no picture").decode()}}).encode())
    answer = client.send(request)
    yield from headers_are_sound(answer)
    error = json.loads(answer.body)
    if error.get("__type") != "InvalidImageFormatException":
        yield f"__type is {error.get('__type')!r}"
    if error.get("Code") != error.get("__type"):
        yield f"Code is {error.get('Code')!r}, not that of __type"
    if not error.get("Message") or "message" in error:
        yield f"the text belongs into Message, and nowhere else: {error}"
    if not error.get("Logref"):
        yield "Logref is missing"
    if answer.headers.get("x-amzn-errortype", error.get("__type")) != error.get("__type"):
        yield f"x-amzn-ErrorType is {answer.headers['x-amzn-errortype']}"


def front_end_error_body(client: RawClient) -> Iterator[str]:
    """`__type` and `message`, and neither `Code` nor `Logref`."""
    answer = client.send(RawRequest(json.dumps({"Image": {"Bytes": ""}}).encode()))
    yield from headers_are_sound(answer)
    error = json.loads(answer.body)
    if error.get("__type") != "ValidationException":
        yield f"__type is {error.get('__type')!r}"
    expected = (
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]' at 'image.bytes' failed to "
        "satisfy constraint: Member must have length greater than or equal to 1"
    )
    if error.get("message") != expected:
        yield f"message is {error.get('message')!r}, not {expected!r}"
    if error.keys() & {"Code", "Logref", "Message"}:
        yield f"a front end's error has no {sorted(error.keys() & {'Code', 'Logref', 'Message'})}"


def request_ids_differ(client: RawClient) -> Iterator[str]:
    """Each answer has an id of its own."""
    ids = {client.send(RawRequest(body_of())).headers.get("x-amzn-requestid") for _ in range(3)}
    if len(ids) != 3:
        yield f"three answers carry the ids {ids}"


def two_requests_one_connection(client: RawClient) -> Iterator[str]:
    """HTTP/1.1 keeps the connection, after an error as well."""
    connection = client.connect()
    try:
        for body in (b"not json", body_of()):
            answer = client.send(RawRequest(body), connection)
        if answer.version != 11 or answer.status != 200:
            yield f"the second answer has HTTP version {answer.version}, status {answer.status}"
    finally:
        connection.close()


def wrong_content_type(client: RawClient) -> Iterator[str]:
    """404 with UnknownOperationException, in JSON or in XML."""
    answer = client.send(RawRequest(body_of(), headers={"Content-Type": "text/plain"}))
    if answer.status != 404 or b"UnknownOperationException" not in answer.body:
        yield f"HTTP status {answer.status}, {answer.body[:200]!r}; not 404 with UnknownOperationException"


def other_method(method: str) -> Ask:
    """403 with AccessDeniedException, in JSON or in XML."""

    def ask(client: RawClient) -> Iterator[str]:
        answer = client.send(RawRequest(b"", method))
        if answer.status != 403 or b"AccessDeniedException" not in answer.body:
            yield f"HTTP status {answer.status}, {answer.body[:200]!r}; not 403 with AccessDeniedException"

    return ask


def preflight(origin: str) -> Ask:
    """A browser asks whether a page of `origin` may call."""
    names = "content-type,x-amz-target,x-amz-date,authorization"
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": names,
        "Authorization": None,
    }
    expected = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": names,
        "access-control-max-age": "172800",
    }

    def ask(client: RawClient) -> Iterator[str]:
        answer = client.send(RawRequest(b"", "OPTIONS", headers=headers, operation=None))
        if answer.status != 200 or answer.body:
            yield f"HTTP status {answer.status} and {len(answer.body)} bytes; not 200 and none"
        yield from _allows(origin, answer)
        for name, value in expected.items():
            if answer.headers.get(name, "").replace(", ", ",").lower() != value.lower():
                yield f"{name} is {answer.headers.get(name)!r}, not {value!r}"

    return ask


def call_from_a_page(origin: str) -> Ask:
    """An answer to a browser may be read by the page of `origin`, request id included."""

    def ask(client: RawClient) -> Iterator[str]:
        answer = client.send(RawRequest(body_of(), headers={"Origin": origin}))
        yield from _allows(origin, answer)
        shown = answer.headers.get("access-control-expose-headers", "").lower()
        yield from (f"{name} is not exposed" for name in ("x-amzn-requestid", "x-amzn-errortype") if name not in shown)

    return ask


def _allows(origin: str, answer: RawAnswer) -> Iterator[str]:
    allowed = answer.headers.get("access-control-allow-origin")
    if allowed not in ("*", origin):
        yield f"Access-Control-Allow-Origin is {allowed!r}, neither '*' nor {origin}"


def endless_body(client: RawClient) -> Iterator[str]:
    """A body announced as 1 GB is refused with 413 before it arrives."""
    if not client.target.endpoint.startswith("http://"):
        raise Unavailable("only tried over plain HTTP")
    with client.socket() as connection:
        head = (
            f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON_1_1}\r\n"
            "X-Amz-Target: RekognitionService.DetectFaces\r\nContent-Length: 1000000000\r\n\r\n{"
        )
        connection.sendall(head.encode())
        connection.settimeout(20)
        try:
            first = connection.recv(200)
        except TimeoutError:
            yield "no answer in 20 s"
            return
    if not re.match(rb"HTTP/1\.[01] 413 ", first):
        yield f"answered {first.splitlines()[0] if first else first!r}, not 413"


def floats_have_a_point(client: RawClient) -> Iterator[str]:
    """Python clients see an int where the text has no decimal point."""
    picture = base64.b64encode(blank_bytes()).decode("ascii")
    body = json.dumps({"Image": {"Bytes": picture}, "Features": ["IMAGE_PROPERTIES"]}).encode()
    answer = client.send(RawRequest(body, operation="DetectLabels"))
    if answer.status != 200:
        raise Unavailable(f"DetectLabels answers {answer.status} {error_name(answer)}")
    found = re.findall(rb'"(PixelPercent|Brightness|Sharpness|Contrast)":\s*([^,}\s]+)', answer.body)
    if not found:
        yield "no number was found in the properties of a picture"
    yield from (f"{name.decode()} is {text.decode()}" for name, text in found if b"." not in text and b"e" not in text)
