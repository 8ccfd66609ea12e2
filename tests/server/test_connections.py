"""Connections that send nothing, too slowly, or for ever, and one that is served meanwhile."""

import contextlib
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.picture_files import png
from tests.server.service import CONTENT_TYPE, Service, head, received, running

CALL = head("Content-Length: 2") + b"{}"


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that waits a second for a header, and a second for a body."""
    with running(tmp_path_factory.mktemp("hasty"), body_seconds=1) as made:
        yield made


def is_closed(connection: socket.socket) -> bool:
    """Whether the server closes; waits for what comes, and fails where that takes too long."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(65536):
            pass
    return True


def test_200_connections_that_send_nothing_stop_nobody_and_are_closed(hasty: Service) -> None:
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(hasty.connect()) for _ in range(200)]
        assert len(hasty.client().detect_faces(Image={"Bytes": png()})["FaceDetails"]) == 1
        assert all(is_closed(connection) for connection in silent)


@pytest.mark.parametrize(
    "start", [b"P", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Long: ", b"\r\n\r\n"]
)
def test_a_header_that_does_not_end_closes_the_connection(hasty: Service, start: bytes) -> None:
    with hasty.connect() as connection:
        connection.sendall(start)
        assert is_closed(connection)


@pytest.mark.parametrize("after", [b"", b"\r\n", b"POST"], ids=["nothing", "line-end", "word"])
def test_what_follows_an_answered_request_gets_no_longer(hasty: Service, after: bytes) -> None:
    """Except nothing at all: then a client keeps its connection for its next request."""
    with hasty.connect() as connection:
        connection.sendall(CALL)
        assert received(connection).status == 400
        connection.sendall(after)
        connection.settimeout(2 if after == b"" else 20)
        outcome = pytest.raises(TimeoutError) if after == b"" else contextlib.nullcontext()
        with outcome:
            assert is_closed(connection)


def test_a_connection_serves_many_requests(service: Service) -> None:
    with service.connect() as connection:
        statuses = []
        for _ in range(3):
            connection.sendall(CALL)
            statuses.append(received(connection).status)
    assert statuses == [400, 400, 400]


def test_a_header_without_end_is_refused_by_its_length(service: Service) -> None:
    with service.connect() as connection:
        sent = 0
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"POST / HTTP/1.1\r\nX-Long: ")
            for _ in range(256):
                connection.sendall(b"x" * 65536)
                sent += 65536
        with contextlib.suppress(ConnectionError):
            assert connection.recv(65536)[:12] in (b"HTTP/1.1 400", b"")
    assert sent < 256 * 65536


def test_a_body_that_comes_too_slowly_is_given_up(hasty: Service) -> None:
    with hasty.connect() as connection:
        connection.sendall(head("Content-Length: 100") + b'{"Image":')
        answer = received(connection)
        assert (answer.status, answer.json["__type"]) == (408, "RequestTimeoutException")
        assert answer.json["message"] == "The request did not arrive within 1 seconds"
        assert is_closed(connection)


def test_a_body_that_trickles_for_ever_is_given_up(hasty: Service) -> None:
    with hasty.connect() as connection:
        connection.sendall(head("Transfer-Encoding: chunked"))
        connection.settimeout(0.05)
        first = b""
        while not first:
            connection.sendall(b"1\r\n \r\n")
            with contextlib.suppress(TimeoutError):
                first = connection.recv(65536)
    assert first.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_goes_on_after_its_refusal_is_cut_off(hasty: Service) -> None:
    """But not at once, so that a client that sends all before it reads gets to read."""
    with hasty.connect() as connection:
        connection.sendall(head(f"Content-Length: {1 << 40}"))
        assert received(connection).status == 413
        with pytest.raises(ConnectionError):  # noqa: PT012  # which of the sends fails is the kernel's business
            while True:
                connection.sendall(b" " * 65536)


def test_the_rest_of_a_refused_body_is_read_so_that_the_connection_serves_on(service: Service) -> None:
    wrong = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 200000\r\n\r\n"
    with service.connect() as connection:
        connection.sendall(wrong.encode())
        assert received(connection).status == 404
        connection.sendall(b" " * 200_000 + CALL)
        assert received(connection).status == 400


def test_a_client_that_goes_away_in_its_body_leaves_no_error(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with service.connect() as connection:
        connection.sendall(head("Content-Length: 100") + b"{")
    assert service.call("DetectFaces").status == 400
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "line", [b"\0\1\2\3", b"GET", b"POST / HTTP/9.9", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]
)
def test_what_is_not_http_is_told_so_and_closed(service: Service, line: bytes) -> None:
    with service.connect() as connection:
        connection.sendall(line + b"\r\n\r\n")
        assert received(connection).status == 400
        assert is_closed(connection)


def test_two_lengths_are_refused(service: Service) -> None:
    """Else a proxy and this server could disagree on where a request ends."""
    with service.connect() as connection:
        connection.sendall(head("Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n")
        assert received(connection).status == 400


def test_expect_100_continue_is_answered(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(head("Content-Length: 2", "Expect: 100-continue"))
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert received(connection).json["__type"] == "ValidationException"


def test_answers_are_not_compressed(service: Service) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": "RekognitionService.DetectFaces"}
    with contextlib.closing(connection):
        connection.request("POST", "/", b"{}", headers | {"Accept-Encoding": "gzip, deflate, br"})
        answer = connection.getresponse()
        assert answer.getheader("Content-Encoding") is None
        assert answer.read().startswith(b"{")


def test_the_waits_of_a_server_are_its_own(tmp_path: Path) -> None:
    """A server's deadline does not reach the next one made in the same process."""
    with (
        running(tmp_path / "one", body_seconds=1),
        running(tmp_path / "two") as patient,
        patient.connect() as connection,
    ):
        connection.settimeout(1.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
