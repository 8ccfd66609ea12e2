"""How many pictures a second, how long one takes, and what of that is the networks.

Usage: python -m bench.speed [--quick] [--no-peers] [--peers-folder DIR]

Prints Markdown tables: every operation over HTTP at 1, 4 and 16 clients; the same work inside one process, with and
without what surrounds the networks; other projects on the same pictures; memory and size. About ten minutes, or one
with --quick. The clients run on the same machine and take their share of it, which is in the table.
"""

import argparse
import math
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.bare import Bench, Task
from bench.footprint import footprint
from bench.peers import ROWS, Peers, default_environments, peer_table
from bench.pictures import NamedPicture, described, pictures
from bench.serving import Server, running
from bench.tables import table
from regard.app import App
from regard.settings import Settings

TASKS = (
    Task("DetectFaces", "DetectFaces", {}),
    Task("DetectFaces, ALL", "DetectFaces", {"Attributes": ["ALL"]}),
    Task("DetectLabels", "DetectLabels", {}),
    Task("DetectLabels, IMAGE_PROPERTIES", "DetectLabels", {"Features": ["IMAGE_PROPERTIES"]}),
    Task("DetectText", "DetectText", {}),
    Task("DetectModerationLabels", "DetectModerationLabels", {}),
    Task("DetectProtectiveEquipment", "DetectProtectiveEquipment", {}),
)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds for each measurement, and how many clients are tried."""

    http: float
    bare: float
    peers: float
    clients: tuple[int, ...]


FULL = Times(http=8, bare=6, peers=10, clients=(1, 4, 16))
QUICK = Times(http=1, bare=0.5, peers=1, clients=(1, 4))
QUICK_PICTURES = 4
QUICK_ROWS = (ROWS[0], ROWS[3], ROWS[5])


@dataclass(frozen=True, slots=True)
class Served:
    """One operation at one number of clients."""

    task: str
    clients: int
    pictures_per_second: float
    p50_ms: float
    p99_ms: float
    network_share: float  # of the time the server worked on requests, queueing included
    server_cpu_seconds: float  # a picture
    client_cores: float  # of processors the clients kept busy
    errors: int


def measure_served(server: Server, task: Task, chosen: Sequence[NamedPicture], clients: int, seconds: float) -> Served:
    """Drive the server with one operation for about `seconds`, after a pass that does not count."""
    requests = [server.request(task.operation, picture.data, task.members) for picture in chosen]
    warm = server.drive(requests, clients, 1)
    # Each client asks twice at least, else the start and the end weigh too much.
    passes = max(1, round(seconds * warm.rate / len(requests)), math.ceil(2 * clients / len(requests)))
    before = server.counters()
    load = server.drive(requests, clients, passes)
    spent = server.counters().since(before)
    return Served(
        task=task.name,
        clients=clients,
        pictures_per_second=load.rate,
        p50_ms=load.quantile_ms(0.5),
        p99_ms=load.quantile_ms(0.99),
        network_share=spent.network / spent.work,
        server_cpu_seconds=spent.cpu / len(load.latencies_ms),
        client_cores=load.cpu_seconds / load.seconds,
        errors=warm.errors + load.errors,
    )


def served_table(rows: Sequence[Served]) -> str:
    """Markdown."""
    heads = ["over HTTP", "clients", "pictures/s", "p50 ms", "p99 ms", "networks", "CPU ms", "clients' cores", "errors"]
    return table(
        heads,
        [
            [
                row.task,
                str(row.clients),
                f"{row.pictures_per_second:.1f}",
                f"{row.p50_ms:.0f}",
                f"{row.p99_ms:.0f}",
                # With more clients than workers the time in the queue would hide the networks.
                f"{row.network_share:.0%}" if row.clients == 1 else "",
                f"{row.server_cpu_seconds * 1000:.0f}",
                f"{row.client_cores:.2f}",
                str(row.errors),
            ]
            for row in rows
        ],
    )


def overhead_table(served: Sequence[Served], chosen: Sequence[NamedPicture], seconds: float) -> str:
    """Markdown: full load over HTTP next to the same work in this process. Loads every network here."""
    settings = replace(Settings.read(os.environ), data=Path(tempfile.mkdtemp(prefix="regard-bench-")))
    bench = Bench(App(settings, os.environ), settings.worker_count)
    data = [picture.data for picture in chosen]
    rows = []
    for task in TASKS:
        full = full_load(served, task.name)
        analysed, networks = bench.analysed(task, data, seconds), bench.networks(task, data, seconds)
        rates = (full.pictures_per_second, analysed.pictures_per_second, networks.pictures_per_second)
        cpu = (full.server_cpu_seconds, analysed.cpu_seconds, networks.cpu_seconds)
        rows.append(
            [
                task.name,
                *(f"{rate:.1f}" for rate in rates),
                *(f"{rate / rates[0] - 1:+.0%}" for rate in rates[1:]),
                *(f"{part * 1000:.0f}" for part in cpu),
                *(f"{cpu[0] / part - 1:+.0%}" for part in cpu[1:]),
            ]
        )
    heads = ("at full load", "HTTP /s", "analysis /s", "networks /s", "over analysis", "over networks")
    cpu_heads = ("CPU ms: HTTP", "analysis", "networks", "over analysis", "over networks")
    return table([*heads, *cpu_heads], rows)


def full_load(served: Sequence[Served], task: str) -> Served:
    """The number of clients at which most was done."""
    return max((row for row in served if row.task == task), key=lambda row: row.pictures_per_second)


def faces_alone(served: Sequence[Served], chosen: Sequence[NamedPicture]) -> tuple[str, list[list[str]]]:
    """Markdown about memory and size; and the lines to put above other projects' in their table.

    A fresh server answers nothing but DetectFaces, so that its memory is that of faces.
    """
    lines = []
    with running() as server:
        started = server.resident_bytes()
        server.ask("DetectFaces", chosen[0].data, {})
        loaded = server.resident_bytes()
        for task in TASKS[:2]:
            answers = [server.ask(task.operation, picture.data, task.members) for picture in chosen]
            found = sum(len(answer["FaceDetails"]) for answer in answers)
            full = full_load(served, task.name)
            rate, cpu_ms = f"{full.pictures_per_second:.1f}", f"{full.server_cpu_seconds * 1000:.0f}"
            memory = f"{server.resident_bytes() / 2**20:.0f}"
            lines.append([f"Regard {task.name} over HTTP", rate, cpu_ms, "", str(found), memory])
    return _memory_table(started, loaded), lines


def _memory_table(started: int, loaded: int) -> str:
    size = footprint()
    largest = sorted(size.by_package.items(), key=lambda item: -item[1])[:4]
    return table(
        ["memory and size", "MB"],
        [
            ["resident memory of a started server", f"{started / 1e6:.0f}"],
            ["the same after one DetectFaces, idle", f"{loaded / 1e6:.0f}"],
            [
                f"files of regard and of the {len(size.by_package) - 1} packages it requires",
                f"{size.total_bytes / 1e6:.0f}",
            ],
            *([f"of which {name}", f"{part / 1e6:.0f}"] for name, part in largest),
        ],
    )


def machine() -> str:
    """The processor, its number, Python, and the commit."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = (line.partition(":") for line in information.read_text().splitlines())
        model = next((value.strip() for name, _, value in lines if name.strip() == "model name"), model)
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} processors (load {load:.1f} before), Python {platform.python_version()}, "
        f"commit {commit.stdout.strip() or 'unknown'}"
    )


