"""A full queue, a bug, the end and the beginning; what is counted and what is logged."""

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from regard.operations.call import Call
from regard.server.logs import JsonLines
from tests.media.picture_files import png
from tests.server.service import Service, received, running, wait_until


class Gate:
    """An operation that waits until a test lets it go on, and one with a bug."""

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.inside = 0

    def detect_text(self, call: Call) -> dict[str, Any]:
        self.inside += 1
        assert self.is_open.wait(20)
        return {"TextDetections": [], "TextModelVersion": "3.0"}

    def detect_labels(self, call: Call) -> dict[str, Any]:
        raise ZeroDivisionError(f"a bug with {call.operation}")

    def detect_moderation_labels(self, call: Call) -> dict[str, Any]:
        return {"ModerationLabels": float("nan")}


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.is_open.set()


@pytest.fixture
def serve(gate: Gate, tmp_path: Path) -> Callable[..., Any]:
    operations = {
        "DetectText": gate.detect_text,
        "DetectLabels": gate.detect_labels,
        "DetectModerationLabels": gate.detect_moderation_labels,
    }
    return lambda **chosen: running(tmp_path, operations, **chosen)


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


IMAGE = {"Image": {"Bytes": "AAAA"}}


def test_a_full_queue_throttles_and_what_waits_is_served(
    serve: Callable[..., Any], gate: Gate, callers: ThreadPoolExecutor
) -> None:
    with serve(workers=1, queue=2) as service:
        waiting = [callers.submit(service.call, "DetectText", IMAGE) for _ in range(3)]
        wait_until(lambda: service.metric("regard_work") == 3)
        client = service.client()
        with pytest.raises(client.exceptions.ThrottlingException, match="3 requests are being worked on or waiting"):
            client.detect_text(Image={"Bytes": png()})
        assert service.ask("GET", "/healthz").status == 200
        gate.is_open.set()
        assert [future.result().status for future in waiting] == [200, 200, 200]
        assert service.metric("regard_work") == 0
        assert service.metric("regard_requests_total", operation="DetectText", code="ThrottlingException") == 1


def test_an_sdk_that_is_throttled_gets_through_in_the_end(
    serve: Callable[..., Any], gate: Gate, callers: ThreadPoolExecutor
) -> None:
    with serve(workers=1, queue=0) as service:
        waiting = callers.submit(service.call, "DetectText", IMAGE)
        wait_until(lambda: gate.inside == 1)
        client = service.client(retries={"mode": "standard", "total_max_attempts": 10})
        client.meta.events.register("needs-retry.rekognition", lambda **_: gate.is_open.set())
        assert client.detect_text(Image={"Bytes": png()})["TextDetections"] == []
        assert waiting.result().status == 200


