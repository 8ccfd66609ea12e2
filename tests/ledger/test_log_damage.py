"""What a crash, a bad disk and a full one do to the journal: it goes on from before, or says where it is damaged."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regard.ledger.errors import LedgerCorrupt
from regard.ledger.log import Ledger
from regard.ledger.merkle import leaf_hash
from regard.ledger.proofs import check_inclusion
from regard.ledger.reader import LogFiles
from regard.ledger.verifying import verify_log
from tests.ledger.written_log import SIGNER, entry_of, request_of
from tests.storage.killed import run_and_kill
from tests.storage.limits import run_with_file_limit

WRITING = (
    "from regard.ledger.log import Ledger\n"
    "from tests.ledger.written_log import SIGNER, entry_of, request_of\n"
    "ledger = Ledger.open(folder, SIGNER)\n"
)
ENTRIES = [entry_of("one"), entry_of("two", 10), entry_of("three")]
NEXT = entry_of("next")
JOURNAL = "journal/00000000000000000000"


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A log of three groups that was killed before it was published."""
    folder = tmp_path / "log"
    run_and_kill(WRITING + f"for entry in {ENTRIES!r}: ledger.append(entry)\n", folder)
    return folder


def starts(folder: Path) -> list[int]:
    """Where the groups of the journal begin, and where the last one ends."""
    data = (folder / JOURNAL).read_bytes()
    found = [at for at in range(len(data)) if data.startswith(b"RGDJ", at)]
    assert len(found) == 3
    return [*found, len(data)]


def damaged(folder: Path, change: Callable[[bytearray], None]) -> Path:
    """A copy whose journal is changed."""
    copy = folder.with_name("damaged")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    data = bytearray((folder / JOURNAL).read_bytes())
    change(data)
    (copy / JOURNAL).write_bytes(data)
    return copy


def cut_at(byte: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        del data[byte:]

    return change


def flipped(byte: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[byte] ^= 0xFF

    return change


def hole_from(byte: int, stop: int) -> Callable[[bytearray], None]:
    """As where a file has its new length already and what was written is not there."""

    def change(data: bytearray) -> None:
        data[byte:stop] = bytes(stop - byte)

    return change


def check_goes_on_after(folder: Path, entries: list[bytes]) -> None:
    """Readers see `entries` before and after it is opened, and the next one stands behind them."""
    assert list(LogFiles(folder).entries()) == entries
    ledger = Ledger.open(folder, SIGNER)
    assert list(ledger.entries(0)) == entries
    assert ledger.append(NEXT) == len(entries)
    ledger.close()
    assert verify_log(folder).problems == []
    assert list(LogFiles(folder).entries()) == [*entries, NEXT]


@pytest.mark.slow
def test_group_that_a_crash_cut_off_anywhere_is_not_there(killed: Path) -> None:
    _, _, last, end = starts(killed)
    for byte in range(last, end):
        check_goes_on_after(damaged(killed, cut_at(byte)), ENTRIES[:2])
    check_goes_on_after(killed, ENTRIES)


def test_verification_tells_of_a_group_that_was_cut_off_until_the_log_is_opened(killed: Path) -> None:
    _, _, last, end = starts(killed)
    copy = damaged(killed, cut_at(end - 1))
    [problem] = verify_log(copy).problems
    assert (problem.place, "a crash leaves that" in problem.what) == (f"{JOURNAL}, byte {last}", True)
    Ledger.open(copy, SIGNER).close()
    assert verify_log(copy).problems == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wrong byte", "hole"])
def test_last_group_with_parts_that_never_reached_the_disk_is_not_there(kind: str, killed: Path) -> None:
    _, _, last, end = starts(killed)
    for byte in range(last, end):
        change = flipped(byte) if kind == "wrong byte" else hole_from(byte, end)
        check_goes_on_after(damaged(killed, change), ENTRIES[:2])


@pytest.mark.parametrize("group", [0, 1])
def test_changed_byte_before_the_last_group_is_refused_and_its_place_named(group: int, killed: Path) -> None:
    start, stop = starts(killed)[group : group + 2]
    for byte in range(start, stop):
        copy = damaged(killed, flipped(byte))
        before = (copy / JOURNAL).read_bytes()
        with pytest.raises(LedgerCorrupt) as refusal:
            Ledger.open(copy, SIGNER)
        assert refusal.value.place == f"{JOURNAL}, byte {start}"
        assert (copy / JOURNAL).read_bytes() == before
    assert [problem.place for problem in verify_log(copy).problems] == [f"{JOURNAL}, byte {start}"]


@contextlib.contextmanager
def server_writing(folder: Path) -> Iterator[None]:
    """Another process writes to the log all the time."""
    program = (
        "import sys; from pathlib import Path; from tests.ledger.written_log import write_for_ever\n"
        "write_for_ever(Path(sys.argv[1]), '0', 3, lambda line: None)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)]) as writer:
        try:
            while not LogFiles(folder).size:
                time.sleep(0.01)
            yield
            assert writer.poll() is None
        finally:
            writer.kill()


def test_reader_never_finds_a_fault_while_a_server_writes(tmp_path: Path) -> None:
    Ledger.open(tmp_path, SIGNER).close()
    with server_writing(tmp_path):
        first = files = LogFiles(tmp_path)
        reads = 0
        while reads < 100 or files.size == first.size:
            before, files = files, LogFiles(tmp_path)
            assert files.root_at(before.size) == before.checkpoint.root
            reads += 1
        last = leaf_hash(files.entry(files.size - 1))
        proof = files.prove(files.size - 1)
        check_inclusion(proof.index, proof.size, last, proof.hashes, files.checkpoint.root)
        for _ in range(5):
            assert verify_log(tmp_path).problems == []


def test_full_disk_is_told_and_nothing_of_the_entry_is_there(tmp_path: Path) -> None:
    printed = run_with_file_limit(
        WRITING + "from regard.ledger.errors import LedgerFull\n"
        "ledger.append(entry_of('one'))\n"
        "limit(2000)\n"
        "try:\n"
        "    ledger.append(entry_of('large', 3000))\n"
        "except LedgerFull:\n"
        "    print('full', ledger.size, ledger.head().size)\n"
        "print(ledger.append(entry_of('small')))\n"
        "limit(-1)\n"
        "print(ledger.append(entry_of('another', 3000)), *map(request_of, ledger.entries(0, 2)))\n"
        "ledger.close()\n",
        tmp_path,
    )
    assert printed == ["full 1 1", "1", "2 one small"]
    assert verify_log(tmp_path).problems == []
    assert [request_of(entry) for entry in LogFiles(tmp_path).entries()] == ["one", "small", "another"]


def test_disk_that_is_full_while_tiles_are_written_loses_nothing(tmp_path: Path) -> None:
    printed = run_with_file_limit(
        WRITING + "from regard.ledger.errors import LedgerFull\n"
        "for number in range(100):\n"
        "    ledger.append(entry_of(str(number)))\n"
        "limit(20)\n"
        "try:\n"
        "    ledger.publish()\n"
        "except LedgerFull:\n"
        "    print('full', ledger.size)\n"
        "limit(-1)\n"
        "ledger.publish()\n"
        "print(ledger.append(entry_of('100')))\n"
        "ledger.close()\n",
        tmp_path,
    )
    assert printed == ["full 100", "100"]
    assert verify_log(tmp_path).problems == []
    assert [request_of(entry) for entry in LogFiles(tmp_path).entries()] == [str(number) for number in range(101)]
