"""A log read from its files: what is in tiles and what is in the journal look the same."""

import shutil
import threading
from pathlib import Path

import pytest

from regard.ledger.copying import copy_log
from regard.ledger.errors import LedgerCorrupt, LedgerError, ProofError
from regard.ledger.log import Ledger
from regard.ledger.merkle import leaf_hash
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.ledger.proofs import check_consistency, check_inclusion, consistency_proof
from regard.ledger.reader import LogFiles
from regard.ledger.verifying import verify_log
from tests.ledger.example_log import JOURNAL, OTHER_SIGNER, SIGNER, SIZE, entry_at, tree_over, write_log


def root_of(size: int) -> bytes:
    """From the entries, not from the log."""
    return tree_over(map(entry_at, range(size))).root()


def test_newest_checkpoint_is_of_everything_durable(example_log: Path) -> None:
    log = LogFiles(example_log)
    assert log.checkpoint == Checkpoint(SIGNER.name, SIZE, root_of(SIZE))
    assert NoteVerifier(SIGNER.vkey).verify(log.note) == log.checkpoint.text


@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (0, 605), (255, 257), (590, 605), (599, 601), (600, 605), (604, 999), (605, None)]
)
def test_entries_are_those_that_were_written(example_log: Path, start: int, stop: int | None) -> None:
    expected = [entry_at(index) for index in range(SIZE)][start:stop]
    assert list(LogFiles(example_log).entries(start, stop)) == expected


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 600, 601, 605])
def test_root_at_every_size(example_log: Path, size: int) -> None:
    assert LogFiles(example_log).root_at(size) == root_of(size)


@pytest.mark.parametrize("index", [0, 255, 256, 511, 599, 600, 604])
def test_proof_of_an_entry_holds(example_log: Path, index: int) -> None:
    proof = LogFiles(example_log).prove(index)
    check_inclusion(index, SIZE, leaf_hash(entry_at(index)), proof.hashes, root_of(SIZE))


def test_proof_in_an_older_tree_holds(example_log: Path) -> None:
    proof = LogFiles(example_log).prove(7, 300)
    check_inclusion(7, 300, leaf_hash(entry_at(7)), proof.hashes, root_of(300))


@pytest.mark.parametrize("old", [1, 256, 511, 600, 603])
def test_consistency_across_tiles_and_journal(example_log: Path, old: int) -> None:
    proof = consistency_proof(old, SIZE, LogFiles(example_log).subtree)
    check_consistency(old, SIZE, proof, root_of(old), root_of(SIZE))


def test_what_is_not_there_is_refused(example_log: Path) -> None:
    log = LogFiles(example_log)
    with pytest.raises(ProofError, match="entry 605 is not in a log of 605"):
        log.entry(605)
    with pytest.raises(ProofError, match="asked for the root of 606"):
        log.root_at(606)
    with pytest.raises(ProofError, match="a tree of 606"):
        log.prove(1, 606)


def test_wider_partial_tile_stands_in_for_a_missing_one(example: Path) -> None:
    for name in ("tile/0/002.p", "tile/entries/002.p"):
        (example / name / "88").rename(example / name / "89")
    assert (LogFiles(example).entry(599), LogFiles(example).root_at(600)) == (entry_at(599), root_of(600))


def test_full_tile_stands_in_for_a_missing_partial_one(example: Path) -> None:
    for name in ("tile/0/002", "tile/entries/002"):
        (example / f"{name}.p/88").rename(example / name)
        shutil.rmtree(example / f"{name}.p")
    assert (LogFiles(example).entry(599), LogFiles(example).root_at(600)) == (entry_at(599), root_of(600))


@pytest.mark.parametrize("file", ["tile/0/001", "tile/entries/001"])
def test_missing_file_is_named(example: Path, file: str) -> None:
    (example / file).unlink()
    log = LogFiles(example)
    with pytest.raises(LedgerCorrupt, match="a file of the log is missing") as raised:
        log.prove(300) if "entries" not in file else log.entry(300)
    assert raised.value.place == file


def test_torn_end_of_the_journal_is_not_read(example: Path) -> None:
    data = (example / JOURNAL).read_bytes()
    (example / JOURNAL).write_bytes(data[:-1])
    assert LogFiles(example).size == 602


def test_checkpoint_of_another_key_is_not_believed(example: Path) -> None:
    (example / "checkpoint").write_bytes(OTHER_SIGNER.sign(Checkpoint(SIGNER.name, 600, root_of(600)).text))
    with pytest.raises(LedgerCorrupt, match="not signed by"):
        LogFiles(example)


def test_folder_without_a_log_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no log in"):
        LogFiles(tmp_path)


def test_log_is_read_and_verified_while_it_is_written(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path, SIGNER)
    stopped = threading.Event()

    def write() -> None:
        for index in range(4000):
            ledger.append(entry_at(index))
            if index % 50 == 0:
                ledger.publish()
        stopped.set()

    writer = threading.Thread(target=write)
    writer.start()
    looks = []
    while not stopped.is_set():
        log = LogFiles(tmp_path)
        expected = root_of(log.size)
        looks.append(
            (log.checkpoint.root == expected, log.root_at(log.size) == expected, verify_log(tmp_path).problems)
        )
    writer.join()
    ledger.close()
    assert set(map(str, looks)) == {"(True, True, [])"}


def test_copy_is_a_log_that_a_server_goes_on_from(example_log: Path, tmp_path: Path) -> None:
    assert copy_log(example_log, tmp_path / "copy") == SIZE
    assert (verify_log(tmp_path / "copy").problems, verify_log(tmp_path / "copy").size) == ([], SIZE)
    ledger = Ledger.open(tmp_path / "copy", SIGNER)
    assert ledger.append(entry_at(SIZE)) == SIZE
    ledger.close()
    assert verify_log(tmp_path / "copy").root == root_of(SIZE + 1)


def test_copy_of_an_empty_log_is_one(tmp_path: Path) -> None:
    write_log(tmp_path / "log", [], [])
    assert copy_log(tmp_path / "log", tmp_path / "copy") == 0
    assert verify_log(tmp_path / "copy").is_sound


def test_copy_does_not_mix_with_other_files(example_log: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(LedgerError, match="is not empty"):
        copy_log(example_log, tmp_path)
