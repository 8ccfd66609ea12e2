"""Random requests of the protocol against a server in a process of its own, and what came of them.

    python -m bench.fuzz_edge --requests 50000
    python -m bench.fuzz_edge --requests 5000 --real     with the networks themselves, which have to be fetched

Exits with 1 where an answer was a 5xx, was not in the protocol's form, or did not come. Each such request is written to
a file of --failures. A request depends on the seed, its number, and the ids that answers before it brought.
"""

import argparse
import collections
import http.client
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from bench.fuzz_grammar import COLLECTIONS, SUBJECTS, Grammar, Sent
from regard.app import App
from regard.operations.call import Operation
from regard.settings import Settings
from regard_conformance.model import error_codes, output_problems
from tests.attacks.quick_app import QuickApp
from tests.media.picture_files import encoded, jpeg, noise, png
from tests.operations.drawn_people import Drawn, picture
from tests.server.service import running

# What any operation may answer without the model naming it: contract, section 3.1, and our own.
FRONT_END = frozenset(
    [
        "ValidationException",
        "SerializationException",
        "UnknownOperationException",
        "AccessDeniedException",
        "NotImplementedException",
        "RequestEntityTooLargeException",
    ]
)
_ROOM = {"size": (240, 180)}
_SAMPLES = 200  # of the memory, over a run


@dataclass
class Outcome:
    """What a run saw."""

    requests: int
    seconds: float = 0.0
    codes: collections.Counter[str] = field(default_factory=collections.Counter)
    served: collections.Counter[str] = field(default_factory=collections.Counter)  # answered with 200, by operation
    failures: list[str] = field(default_factory=list)
    memory: list[tuple[int, float]] = field(default_factory=list)  # requests so far, resident MiB

    def slope(self) -> float:
        """MiB per 1,000 requests over the last three quarters of the run, by least squares."""
        late = np.array([sample for sample in self.memory if sample[0] >= self.requests / 4])
        return float(np.polyfit(late[:, 0], late[:, 1], 1)[0] * 1000)


