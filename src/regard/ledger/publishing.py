"""Writes the tiles and bundles of a tree that grows, and the checkpoint that names them."""

import shutil
from collections.abc import Sequence

from regard.ledger.errors import LedgerCorrupt
from regard.ledger.files import DurableFiles
from regard.ledger.merkle import leaf_hash, perfect_root
from regard.ledger.tiles import HEIGHT, WIDTH, TileFiles, bundle, bundle_path, last_width, tile_path

CHECKPOINT = "checkpoint"


class Publisher:
    """The right edge of the published tree. One thread at a time."""

    def __init__(self, files: DurableFiles, tiles: TileFiles, size: int, since: int) -> None:
        """size: of the published tree, whose tiles are right; since: of one before, whose partial tiles may be left.

        Raises LedgerCorrupt where the last bundle does not hold the entries of the last tile.
        """
        self._files = files
        self._tiles = tiles
        self.size = size
        self._edge = [
            tiles.hashes(level, size >> HEIGHT * (level + 1), size) if last_width(level, size) else []
            for level in range(size.bit_length() // HEIGHT + 1)
        ]
        self._obsolete = [path for level in range(len(self._edge)) for path in _finished(level, since, size)]
        self._check_last_bundle()

    def publish(self, entries: Sequence[bytes], leaves: Sequence[bytes], note: bytes) -> None:
        """More entries, their leaf hashes, and the signed checkpoint after them.

        Raises OSError, after which the files say what they said before, and the same may be tried again.
        """
        size = self.size + len(entries)
        edge = self._write_hashes(leaves)
        self._write_entries(entries)
        self._files.sync()
        self._files.write(CHECKPOINT, note)
        self._files.sync()
        self._obsolete += [path for level in range(len(edge)) for path in _finished(level, self.size, size)]
        self.size, self._edge = size, edge

    def remove_obsolete(self) -> None:
        """Removes the partial tiles that full ones have taken the place of. Raises OSError; then call again."""
        while self._obsolete:
            folder = self._files.folder / f"{self._obsolete[-1]}.p"
            if folder.is_dir():
                shutil.rmtree(folder)
            self._obsolete.pop()

    def _write_hashes(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """Writes what tiles are new or wider; the last tile of each level then."""
        edges, added, level = [list(edge) for edge in self._edge], list(leaves), 0
        while added:
            if level == len(edges):
                edges.append([])
            row, first = edges[level] + added, self.size >> HEIGHT * (level + 1)
            added = []
            for number, start in enumerate(range(0, len(row), WIDTH), first):
                tile = row[start : start + WIDTH]
                self._files.write(tile_path(level, number, len(tile)), b"".join(tile))
                if len(tile) == WIDTH:
                    added.append(perfect_root(tile))
            edges[level] = row[len(row) - len(row) % WIDTH :]
            level += 1
        return edges

    def _write_entries(self, entries: Sequence[bytes]) -> None:
        first = self.size // WIDTH
        row = [*self._last_bundle(), *entries]
        for number, start in enumerate(range(0, len(row), WIDTH), first):
            held = row[start : start + WIDTH]
            self._files.write(bundle_path(number, len(held)), bundle(held))

    def _last_bundle(self) -> list[bytes]:
        return self._tiles.entries(self.size // WIDTH, self.size) if self.size % WIDTH else []

    def _check_last_bundle(self) -> None:
        for number, (entry, leaf) in enumerate(zip(self._last_bundle(), self._edge[0], strict=True)):
            if leaf_hash(entry) != leaf:
                place = bundle_path(self.size // WIDTH, self.size % WIDTH)
                raise LedgerCorrupt("an entry is not the one in the tree", f"{place}, entry {number} of the file")


def _finished(level: int, old: int, new: int) -> list[str]:
    """The tiles of a level, and the bundles, that are full in a tree of `new` entries and were not in one of `old`."""
    numbers = range(old >> HEIGHT * (level + 1), new >> HEIGHT * (level + 1))
    paths = [tile_path(level, number) for number in numbers]
    return paths if level else paths + [bundle_path(number) for number in numbers]
