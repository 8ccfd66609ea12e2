"""What would be something else elsewhere: SQL in names, lines in headers, forms, compressed bodies, other origins."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.attacks.attacked import code_of, rpc
from tests.media.memory import peak_growth
from tests.media.picture_files import one_colour_png, png
from tests.server.service import CONTENT_TYPE, Answer, Service

JSON = {"Content-Type": "application/json"}
SQL = [
    "'",
    '"',
    "';--",
    "' OR '1'='1",
    "' OR 1=1--",
    '" OR ""="',
    "x'; DROP TABLE collections; --",
    "x' UNION SELECT name, sql FROM sqlite_master--",
    "x\\' OR 1=1--",
    "%",
    "_",
    "*",
    "x%' ESCAPE '",
    "\u02bc OR 1=1",
    "x\0' OR 1=1",
]
GOVERNED = {"regard:purpose": "door", "regard:controller": "Example"}


@pytest.fixture(scope="module")
def governed(service: Service) -> str:
    """A collection beside which another's name differs where a pattern of SQL would not."""
    for name in ("in_ject", "inXject"):
        assert service.call("CreateCollection", {"CollectionId": name, "Tags": GOVERNED}).status == 200
    return "in_ject"


def collections(service: Service) -> list[str]:
    return [one["name"] for one in service.ask("GET", "/v1/collections").json["collections"]]


@pytest.mark.parametrize("text", SQL)
def test_a_name_that_is_sql_is_a_name_or_refused(service: Service, governed: str, text: str) -> None:
    before = collections(service)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("DescribeCollection", {"CollectionId": text}),
        ("DeleteCollection", {"CollectionId": text}),
        ("ListFaces", {"CollectionId": governed, "UserId": text}),
        ("ListFaces", {"CollectionId": governed, "FaceIds": [text]}),
        ("ListFaces", {"CollectionId": governed, "NextToken": text}),
        ("ListCollections", {"NextToken": text}),
        ("ListUsers", {"CollectionId": governed, "NextToken": text}),
        ("CreateUser", {"CollectionId": governed, "UserId": text}),
        ("DeleteUser", {"CollectionId": governed, "UserId": text}),
        ("SearchUsers", {"CollectionId": governed, "UserId": text}),
        ("SearchFaces", {"CollectionId": governed, "FaceId": text}),
        ("DeleteFaces", {"CollectionId": governed, "FaceIds": [text]}),
        ("ListTagsForResource", {"ResourceArn": text}),
    ]
    assert {service.call(operation, members).status for operation, members in calls} == {400}
    assert collections(service) == before


@pytest.mark.parametrize("operation", ["DescribeCollection", "DeleteCollection", "ListFaces"])
def test_a_name_with_the_place_holder_of_sql_means_itself(service: Service, governed: str, operation: str) -> None:
    """`_` is a letter of collections' names, and stands for any in LIKE."""
    answer = service.call(operation, {"CollectionId": "in_ject".replace("j", "_")})
    assert code_of(answer) == "ResourceNotFoundException"


@pytest.mark.parametrize("text", SQL)
def test_an_address_that_holds_sql_finds_nothing(service: Service, governed: str, text: str) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in text.encode())
    assert code_of(service.ask("GET", f"/v1/consents/{quoted}")) == "ResourceNotFoundException"
    assert code_of(service.ask("POST", f"/v1/consents/{quoted}/withdrawal", b"{}", JSON)) == "ResourceNotFoundException"
    assert code_of(service.ask("POST", f"/v1/collections/{quoted}/export", b'{"passphrase": "x"}', JSON)) in (
        "ValidationException",
        "ResourceNotFoundException",
    )
    assert service.ask("GET", f"/v1/consents?subject={quoted}&collection={governed}").status in (200, 400)
    after = service.ask("GET", f"/v1/consents?after={quoted}")
    assert (after.status, after.json["consents"]) == (200, [])
    assert governed in collections(service)


@pytest.mark.parametrize("text", [text for text in SQL if "\0" not in text])
def test_words_of_a_consent_are_kept_as_they_are(service: Service, governed: str, text: str) -> None:
    asked = {
        "collection": governed,
        "subject": "alice",
        "purpose": "door",
        "expires": "2027-11-01T00:00:00Z",
        "evidence_sha256": "0" * 64,
        "guardian": text,
    }
    made = service.ask("POST", "/v1/consents", json.dumps(asked).encode(), JSON)
    assert (made.status, made.json["guardian"]) == (201, text)
    assert service.ask("GET", f"/v1/consents/{made.json['id']}").json["guardian"] == text


@pytest.mark.parametrize("text", ["'; DROP TABLE tags;--", "=@:/", "a b"])
def test_a_tag_is_kept_as_it_is(service: Service, governed: str, text: str) -> None:
    arn = service.call("DescribeCollection", {"CollectionId": governed}).json["CollectionARN"]
    answer = service.call("TagResource", {"ResourceArn": arn, "Tags": {"note": text}})
    kept = service.call("ListTagsForResource", {"ResourceArn": arn}).json["Tags"].get("note")
    assert (answer.status == 200) is (kept == text)


INJECTED = "Set-Cookie: injected=1"


