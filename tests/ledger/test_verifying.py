"""Whatever is changed in a log's files, verification names the file, and where in it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.ledger.entries import canonical
from regard.ledger.errors import LedgerError, ProofError
from regard.ledger.merkle import leaf_hash
from regard.ledger.notes import Checkpoint
from regard.ledger.tiles import bundle, unbundled
from regard.ledger.verifying import verify_log
from tests.ledger.example_log import (
    FILES,
    JOURNAL,
    OTHER_SIGNER,
    PUBLISHED,
    SIGNER,
    SIZE,
    add_group,
    entry_at,
    tree_over,
    write_log,
)

FULL, LAST = "tile/entries/001", "tile/entries/002.p/88"


def places(folder: Path, vkey: str | None = None) -> list[str]:
    """Where problems are."""
    return [problem.place for problem in verify_log(folder, vkey).problems]


def files_of(folder: Path) -> set[str]:
    """The files that problems are in."""
    return {place.partition(",")[0] for place in places(folder)}


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Changes the entries of a bundle file."""
    path.write_bytes(bundle(change(unbundled(path.read_bytes(), ""))))


def rehash(folder: Path, index: int, entry: bytes) -> None:
    """Puts an entry into a full bundle and its hash into the tile, as one does who does not have the key."""
    number, at = divmod(index, 256)
    rewrite(folder / f"tile/entries/{number:03}", lambda held: [*held[:at], entry, *held[at + 1 :]])
    tile = folder / f"tile/0/{number:03}"
    data = tile.read_bytes()
    tile.write_bytes(data[: 32 * at] + leaf_hash(entry) + data[32 * at + 32 :])


def test_example_holds_the_files_that_it_says(example_log: Path) -> None:
    there = {str(path.relative_to(example_log)) for path in example_log.rglob("*") if path.is_file()}
    assert there == set(FILES)


def test_untouched_log_is_sound(example_log: Path) -> None:
    report = verify_log(example_log)
    root = tree_over(map(entry_at, range(SIZE))).root()
    assert (report.size, report.root, report.problems, report.is_pinned) == (SIZE, root, [], False)


def test_untouched_log_is_sound_under_its_key(example_log: Path) -> None:
    report = verify_log(example_log, SIGNER.vkey)
    assert (report.is_sound, report.vkey, report.is_pinned) == (True, SIGNER.vkey, True)


