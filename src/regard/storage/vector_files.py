"""Rows of vectors in one flat file: fixed records, one slot each, that survive a kill at any byte.

A file is a header and then slots. A slot is free and all zero, or holds one record:

    check u32 | scale f32 | id i64 | row int8 x dimension, padded to whole words of 8 bytes

`check` covers the rest of the record, so that a record half written, or half overwritten, is known for what it is and
becomes zeros when the file is next opened. This is the only place on the disk where a vector stands, in one precision,
and no second copy of the file is ever made: to forget a vector is to overwrite its slot. What the file system or a
solid-state disk keep of overwritten blocks (snapshots, copy on write, spare cells) is beyond a program's reach; the
secret rotation (`rotation.py`) and an encrypted disk are the answer to that.
"""

import errno
import fcntl
import hashlib
import logging
import os
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.storage.errors import Corrupt, DiskFull

FILE_NAME = "rows"
HEADER = struct.Struct("<8sII44xI")  # magic, dimension, bytes of a record, CRC-32 of what precedes
MAGIC = b"REGARDv1"
WORD_BYTES = 8
# Rows are read at the start, and zeros are written, this many bytes at a time.
CHUNK_BYTES = 2 << 20
# A file grows by an eighth of its slots, by no more than this many bytes unless more are needed at once.
GROWTH_BYTES = 256 << 10
# Rows that lie apart are read one by one, about 0.4 microseconds each, rather than with so many times as many others.
APART = 8
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_LOG = logging.getLogger(__name__)