def main() -> int:
    """See the module."""
    options = _parser().parse_args()
    times = QUICK if options.quick else FULL
    chosen = pictures(options.testdata)[: QUICK_PICTURES if options.quick else None]
    print(f"Machine: {machine()}.\nPictures: {described(chosen)}.\n", flush=True)
    with running() as server:
        for task in TASKS:  # the first request of an operation loads its networks
            server.drive([server.request(task.operation, chosen[0].data, task.members)], 1, 1)
        served = [
            measure_served(server, task, chosen, clients, times.http) for task in TASKS for clients in times.clients
        ]
    print(served_table(served), end="\n\n", flush=True)
    memory, ours = faces_alone(served, chosen)
    print(memory, end="\n\n", flush=True)
    if not options.no_peers:
        rows = QUICK_ROWS if options.quick else ROWS
        print(peer_table(Peers(options.peers_folder), chosen, times.peers, rows, ours), end="\n\n", flush=True)
    print(overhead_table(served, chosen, times.bare), flush=True)
    return 1 if any(row.errors for row in served) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="about a minute: 4 pictures, 1 and 4 clients, figures that jump"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the other projects out")
    parser.add_argument("--peers-folder", type=Path, default=default_environments(), help="where bench.peers put them")
    parser.add_argument("--testdata", type=Path, default=Path(__file__).parents[2] / "shared" / "testdata")
    return parser


if __name__ == "__main__":
    sys.exit(main())