class Fuzzer:
    """Sends requests one after another on one connection."""

    def __init__(self, port: int, pid: int, seed: int, failures: Path | None) -> None:
        self._port = port
        self._pid = pid
        self._failures = failures
        self._connection = self._connect()
        self._grammar = Grammar(seed, pictures(), self._served())

    def run(self, requests: int) -> Outcome:
        """The outcome of so many requests."""
        outcome = Outcome(requests)
        started = time.perf_counter()
        for index in range(requests):
            sent = self._grammar.request(index)
            wrong = self._exchange(sent, outcome)
            if wrong:
                outcome.failures.append(f"request {index}, {sent.operation}: {wrong}")
                self._keep(index, sent, wrong)
            if index % max(1, requests // _SAMPLES) == 0:
                outcome.memory.append((index, resident_mebibytes(self._pid)))
        outcome.seconds = time.perf_counter() - started
        self._connection.close()
        outcome.memory.append((requests, resident_mebibytes(self._pid)))
        return outcome

    def _exchange(self, sent: Sent, outcome: Outcome) -> str:
        """Sends a request and counts its answer; what is wrong with it, "" where nothing is."""
        headers = {name: value.encode("latin-1") for name, value in sent.headers.items()}
        try:
            self._connection.request(sent.method, sent.path, sent.body, headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = self._connect()
            return f"no answer: {error!r}"
        if sent.method == "OPTIONS":
            outcome.codes[f"{answer.status} OPTIONS"] += 1
            return "" if answer.status < 500 else f"status {answer.status}"
        code, wrong, document = judged(
            sent, answer.status, {name.lower(): value for name, value in answer.getheaders()}, body
        )
        outcome.codes[f"{answer.status} {code}"] += 1
        if answer.status == 200:
            outcome.served[str(sent.operation)] += 1
            self._grammar.learn(document)
        return wrong

    def _served(self) -> list[str]:
        """The operations that the server serves."""
        self._connection.request("GET", "/v1/operations")
        standing = json.loads(self._connection.getresponse().read())
        return [name for name, where in standing.items() if where == "served"]

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def _keep(self, index: int, sent: Sent, wrong: str) -> None:
        if self._failures is not None:
            self._failures.mkdir(parents=True, exist_ok=True)
            lines = [f"{sent.method} {sent.path}", *(f"{n}: {v}" for n, v in sent.headers.items()), "", ""]
            head = f"{wrong}\n\n" + "\n".join(lines)
            (self._failures / str(index)).write_bytes(head.encode() + sent.body)


def judged(sent: Sent, status: int, headers: Mapping[str, str], body: bytes) -> tuple[str, str, Any]:
    """The code of an answer, what is wrong with it ("" where nothing is), and what it holds."""
    try:
        document = json.loads(body)
    except ValueError:
        return "?", f"status {status}, not JSON: {body[:200]!r}", None
    if not headers.get("x-amzn-requestid") or headers.get("content-type") != "application/x-amz-json-1.1":
        return "?", f"status {status}, headers {dict(headers)}", document
    if status == 200:
        problems = output_problems(sent.operation, document) if sent.operation else ["of no operation"]
        return "OK", "; ".join(problems[:3]), document
    code = str(document.get("__type"))
    return code, _wrong_error(sent, status, headers, document, code), document


def _wrong_error(sent: Sent, status: int, headers: Mapping[str, str], document: dict[str, Any], code: str) -> str:
    is_service_error = "Message" in document
    said = document.get("Message") if is_service_error else document.get("message")
    members = {"__type", "Code", "Logref", "Message"} if is_service_error else {"__type", "message"}
    modelled = error_codes(sent.operation) if sent.operation else frozenset()
    if status >= 500:
        return f"status {status}: {said}"
    if set(document) != members or not isinstance(said, str) or headers.get("x-amzn-errortype") != code:
        return f"status {status}, not in the form of an error: {document}"
    if code not in modelled | FRONT_END:
        return f"{code} is no error of {sent.operation}"
    return ""


def pictures() -> list[bytes]:
    """Small pictures of drawn people, other small ones, and damaged ones; the first is good."""
    people = [picture(Drawn(person, 60, 40, 100), **_ROOM) for person in range(4)]
    crowd = picture(*(Drawn(10 + i, 10 + 45 * i, 70, 40) for i in range(5)), **_ROOM)
    good = [*people, crowd, png(), jpeg(), encoded(noise(90, 90), "PNG"), png(80, 80), jpeg(320, 81)]
    damaged = [jpeg()[:-200], png()[:60], png()[:-12], jpeg().replace(b"\xff\xda", b"\xff\xff"), b"\x89PNG\r\n\x1a\n"]
    flipped = [bytes(byte ^ 0x55 if i % 97 == 50 else byte for i, byte in enumerate(data)) for data in (jpeg(), png())]
    others = [encoded(noise(90, 90), kind) for kind in ("GIF", "BMP", "WEBP")]
    return [*good, *damaged, *flipped, *others, png(79, 200), b"", b"no picture", b"\xff\xd8\xff\xe0" + bytes(60)]


def serve(folder: str, is_real: bool, pipe: Connection) -> None:
    """Runs a server until the other end says something. It has two workers, and buckets with one picture."""
    with running(Path(folder), make=_real if is_real else QuickApp, workers=2) as service:
        bucket = service.settings.buckets / "photos"
        bucket.mkdir(parents=True)
        (bucket / "a.png").write_bytes(png())
        pipe.send(service.port)
        pipe.recv()


def _real(settings: Settings, _: Mapping[str, Operation]) -> App:
    return App(settings, os.environ)


@contextmanager
def serving(is_real: bool = False) -> Iterator[tuple[int, int]]:
    """The port and the process id of a server of its own, in which some collections are and some have consented."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=serve, args=(folder, is_real, theirs))
        process.start()
        try:
            port = ours.recv()
            _furnish(port)
            yield port, process.pid or 0
            ours.send("enough")
        finally:
            process.join(60)
            process.kill()


def _furnish(port: int) -> None:
    """Two governed collections with consents for every subject; the fuzz makes and removes the others by itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for name in COLLECTIONS[:2]:
        tags = {"regard:purpose": "fuzzing", "regard:controller": "Example"}
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "RekognitionService.CreateCollection"}
        connection.request("POST", "/", json.dumps({"CollectionId": name, "Tags": tags}), headers)
        connection.getresponse().read()
        grants = [
            {"subject": name, "purpose": "fuzzing", "expires": "2027-06-01T00:00:00Z", "evidence_sha256": "0" * 64}
            for name in SUBJECTS
        ]
        body = json.dumps({"collection": name, "grants": grants})
        connection.request("POST", "/v1/consents/batch", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"consents were refused: {said!r}")
    connection.close()


def resident_mebibytes(pid: int) -> float:
    """The resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def main() -> int:
    """Runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--failures", type=Path, help="a folder for requests that were answered wrongly")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.requests} requests, {'real' if given.real else 'stub'} networks", flush=True)
    with serving(given.real) as (port, pid):
        outcome = Fuzzer(port, pid, given.seed, given.failures).run(given.requests)
    for code, count in outcome.codes.most_common():
        print(f"{count:8,}  {code}")
    print(f"{len(outcome.served)} operations answered with 200: {dict(outcome.served.most_common())}")
    quarter = next(memory for index, memory in outcome.memory if index >= given.requests / 4)
    first, last = outcome.memory[0][1], outcome.memory[-1][1]
    print(f"{outcome.seconds:.0f} s, {given.requests / outcome.seconds:.0f} requests/s")
    print(f"resident: {first:.0f} MiB at first, {quarter:.0f} after a quarter of the requests, {last:.0f} at the end")
    print(f"slope over the last three quarters: {outcome.slope():+.3f} MiB per 1,000 requests")
    print(*outcome.failures[:50], sep="\n")
    print(f"{len(outcome.failures)} failures")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
