"""One request is never taken for two: whatever leaves room for doubt is refused, and the connection closed.

Each attack ends with a whole second request, which a proxy in front would have taken for a body.
"""

import socket
from collections.abc import Sequence

import pytest

from tests.attacks.attacked import rpc
from tests.server.service import Service, received

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
START = b"POST / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(
    f"{name}: {value}\r\n".encode() for name, value in rpc("ListCollections").items()
)
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"


def statuses(connection: socket.socket) -> list[int]:
    """Of all answers until the server closes; fails where it does not."""
    said = b""
    while part := connection.recv(65536):
        said += part
    return [int(rest[:3]) for rest in said.split(b"HTTP/1.1 ")[1:]]


def answers(service: Service, *parts: bytes) -> list[int]:
    with service.connect() as connection:
        connection.sendall(b"".join(parts))
        return statuses(connection)


@pytest.mark.parametrize(
    "framing",
    [
        [b"Content-Length: 5", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Content-Length: 5"],
        [b"Content-Length: 5", b"Content-Length: 0"],
        [b"Content-Length: 5", b"Content-Length: 5"],
        [b"Content-Length: 5, 5"],
        [b"Content-Length: 5, 0"],
        [b"Content-Length: +5"],
        [b"Content-Length: -5"],
        [b"Content-Length: 0x5"],
        [b"Content-Length: 5 5"],
        [b"Content-Length: 5a"],
        [b"Content-Length:"],
        [b"Content-Length: 18446744073709551621"],
        [b"Content-Length : 5"],
        [b"Content-Length\t: 5"],
        [b" Content-Length: 5"],
        [b"Content-Length: 0\n\tContent-Length: 5"],
        [b"X-Folded: a\r\n Content-Length: 50", b"Content-Length: 5"],
        [b"X-Line-Feed: a\nContent-Length: 5"],
        [b"X-Return: a\rContent-Length: 5"],
        [b"X-Nul: a\0", b"Content-Length: 5"],
        [b"Transfer Encoding: chunked", b"Content-Length: 5"],
        [b"Transfer-Encoding:\r\n chunked", b"Content-Length: 5"],
        [b"Transfer-Encoding: \x0bchunked"],
        [b"Transfer-Encoding: xchunked"],
        [b"Transfer-Encoding: chunkedx"],
        [b"Transfer-Encoding: identity"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Transfer-Encoding: chunked, identity"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
    ],
    ids=repr,
)
def test_a_length_that_can_be_read_in_two_ways_is_refused(service: Service, framing: Sequence[bytes]) -> None:
    header = START + b"\r\n".join(framing) + b"\r\n\r\n"
    assert answers(service, header, b"0\r\n\r\n", HIDDEN) == [400]


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\n{}\r\n0\r\n\r\n",
        b"-2\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b"10000000000000002\r\n{}\r\n0\r\n\r\n",
        b"1\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}0\r\n\r\n",
        b"2\n{}\n0\n\n",
        b"2;x\n{}\r\n0\r\n\r\n",
        b"2 \r\n{}\r\n0\r\n\r\n",
        b" 2\r\n{}\r\n0\r\n\r\n",
        b"\r\n2\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}\r\n00 0\r\n\r\n",
    ],
    ids=repr,
)
def test_a_chunk_that_is_not_as_it_says_is_refused(service: Service, chunks: bytes) -> None:
    assert answers(service, CHUNKED, chunks, HIDDEN) == [400]


@pytest.mark.parametrize("end", [b"\n", b"\r"], ids=repr)
def test_a_line_that_ends_with_half_an_end_is_refused(service: Service, end: bytes) -> None:
    header = START.replace(b"\r\n", end) + b"Content-Length: 2" + end + end
    assert answers(service, header, b"{}", HIDDEN) == [400]


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"TLS/1.0"], ids=repr)
@pytest.mark.parametrize("length", [b"Content-Length: %d" % len(HIDDEN), b"Transfer-Encoding: chunked"], ids=repr)
def test_a_body_that_comes_with_an_upgrade_is_not_a_request(service: Service, length: bytes, protocol: bytes) -> None:
    """uvicorn's issue 2722: its parser drops such a body, or, where it comes later, answers what stands in it."""
    with service.connect() as connection:
        connection.sendall(START + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n" + length + b"\r\n\r\n")
        answer = received(connection)
        assert (answer.status, answer.body) == (400, b"No upgrade is offered; send the request without Upgrade.")
        assert connection.recv(1) == b""


def test_an_upgrade_without_a_body_is_answered_as_if_it_were_not_asked(service: Service) -> None:
    """curl --http2 and Java's own client ask so at first."""
    asked = HIDDEN[:-2] + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
    assert answers(service, asked, HIDDEN) == [200]


def test_after_a_request_that_closes_nothing_is_answered(service: Service) -> None:
    closing = START + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
    assert answers(service, closing, HIDDEN) == [200]


def test_a_request_of_http_1_0_is_the_last(service: Service) -> None:
    assert answers(service, START.replace(b"HTTP/1.1", b"HTTP/1.0"), b"Content-Length: 2\r\n\r\n{}", HIDDEN) == [200]


def test_a_body_is_no_request_even_where_none_was_expected(service: Service) -> None:
    """A GET with a body that is a request itself: one answer, and the connection is where a proxy thinks it is."""
    with service.connect() as connection:
        connection.sendall(HIDDEN[:-2] + b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN)
        connection.sendall(START + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
        assert statuses(connection) == [200, 200]


def test_what_comes_beyond_a_bodys_length_is_no_part_of_it(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(START + b"Content-Length: 2\r\n\r\n{}")
        assert received(connection).status == 200
        connection.sendall(b"{}" + HIDDEN)
        assert statuses(connection) == [400]


def test_a_body_shorter_than_its_length_is_not_worked_on(service: Service) -> None:
    before = service.metric("regard_requests_total", operation="ListCollections", code="OK")
    with service.connect() as connection:
        connection.sendall(START + b"Content-Length: 9\r\n\r\n{}")
        connection.shutdown(socket.SHUT_WR)
        assert statuses(connection) == []
    assert service.metric("regard_requests_total", operation="ListCollections", code="OK") == before


@pytest.mark.parametrize(
    "start",
    [
        b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET\t/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"get /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1, HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n: empty\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost\r\n\r\n",
    ],
    ids=repr,
)
def test_what_is_no_request_of_ours_ends_the_connection(service: Service, start: bytes) -> None:
    assert answers(service, start, HIDDEN) == [400]
