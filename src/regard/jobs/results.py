"""Results of jobs on the disk: views of rows, compressed in blocks, of which a page is read without the rest.

    writer = ResultWriter(folder)
    writer.write("ALL", rows)
    ResultReader(folder).page("ALL", 1000, 100)

A view is two files: its blocks, and an index of where they begin, which is written last: a view without one is not
there.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from regard.jobs.row_sorting import RowSorter
from regard.jobs.whole_files import whole_file
from regard.storage.durable import sync_folder

Row = dict[str, Any]

_BLOCK_ROWS: Final = 250  # a page of 1000 is four or five blocks
_LEVEL: Final = 6  # of zlib


class ResultMissing(Exception):
    """A view that nobody has written, or whose files are gone."""


class ResultWriter:
    """Writes the views of one result into a folder, which it makes. Implements `kinds.Result`."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, view: str, rows: Iterable[Row]) -> None:
        """A view, its rows in the order in which they will be read. Replaces what was there. Raises OSError."""
        self._write(view, map(_packed, rows))

    def write_sorted(self, view: str, rows: Iterable[Row], key: Callable[[Row], Any]) -> None:
        """The same, sorted by a key that rows have after a way through JSON too. Equal keys keep their order.

        Memory does not grow with the rows.
        """
        with RowSorter(self._folder, key) as sorter:
            for row in rows:
                sorter.add(row)
            self._write(view, sorter.lines())

    def _write(self, view: str, lines: Iterable[bytes]) -> None:
        blocks, index = _paths(self._folder, view)
        index.unlink(missing_ok=True)
        offsets, count = [0], 0
        with whole_file(blocks) as file:
            source = iter(lines)
            while block := list(islice(source, _BLOCK_ROWS)):
                count += len(block)
                offsets.append(offsets[-1] + file.write(zlib.compress(b"\n".join(block), _LEVEL)))
        with whole_file(index) as file:
            file.write(json.dumps({"rows": count, "block_rows": _BLOCK_ROWS, "offsets": offsets}).encode())
        sync_folder(self._folder)


@dataclass(frozen=True, slots=True)
class _Index:
    rows: int
    block_rows: int
    offsets: list[int]  # of each block, and of the end


class ResultReader:
    """Reads what `ResultWriter` wrote. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def count(self, view: str) -> int:
        """How many rows there are. Raises ResultMissing."""
        return self._index(view).rows

    def page(self, view: str, start: int, count: int) -> list[Row]:
        """Up to `count` rows from row `start` on; none behind the end. Raises ResultMissing."""
        index = self._index(view)
        end = min(start + count, index.rows)
        if start >= end:
            return []
        first, last = start // index.block_rows, (end - 1) // index.block_rows
        lines = [line for block in self._blocks(view, index, first, last) for line in block.split(b"\n")]
        skipped = first * index.block_rows
        return [orjson.loads(line) for line in lines[start - skipped : end - skipped]]

    def rows(self, view: str) -> Iterator[Row]:
        """All rows in turn; one block is in memory. Raises ResultMissing."""
        index = self._index(view)
        for block in self._blocks(view, index, 0, len(index.offsets) - 2):
            yield from map(orjson.loads, block.split(b"\n"))

    def _blocks(self, view: str, index: _Index, first: int, last: int) -> Iterator[bytes]:
        try:
            with _paths(self._folder, view)[0].open("rb") as file:
                file.seek(index.offsets[first])
                for number in range(first, last + 1):
                    yield zlib.decompress(file.read(index.offsets[number + 1] - index.offsets[number]))
        except FileNotFoundError as error:
            raise _missing(self._folder, view) from error

    def _index(self, view: str) -> _Index:
        try:
            return _Index(**json.loads(_paths(self._folder, view)[1].read_bytes()))
        except FileNotFoundError as error:
            raise _missing(self._folder, view) from error


def _packed(row: Row) -> bytes:
    return orjson.dumps(row)


def _paths(folder: Path, view: str) -> tuple[Path, Path]:
    """The files of a view's blocks and of its index."""
    name = view.replace("/", ".")
    return folder / f"{name}.rows", folder / f"{name}.json"


def _missing(folder: Path, view: str) -> ResultMissing:
    return ResultMissing(f"There is no view '{view}' in {folder.name}")
