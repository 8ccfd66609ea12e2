"""Sorting rows on the disk: runs that fit into memory are sorted, written, and merged."""

import gzip
import heapq
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

Row = dict[str, Any]
_Keyed = tuple[Any, bytes]  # a row's key, and the row as JSON

_RUN_BYTES: Final = 4 << 20  # of JSON that is held; as objects it is several times as much
_FAN: Final = 32  # runs that are merged at once; each holds a file open


class RowSorter:
    """A stable sort of rows by a key, in memory that does not grow with them. Close it to remove its files."""

    def __init__(self, folder: Path, key: Callable[[Row], Any], run_bytes: int = _RUN_BYTES) -> None:
        """folder: where the runs go. key: of a row as it was added; the row comes back from JSON for it, too."""
        self._folder, self._key, self._run_bytes = folder, key, run_bytes
        self._held: list[_Keyed] = []
        self._held_bytes = 0
        self._levels: list[list[Path]] = []  # runs by how often they were merged; all of a level precede the one below

    def __enter__(self) -> "RowSorter":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Removes the runs."""
        for path in (path for level in self._levels for path in level):
            path.unlink(missing_ok=True)

    def add(self, row: Row) -> None:
        """One more row. Raises OSError."""
        line = orjson.dumps(row)
        self._held.append((self._key(row), line))
        self._held_bytes += len(line)
        if self._held_bytes > self._run_bytes:
            held, self._held, self._held_bytes = self._sorted(), [], 0
            self._keep(held, 0)

    def lines(self) -> Iterator[bytes]:
        """All rows in order, as JSON, once all were added."""
        runs = [path for level in reversed(self._levels) for path in level]
        merged = heapq.merge(*map(self._read, runs), self._sorted(), key=_first)
        return (line for _, line in merged)

    def _sorted(self) -> list[_Keyed]:
        return sorted(self._held, key=_first)

    def _keep(self, run: Iterable[_Keyed], level: int) -> None:
        """Writes a run, and merges those of its level when they are many."""
        if len(self._levels) == level:
            self._levels.append([])
        path = self._folder / f".{secrets.token_hex(8)}.run"
        self._levels[level].append(path)
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.writelines(line + b"\n" for _, line in run)
        if len(self._levels[level]) == _FAN:
            merging = list(self._levels[level])
            self._keep(heapq.merge(*map(self._read, merging), key=_first), level + 1)
            self._levels[level] = []
            for merged in merging:
                merged.unlink()

    def _read(self, path: Path) -> Iterator[_Keyed]:
        with gzip.open(path, "rb") as file:
            for line in file:
                yield self._key(orjson.loads(line)), line.rstrip(b"\n")


def _first(keyed: _Keyed) -> Any:
    return keyed[0]
