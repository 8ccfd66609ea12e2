"""The journal's files, byte by byte."""

import contextlib
import hashlib
import shutil
from pathlib import Path

import pytest

from regard.ledger.errors import LedgerCorrupt, LedgerError
from regard.ledger.journal import Group, encoded, journal_paths, read_file, read_groups
from regard.ledger.log import Ledger
from tests.ledger.test_ledger_failures import EIO, SIGNER, failing

# Two groups written by hand from the description in the module: magic, length, first index, count, entries, note, hash.
FIRST_PAYLOAD = bytes.fromhex("0000000000000000" + "00000002" + "0001" + "61" + "0002" + "6262" + "0003") + b"n-1"
SECOND_PAYLOAD = bytes.fromhex("0000000000000002" + "00000001" + "0000" + "0003") + b"n-2"
FIRST = b"RGDJ" + bytes.fromhex("00000018") + FIRST_PAYLOAD + hashlib.sha256(FIRST_PAYLOAD).digest()
SECOND = b"RGDJ" + bytes.fromhex("00000013") + SECOND_PAYLOAD + hashlib.sha256(SECOND_PAYLOAD).digest()
NAME = "00000000000000000000"


def written(folder: Path, data: bytes, first: int = 0) -> Path:
    path = folder / "journal" / f"{first:020}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def groups_in(folder: Path) -> list[tuple[int, list[bytes], bytes]]:
    files = [read_file(path) for path in journal_paths(folder)]
    return [(group.first, list(group.entries), group.note) for group in read_groups(files)]


def test_group_is_written_as_described() -> None:
    assert encoded(Group(0, [b"a", b"bb"], b"n-1")) == FIRST
    assert encoded(Group(2, [b""], b"n-2")) == SECOND


def test_groups_are_read_as_described(tmp_path: Path) -> None:
    written(tmp_path, FIRST + SECOND)
    assert groups_in(tmp_path) == [(0, [b"a", b"bb"], b"n-1"), (2, [b""], b"n-2")]


def test_groups_of_several_files_follow_each_other(tmp_path: Path) -> None:
    written(tmp_path, SECOND, 2)
    written(tmp_path, FIRST)
    written(tmp_path, b"", 3)
    assert groups_in(tmp_path) == [(0, [b"a", b"bb"], b"n-1"), (2, [b""], b"n-2")]


@pytest.mark.parametrize(
    "tail",
    [SECOND[:1], SECOND[:7], SECOND[:20], SECOND[:-1], bytes(len(SECOND)), SECOND[:-32] + bytes(32), b"RGDJRGDJ"],
    ids=["magic", "length", "payload", "check", "zeros", "no check", "magics"],
)
def test_torn_tail_is_no_group(tmp_path: Path, tail: bytes) -> None:
    file = read_file(written(tmp_path, FIRST + tail))
    assert [group.first for group in file.groups] == [0]
    assert (file.good_bytes, file.size_bytes) == (len(FIRST), len(FIRST) + len(tail))


@pytest.mark.parametrize("byte", range(len(FIRST)))
def test_changed_group_before_a_right_one_is_named(tmp_path: Path, byte: int) -> None:
    changed = bytearray(FIRST + SECOND)
    changed[byte] ^= 0x40
    with pytest.raises(LedgerCorrupt, match="was changed") as caught:
        read_file(written(tmp_path, bytes(changed)))
    assert caught.value.place == f"journal/{NAME}, byte 0"


@pytest.mark.parametrize(
    "payload",
    [
        FIRST_PAYLOAD[:11] + b"\x03" + FIRST_PAYLOAD[12:],
        FIRST_PAYLOAD[:11] + b"\x01" + FIRST_PAYLOAD[12:],
        FIRST_PAYLOAD[:-1],
    ],
    ids=["one more", "one less", "cut off"],
)
def test_group_that_does_not_hold_what_it_says_is_named(tmp_path: Path, payload: bytes) -> None:
    data = b"RGDJ" + len(payload).to_bytes(4, "big") + payload + hashlib.sha256(payload).digest()
    with pytest.raises(LedgerCorrupt) as caught:
        read_file(written(tmp_path, SECOND + data, 2))
    assert caught.value.place.startswith(f"journal/{2:020}, byte {len(SECOND)}")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({0: SECOND}, f"journal/{NAME}, byte 0"),
        ({0: FIRST + FIRST}, f"journal/{NAME}, byte {len(FIRST)}"),
        ({0: FIRST, 3: b""}, f"journal/{NAME}, byte {len(FIRST)}"),
        ({0: FIRST, 1: SECOND}, f"journal/{NAME}, byte {len(FIRST)}"),
        ({0: FIRST + b"x", 2: SECOND}, f"journal/{NAME}, byte {len(FIRST)}"),
        ({0: FIRST + SECOND[:-1], 2: b""}, f"journal/{NAME}, byte {len(FIRST)}"),
    ],
    ids=["wrong name", "twice", "gap", "overlap", "torn before a file", "torn before an empty file"],
)
def test_groups_that_do_not_follow_each_other_are_named(tmp_path: Path, files: dict[int, bytes], place: str) -> None:
    for first, data in files.items():
        written(tmp_path, data, first)
    with pytest.raises(LedgerCorrupt) as caught:
        groups_in(tmp_path)
    assert caught.value.place == place


@pytest.mark.parametrize("calls", [["fsync"], ["fsync", "unlink"]], ids=["taken back", "not taken back"])
def test_journal_file_that_could_not_be_begun_contradicts_nothing(tmp_path: Path, calls: list[str]) -> None:
    ledger = Ledger.open(tmp_path / "log", SIGNER)
    ledger.append(b"first")
    with contextlib.ExitStack() as broken:
        for call in calls:
            broken.enter_context(failing(call, EIO))
        with pytest.raises(LedgerError, match="could not publish"):
            ledger.publish()
    with contextlib.suppress(LedgerError):
        ledger.append(b"second")
    durable = list(ledger.entries(0))
    shutil.copytree(ledger.folder, tmp_path / "cut off")
    found = Ledger.open(tmp_path / "cut off", SIGNER)
    assert list(found.entries(0)) == durable
    found.close()
    ledger.close()
