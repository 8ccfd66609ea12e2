"""What a log does for those who write to it and read it, when nothing goes wrong."""

import base64
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.ledger.errors import LedgerCorrupt, LedgerError, ProofError
from regard.ledger.log import Ledger
from regard.ledger.merkle import leaf_hash
from regard.ledger.notes import Checkpoint, NoteSigner, NoteVerifier
from regard.ledger.proofs import check_inclusion

SIGNER = NoteSigner("example.com/log", bytes(range(32)))
EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# Roots of trees whose entries are their numbers as two bytes, the small end first: transparency-dev/merkle v0.0.2
# (Apache-2.0), compact/range_test.go, TestGetRootHashGolden.
ROOTS = {
    10: "VjWMPSYNtCuCNlF/RLnQy6HcwSk6CIipfxm+hettA+4=",
    255: "SmdsuKUqiod3RX2jyF2M6JnbdE4QuTwwipfAowI4/i0=",
    256: "qFI0t/tZ1MdOYgyPpPzHFiZVw86koScXy9q3FU5casA=",
    1000: "RXrgb8xHd55Y48FbfotJwCbV82Kx22LZfEbmBGAvwlQ=",
}
NUMBERS = [number.to_bytes(2, "little") for number in range(1000)]
STEPS = (1, 9, 240, 5, 1, 244, 12, 300, 188)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger"


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    opened = Ledger.open(folder, SIGNER)
    yield opened
    opened.close()


def written_in_steps(ledger: Ledger, published: int) -> None:
    """All NUMBERS; every so many groups they are published, and never for 0."""
    start = 0
    for step, count in enumerate(STEPS, 1):
        ledger.enqueue(NUMBERS[start : start + count]).wait()
        start += count
        if published and step % published == 0:
            ledger.publish()


def signed(note: bytes) -> Checkpoint:
    return Checkpoint.parse(NoteVerifier(SIGNER.vkey).verify(note))


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_empty_log_has_the_empty_root(ledger: Ledger) -> None:
    assert ledger.head() == signed(ledger.signed_head()) == Checkpoint("example.com/log", 0, bytes.fromhex(EMPTY_ROOT))
    assert list(ledger.entries(0)) == []
    assert ledger.vkey == SIGNER.vkey


def test_entries_are_numbered_from_0_and_read_back(ledger: Ledger) -> None:
    assert [ledger.append(b"zero"), ledger.append(b""), ledger.append(b"x" * 65_535)] == [0, 1, 2]
    assert ledger.enqueue([b"three", b"four"]).wait() == range(3, 5)
    assert ledger.size == 5
    assert list(ledger.entries(0)) == [b"zero", b"", b"x" * 65_535, b"three", b"four"]


@pytest.mark.parametrize("published", [0, 1, 4], ids=["never", "after each group", "now and then"])
def test_readers_see_no_difference_between_published_and_durable(ledger: Ledger, published: int) -> None:
    written_in_steps(ledger, published)
    assert list(ledger.entries(0)) == NUMBERS
    assert list(ledger.entries(250, 270)) == NUMBERS[250:270]
    assert list(ledger.entries(990, 5000)) == NUMBERS[990:]
    assert list(ledger.entries(1000)) == []
    assert {size: base64.b64encode(ledger.root_at(size)).decode() for size in ROOTS} == ROOTS
    assert signed(ledger.signed_head()) == ledger.head() == Checkpoint("example.com/log", 1000, ledger.root_at(1000))


@pytest.mark.parametrize("published", [0, 1, 4], ids=["never", "after each group", "now and then"])
@pytest.mark.parametrize("index", [0, 9, 255, 256, 511, 700, 999])
def test_entry_is_proved_against_the_signed_head(ledger: Ledger, published: int, index: int) -> None:
    written_in_steps(ledger, published)
    proof = ledger.prove(index)
    root = base64.b64decode(ROOTS[1000])
    check_inclusion(index, 1000, leaf_hash(NUMBERS[index]), proof.hashes, root)
    assert (proof.index, proof.size, signed(proof.checkpoint).root) == (index, 1000, root)


@pytest.mark.parametrize("published", [0, 1, 4], ids=["at the end", "after each group", "now and then"])
def test_log_is_what_it_was_when_opened_again(folder: Path, published: int) -> None:
    ledger = Ledger.open(folder, SIGNER)
    written_in_steps(ledger, published)
    ledger.close()
    again = Ledger.open(folder, SIGNER)
    assert list(again.entries(0)) == NUMBERS
    assert base64.b64encode(again.head().root).decode() == ROOTS[1000]
    assert again.append(b"more") == 1000
    again.close()
    assert (signed((folder / "checkpoint").read_bytes()).size, len(files_in(folder / "journal"))) == (1001, 1)


