"""Speed, recall and memory of searching a collection, beside other projects that do the same, on one processor.

Usage: python -m bench.search [--rows N ...] [--dimensions D ...] [--probes P] [--peer-probes P]
                              [--embeddings FILE ...] [--peers DIR] [--install] [--graph-up-to N] [--scratch DIR]

Synthetic galleries lie as real embeddings do (`search_faces.py`); with FILE, as `bench.embed_people` writes it, real
faces are enrolled among them and the probes are other real pictures. Every program enrols in one process and searches
in another, both held to one processor. Peers are installed in DIR by `--install`, never here; without them their lines
say so. Recall is against comparing every row in float32. A quick run: `--rows 10000 --dimensions 128`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import search_faces
from bench.peers import default_environments
from bench.search_faces import TOP, Faces, Kind, Probes
from bench.tables import table
from regard.people.thresholds import curve_of

RUNNER = Path(__file__).with_name("search_runner.py")
REQUIREMENTS = ("faiss-cpu==1.15.1", "usearch==2.26.6", "numpy<3")
TIME_LIMIT_SECONDS = 3600
VERSIONS = {128: "1.0", 640: "2.0"}
HEADS = (
    "program",
    "p50 ms",
    "p99 ms",
    "processor ms",
    "mates first",
    "at the threshold",
    f"strangers' {TOP}",
    "memory MiB",
    "start s",
    "from disk s",
    "enrolled/s",
    "one by one/s",
)
LEGEND = f"""p50, p99: one probe at a time. Processor: the median of processor time alone, which waiting for other work
on the machine does not lengthen. Mates first: of the probes with another picture in the gallery above the threshold,
from which a collection of this size names somebody, those whose exact nearest came first. At the threshold: of the
probes with a row at exactly this cosine, those for which it was found; rows above it are found more often. Strangers'
{TOP}: of the exact {TOP} nearest of probes with no match, those found. Memory: the most the searching process held,
Python and numpy in it. Start: from starting the process to the first answer, files in the system's cache; from disk:
after they were put out of it. Enrolled: 1,000 at a time; only Regard's are on the disk when the call returns."""


@dataclass(frozen=True, slots=True)
class Program:
    """One line of the table."""

    title: str
    variant: str  # of `search_runner.py`
    files: tuple[str, ...]  # what it opens
    is_peer: bool = True
    enrols: bool = True


PROGRAMS = (
    Program("Regard", "regard", ("regard/rows",), is_peer=False),
    Program("faiss flat", "faiss", ("faiss",)),
    Program("usearch HNSW", "usearch", ("usearch",)),
    Program("numpy product", "numpy", ("gallery.npy",), is_peer=False, enrols=False),
)


@dataclass(frozen=True, slots=True)
class Task:
    """One gallery, its probes, and what comparing every row finds."""

    folder: Path
    rows: int
    probes: Probes
    ids: NDArray[np.int64]
    cosines: NDArray[np.float32]
    threshold: float

    @classmethod
    def make(cls, folder: Path, rows: int, dimension: int, probes: int, faces: Faces | None) -> "Task":
        """The threshold is the one from which a collection of this size names somebody."""
        curve = curve_of(VERSIONS[dimension])
        threshold = curve.score(curve.safe_similarity(rows))
        made = search_faces.make(folder, rows, dimension, probes, threshold, faces)
        np.save(folder / "probes.npy", made.vectors)
        return cls(folder, rows, made, *search_faces.exact(folder, made.vectors), threshold)

    def recalls(self, found: NDArray[np.int64], step: int) -> list[str]:
        """Of the columns in the legend. `found`: ids (P / step, TOP) of every `step`-th probe."""
        ids, cosines, kinds = self.ids[::step], self.cosines[::step], self.probes.kinds[::step]
        is_found = (ids[:, :, None] == found[:, None, :]).any(axis=2)
        is_match = (kinds == Kind.MATE) & (cosines[:, 0] >= self.threshold)
        shares = (
            (found[:, 0] == ids[:, 0])[is_match],
            is_found[kinds == Kind.EDGE, 0],
            is_found[kinds == Kind.STRANGER].ravel(),
        )
        return [f"{share.mean():.2%} of {share.size:,}" for share in shares]


