"""A server of our own for a measurement: start it, read its counters, drive it, stop it."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTENT_TYPE = "application/x-amz-json-1.1"
LOAD = Path(__file__).with_name("load.py")
_SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Counters:
    """Sums since the server started, in seconds."""

    network: float  # wall time inside networks, over all threads
    work: float  # from each request's last byte to its answer
    cpu: float  # processor time of the server

    def since(self, before: "Counters") -> "Counters":
        """What came on top."""
        return Counters(self.network - before.network, self.work - before.work, self.cpu - before.cpu)


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients of one measurement saw."""

    latencies_ms: list[float]  # sorted
    errors: int  # answers that are not 200, clients that broke off
    failures: list[str]
    seconds: float
    cpu_seconds: float  # of the clients

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies_ms) / self.seconds

    def quantile_ms(self, part: float) -> float:
        """The latency that `part` of the answers did not exceed."""
        return self.latencies_ms[min(len(self.latencies_ms) - 1, int(len(self.latencies_ms) * part))]


class Server:
    """A running `regard serve`."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        """`process` listens on `port` of 127.0.0.1."""
        self.port = port
        self._process = process

    def counters(self) -> Counters:
        """Read from /metrics."""
        text = self._get("/metrics")
        sums: dict[str, float] = {}
        for found in _SAMPLE.finditer(text):
            sums[found["name"]] = sums.get(found["name"], 0.0) + float(found["value"])
        return Counters(
            network=sums.get("regard_network_seconds_total", 0.0),
            work=sums["regard_request_seconds_sum"],
            cpu=sums["process_cpu_seconds_total"],
        )

    def resident_bytes(self) -> int:
        """Memory the server holds now, as /metrics says."""
        found = re.search(r"^process_resident_memory_bytes (\S+)$", self._get("/metrics"), re.MULTILINE)
        if found is None:
            raise RuntimeError("/metrics has no process_resident_memory_bytes on this system")
        return int(float(found[1]))

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
            text: str = response.read().decode()
        return text

    def drive(self, requests: list[bytes], clients: int, passes: int) -> Load:
        """Every request `passes` times, through `load.py`. Raises RuntimeError when nothing was answered."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{number}.http" for number in range(len(requests))]
            for file, request in zip(files, requests, strict=True):
                file.write_bytes(request)
            arguments = map(str, (LOAD, self.port, clients, passes, *files))
            command = [sys.executable, "-I", "-S", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        load = Load(**json.loads(done.stdout))
        if not load.latencies_ms:
            raise RuntimeError(f"no answers: {', '.join(load.failures)}")
        return load

    def ask(self, operation: str, picture: bytes, members: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request about a picture."""
        return self.post(operation, {"Image": {"Bytes": base64.b64encode(picture).decode("ascii")}, **members})

    def post(self, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": f"RekognitionService.{operation}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", json.dumps(members).encode(), headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def request(self, operation: str, picture: bytes, members: Mapping[str, Any]) -> bytes:
        """A whole HTTP request, as hand-written clients send it."""
        image = {"Bytes": base64.b64encode(picture).decode("ascii")}
        body = json.dumps({"Image": image, **members}).encode()
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"X-Amz-Target: RekognitionService.{operation}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def stop(self) -> None:
        """As a terminal would."""
        self._process.terminate()
        self._process.wait(timeout=30)


@contextmanager
def running() -> Iterator[Server]:
    """A server on a free port with a data folder of its own, ready to answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = Path(sys.executable).with_name("regard")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [binary, "serve", "--port", str(port), "--data", f"{folder}/data"],
                stdout=output,
                stderr=output,
                env={name: value for name, value in os.environ.items() if not name.startswith("REGARD_ACCESS")},
            )
        server = Server(port, process)
        try:
            _wait(server, process, log)
            yield server
        finally:
            server.stop()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises RuntimeError with the end of the log when the server is not ready in two minutes."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not become ready: {log.read_text()[-2000:]}")
