"""Kills and losses of power at every byte that is written, on files small enough to try them all.

A record of 8 dimensions has 24 bytes: check 4, scale 4, id 8, row 8; the header has 64.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.storage.vectors import VectorFile

DIMENSION = 8
HEADER_BYTES, RECORD_BYTES = 64, 24
ROWS = np.random.default_rng(5).standard_normal((40, DIMENSION))
VECTORS: NDArray[np.float32] = (ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)).astype(np.float32)

Change = Callable[[VectorFile], None]


class Killed(BaseException):
    """Nothing in the code under test may handle this, as nothing can handle SIGKILL."""


class Disk:
    """Stands before `os`: kills after so many bytes, and knows what was written and not yet synced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, bytes_until_kill: int, syncs_until_kill: int = 1 << 30) -> None:
        self._bytes_left, self._syncs_left = bytes_until_kill, syncs_until_kill
        self.unsynced: list[tuple[int, bytes]] = []  # offset and what stood there before
        self._real = os.pwrite, os.fsync, os.ftruncate
        monkeypatch.setattr(os, "pwrite", self._pwrite)
        monkeypatch.setattr(os, "fsync", self._fsync)
        monkeypatch.setattr(os, "ftruncate", self._ftruncate)

    def _pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        part = bytes(data[: self._bytes_left])
        self._bytes_left -= len(part)
        before = os.pread(descriptor, len(part), offset)
        self.unsynced.append((offset, before.ljust(len(part), b"\0")))
        self._real[0](descriptor, part, offset)
        if len(part) < len(data):
            raise Killed
        return len(part)

    def _fsync(self, descriptor: int) -> None:
        if not self._syncs_left:
            raise Killed
        self._syncs_left -= 1
        self.unsynced.clear()
        self._real[1](descriptor)

    def _ftruncate(self, descriptor: int, size: int) -> None:
        if not self._bytes_left:
            raise Killed
        self._bytes_left -= 1
        self._real[2](descriptor, size)


def rows_of(ids: list[int]) -> NDArray[np.float32]:
    return VECTORS[[number - 1 for number in ids]].reshape(-1, DIMENSION)


def whole(folder: Path) -> list[int]:
    """Ids of the slots in the file that are not zero, read by hand."""
    data = (folder / "rows").read_bytes()[HEADER_BYTES:]
    assert len(data) % RECORD_BYTES == 0
    records = [data[start : start + RECORD_BYTES] for start in range(0, len(data), RECORD_BYTES)]
    return sorted(int.from_bytes(record[8:16], "little") for record in records if any(record))


def check_after_opening(folder: Path, certain: set[int], possible: set[int]) -> None:
    file = VectorFile.open(folder, DIMENSION)
    ids = file.ids().tolist()
    assert certain <= set(ids) <= certain | possible
    assert whole(folder) == ids  # nothing else is on the disk, nothing twice
    assert file.vectors(ids) == pytest.approx(rows_of(ids), abs=0.01)
    found, cosines = file.search(rows_of(ids), 1)
    assert found.ravel().tolist() == ids
    assert cosines == pytest.approx(1, abs=0.01)
    file.add([40], rows_of([40]))
    assert file.search(rows_of([40]), 1)[0].tolist() == [[40]]
    file.close()
    assert [path.name for path in folder.iterdir()] == ["rows"]


