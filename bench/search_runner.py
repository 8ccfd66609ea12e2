"""Enrols and searches with one program; started by `bench/search.py`, each step in a process of its own.

Usage: python bench/search_runner.py {enrol|search} VARIANT FOLDER STEP STARTED

FOLDER has `gallery.npy` and `probes.npy`, float32 unit rows; ids are row numbers from 1. Only numpy, and what VARIANT
imports. Prints one JSON object. Every STEP-th probe is looked for. STARTED is the time, in seconds since 1970, at
which the process was started.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Search = Callable[[Floats], tuple[Ids, Floats]]  # (1, D) to the nearest TOP

TOP = 10
BATCH = 1000
SINGLES = 200


class Regard:
    """This project's file of vectors; what was added is on the disk when `add` returns."""

    def __init__(self, folder: Path, dimension: int) -> None:
        from regard.storage.vectors import VectorFile

        self._file = VectorFile.open(folder / "regard", dimension)

    def add(self, ids: Ids, rows: Floats) -> None:
        """Take in (N, D) rows."""
        self._file.add(ids.tolist(), rows)

    def save(self) -> None:
        """For the process that searches."""
        self._file.close()

    def search(self, probe: Floats) -> tuple[Ids, Floats]:
        """Of (1, D) the nearest `TOP`: ids and cosines (1, TOP)."""
        return self._file.search(probe, TOP)


class Faiss:
    """faiss `IndexFlatIP`: every row, float32, in memory."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._faiss: Any = import_module("faiss")
        self._faiss.omp_set_num_threads(1)
        self._path = folder / "faiss"
        stored, path = self._path.exists(), str(self._path)
        self._index: Any = self._faiss.read_index(path) if stored else self._faiss.IndexFlatIP(dimension)

    def add(self, ids: Ids, rows: Floats) -> None:
        """Take in (N, D) rows."""
        self._index.add(rows)

    def save(self) -> None:
        """For the process that searches."""
        self._faiss.write_index(self._index, str(self._path))

    def search(self, probe: Floats) -> tuple[Ids, Floats]:
        """Of (1, D) the nearest `TOP`: ids and cosines (1, TOP)."""
        cosines, rows = self._index.search(probe, TOP)
        return rows + 1, cosines


class Usearch:
    """usearch's graph (HNSW) at its own settings, float32."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._path = folder / "usearch"
        self._index: Any = import_module("usearch.index").Index(ndim=dimension, metric="ip", dtype="f32")
        if self._path.exists():
            self._index.load(str(self._path))

    def add(self, ids: Ids, rows: Floats) -> None:
        """Take in (N, D) rows."""
        self._index.add(ids.astype(np.uint64), rows, threads=1)

    def save(self) -> None:
        """For the process that searches."""
        self._index.save(str(self._path))

    def search(self, probe: Floats) -> tuple[Ids, Floats]:
        """Of (1, D) the nearest `TOP`: ids and cosines (1, TOP)."""
        found = self._index.search(probe[0], TOP, threads=1)
        return found.keys.astype(np.int64)[None], 1 - found.distances[None]


class Product:
    """A numpy product with the whole matrix in memory."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._gallery: Floats = np.load(folder / "gallery.npy")

    def search(self, probe: Floats) -> tuple[Ids, Floats]:
        """Of (1, D) the nearest `TOP`: ids and cosines (1, TOP)."""
        cosines = self._gallery @ probe[0]
        best = np.argpartition(cosines, -TOP)[-TOP:]
        best = best[np.argsort(-cosines[best])]
        return best[None] + 1, cosines[best][None]


VARIANTS: dict[str, Callable[[Path, int], Any]] = {
    "regard": Regard,
    "faiss": Faiss,
    "usearch": Usearch,
    "numpy": Product,
}


def enrol(variant: str, folder: Path) -> dict[str, float]:
    """Rows a second, one by one for the first, then `BATCH` at a time."""
    gallery = np.load(folder / "gallery.npy", mmap_mode="r")
    program = VARIANTS[variant](folder, gallery.shape[1])
    singles = _seconds(program, gallery, ((row, row + 1) for row in range(SINGLES)))
    rest = range(SINGLES, len(gallery), BATCH)
    batches = _seconds(program, gallery, ((row, min(row + BATCH, len(gallery))) for row in rest))
    program.save()
    return {"singles": SINGLES / singles, "batches": (len(gallery) - SINGLES) / batches}


def _seconds(program: Any, gallery: Floats, spans: Iterable[tuple[int, int]]) -> float:
    """Reading the rows is not counted."""
    total = 0.0
    for start, stop in spans:
        ids, rows = np.arange(start + 1, stop + 1), np.array(gallery[start:stop])
        begun = time.perf_counter()
        program.add(ids, rows)
        total += time.perf_counter() - begun
    return total


def search(variant: str, folder: Path, step: int, started: float) -> dict[str, Any]:
    """Writes VARIANT-ids.npy; the first probe is answered for the start and once more for the times."""
    probes = np.load(folder / "probes.npy")[::step]
    program = VARIANTS[variant](folder, probes.shape[1])
    program.search(probes[:1])
    first = time.time() - started
    times, processor, ids = [], [], []
    for probe in probes:
        begun, cpu = time.perf_counter(), time.thread_time()
        found, _cosines = program.search(probe[None])
        times.append(time.perf_counter() - begun)
        processor.append(time.thread_time() - cpu)
        ids.append(found[0])
    np.save(folder / f"{variant}-ids.npy", np.stack(ids))
    return {
        "first_seconds": first,
        "median_ms": float(np.median(times)) * 1000,
        "slowest_ms": float(np.quantile(times, 0.99)) * 1000,
        "processor_ms": float(np.median(processor)) * 1000,
        "most_mib": _most_mib(),
    }


def _most_mib() -> float:
    """The most memory this process held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """See the module."""
    act, variant, folder, step, started = sys.argv[1:]
    report = (
        enrol(variant, Path(folder)) if act == "enrol" else search(variant, Path(folder), int(step), float(started))
    )
    print(json.dumps(report))


if __name__ == "__main__":
    main()
