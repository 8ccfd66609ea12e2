import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.storage.errors import Corrupt, DiskFull
from regard.storage.vectors import VectorFile
from tests.storage.vector_rows import bytes_in, noise, stored_as

HEADER_BYTES = 64


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "collection" / "1.0"


@pytest.mark.parametrize("limit", [HEADER_BYTES + 30 * 144, HEADER_BYTES + 30 * 144 + 77], ids=["whole", "torn"])
def test_a_full_disk_leaves_nothing_behind(folder: Path, limit: int) -> None:
    rows = noise(60, 128)
    file = VectorFile.open(folder, 128)
    file.add(range(1, 21), rows[:20])
    before = bytes_in(folder)
    with files_limited_to(limit), pytest.raises(DiskFull, match="nothing was stored"):
        file.add(range(21, 61), rows[20:])
    assert bytes_in(folder) == before
    file.add(range(21, 61), rows[20:])
    assert file.search(rows, 1)[0][:, 0].tolist() == list(range(1, 61))


def test_a_disk_that_fills_up_in_the_middle_of_a_row_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = VectorFile.open(folder, 128)
    file.add(range(1, 21), noise(20, 128))
    file.remove([3, 4, 5])
    before, pwrite, calls = bytes_in(folder), os.pwrite, iter(range(100))

    def filling(descriptor: int, data: memoryview, offset: int) -> int:
        number = next(calls)
        if number == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return pwrite(descriptor, data[:200] if number == 0 else data, offset)

    monkeypatch.setattr(os, "pwrite", filling)
    with pytest.raises(DiskFull, match="No space left"):
        file.add([21, 22, 23], noise(3, 128, seed=1))
    assert bytes_in(folder) == before


def test_a_removal_that_the_disk_failed_can_be_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = noise(20, 128)
    file = VectorFile.open(folder, 128)
    file.add(range(1, 21), rows)

    def failing(descriptor: int, data: memoryview, offset: int) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "pwrite", failing)
    with pytest.raises(OSError, match="Input/output"):
        file.remove([7])
    monkeypatch.undo()
    assert 7 not in file.ids()
    file.remove([7])
    assert stored_as(rows[6], "int8") not in bytes_in(folder)
    assert len(file) == 19


@pytest.mark.parametrize(
    ("ids", "rows", "message"),
    [
        ([0], noise(1, 16), "begin at 1"),
        ([-4], noise(1, 16), "begin at 1"),
        ([5, 5], noise(2, 16), "came twice"),
        ([1], noise(1, 16), "1 is taken"),
        ([5, 6], noise(1, 16), "2 ids came with 1 vectors"),
        ([5], noise(1, 24), "shape"),
        ([5], 2 * noise(1, 16), "length 2"),
        ([5], np.full((1, 16), np.nan, np.float32), "length nan"),
        ([5], np.zeros((1, 16), np.float32), "length 0"),
    ],
    ids=["zero", "negative", "twice", "taken", "count", "dimension", "long", "nan", "null"],
)
def test_what_cannot_be_stored_is_refused(
    folder: Path, ids: list[int], rows: NDArray[np.float32], message: str
) -> None:
    file = VectorFile.open(folder, 16)
    file.add([1, 8], noise(2, 16, seed=1))
    with pytest.raises(ValueError, match=message):
        file.add(ids, rows)
    assert file.ids().tolist() == [1, 8]


def test_asking_for_no_results_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        VectorFile.open(folder, 16).search(noise(1, 16), 0)


def test_another_dimension_is_corrupt(folder: Path) -> None:
    VectorFile.open(folder, 128).close()
    with pytest.raises(Corrupt, match="128 dimensions where 640"):
        VectorFile.open(folder, 640)


@pytest.mark.parametrize("damage", [b"", b"REGARDv1", bytes(64), b"x" * 200], ids=["empty", "short", "zero", "other"])
def test_a_file_without_the_header_is_corrupt_and_stays_as_it_is(folder: Path, damage: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "rows").write_bytes(damage)
    with pytest.raises(Corrupt, match="header"):
        VectorFile.open(folder, 16)
    assert (folder / "rows").read_bytes() == damage
