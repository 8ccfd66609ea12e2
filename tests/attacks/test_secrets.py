"""No secret goes into a log or an address, and nothing but a signature opens the AWS route.

That none comes with the package: tests/server/test_default_credentials.py.
"""

import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.attacked import OPERATOR, code_of, rpc
from tests.server.service import Answer, Service
from tests.server.signing import signed

KEY, SECRET = OPERATOR.id, OPERATOR.secret


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "00000000-0000-0000-0000-000000000002"},
        {"X-API-KEY": SECRET},
        {"Api-Key": "admin"},
        {"Authorization": "Basic " + b64encode(b"admin:admin").decode()},
        {"Authorization": "Basic " + b64encode(f"{KEY}:{SECRET}".encode()).decode()},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": "Bearer null"},
        {"Authorization": f"Token {SECRET}"},
        {"Authorization": f"AWS {KEY}:{SECRET}"},
        {"Authorization": SECRET},
        {"Authorization": ""},
        {"X-Amz-Security-Token": SECRET},
        {"Cookie": f"session={SECRET}"},
        {"X-Forwarded-User": "admin"},
        {"X-Remote-User": "admin"},
        {"Remote-User": "admin"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Amz-User-Agent": SECRET},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_other_header_stands_in_for_a_signature(keyed: Service, method: str, headers: dict[str, str]) -> None:
    path, body = ("/v1/models", None) if method == "GET" else ("/", b"{}")
    answer = keyed.ask(method, path, body, headers if method == "GET" else headers | rpc("ListCollections"))
    assert answer.status == 400
    assert b"yunet" not in answer.body
    assert b"CollectionIds" not in answer.body


@pytest.mark.parametrize(
    "query",
    [
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F20261123%2Fus-east-1%2Frekognition%2Faws4_request"
        "&X-Amz-Date=20261123T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
        f"x-amz-algorithm=AWS4-HMAC-SHA256&x-amz-credential={KEY}&x-amz-signature=00",
        f"AWSAccessKeyId={KEY}&Signature=00&Expires=9999999999",
        f"access_key={KEY}&secret_key={SECRET}",
        f"api_key={SECRET}",
        f"access_token={SECRET}",
        f"Authorization=Bearer%20{SECRET}",
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1/models", "/v1/collections"])
def test_no_secret_is_taken_from_an_address(keyed: Service, path: str, query: str) -> None:
    """An address is kept by proxies, browsers and logs (CVE-2026-25118; CompreFace's keys in the path of a picture)."""
    answer = keyed.ask("POST" if path == "/" else "GET", f"{path}?{query}", b"{}", rpc("ListCollections"))
    assert (answer.status, code_of(answer)) == (400, "MissingAuthenticationTokenException")


def test_a_signature_beside_one_in_the_address_is_refused(keyed: Service) -> None:
    path = "/v1/models?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"
    answer = keyed.ask("GET", path, None, signed(keyed, OPERATOR, "GET", path))
    assert code_of(answer) == "InvalidSignatureException"


class Lines(logging.Handler):
    """Everything that is logged, at every level, with all that a record holds."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps it as text."""
        self.said.append(f"{record.getMessage()} {record.__dict__}")


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What a server would write. Not `caplog`, which also hears loggers that nobody else does."""
    heard, root = Lines(), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(heard)
    yield heard
    root.removeHandler(heard)
    root.setLevel(level)


CONFIDENTIAL = "c0nfidential-Passw0rd"
PASSPHRASE = json.dumps({"passphrase": CONFIDENTIAL, "data": "AAAA", "name": "x"}).encode()
JSON = {"Content-Type": "application/json"}


def drive(service: Service) -> list[Answer]:
    """Requests that carry a secret wherever one may be, right and wrong ones."""
    broken = [PASSPHRASE[:-1], PASSPHRASE + b"}", PASSPHRASE.replace(b":", b"="), PASSPHRASE.replace(b'"AAAA"', b"[]")]
    wrong = [{"passphrase": [CONFIDENTIAL]}, {"passphrase": {"a": CONFIDENTIAL}}, {"passphrase": CONFIDENTIAL * 100}]
    headers = [
        {"Authorization": f"Bearer {CONFIDENTIAL}"},
        {"Authorization": f"Bearer AKID.{CONFIDENTIAL}"},
        {"Authorization": "Basic " + b64encode(CONFIDENTIAL.encode()).decode()},
        {"Authorization": CONFIDENTIAL},
        {"Cookie": CONFIDENTIAL},
        {"X-Api-Key": CONFIDENTIAL},
        {"X-Amz-Security-Token": CONFIDENTIAL},
        {"User-Agent": CONFIDENTIAL},
        {"Referer": f"http://localhost/{CONFIDENTIAL}"},
        {"Origin": f"http://{CONFIDENTIAL}.localhost"},
    ]
    answers = [service.ask("POST", "/v1/collections/import", body, JSON) for body in [PASSPHRASE, *broken]]
    answers += [service.ask("POST", "/v1/collections/x/export", json.dumps(body).encode(), JSON) for body in wrong]
    answers += [service.ask("GET", "/v1/models", None, header) for header in headers[:-1]]
    answers += [service.ask("POST", "/", b"{}", rpc("ListCollections") | header) for header in headers[:-1]]
    answers += [service.ask("POST", "/", b"{}", rpc("DetectText") | headers[-1])]
    answers += [service.call("DetectFaces", {"Image": {"Bytes": CONFIDENTIAL}}), service.call("X", PASSPHRASE[:-1])]
    answers += [service.ask("GET", f"{path}?key={CONFIDENTIAL}") for path in ("/", "/v1/models", "/metrics", "/v1/x")]
    answers += [service.ask("GET", f"/v1/{CONFIDENTIAL}"), service.ask("GET", f"/{CONFIDENTIAL}")]
    return answers


@pytest.mark.parametrize("server", ["service", "keyed"])
def test_no_log_holds_what_a_request_said_in_confidence(
    server: str, request: pytest.FixtureRequest, lines: Lines, capfd: pytest.CaptureFixture[str]
) -> None:
    service: Service = request.getfixturevalue(server)
    answers = drive(service)
    assert {answer.status for answer in answers} <= {200, 400, 403, 404}
    said = [answer.body.decode() + str(answer.headers) for answer in answers if "Origin" not in str(answer.headers)]
    assert [text for text in said if CONFIDENTIAL in text] == []
    assert [line for line in lines.said if CONFIDENTIAL in line] == []
    assert any("DetectFaces" in line for line in lines.said)
    assert CONFIDENTIAL not in "".join(capfd.readouterr())


def test_no_metric_and_no_file_holds_what_a_request_said_in_confidence(service: Service) -> None:
    drive(service)
    assert CONFIDENTIAL.encode() not in service.ask("GET", "/metrics").body
    holding = [file for file in files(service.settings.data) if CONFIDENTIAL.encode() in file.read_bytes()]
    assert holding == []


def test_no_file_of_the_data_folder_holds_the_secret_of_a_key(keyed: Service) -> None:
    """It is in the operator's own file, which others may not read; here it is not even sealed."""
    assert [file for file in files(keyed.settings.data) if SECRET.encode() in file.read_bytes()] == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_no_answer_and_no_log_holds_a_signature_that_fits(keyed: Service, lines: Lines) -> None:
    """Whoever could read it could send the request."""
    headers = signed(keyed, OPERATOR, "GET", "/v1/models")
    fitting = headers["Authorization"].rpartition("=")[2]
    wrong = headers | {"Authorization": headers["Authorization"].replace(fitting, "0" * 64)}
    lines.said.clear()  # of what the signing itself said
    answer = keyed.ask("GET", "/v1/models", None, wrong)
    assert code_of(answer) == "InvalidSignatureException"
    assert fitting.encode() not in answer.body
    assert [line for line in lines.said if fitting in line] == []