def test_empty_log_is_sound(tmp_path: Path) -> None:
    write_log(tmp_path, [], [])
    report = verify_log(tmp_path)
    assert (report.size, report.problems) == (0, [])


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_536, 65_537])
def test_log_of_every_shape_is_sound(tmp_path: Path, size: int) -> None:
    write_log(tmp_path, [entry_at(index) for index in range(size)], [size // 2, size])
    report = verify_log(tmp_path)
    assert (report.size, report.problems) == (size, [])


@pytest.mark.parametrize("part", [0.0, 0.002, 0.05, 0.21, 0.34, 0.5, 0.66, 0.83, 0.95, 0.999])
@pytest.mark.parametrize("file", FILES)
def test_flipped_bit_is_named(example: Path, file: str, part: float) -> None:
    data = bytearray((example / file).read_bytes())
    data[int(part * len(data))] ^= 1
    (example / file).write_bytes(data)
    assert files_of(example) == {file}


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("file", FILES)
def test_dropped_byte_is_named(example: Path, file: str, part: float) -> None:
    data = (example / file).read_bytes()
    at = int(part * (len(data) - 1))
    (example / file).write_bytes(data[:at] + data[at + 1 :])
    assert files_of(example) == {file}


@pytest.mark.parametrize("part", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("file", FILES)
def test_added_byte_is_named(example: Path, file: str, part: float) -> None:
    data = (example / file).read_bytes()
    at = int(part * len(data))
    (example / file).write_bytes(data[:at] + b"\0" + data[at:])
    assert files_of(example) == {file}


@pytest.mark.parametrize("file", FILES)
def test_emptied_file_is_named(example: Path, file: str) -> None:
    (example / file).write_bytes(b"")
    assert files_of(example) == ({file} if file != JOURNAL else set())


@pytest.mark.parametrize("file", [file for file in FILES if not file.endswith(".p/8")])
def test_missing_file_is_named(example: Path, file: str) -> None:
    (example / file).unlink()
    assert files_of(example) == ({file} if file != JOURNAL else {"journal"})


@pytest.mark.parametrize(
    "file",
    ["notes.txt", "tile/0/002", "tile/0/003", "tile/0/002.p/89x", "tile/2/000.p/1", "tile/entries/x001/000",
     "tile/entries/002", "tile/0/2", "journal/600", "journal/00000000000000000600.bak", ".hidden", "tile/0/x000/001"],
)  # fmt: skip
def test_file_that_does_not_belong_is_named(example: Path, file: str) -> None:
    (example / file).parent.mkdir(parents=True, exist_ok=True)
    (example / file).write_bytes(b"x" * 32)
    assert files_of(example) == {file}


def test_link_in_place_of_a_file_is_named(example: Path) -> None:
    (example / "tile/0/000").rename(example.parent / "elsewhere")
    (example / "tile/0/000").symlink_to(example.parent / "elsewhere")
    assert places(example) == ["tile/0/000"]


def test_what_a_crash_left_half_written_is_no_problem(example: Path) -> None:
    (example / ".new-3").write_bytes(b"half")
    assert places(example) == []


CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "dropped first": (lambda held: held[1:], "entry 256 (byte 0)"),
    "dropped": (lambda held: held[:9] + held[10:], "entry 265 (byte 2469)"),
    "added": (lambda held: [*held[:9], entry_at(9999), *held[9:]], "entry 265 (byte 2469)"),
    "twice": (lambda held: [*held[:9], held[8], *held[9:]], "entry 265 (byte 2469)"),
    "swapped": (lambda held: [*held[:9], held[10], held[9], *held[11:]], "entry 265 (byte 2469)"),
    "replaced": (lambda held: [*held[:9], entry_at(9999), *held[10:]], "entry 265 (byte 2469)"),
    "reversed": (lambda held: held[::-1], "entry 256 (byte 0)"),
}


@pytest.mark.parametrize(("change", "place"), CHANGES.values(), ids=CHANGES)
def test_changed_entries_are_named_by_their_index(
    example: Path, change: Callable[[list[bytes]], list[bytes]], place: str
) -> None:
    rewrite(example / FULL, change)
    named = [one for one in places(example) if "entry" in one]
    assert named[0] == f"{FULL}, {place}"
    assert files_of(example) == {FULL}


def test_dropped_last_entry_is_named(example: Path) -> None:
    rewrite(example / FULL, lambda held: held[:-1])
    assert verify_log(example).problems[0].what == "it has 255 entries; it must have 256"


def test_changed_entry_of_an_unfinished_bundle_is_named(example: Path) -> None:
    rewrite(example / LAST, lambda held: [*held[:20], entry_at(7), *held[21:]])
    assert [one.partition(" (")[0] for one in places(example)] == [f"{LAST}, entry 532"]


def test_swapped_tiles_are_named(example: Path) -> None:
    first, second = example / "tile/0/000", example / "tile/0/001"
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert files_of(example) == {"tile/0/000", "tile/0/001"}


def test_swapped_bundles_are_named(example: Path) -> None:
    first, second = example / "tile/entries/000", example / "tile/entries/001"
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert files_of(example) == {"tile/entries/000", "tile/entries/001"}


def test_entry_changed_together_with_its_hash_is_named_by_its_tile(example: Path) -> None:
    rehash(example, 300, entry_at(300, principal="somebody else"))
    assert places(example) == ["tile/0/001"]


def test_hash_above_changed_together_with_a_tile_is_named_with_it(example: Path) -> None:
    rehash(example, 300, entry_at(300, principal="somebody else"))
    (example / "tile/1/000.p/2").write_bytes(bytes(64))
    assert {"checkpoint", "tile/1/000.p/2"} <= files_of(example)


def test_entry_changed_up_to_the_root_is_named_at_the_signature(tmp_path: Path) -> None:
    entries = [entry_at(index) for index in range(300)]
    write_log(tmp_path / "first", entries, [300])
    write_log(tmp_path / "second", [*entries[:9], entry_at(9, principal="somebody else"), *entries[10:]], [300])
    shutil.copy(tmp_path / "first/checkpoint", tmp_path / "second/checkpoint")
    assert places(tmp_path / "second") == ["checkpoint"]


def test_log_of_another_key_is_named_where_the_key_is_given(tmp_path: Path) -> None:
    write_log(tmp_path, [entry_at(index) for index in range(3)], [3], OTHER_SIGNER)
    assert verify_log(tmp_path).is_sound
    assert places(tmp_path, SIGNER.vkey) == ["vkey", "checkpoint"]


def test_signature_that_was_added_is_named(example: Path) -> None:
    other = OTHER_SIGNER.sign((example / "checkpoint").read_text().partition("\n\n")[0] + "\n")
    with (example / "checkpoint").open("ab") as file:
        file.write(other.partition(b"\n\n")[2])
    assert places(example) == ["checkpoint"]


def test_newer_checkpoint_than_the_tiles_is_named(example: Path) -> None:
    tree = tree_over(map(entry_at, range(SIZE)))
    (example / "checkpoint").write_bytes(SIGNER.sign(Checkpoint(SIGNER.name, SIZE, tree.root()).text))
    assert places(example) == ["tile/entries/002.p/93", "tile/0/002.p/93"]


def test_older_checkpoint_than_the_journal_is_named(example: Path) -> None:
    tree = tree_over(map(entry_at, range(520)))
    (example / "checkpoint").write_bytes(SIGNER.sign(Checkpoint(SIGNER.name, 520, tree.root()).text))
    assert places(example)[0] == "journal"


def test_journal_that_was_signed_over_other_entries_is_named(example: Path) -> None:
    tree = tree_over(map(entry_at, range(PUBLISHED + 1)))
    (example / JOURNAL).write_bytes(b"")
    wrong = tree.copy()
    wrong.append(leaf_hash(b"another"))
    tree.size = wrong.size = PUBLISHED
    add_group(example, wrong, [entry_at(PUBLISHED)])
    assert places(example) == [f"{JOURNAL}, byte 0, checkpoint"]


def test_journal_signed_by_another_key_is_named(example: Path) -> None:
    (example / JOURNAL).write_bytes(b"")
    add_group(example, tree_over(map(entry_at, range(PUBLISHED))), [entry_at(PUBLISHED)], OTHER_SIGNER)
    assert places(example) == [f"{JOURNAL}, byte 0, checkpoint"]


def test_group_taken_out_of_the_journal_is_named(example: Path) -> None:
    data = (example / JOURNAL).read_bytes()
    (example / JOURNAL).write_bytes(data[data.rindex(b"RGDJ") :])
    assert files_of(example) == {JOURNAL}


def test_entry_with_the_id_of_another_is_named(tmp_path: Path) -> None:
    entries = [entry_at(index) for index in range(300)]
    write_log(tmp_path, [*entries, entry_at(7, principal="again")], [301])
    problems = verify_log(tmp_path).problems
    assert [(one.place, one.what) for one in problems] == [
        ("tile/entries/001.p/45, entry 300", "its id is also that of entry 7")
    ]


@pytest.mark.parametrize(
    "entry",
    [
        b"no JSON",
        b"[]",
        entry_at(2)[:-1] + b" }",
        entry_at(2, extra=1),
        canonical({"v": 1}),
        entry_at(2, id="short"),
        entry_at(2, id=7),
        b"",
    ],
    ids=["text", "list", "a space", "unknown member", "missing members", "short id", "number for an id", "nothing"],
)
def test_entry_that_is_none_is_named(tmp_path: Path, entry: bytes) -> None:
    write_log(tmp_path, [entry_at(0), entry, entry_at(3)], [3])
    assert [one.partition(" (")[0] for one in places(tmp_path)] == ["tile/entries/000.p/3, entry 1"]


def test_problems_beyond_a_thousand_are_counted(tmp_path: Path) -> None:
    write_log(tmp_path, [b"%d" % index for index in range(1234)], [1234])
    report = verify_log(tmp_path)
    assert (len(report.problems), report.untold) == (1000, 234)


def test_folder_without_a_log_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no log in"):
        verify_log(tmp_path)


def test_key_that_is_none_is_refused(example_log: Path) -> None:
    with pytest.raises(ProofError):
        verify_log(example_log, "no key")
