"""What the log costs: appending to it, its size, verifying it, and what it adds to a search.

Usage: python -m bench.ledger [--seconds S] [--faces N] [--searches N] [--scratch DIR] [--http]

Entries are those of searches that found somebody, and each is on the disk when its call returns. The searches are
`people/matching.py`'s in a governed collection of N faces made of numbers, no networks: half of the probes are of
enrolled people. The same searches with and without the log take turns in one process, so that what else the machine
does falls on both; "without" is `people/acts.py` writing nothing. With --http, SearchFacesByImage is asked of a server,
networks and all. Two minutes. `--scratch` decides which disk is measured: a folder in memory has none.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.call_times import Times
from bench.ledger_searches import Gallery, searching
from bench.serving import Server, running
from bench.speed import machine
from bench.tables import table
from regard.analysis.embedding import DEFAULT_VERSION, DIMENSIONS
from regard.ledger.log import Ledger
from regard.ledger.notes import NoteSigner
from regard.ledger.verifying import verify_log
from regard.people.open import People, open_people
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage

WRITERS = (1, 4, 16, 64)
CLIENTS, REQUESTS = (1, 4), 200
SAMPLE = Path(__file__).parents[1] / "src" / "regard" / "samples" / "astronaut.jpg"


def appending(folder: Path, entries: Sequence[bytes], seconds: float) -> str:
    """Markdown: throughput and latency by number of writers, then size and verification."""
    ledger = Ledger.open(folder, NoteSigner("bench", bytes(32)))
    rows = []
    for threads in WRITERS:
        end = time.perf_counter() + seconds

        def append(thread: int, end: float = end) -> list[float]:
            taken, now = [], time.perf_counter()
            while now < end:
                # The ids of real entries differ; nothing that a log does depends on it, only verification.
                ledger.append(_with_new_id(entries[thread]))
                began, now = now, time.perf_counter()
                taken.append(now - began)
            return taken

        times = Times()
        times.measure(threads, append)
        rows.append([f"{threads}", f"{times.rate:,.0f}", *(f"{times.milliseconds(part):.2f}" for part in (0.5, 0.99))])
    ledger.close()
    return "\n\n".join([table(("writers", "entries a second", "p50 ms", "p99 ms"), rows), _kept(folder, entries)])


def _kept(folder: Path, entries: Sequence[bytes]) -> str:
    began = time.perf_counter()
    report = verify_log(folder)
    verifying = time.perf_counter() - began
    if not report.is_sound:
        raise RuntimeError(f"the log that was written is not sound: {report.problems[:3]}")
    began = time.perf_counter()
    Ledger.open(folder, NoteSigner("bench", bytes(32))).close()
    opening = time.perf_counter() - began
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    size = report.size
    return (
        f"Entries have {np.mean([len(entry) for entry in entries]):.0f} bytes; on the disk {held / size:.0f} each. "
        f"{size:,} entries were verified in {verifying:.1f} s, {size / verifying:,.0f} a second, and opened in "
        f"{opening * 1000:.0f} ms."
    )


def _with_new_id(entry: bytes) -> bytes:
    start = entry.index(b'"id":"') + len(b'"id":"')
    return entry[:start] + os.urandom(16).hex().encode() + entry[start + 32 :]


def one_write(folder: Path, data: bytes) -> str:
    """What the disk alone takes for one entry."""
    descriptor = os.open(folder / "one", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_DSYNC)
    times = Times()

    def write(thread: int) -> list[float]:
        taken = []
        for _ in range(1000):
            began = time.perf_counter()
            os.write(descriptor, data)
            taken.append(time.perf_counter() - began)
        return taken

    times.measure(1, write)
    os.close(descriptor)
    p50, p99 = (times.milliseconds(part) for part in (0.5, 0.99))
    return f"The disk alone, one write with O_DSYNC: p50 {p50:.2f} ms, p99 {p99:.2f} ms."


def over_http(server: Server) -> str:
    """Markdown: SearchFacesByImage, networks and all, in a sandbox of one face."""
    picture = SAMPLE.read_bytes()
    server.post("CreateCollection", {"CollectionId": "trial"})
    server.ask("IndexFaces", picture, {"CollectionId": "trial"})
    request = server.request("SearchFacesByImage", picture, {"CollectionId": "trial"})
    rows = []
    for clients in CLIENTS:
        load = server.drive([request], clients, REQUESTS)
        if load.errors:
            raise RuntimeError(f"{load.errors} errors: {load.failures}")
        rows.append([f"{clients}", f"{load.rate:.0f}", *(f"{load.quantile_ms(part):.1f}" for part in (0.5, 0.99))])
    return table(("clients", "SearchFacesByImage a second", "p50 ms", "p99 ms"), rows)


def _last_entries(people: People, number: int) -> list[bytes]:
    size = people.acts.ledger.size
    return list(people.acts.ledger.entries(size - number))


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each number of writers")
    parser.add_argument("--faces", type=int, default=10_000)
    parser.add_argument("--searches", type=int, default=2_000, help="with the log and as many without, for each load")
    parser.add_argument("--scratch", type=Path, help="where the log and the data folder are written")
    parser.add_argument("--http", action="store_true")
    options = parser.parse_args()
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        folder = Path(scratch)
        people = open_people(
            Storage.open(folder / "data", MasterKey(bytes(32), "the benchmark")),
            model_version=DEFAULT_VERSION,
            dimension_of=DIMENSIONS.__getitem__,
        )
        try:
            gallery = Gallery(people, options.faces)
            print(f"Searches among {options.faces:,} faces, with the log and without it:\n")
            print(searching(gallery, options.searches), flush=True)
            entries = _last_entries(people, max(WRITERS))
        finally:
            people.close()
        print(f"\nAppending:\n\n{appending(folder / 'log', entries, options.seconds)}\n")
        print(one_write(folder, entries[0]))
    if options.http:
        with running() as server:
            print(f"\nOver HTTP:\n\n{over_http(server)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
