"""Copies of rows that SQLite leaves behind in its own file, although `secure_delete` is on.

Where the B-tree is rebalanced, rows move between pages, and the page that they left keeps their bytes in the
unallocated space between its list of cells and its first cell. When the row is deleted later, `secure_delete`
overwrites the row, not that copy. Here this space is overwritten, in the file itself.
Source of the layouts: https://www.sqlite.org/fileformat2.html, 1.6 "B-tree Pages" and 4.1 "WAL File Format".
"""

import os
import struct
from collections.abc import Iterable
from pathlib import Path

_INTERIOR, _LEAVES = (2, 5), (10, 13)
_FILE_HEADER_BYTES = 100
_JOURNAL_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24


def pages_in_journal(journal: Path, page_bytes: int) -> set[int]:
    """The numbers, from 1, of the pages that a write-ahead log has new contents of, and perhaps of some more."""
    try:
        file = os.open(journal, os.O_RDONLY)
    except FileNotFoundError:
        return set()
    try:
        frames = range(_JOURNAL_HEADER_BYTES, os.fstat(file).st_size, _FRAME_HEADER_BYTES + page_bytes)
        return {int.from_bytes(os.pread(file, 4, frame), "big") for frame in frames}
    finally:
        os.close(file)


def page_bytes(file: int) -> int:
    """The size of the pages of an open database that is not empty."""
    (size,) = struct.unpack(">H", os.pread(file, 2, 16))
    return 65536 if size == 1 else size


def every_page(file: int) -> Iterable[int]:
    """The numbers of all pages of an open database."""
    return range(1, os.fstat(file).st_size // page_bytes(file) + 1)


def overwrite_unallocated(file: int, pages: Iterable[int]) -> None:
    """Zeros over the unallocated space of these pages of an open database; returns once the disk has them.

    Nobody may write to the database meanwhile; those who read it never look there. A crash in between does no harm.
    """
    size = page_bytes(file)
    for number in sorted(pages):
        offset = (number - 1) * size
        start, end = _unallocated(os.pread(file, size, offset), _FILE_HEADER_BYTES if number == 1 else 0)
        if start < end:
            os.pwrite(file, bytes(end - start), offset + start)
    os.fsync(file)


def _unallocated(page: bytes, header: int) -> tuple[int, int]:
    """From where to where a page's unallocated bytes go that are not all zero; (0, 0) where there are none.

    A page that is no part of a B-tree begins with a page number, whose first byte is below 2 up to 128 GB.
    """
    if len(page) <= header or page[header] not in (*_INTERIOR, *_LEAVES):
        return 0, 0
    cells, content = struct.unpack_from(">HH", page, header + 3)
    start = header + (12 if page[header] in _INTERIOR else 8) + 2 * cells
    end = content or 65536
    if end > len(page) or page.count(0, start, end) == end - start:
        return 0, 0
    return start, end
