"""A bug of ours is told to the log and to nobody else; compare InsightFace-REST, which answered with tracebacks."""

import base64
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from regard.operations.call import Call, Operation
from regard.settings import Settings
from tests.attacks.attacked import rpc
from tests.media.picture_files import png
from tests.server.service import Service, StubbedApp, received, running

SECRET = "what-only-the-log-may-say"
PICTURE = base64.b64encode(png()).decode()
COUNT = json.dumps({"bytes": PICTURE}).encode()
JSON = {"Content-Type": "application/json"}


def broken(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError(SECRET)


class BrokenApp(StubbedApp):
    """An application with a bug behind some of its routes."""

    def __init__(self, settings: Settings, operations: Mapping[str, Operation]) -> None:
        super().__init__(settings, operations)
        self.counter = broken  # type: ignore[assignment]  # a bug in place of what counts
        self.people().transparency.page = broken  # type: ignore[method-assign]  # and of what the public page shows


def detect_text(call: Call) -> dict[str, Any]:
    """An operation with a bug."""
    broken(call)


def list_collections(call: Call) -> dict[str, Any]:
    """An operation whose answer the service model does not have."""
    return {"CollectionIds": [SECRET], "NoSuchMember": Path(SECRET)}


@pytest.fixture(scope="module")
def buggy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    operations: dict[str, Operation] = {"DetectText": detect_text, "ListCollections": list_collections}
    with running(tmp_path_factory.mktemp("buggy"), operations, BrokenApp) as made:
        yield made


@pytest.mark.parametrize("operation", ["DetectText", "ListCollections"])
def test_a_bug_in_an_operation_is_an_internal_error_without_a_reason(
    buggy: Service, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = buggy.call(operation, {"Image": {"Bytes": PICTURE}})
    request_id = answer.headers["x-amzn-RequestId"]
    code = "InternalServerError"
    said = {"__type": code, "Code": code, "Logref": request_id, "Message": "Internal server error"}
    assert (answer.status, answer.json) == (500, said)
    assert tracebacks(caplog) == [request_id]


def test_a_bug_in_a_route_of_ours_is_an_internal_error_without_a_reason(
    buggy: Service, caplog: pytest.LogCaptureFixture
) -> None:
    answer = buggy.ask("POST", "/v1/count", COUNT, JSON)
    said = {"code": "InternalServerError", "message": "Internal server error"}
    assert (answer.status, answer.headers["Content-Type"], answer.json) == (500, "application/json", said)
    assert tracebacks(caplog) == [answer.headers["x-amzn-RequestId"]]


@pytest.mark.parametrize("path", ["/transparency", "/transparency.json"])
def test_a_bug_in_a_page_is_an_internal_error_without_a_reason(
    buggy: Service, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = buggy.ask("GET", path)
    assert (answer.status, answer.json) == (500, {"code": "InternalServerError", "message": "Internal server error"})
    assert tracebacks(caplog) == [None]


@pytest.mark.parametrize("path", ["/v1/count", "/"])
def test_the_connection_serves_on_after_a_bug(buggy: Service, path: str) -> None:
    headers = JSON if path == "/v1/count" else rpc("DetectText")
    body = COUNT if path == "/v1/count" else json.dumps({"Image": {"Bytes": PICTURE}}).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with buggy.connect() as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        assert received(connection).status == 500
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert received(connection).json == {"status": "ok"}


def test_a_client_that_goes_away_in_its_body_leaves_no_error(buggy: Service, caplog: pytest.LogCaptureFixture) -> None:
    start = (
        "POST /v1/count HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    with buggy.connect() as connection:
        connection.sendall(start.encode())
    assert buggy.ask("GET", "/healthz").status == 200
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/none", 404, "NotFound"),
        ("PUT", "/v1/count", 405, "MethodNotAllowed"),
        ("GET", "/v1/collections?limit=x", 400, "ValidationException"),
        ("GET", "/v1/consents/none", 400, "ResourceNotFoundException"),
    ],
)
def test_every_refusal_of_our_own_interface_has_one_form(
    service: Service, method: str, path: str, status: int, code: str
) -> None:
    answer = service.ask(method, path)
    assert (answer.status, set(answer.json), answer.json["code"]) == (status, {"code", "message"}, code)


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[Any]:
    """The request ids of the errors that were logged with where they came from."""
    found = [record for record in caplog.records if record.exc_info]
    return [getattr(record, "fields", {}).get("request_id") for record in found]
