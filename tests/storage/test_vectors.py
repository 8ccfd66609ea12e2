import os
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.storage.vectors import VectorFile
from tests.storage.vector_rows import bytes_in, noise, stored_as, unit

HEADER_BYTES = 64
PATTERNS = ["int8", "float32", "signs"]
# Each is large enough to be searched by bits first, but for the last, which is compared whole.
SIZES = [(20_000, 128), (5_000, 640), (300, 20)]
SIZE_NAMES = ["two bits", "one bit", "whole"]


def near(rows: NDArray[np.float32], cosine: float) -> NDArray[np.float32]:
    other = noise(len(rows), rows.shape[1], seed=99)
    other = unit((other - (other * rows).sum(axis=1, keepdims=True) * rows).astype(np.float64))
    turned: NDArray[np.float64] = cosine * rows + np.sqrt(1 - cosine**2) * other
    return turned.astype(np.float32)


def of_ids(first: int, last: int) -> NDArray[np.float32]:
    return np.concatenate([noise(1, 16, seed=number) for number in range(first, last + 1)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "collection" / "1.0"


def test_cosines_are_those_of_the_triangle_3_4_5(folder: Path) -> None:
    file = VectorFile.open(folder, 2)
    file.add([7, 8, 9], np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32))
    ids, cosines = file.search(np.array([[1, 0]], np.float32), 2)
    assert ids.tolist() == [[7, 8]]
    assert cosines[0] == pytest.approx([1.0, 0.6], abs=0.005)


@pytest.mark.parametrize(("rows", "dimension"), SIZES, ids=SIZE_NAMES)
def test_mates_are_found_as_by_comparing_with_every_vector(folder: Path, rows: int, dimension: int) -> None:
    gallery = noise(rows, dimension)
    file = VectorFile.open(folder, dimension)
    file.add(range(1, rows + 1), gallery)
    probes = near(gallery[::50], 0.9 if dimension == 20 else 0.6)
    ids, cosines = file.search(probes, 1)
    exact = probes @ gallery.T
    assert ids[:, 0].tolist() == (exact.argmax(axis=1) + 1).tolist()
    assert cosines[:, 0] == pytest.approx(exact.max(axis=1), abs=0.005)


@pytest.mark.parametrize(("rows", "dimension"), SIZES, ids=SIZE_NAMES)
def test_vectors_added_in_parts_are_found_after_opening_again(folder: Path, rows: int, dimension: int) -> None:
    gallery = noise(rows, dimension)
    file = VectorFile.open(folder, dimension)
    for start in range(0, rows, rows // 7):
        file.add(range(start + 1, min(start + rows // 7, rows) + 1), gallery[start : start + rows // 7])
    probes = near(gallery[::100], 0.95)
    assert file.search(probes, 1)[0][:, 0].tolist() == list(range(1, rows + 1, 100))
    file.close()
    again = VectorFile.open(folder, dimension)
    assert again.search(probes, 1)[0][:, 0].tolist() == list(range(1, rows + 1, 100))
    assert again.ids().tolist() == list(range(1, rows + 1))


@pytest.mark.parametrize(("rows", "dimension"), SIZES, ids=SIZE_NAMES)
def test_what_was_removed_is_not_found_and_the_rest_is(folder: Path, rows: int, dimension: int) -> None:
    gallery = noise(rows, dimension)
    file = VectorFile.open(folder, dimension)
    file.add(range(1, rows + 1), gallery)
    file.remove([*range(1, rows + 1, 2), rows + 1000])
    ids, cosines = file.search(gallery[:40], 1)
    assert ids[1::2, 0].tolist() == list(range(2, 41, 2))
    assert set((ids[0::2, 0] % 2).tolist()) == {0}
    assert cosines[0::2].max() < 0.95
    assert len(file) == rows // 2


@pytest.mark.parametrize(("rows", "dimension"), SIZES, ids=SIZE_NAMES)
def test_more_asked_for_than_half_the_file_comes_whole_and_in_order(folder: Path, rows: int, dimension: int) -> None:
    gallery = noise(rows, dimension)
    file = VectorFile.open(folder, dimension)
    file.add(range(1, rows + 1), gallery)
    ids, cosines = file.search(gallery[:1], rows + 5)
    assert sorted(ids[0].tolist()) == list(range(1, rows + 1))
    assert (np.diff(cosines[0]) <= 0).all()


def test_equal_vectors_come_in_the_order_of_their_ids(folder: Path) -> None:
    file = VectorFile.open(folder, 16)
    file.add([30, 10, 20, 40], np.repeat(noise(1, 16), 4, axis=0))
    assert file.search(noise(1, 16), 3)[0].tolist() == [[10, 20, 30]]


def test_twenty_thousand_equal_vectors_come_in_the_order_of_their_ids(folder: Path) -> None:
    file = VectorFile.open(folder, 128)
    file.add(range(20_000, 0, -1), np.repeat(noise(1, 128), 20_000, axis=0))
    assert file.search(noise(1, 128), 3)[0].tolist() == [[1, 2, 3]]


def test_an_empty_file_answers_with_nothing(folder: Path) -> None:
    ids, cosines = VectorFile.open(folder, 16).search(noise(2, 16), 5)
    assert (ids.shape, cosines.shape) == ((2, 0), (2, 0))


def test_no_queries_have_no_answers(folder: Path) -> None:
    file = VectorFile.open(folder, 16)
    file.add([1, 2], noise(2, 16))
    assert file.search(np.zeros((0, 16), np.float32), 5)[0].shape == (0, 2)


def test_vectors_come_back_in_the_order_asked_for(folder: Path) -> None:
    file = VectorFile.open(folder, 128)
    rows = noise(5, 128)
    file.add([5, 3, 9, 4, 1], rows)
    back = file.vectors([9, 5, 9])
    assert back == pytest.approx(rows[[2, 0, 2]], abs=0.002)
    assert np.linalg.norm(back, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)


@pytest.mark.parametrize("unknown", [2, 9, 0, -1])
def test_an_unknown_id_has_no_vector(folder: Path, unknown: int) -> None:
    file = VectorFile.open(folder, 16)
    file.add([1, 8], noise(2, 16))
    with pytest.raises(KeyError, match=str(unknown)):
        file.vectors([1, unknown])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_removed_vectors_are_nowhere_in_the_folder(folder: Path, pattern: str) -> None:
    rows = noise(40, 128)
    file = VectorFile.open(folder, 128)
    file.add(range(1, 41), rows)
    file.remove([7])
    assert stored_as(rows[7], "int8") in bytes_in(folder)
    assert stored_as(rows[6], pattern) not in bytes_in(folder)
    file.compact()
    assert stored_as(rows[6], pattern) not in bytes_in(folder)


def test_removed_vectors_are_nowhere_in_memory_that_is_searched(folder: Path) -> None:
    rows = noise(20_000, 128)
    file = VectorFile.open(folder, 128)
    file.add(range(1, 20_001), rows)
    file.remove(range(1, 20_001))
    assert file._planes is not None
    assert not any(block.any() for block in file._planes._blocks)


def test_the_space_of_removed_vectors_is_used_again(folder: Path) -> None:
    file = VectorFile.open(folder, 128)
    file.add(range(1, 101), noise(100, 128))
    size = (folder / "rows").stat().st_size
    file.remove(range(1, 51))
    file.add(range(101, 151), noise(50, 128, seed=1))
    assert (folder / "rows").stat().st_size == size
    assert file.search(noise(50, 128, seed=1), 1)[0][:, 0].tolist() == list(range(101, 151))


@pytest.mark.parametrize(("rows", "dimension"), SIZES, ids=SIZE_NAMES)
def test_compacting_gives_space_back_and_keeps_the_rest(folder: Path, rows: int, dimension: int) -> None:
    gallery = noise(rows, dimension)
    file = VectorFile.open(folder, dimension)
    file.add(range(1, rows + 1), gallery)
    file.remove(number for number in range(1, rows + 1) if number % 4)
    file.compact()
    record = 16 + -(-dimension // 8) * 8
    assert (folder / "rows").stat().st_size == HEADER_BYTES + rows // 4 * record
    file.add([rows + 1], near(gallery[:1], 0.95))
    file.close()
    again = VectorFile.open(folder, dimension)
    assert again.search(gallery[3:200:4], 1)[0][:, 0].tolist() == list(range(4, 201, 4))
    assert again.search(gallery[:1], 1)[0].tolist() == [[rows + 1]]


def test_an_addition_does_not_write_what_is_there_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = VectorFile.open(folder, 128)
    file.add(range(1, 5001), noise(5000, 128))
    written: list[int] = []
    pwrite = os.pwrite

    def counted(descriptor: int, data: memoryview, offset: int) -> int:
        written.append(len(data))
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", counted)
    for number in range(5001, 5101):
        file.add([number], noise(1, 128, seed=number))
    # Each row once, and the zeros by which the file grew once.
    assert sum(written) < 100 * 144 + 256 * 1024


def test_only_the_owner_may_read_the_files(folder: Path) -> None:
    VectorFile.open(folder, 16)
    assert (folder.stat().st_mode & 0o777, (folder / "rows").stat().st_mode & 0o777) == (0o700, 0o600)


def test_destroying_removes_the_folder(folder: Path) -> None:
    file = VectorFile.open(folder, 16)
    file.add([1, 2], noise(2, 16))
    file.destroy()
    assert list(folder.parent.iterdir()) == []


def test_destroying_overwrites_before_it_unlinks(folder: Path, tmp_path: Path) -> None:
    rows = noise(3, 128)
    file = VectorFile.open(folder, 128)
    file.add([1, 2, 3], rows)
    (tmp_path / "same").hardlink_to(folder / "rows")
    file.destroy()
    assert not any((tmp_path / "same").read_bytes()[HEADER_BYTES:])


def test_searches_beside_changes_never_mix_up_vectors(folder: Path) -> None:
    file = VectorFile.open(folder, 16)
    known = of_ids(1, 404)
    file.add(range(1, 201), known[:200])
    wrong: list[int] = []
    finished = threading.Event()

    def searching() -> None:
        while not finished.is_set():
            ids, cosines = file.search(known[:1], 10)
            exact = known[ids[0] - 1] @ known[0]
            wrong.extend(np.flatnonzero(np.abs(exact - cosines[0]) > 0.01).tolist())
            if ids[0, 0] != 1 or len(set(ids[0].tolist())) != 10:
                wrong.append(-1)

    threads = [threading.Thread(target=searching) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(201, 401, 4):
        file.add(range(number, number + 4), known[number - 1 : number + 3])
        file.remove(range(number - 199, number - 193))
        if number % 40 == 1:
            file.compact()
    finished.set()
    for thread in threads:
        thread.join()
    assert wrong == []