@pytest.mark.parametrize("operation", ["DetectLabels", "DetectModerationLabels"], ids=["raises", "answers-nonsense"])
def test_a_bug_is_told_without_details_and_logged_with_them(
    serve: Callable[..., Any], operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serve() as service:
        answer = service.call(operation, IMAGE)
    assert (answer.status, answer.json["__type"]) == (500, "InternalServerError")
    assert answer.json["Message"] == "Internal server error"
    assert b"ZeroDivision" not in answer.body
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    line = json.loads(JsonLines().format(record))
    assert line["request_id"] == answer.headers["x-amzn-RequestId"] == answer.json["Logref"]
    assert line["operation"] == operation
    assert line["traceback"].startswith("Traceback (most recent call last)")


def test_the_server_goes_on_after_a_bug(serve: Callable[..., Any]) -> None:
    with serve(workers=1) as service:
        assert service.call("DetectLabels", IMAGE).status == 500
        assert len(service.client().detect_faces(Image={"Bytes": png()})["FaceDetails"]) == 1


def test_a_shutdown_finishes_what_was_accepted_and_a_restart_serves_again(
    tmp_path: Path, gate: Gate, callers: ThreadPoolExecutor
) -> None:
    operations = {"DetectText": gate.detect_text}
    with running(tmp_path, operations, workers=1) as first:
        accepted: list[Future[Any]] = [callers.submit(first.call, "DetectText", IMAGE) for _ in range(3)]
        wait_until(lambda: first.metric("regard_work") == 3)
        silent = first.connect()
        callers.submit(open_after_closing, gate, silent)
    assert [future.result().status for future in accepted] == [200, 200, 200]
    with running(tmp_path, operations, port=first.port) as second:
        assert second.port == first.port
        assert second.call("DetectText", IMAGE).status == 200


def open_after_closing(gate: Gate, silent: Any) -> None:
    """Lets the operation go on once the server has begun to stop: then it closes connections that are silent."""
    with silent:
        silent.recv(1)
    gate.is_open.set()


def test_while_it_stops_a_server_takes_no_more(tmp_path: Path, gate: Gate, callers: ThreadPoolExecutor) -> None:
    refused: list[type[Exception]] = []

    def late(service: Service, silent: Any) -> None:
        with silent:
            silent.recv(1)
        try:
            service.call("DetectText", IMAGE)
        except OSError as error:
            refused.append(type(error))
        gate.is_open.set()

    with running(tmp_path, {"DetectText": gate.detect_text}) as service:
        accepted = callers.submit(service.call, "DetectText", IMAGE)
        wait_until(lambda: gate.inside == 1)
        callers.submit(late, service, service.connect())
    assert accepted.result().status == 200
    assert refused == [ConnectionRefusedError]


def test_an_answer_while_stopping_says_that_the_connection_closes(
    tmp_path: Path, gate: Gate, callers: ThreadPoolExecutor
) -> None:
    with running(tmp_path, {"DetectText": gate.detect_text}) as service:
        accepted = callers.submit(service.call, "DetectText", IMAGE)
        wait_until(lambda: gate.inside == 1)
        callers.submit(open_after_closing, gate, service.connect())
    assert accepted.result().headers["Connection"] == "close"


def test_requests_are_counted_by_operation_and_code(serve: Callable[..., Any]) -> None:
    with serve() as service:
        client = service.client()
        client.detect_faces(Image={"Bytes": png()})
        client.detect_faces(Image={"Bytes": png()})
        service.call("DetectFaces")
        service.call("NoSuchOperation")
        service.ask("GET", "/whatever")
        assert service.metric("regard_requests_total", operation="DetectFaces", code="OK") == 2
        assert service.metric("regard_requests_total", operation="DetectFaces", code="ValidationException") == 1
        assert service.metric("regard_requests_total", operation="unknown", code="UnknownOperationException") == 1
        assert service.metric("regard_requests_total", operation="unknown", code="AccessDeniedException") == 1
        assert service.metric("regard_request_seconds_count", operation="DetectFaces") == 3
        assert service.metric("process_resident_memory_bytes") > 1_000_000


def test_the_exposition_is_prometheus_text_and_holds_no_clients_text(service: Service) -> None:
    service.call("Evil\u00e9Operation")
    service.call('x"} 1 evil_metric{a="b')
    answer = service.ask("GET", "/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"# TYPE regard_requests_total counter" in answer.body
    assert b"vil" not in answer.body


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What `regard serve` would have written, as objects."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("regard")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_request_is_one_json_line_without_the_picture(
    service: Service, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = service.call("DetectFaces", {"Image": {"Bytes": "c2VjcmV0"}, "Attributes": ["ALL"], "Note": "secret"})
    [line] = lines()
    assert line.pop("time")[10] == "T"
    assert line.pop("milliseconds") >= 0
    assert line == {
        "level": "info",
        "message": "request",
        "request_id": answer.headers["x-amzn-RequestId"],
        "operation": "DetectFaces",
        "code": "InvalidImageFormatException",
        "status": 400,
        "bytes": 73,
    }


def test_a_text_with_line_ends_stays_one_line() -> None:
    record = logging.LogRecord("regard", logging.WARNING, "x.py", 1, "first\nsecond %s", ("\u2028é",), None)
    formatted = JsonLines().format(record)
    assert formatted.count("\n") == 0
    assert json.loads(formatted)["message"] == "first\nsecond \u2028é"


def test_a_head_request_has_no_body(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        raw = b""
        while part := connection.recv(65536):
            raw += part
    assert raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert raw.endswith(b"\r\n\r\n")


def test_an_answer_does_not_name_the_software(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert received(connection).headers["Server"] is None