def report(task: Task, peers: Path, peer_probes: int, graph_up_to: int) -> str:
    """Markdown: the table, then why some lines are absent."""
    rows, reasons = [], []
    for program in PROGRAMS:
        python = peers if program.is_peer else Path(sys.executable)
        if program.variant == "usearch" and task.rows > graph_up_to:
            reasons.append(
                f"{program.title} not measured: building it takes too long above --graph-up-to {graph_up_to:,}."
            )
        elif not python.exists():
            reasons.append(f"{program.title} not measured: not installed (--install).")
        else:
            step = 1 if program.variant == "regard" else max(1, len(task.ids) // peer_probes)
            rows.append([program.title, *_measured(task, program, python, step)])
    return "\n\n".join([table(HEADS, rows), *reasons])


def _measured(task: Task, program: Program, python: Path, step: int) -> list[str]:
    """The cells of one line; every `step`-th probe is looked for."""
    enrolled = _run(python, "enrol", program.variant, task.folder, step) if program.enrols else {}
    _put_out_of_the_cache([task.folder / file for file in program.files])
    cold = _run(python, "search", program.variant, task.folder, step)
    warm = _run(python, "search", program.variant, task.folder, step)
    return [
        *(f"{warm[key]:.2f}" for key in ("median_ms", "slowest_ms", "processor_ms")),
        *task.recalls(np.load(task.folder / f"{program.variant}-ids.npy"), step),
        f"{warm['most_mib']:.0f}",
        f"{warm['first_seconds']:.2f}",
        f"{cold['first_seconds']:.2f}",
        *(f"{enrolled[key]:,.0f}" if enrolled else "" for key in ("batches", "singles")),
    ]


def _run(python: Path, act: str, variant: str, folder: Path, step: int) -> dict[str, Any]:
    done = subprocess.run(
        [python, RUNNER, act, variant, folder, str(step), str(time.time())],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=True,
    )
    printed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return printed


def _put_out_of_the_cache(files: Sequence[Path]) -> None:
    for file in files:
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _hold_to_one_processor() -> None:
    """This process and all that it starts; numpy's threads are made when it is first used for a product."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "--quiet", "install", *REQUIREMENTS], check=True)


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dimensions", type=int, nargs="+", choices=sorted(VERSIONS), default=sorted(VERSIONS))
    parser.add_argument("--probes", type=int, default=6000)
    parser.add_argument("--peer-probes", type=int, default=300, help="as many, about, of them for slower programs")
    parser.add_argument("--embeddings", type=Path, nargs="+", default=[])
    parser.add_argument("--peers", type=Path, default=default_environments())
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--graph-up-to", type=int, default=1_000_000)
    parser.add_argument(
        "--scratch", type=Path, help="where galleries are written, 3 GB for a million of 640 dimensions"
    )
    options = parser.parse_args()
    environment = options.peers / "search"
    if options.install and not environment.exists():
        _install(environment)
    real = {faces.embeddings.shape[1]: faces for faces in map(Faces.load, options.embeddings)}
    _hold_to_one_processor()
    print(f"One processor of {os.cpu_count()}, {platform.machine()}, {platform.platform(terse=True)}.\n\n{LEGEND}")
    for dimension in options.dimensions:
        for rows in options.rows:
            with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
                task = Task.make(Path(folder), rows, dimension, options.probes, real.get(dimension))
                kind = "real and synthetic" if dimension in real else "synthetic"
                print(f"\n{rows:,} {kind} faces, {dimension} dimensions; threshold {task.threshold:.3f}\n")
                python = environment / "bin" / "python"
                print(report(task, python, options.peer_probes, options.graph_up_to), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
