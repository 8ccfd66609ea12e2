"""Keep-alive HTTP clients, each in a process of its own; standard library only, so that they cost little.

Usage: python bench/load.py PORT CLIENTS PASSES FILE...

Each FILE is a whole HTTP request. All of them are sent PASSES times in all, in turn, each by the client that is free
first, which waits for the answer. Prints one JSON object: errors, the seconds it took, latencies in ms, and
the processor seconds of all clients.
"""

import json
import os
import resource
import socket
import sys
import time
from pathlib import Path
from typing import Any

_HEAD_END = b"\r\n\r\n"
_CHUNK = 1 << 16
_OK = 200


def ask(connection: socket.socket, request: bytes) -> int:
    """Send one request and read its answer; returns the HTTP status."""
    connection.sendall(request)
    received = b""
    while _HEAD_END not in received:
        received += _some(connection)
    head, _, body = received.partition(_HEAD_END)
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
    missing = length - len(body)
    while missing > 0:
        missing -= len(_some(connection))
    return int(lines[0].split(" ")[1])


def _some(connection: socket.socket) -> bytes:
    chunk = connection.recv(_CHUNK)
    if not chunk:
        raise ConnectionError("the server closed the connection")
    return chunk


def client(port: int, requests: list[bytes], tickets: int) -> dict[str, Any]:
    """Ask as long as there are tickets; each is one byte, the number of a request, and only one client gets it."""
    latencies, errors = [], 0
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while ticket := os.read(tickets, 1):
            began = time.perf_counter()
            errors += ask(connection, requests[ticket[0]]) != _OK
            latencies.append(time.perf_counter() - began)
    return {"latencies": latencies, "errors": errors}


def _forked(port: int, requests: list[bytes], tickets: tuple[int, int]) -> tuple[int, int]:
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    os.close(reader)
    os.close(tickets[1])
    try:
        report = client(port, requests, tickets[0])
    except (OSError, StopIteration, ValueError) as error:
        report = {"latencies": [], "errors": 1, "failure": f"{type(error).__name__}: {error}"}
    with os.fdopen(writer, "w") as pipe:
        json.dump(report, pipe)
    os._exit(0)


def measure(port: int, clients: int, passes: int, requests: list[bytes]) -> dict[str, Any]:
    """Fork the clients, hand out the tickets, wait, and sum up."""
    tickets = os.pipe()
    children = [_forked(port, requests, tickets) for _ in range(clients)]
    start = time.perf_counter()
    os.close(tickets[0])
    with os.fdopen(tickets[1], "wb") as pipe:
        pipe.write(bytes(range(len(requests))) * passes)
    reports = []
    for child, reader in children:
        with os.fdopen(reader) as lines:
            reports.append(json.load(lines))
        os.waitpid(child, 0)
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "latencies_ms": sorted(latency * 1000 for report in reports for latency in report["latencies"]),
        "errors": sum(report["errors"] for report in reports),
        "failures": sorted({report["failure"] for report in reports if "failure" in report}),
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }


def main() -> None:
    """See the module."""
    port, clients, passes, *files = sys.argv[1:]
    requests = [Path(file).read_bytes() for file in files]
    print(json.dumps(measure(int(port), int(clients), int(passes), requests)))


if __name__ == "__main__":
    main()