# What a change does to a file that holds 1, 2, 4, 5, 7 and 8 in this order, free slots between them; then which ids are
# certain to be there after a kill, and which may.
CHANGES: dict[str, tuple[Change, set[int], set[int]]] = {
    "add": (lambda file: file.add([11, 12, 13], rows_of([11, 12, 13])), {1, 2, 4, 5, 7, 8}, {11, 12, 13}),
    "add and grow": (
        lambda file: file.add(range(11, 19), rows_of(list(range(11, 19)))),
        {1, 2, 4, 5, 7, 8},
        set(range(11, 19)),
    ),
    "remove": (lambda file: file.remove([2, 5, 7]), {1, 4, 8}, {2, 5, 7}),
    "compact": (lambda file: file.compact(), {1, 2, 4, 5, 7, 8}, set()),
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    file = VectorFile.open(folder, DIMENSION)
    file.add(range(1, 9), rows_of(list(range(1, 9))))
    file.remove([3, 6])
    file.close()
    return folder


@pytest.mark.parametrize("change", CHANGES)
def test_a_kill_at_any_byte_leaves_a_file_that_opens(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    act, certain, possible = CHANGES[change]
    for size in range(10_000):
        folder = shutil.copytree(base, tmp_path / f"{size}")
        file = VectorFile.open(folder, DIMENSION)
        with monkeypatch.context() as patch:
            Disk(patch, size)
            is_killed = _is_killed(act, file)
        file.close()
        check_after_opening(folder, certain, possible)
        shutil.rmtree(folder)
        if not is_killed:
            break
    assert not is_killed
    assert size > 60


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", range(15))
def test_a_loss_of_power_may_keep_any_part_of_what_was_not_synced(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, seed: int
) -> None:
    act, certain, possible = CHANGES[change]
    chance = np.random.default_rng(seed)
    for syncs in range(100):
        folder = shutil.copytree(base, tmp_path / f"{syncs}")
        file = VectorFile.open(folder, DIMENSION)
        with monkeypatch.context() as patch:
            disk = Disk(patch, 1 << 30, syncs)
            is_killed = _is_killed(act, file)
        file.close()
        _undo_some(folder / "rows", disk.unsynced, chance)
        check_after_opening(folder, certain, possible)
        shutil.rmtree(folder)
        if not is_killed:
            break
    assert not is_killed


@pytest.mark.parametrize("size", [0, 1, 63, 64])
def test_a_kill_while_the_file_is_made_leaves_a_folder_that_opens(tmp_path: Path, size: int) -> None:
    folder = tmp_path / "new"
    VectorFile.open(folder, DIMENSION).close()
    header = (folder / "rows").read_bytes()
    (folder / "rows").unlink()
    (folder / "rows.new").write_bytes(header[:size])
    check_after_opening(folder, set(), set())


def _is_killed(act: Change, file: VectorFile) -> bool:
    try:
        act(file)
    except Killed:
        return True
    return False


def _undo_some(path: Path, unsynced: list[tuple[int, bytes]], chance: np.random.Generator) -> None:
    """Half of the stretches of 8 bytes go back to what they were."""
    with path.open("r+b") as file:
        for offset, before in reversed(unsynced):
            for start in range(0, len(before), 8):
                if chance.random() < 0.5:
                    file.seek(offset + start)
                    file.write(before[start : start + 8])


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from regard.storage.vectors import VectorFile
folder, first = Path(sys.argv[1]), int(sys.argv[2])
def say(*words):
    print(*words, flush=True)
def row(number):
    row = np.random.default_rng(number).standard_normal(64)
    return (row / np.linalg.norm(row)).astype(np.float32)
file = VectorFile.open(folder, 64)
say("open")
for number in range(first, first + 100_000, 10):
    ids = list(range(number, number + 10))
    file.add(ids, np.stack([row(one) for one in ids]))
    say("added", *ids)
    gone = ids[:7] if number % 3 else file.ids().tolist()[:12]
    say("removing", *gone)
    file.remove(gone)
    say("removed", *gone)
    if number % 70 == 1:
        file.compact()
"""


def test_sigkill_at_any_time_loses_nothing_and_brings_nothing_back(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    chance = np.random.default_rng(7)
    first, added, doomed, gone = 1, set[int](), set[int](), set[int]()
    for _ in range(6):
        lines = _lines_until_killed(folder, first, int(chance.integers(20, 300)))
        for word, *numbers in (line.split() for line in lines):
            {"open": set[int](), "added": added, "removing": doomed, "removed": gone}[word].update(map(int, numbers))
        first = max(added) + 1001
        with_all = VectorFile.open(folder, 64)
        ids = set(with_all.ids().tolist())
        assert added - doomed <= ids
        assert not ids & gone
        rows = np.stack([np.random.default_rng(number).standard_normal(64) for number in sorted(ids)])
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        assert with_all.vectors(sorted(ids)) == pytest.approx(rows, abs=0.01)
        with_all.close()


def _lines_until_killed(folder: Path, first: int, count: int) -> list[str]:
    """Whole lines of the program, which is killed while it goes on after so many of them."""
    command = [sys.executable, "-c", PROGRAM, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(count)]
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
    return [line for line in lines + rest if line.endswith("\n")]
