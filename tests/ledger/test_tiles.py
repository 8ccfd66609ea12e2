"""Names and contents of tiles as https://c2sp.org/tlog-tiles gives them."""

from pathlib import Path

import pytest

from regard.ledger.errors import LedgerCorrupt
from regard.ledger.merkle import leaf_hash, node_hash
from regard.ledger.tiles import (
    TileFiles,
    bundle,
    bundle_path,
    last_width,
    tile_path,
    unbundled,
    width_in,
)

LEAVES = [leaf_hash(bytes([number])) for number in range(5)]


@pytest.mark.parametrize(
    ("index", "number"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1234067, "x001/x234/067"),
        (1_000_000, "x001/x000/000"),
        (2**40, "x001/x099/x511/x627/776"),
    ],
)
def test_number_of_a_tile_is_in_groups_of_three_digits(index: int, number: str) -> None:
    assert tile_path(0, index) == f"tile/0/{number}"
    assert bundle_path(index, 17) == f"tile/entries/{number}.p/17"


# The specification's examples: sizes 70,000 and 256.
@pytest.mark.parametrize(
    ("size", "level", "full", "last"),
    [(70_000, 0, 273, 112), (70_000, 1, 1, 17), (70_000, 2, 0, 1), (70_000, 3, 0, 0), (256, 0, 1, 0), (256, 1, 0, 1)],
)
def test_tiles_of_a_level(size: int, level: int, full: int, last: int) -> None:
    assert last_width(level, size) == last
    assert [width_in(level, index, size) for index in (full - 1, full, full + 1) if index >= 0][-2:] == [last, 0]
    assert width_in(level, max(full - 1, 0), size) == (256 if full else last)


def test_bundle_is_entries_after_their_lengths() -> None:
    data = b"\x00\x03one" + b"\x00\x00" + b"\x01\x00" + b"x" * 256
    assert bundle([b"one", b"", b"x" * 256]) == data
    assert unbundled(data, "here") == [b"one", b"", b"x" * 256]
    assert unbundled(b"", "here") == []


@pytest.mark.parametrize("data", [b"\x00\x03one\x00", b"\x00\x03one\x00\x04two", b"\x00\x03one\xff\xff"])
def test_entry_that_is_cut_off_is_named(data: bytes) -> None:
    with pytest.raises(LedgerCorrupt) as caught:
        unbundled(data, "tile/entries/000")
    assert caught.value.place == "tile/entries/000, entry 1 of the file"


def written(folder: Path, path: str, data: bytes) -> TileFiles:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    return TileFiles(folder)


@pytest.mark.parametrize("path", ["tile/0/000.p/5", "tile/0/000"], ids=["as asked for", "full since"])
def test_subtrees_come_from_the_hashes_of_a_tile(tmp_path: Path, path: str) -> None:
    tiles = written(tmp_path, path, b"".join(LEAVES))
    assert tiles.hashes(0, 0, 5) == LEAVES
    assert tiles.subtree(5)(0, 4) == LEAVES[4]
    assert tiles.subtree(5)(1, 1) == node_hash(LEAVES[2], LEAVES[3])
    assert tiles.subtree(5)(2, 0) == node_hash(node_hash(LEAVES[0], LEAVES[1]), node_hash(LEAVES[2], LEAVES[3]))


def test_subtrees_of_256_entries_and_more_come_from_the_level_above(tmp_path: Path) -> None:
    tiles = written(tmp_path, "tile/1/000.p/3", b"".join(LEAVES[:3]))
    assert tiles.subtree(3 * 256)(8, 2) == LEAVES[2]
    assert tiles.subtree(3 * 256)(9, 0) == node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize("path", ["tile/entries/000.p/2", "tile/entries/000"], ids=["as asked for", "full since"])
def test_entries_come_from_a_bundle(tmp_path: Path, path: str) -> None:
    assert written(tmp_path, path, b"\x00\x01a\x00\x01b").entries(0, 2) == [b"a", b"b"]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerCorrupt, match="missing") as caught:
        TileFiles(tmp_path).hashes(0, 1234, 1234 * 256 + 7)
    assert caught.value.place == "tile/0/x001/234.p/7"


@pytest.mark.parametrize("data", [b"", bytes(4 * 32), bytes(5 * 32 + 1)], ids=["empty", "short", "odd"])
def test_tile_of_another_length_is_named(tmp_path: Path, data: bytes) -> None:
    tiles = written(tmp_path, "tile/0/000.p/5", data)
    with pytest.raises(LedgerCorrupt, match="a tile of 5 hashes") as caught:
        tiles.hashes(0, 0, 5)
    assert caught.value.place == "tile/0/000.p/5"


def test_bundle_of_too_few_entries_is_named(tmp_path: Path) -> None:
    tiles = written(tmp_path, "tile/entries/000.p/3", b"\x00\x01a\x00\x01b")
    with pytest.raises(LedgerCorrupt, match="a bundle of 3 entries has 2") as caught:
        tiles.entries(0, 3)
    assert caught.value.place == "tile/entries/000.p/3"