class VectorRows:
    """The slots of one file. Reading is safe beside writing to other slots; writers take turns (see `VectorFile`)."""

    def __init__(self, folder: Path, dimension: int) -> None:
        """Make the file if there is none. Raises Corrupt when the header is not that of `dimension`."""
        self.path = folder / FILE_NAME
        self.record = _record(dimension)
        self.slots = 0
        self._multipliers = _multipliers(self.record.itemsize // WORD_BYTES)
        _create(folder, dimension, self.record.itemsize)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            _check_header(self.path, os.pread(self._descriptor, HEADER.size, 0), dimension, self.record.itemsize)
            self.cut((os.fstat(self._descriptor).st_size - HEADER.size) // self.record.itemsize)
        except BaseException:
            os.close(self._descriptor)
            raise

    def repaired(self) -> Iterator[tuple[int, NDArray[np.void]]]:
        """Stretches of the file, as the first slot and the records; what a crash left half done is cleared."""
        step = max(1, CHUNK_BYTES // self.record.itemsize)
        for first in range(0, self.slots, step):
            records = self._read(first, min(step, self.slots - first))
            torn = np.flatnonzero(~self._sound(records))
            if torn.size:
                _LOG.warning("Cleared %d half-written rows of %s", torn.size, self.path)
                self.clear(torn + first)
                records[torn] = np.zeros((), self.record)
            yield first, records

    def encoded(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.void]:
        """Records of unit rows (N, dimension)."""
        records = np.zeros(len(ids), self.record)
        rows = np.rint(vectors * (127 / np.abs(vectors).max(axis=1, keepdims=True))).astype(np.int8)
        records["row"], records["id"] = rows, ids
        # Not the factor that was divided by: this one makes the stored row a unit row again.
        records["scale"] = 1 / np.linalg.norm(rows.astype(np.float32), axis=1)
        records["check"] = self._checks(records)
        return records

    def write(self, slots: NDArray[np.int64], records: NDArray[np.void]) -> None:
        """Put records into free slots, ascending, and wait for the disk. Raises DiskFull, the slots zero as before."""
        try:
            for start, stop in _runs(slots):
                self._put(records[start:stop].view(np.uint8).data, self._offset(int(slots[start])))
            self.sync()
        except OSError as error:
            self.clear(slots)
            raise _explained(error, self.path) from error

    def clear(self, slots: NDArray[np.int64]) -> None:
        """Overwrite slots, ascending, with zeros and wait for the disk."""
        if not slots.size:
            return
        step = max(1, CHUNK_BYTES // self.record.itemsize)
        zeros = memoryview(bytes(min(step, slots.size) * self.record.itemsize))
        for start, stop in _runs(slots):
            for first in range(start, stop, step):
                size = (min(first + step, stop) - first) * self.record.itemsize
                self._put(zeros[:size], self._offset(int(slots[first])))
        self.sync()

    def grow(self, needed: int) -> None:
        """At least `needed` more free slots at the end. Raises DiskFull, with the file as it was."""
        former, size = self.slots, self.record.itemsize
        more = max(needed, min(former // 8 + 8, GROWTH_BYTES // size))
        try:
            for first in range(0, more, max(1, CHUNK_BYTES // size)):
                count = min(max(1, CHUNK_BYTES // size), more - first)
                self._put(memoryview(bytes(count * size)), self._offset(former + first))
        except OSError as error:
            self.cut(former)
            raise _explained(error, self.path) from error
        self.slots = former + more

    def cut(self, slots: int) -> None:
        """Keep the first slots and give the rest, which are zero or torn, back to the disk."""
        end = self._offset(slots)
        beyond = os.fstat(self._descriptor).st_size - end
        if beyond > 0:
            # A torn record may stand there; blocks are not to leave the file with anything in them.
            if any(os.pread(self._descriptor, min(beyond, self.record.itemsize), end)):
                self._put(memoryview(bytes(min(beyond, self.record.itemsize))), end)
                self.sync()
            os.ftruncate(self._descriptor, end)
            self.sync()
        self.slots = slots

    def taken(self, slots: NDArray[np.int64]) -> NDArray[np.void]:
        """Copies of the records in these slots, ascending.

        Read, not mapped: pages of a mapped file count as this process's memory, sixteen for each that is touched, and
        cost more to map than a row to read.
        """
        if not slots.size:
            return np.zeros(0, self.record)
        first, span = int(slots[0]), int(slots[-1] - slots[0]) + 1
        if span <= APART * slots.size:
            return self._read(first, span)[slots - first]
        offsets = (slots * self.record.itemsize + HEADER.size).tolist()
        descriptor, size = self._descriptor, self.record.itemsize
        return np.frombuffer(b"".join([os.pread(descriptor, size, offset) for offset in offsets]), self.record)

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        if hasattr(fcntl, "F_FULLFSYNC"):  # macOS: fsync alone leaves it in the drive's cache
            fcntl.fcntl(self._descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """The file stays."""
        os.close(self._descriptor)

    def _sound(self, records: NDArray[np.void]) -> NDArray[np.bool_]:
        """Whether each slot is free and all zero or holds a whole record."""
        free = records["id"] <= 0
        sound: NDArray[np.bool_] = ~free & (records["check"] == self._checks(records))
        words = _words(records)
        sound[free] = ~words[free].any(axis=1)
        return sound

    def _checks(self, records: NDArray[np.void]) -> NDArray[np.uint64]:
        """Multilinear hashing (Lemire and Kaser, https://arxiv.org/abs/1202.4961) of all but the check itself."""
        words = _words(records)
        # The check is the low half of the first word.
        check = words[:, 0] & np.uint64(0xFFFFFFFF)
        hashed: NDArray[np.uint64] = (words @ self._multipliers - check * self._multipliers[0]) >> np.uint64(32)
        return hashed

    def _put(self, data: memoryview, offset: int) -> None:
        while data:
            written = os.pwrite(self._descriptor, data, offset)
            data, offset = data[written:], offset + written

    def _offset(self, slot: int) -> int:
        return HEADER.size + slot * self.record.itemsize

    def _read(self, first: int, count: int) -> NDArray[np.void]:
        data = bytearray(count * self.record.itemsize)
        read = 0
        while read < len(data):
            part = os.preadv(self._descriptor, [memoryview(data)[read:]], self._offset(first) + read)
            if not part:
                raise Corrupt(f"{self.path} became shorter while it was in use; close whatever else writes to it.")
            read += part
        return np.frombuffer(data, self.record)


def destroy(rows: VectorRows) -> None:
    """Overwrite all slots, then unlink the file and its folder."""
    rows.clear(np.arange(rows.slots))
    rows.close()
    folder = rows.path.parent
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    _sync_folder(folder.parent)


def _record(dimension: int) -> np.dtype[Any]:
    # The rest is a field, not padding, because numpy leaves padding undefined in the arrays it makes.
    rest = -dimension % WORD_BYTES
    return np.dtype(
        [("check", "<u4"), ("scale", "<f4"), ("id", "<i8"), ("row", "i1", (dimension,)), ("rest", "i1", (rest,))]
    )


def _multipliers(words: int) -> NDArray[np.uint64]:
    stream = hashlib.shake_256(b"regard: check of a row").digest(words * WORD_BYTES)
    return np.frombuffer(stream, "<u8").astype(np.uint64) | np.uint64(1)


def _words(records: NDArray[np.void]) -> NDArray[np.uint64]:
    return records.view(np.dtype("<u8")).reshape(len(records), -1)


def _runs(slots: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Stretches `[start, stop)` of `slots`, which ascend, in which the slots adjoin."""
    ends = np.flatnonzero(np.diff(slots) != 1) + 1
    edges = [0, *ends.tolist(), slots.size]
    return (pair for pair in pairwise(edges) if pair[0] < pair[1])


def _create(folder: Path, dimension: int, record_bytes: int) -> None:
    """The file with its header appears at once or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / FILE_NAME).exists():
        return
    head = HEADER.pack(MAGIC, dimension, record_bytes, 0)[:-4]
    new = folder / f"{FILE_NAME}.new"
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(head + zlib.crc32(head).to_bytes(4, "little"))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        new.unlink(missing_ok=True)
        raise _explained(error, folder) from error
    new.rename(folder / FILE_NAME)
    _sync_folder(folder)
    _sync_folder(folder.parent)


def _check_header(path: Path, header: bytes, dimension: int, record_bytes: int) -> None:
    if len(header) != HEADER.size or zlib.crc32(header[:-4]) != int.from_bytes(header[-4:], "little"):
        raise Corrupt(f"{path} does not begin with the header of a file of vectors; restore it from a backup.")
    magic, stored, size, _check = HEADER.unpack(header)
    if magic != MAGIC:
        raise Corrupt(f"{path} has the format {magic!r}; this version of Regard reads {MAGIC!r}.")
    if (stored, size) != (dimension, record_bytes):
        raise Corrupt(
            f"{path} holds vectors of {stored} dimensions where {dimension} are expected; it is another model's."
        )


def _explained(error: OSError, path: Path) -> Exception:
    if error.errno not in FULL:
        return error
    return DiskFull(f"No room on the disk of {path} ({error.strerror}); nothing was stored. Make room and repeat.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