def test_files_are_those_of_the_specification(ledger: Ledger, folder: Path) -> None:
    """Its example: a tree of 70,000."""
    ledger.enqueue([b"%d" % number for number in range(70_000)]).wait()
    ledger.publish()
    full = {f"{number:03}" for number in range(273)}
    assert files_in(folder / "tile" / "0") == full | {"273.p/112"}
    assert files_in(folder / "tile" / "1") == {"000", "001.p/17"}
    assert files_in(folder / "tile" / "2") == {"000.p/1"}
    assert files_in(folder / "tile" / "entries") == full | {"273.p/112"}
    assert {path.stat().st_size for path in (folder / "tile" / "0").glob("???")} == {8192}
    assert (folder / "tile" / "0" / "000").read_bytes()[:32] == leaf_hash(b"0")
    assert (folder / "tile" / "entries" / "000").read_bytes()[:9] == b"\x00\x010\x00\x011\x00\x012"
    assert (folder / "vkey").read_text() == f"{SIGNER.vkey}\n"
    assert signed((folder / "checkpoint").read_bytes()) == ledger.head()


def test_partial_tiles_stay_until_the_full_one_is_there(ledger: Ledger, folder: Path) -> None:
    ledger.enqueue(NUMBERS[:10]).wait()
    ledger.publish()
    ledger.enqueue(NUMBERS[10:255]).wait()
    ledger.publish()
    assert files_in(folder / "tile") == {f"{kind}/000.p/{width}" for kind in ("0", "entries") for width in (10, 255)}
    ledger.append(NUMBERS[255])
    ledger.publish()
    assert files_in(folder / "tile") == {"0/000", "entries/000", "1/000.p/1"}


def test_published_entries_leave_the_journal(ledger: Ledger, folder: Path) -> None:
    ledger.enqueue(NUMBERS).wait()
    ledger.publish()
    assert files_in(folder / "journal") == {"00000000000000001000"}
    assert (folder / "journal" / "00000000000000001000").stat().st_size == 0


def test_log_publishes_by_itself(ledger: Ledger, folder: Path) -> None:
    ledger.append(b"entry")
    until = time.monotonic() + 60
    while signed((folder / "checkpoint").read_bytes()).size < 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert signed((folder / "checkpoint").read_bytes()).size == 1


def test_only_the_owner_may_read_the_files(ledger: Ledger, folder: Path) -> None:
    ledger.append(b"entry")
    ledger.publish()
    assert {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")] if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_many_threads_get_a_place_each_and_their_own_order(ledger: Ledger) -> None:
    places: dict[bytes, int] = {}

    def write(thread: int) -> None:
        for number in range(100):
            entry = b"%d %d" % (thread, number)
            places[entry] = ledger.append(entry)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(16)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        ledger.publish()
    for thread in threads:
        thread.join()
    assert sorted(places.values()) == list(range(1600))
    assert {entry: place for place, entry in enumerate(ledger.entries(0))} == places
    in_order = sorted(places, key=lambda entry: places[entry])
    assert [entry for entry in in_order if entry.startswith(b"7 ")] == [b"7 %d" % number for number in range(100)]


def test_ticket_that_nobody_waits_for_is_written_at_the_end(folder: Path) -> None:
    ledger = Ledger.open(folder, SIGNER)
    ledger.enqueue([b"left"])
    assert ledger.size == 0
    ledger.close()
    again = Ledger.open(folder, SIGNER)
    assert list(again.entries(0)) == [b"left"]
    again.close()


def test_entry_that_is_too_long_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="the entry has 65,536 bytes; the limit is 65,535"):
        ledger.append(bytes(65_536))
    assert ledger.size == 0


def test_what_is_not_there_cannot_be_asked_for(ledger: Ledger) -> None:
    ledger.append(b"only")
    with pytest.raises(ProofError, match="entry 1 is not in a tree of 1"):
        ledger.prove(1)
    with pytest.raises(ValueError, match="the log has 1 entries; asked for the root of 2"):
        ledger.root_at(2)


def test_second_writer_is_kept_away_until_the_first_has_gone(ledger: Ledger, folder: Path) -> None:
    with pytest.raises(LedgerError, match="in use by another process"):
        Ledger.open(folder, SIGNER)
    ledger.close()
    Ledger.open(folder, SIGNER).close()


def test_closed_log_takes_nothing_and_closes_twice(ledger: Ledger) -> None:
    ledger.append(b"entry")
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerError, match="closed"):
        ledger.append(b"late")
    assert list(ledger.entries(0)) == [b"entry"]


@pytest.mark.parametrize(
    "other", [NoteSigner("example.com/log", bytes(32)), NoteSigner("example.com/other", bytes(range(32)))]
)
def test_log_of_another_key_is_not_opened(ledger: Ledger, folder: Path, other: NoteSigner) -> None:
    ledger.close()
    with pytest.raises(LedgerCorrupt, match="another key") as caught:
        Ledger.open(folder, other)
    assert caught.value.place == "vkey"