@pytest.mark.parametrize(
    "line",
    ["%0d%0a" + INJECTED, "%0aSet-Cookie:%20injected=1", "%E5%98%8D%E5%98%8ASet-Cookie:injected=1", "%00" + INJECTED],
)
def test_no_line_of_a_header_comes_out_of_an_address(service: Service, line: str) -> None:
    named = line.replace(" ", "%20")
    paths = [f"/{named}", f"/v1/{named}", f"/v1/consents/{named}", f"/healthz?{named}", f"/v1/models/{named}/"]
    answers = [service.ask("GET", path) for path in paths]
    assert [answer.headers["Set-Cookie"] for answer in answers] == [None] * len(paths)
    assert [name for answer in answers for name in answer.headers if "injected" in name.lower()] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000\tx"},
        {"Origin": "http://localhost:3000\x80"},
        {"Access-Control-Request-Headers": "x-a\ty"},
        {"Access-Control-Request-Headers": "x\xff" * 2000},
        {"Access-Control-Request-Method": "PO\tST"},
        {"X-Amz-Target": "RekognitionService.X\x80\t"},
        {"X-Amz-Target": "RekognitionService." + "X" * 50_000},
        {"Content-Type": "\xff\t"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/", "/v1/count", "/healthz"])
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_a_header_that_is_given_back_is_given_back_whole(
    service: Service, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = service.ask(method, path, b"{}", {"Origin": "http://localhost:3000"} | rpc("ListCollections") | headers)
    assert answer.status < 500
    assert [value for value in answer.headers.values() if "\n" in value] == []
    assert [name for name in answer.headers if answer.headers.get_all(name, [])[1:]] == []


FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../a.png"\r\nContent-Type: image/png\r\n\r\n'
    + png()
    + b"\r\n--x--\r\n"
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", FORM),
        ("multipart/form-data; boundary=" + "-" * 4000, b"-" * 1_000_000),
        ("multipart/form-data; boundary=x", b"--x" + b"-" * 1_000_000),
        ("multipart/related; boundary=x", FORM),
        ("application/x-www-form-urlencoded", b"a=1&" * 100_000),
        ("text/plain", b"{}"),
        ("application/octet-stream", png()),
        ("image/png", png()),
        ("application/xml", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"),
        ("application/cbor", b"\xa0"),
        ("application/x-python-pickle", b"cos\nsystem\n(S'id'\ntR."),
    ],
    ids=repr,
)
def test_no_other_form_of_body_is_read(service: Service, kind: str, body: bytes) -> None:
    """BentoML took pickles (CVE-2024-2912), and its forms' boundaries were read for ever (CVE-2024-9056)."""
    answer = service.ask("POST", "/", body, rpc("DetectFaces") | {"Content-Type": kind})
    assert (answer.status, code_of(answer)) == (404, "UnknownOperationException")
    answer = service.ask("POST", "/v1/count", body, {"Content-Type": kind})
    assert (answer.status, code_of(answer)) == (400, "SerializationException")


def compressed(how: str, data: bytes) -> bytes:
    makers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    return makers.get(how, bytes)(data)


@pytest.mark.parametrize("how", ["gzip", "deflate", "br", "zstd", "x-gzip", "gzip, gzip"])
def test_a_compressed_body_is_not_expanded(service: Service, how: str) -> None:
    """So 64 MiB in 64 KiB stay 64 KiB."""
    detect, count = (compressed(how, b'{"Note": "' + bytes(1 << 26) + b'"}') for _ in range(2))
    answers: list[Answer] = []

    def ask() -> None:
        encoding = {"Content-Encoding": how}
        answers.append(service.ask("POST", "/", detect[: 1 << 20], rpc("DetectFaces") | encoding))
        answers.append(service.ask("POST", "/v1/count", count[: 1 << 20], JSON | encoding))

    ask()
    assert peak_growth(ask) < 1 << 25
    assert [code_of(answer) for answer in answers] == ["SerializationException", "ValidationException"] * 2


def test_a_picture_that_expands_is_refused_by_its_header_on_our_own_interface(service: Service) -> None:
    bomb = json.dumps({"bytes": base64.b64encode(one_colour_png(20_000, 20_000)).decode()}).encode()
    answers: list[Answer] = []
    grown = peak_growth(lambda: answers.append(service.ask("POST", "/v1/count", bomb, JSON)))
    assert code_of(answers[0]) == "ImageTooLargeException"
    assert grown < 50_000_000


ORIGINS = ["https://attacker.example", "null", "http://localhost:3000", "http://127.0.0.1", "file://"]
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-amz-target"}


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("server", ["service", "keyed"])
@pytest.mark.parametrize("path", ["/", "/v1/models", "/v1/count", "/healthz", "/metrics", "/v1/openapi.json"])
def test_no_page_gets_what_a_browser_would_send_along(
    request: pytest.FixtureRequest, server: str, path: str, origin: str
) -> None:
    """Credentials of a browser are never allowed, so that `*` can stand where requests are signed."""
    service: Service = request.getfixturevalue(server)
    cookies: Mapping[str, str] = {"Origin": origin, "Cookie": "session=x"}
    answers = [
        service.ask("OPTIONS", path, None, {**cookies, **ASKED}),
        service.ask("GET", path, None, cookies),
        service.ask("POST", path, b"{}", {**cookies, "Content-Type": CONTENT_TYPE}),
    ]
    assert {answer.headers["Access-Control-Allow-Credentials"] for answer in answers} == {None}
    assert {answer.headers["Set-Cookie"] for answer in answers} == {None}
    allowed = {answer.headers["Access-Control-Allow-Origin"] for answer in answers} - {None}
    ours = {"*"} if server == "keyed" else {origin} & {"http://localhost:3000", "http://127.0.0.1"}
    assert allowed <= ours
