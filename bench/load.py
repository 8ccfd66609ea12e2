"""Keep-alive HTTP clients, each in a process of its own; standard library only, so that they cost little.

Usage: python bench/load.py PORT CLIENTS SECONDS WARM_SECONDS FILE...

Each FILE is a whole HTTP request. Every client sends them in turn, starting at another, and waits for each answer.
Prints one JSON object: answers, errors, latencies in ms (p50, p99), seconds, and the processor seconds of all clients.
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


def client(port: int, requests: list[bytes], first: int, start: float, end: float) -> dict[str, Any]:
    """Ask from now on, and report on what was asked and answered between `start` and `end` (time.monotonic)."""
    latencies, errors, number = [], 0, first
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (began := time.monotonic()) < end:
            status = ask(connection, requests[number % len(requests)])
            number += 1
            if start <= began and time.monotonic() <= end:
                latencies.append(time.monotonic() - began)
                errors += status != 200
    return {"latencies": latencies, "errors": errors}


def _forked(port: int, requests: list[bytes], first: int, start: float, end: float) -> tuple[int, int]:
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    os.close(reader)
    try:
        report = client(port, requests, first, start, end)
    except (OSError, StopIteration, ValueError) as error:
        report = {"latencies": [], "errors": 1, "failure": f"{type(error).__name__}: {error}"}
    with os.fdopen(writer, "w") as pipe:
        json.dump(report, pipe)
    os._exit(0)


def measure(port: int, clients: int, seconds: float, warm: float, requests: list[bytes]) -> dict[str, Any]:
    """Fork the clients, wait for them, and sum up."""
    start = time.monotonic() + warm
    children = [_forked(port, requests, number, start, start + seconds) for number in range(clients)]
    reports = []
    for child, reader in children:
        with os.fdopen(reader) as pipe:
            reports.append(json.load(pipe))
        os.waitpid(child, 0)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    latencies = sorted(latency * 1000 for report in reports for latency in report["latencies"])
    failures = sorted({report["failure"] for report in reports if "failure" in report})
    return {
        "answers": len(latencies),
        "errors": sum(report["errors"] for report in reports),
        "failures": failures,
        "p50_ms": latencies[len(latencies) // 2] if latencies else None,
        "p99_ms": latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))] if latencies else None,
        "mean_ms": sum(latencies) / len(latencies) if latencies else None,
        "seconds": seconds,
        # The warm-up is in it as well; it is the same kind of work.
        "client_cpu_share": (usage.ru_utime + usage.ru_stime) / (seconds + warm),
    }


def main() -> None:
    """See the module."""
    port, clients, seconds, warm, *files = sys.argv[1:]
    requests = [Path(file).read_bytes() for file in files]
    print(json.dumps(measure(int(port), int(clients), float(seconds), float(warm), requests)))


if __name__ == "__main__":
    main()
