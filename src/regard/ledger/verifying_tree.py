"""Checks the tiles of hashes, from the leaves up, and settles which file is wrong where two contradict.

The leaf hashes of the entries come in, 256 at a time. Each tile must hold what is computed from the level below it.
Where it does not, one of the two was changed; the hash one level further up, or the signed root, tells which.
"""

from regard.ledger.findings import Findings
from regard.ledger.merkle import HASH_BYTES, CompactRange, perfect_root
from regard.ledger.notes import Checkpoint
from regard.ledger.tile_names import Listing
from regard.ledger.tiles import HEIGHT, WIDTH, Fetch, tile_path, width_in

Row = list[bytes | None]  # hashes of one tile; None where nothing says what it was
_MOST_NAMED = 3  # wrong hashes of one tile that are named one by one


class TreeCheck:
    """The tree over the leaves so far. Its memory is one tile a level."""

    def __init__(self, fetch: Fetch, listing: Listing, published: Checkpoint, findings: Findings) -> None:
        """published: the checkpoint whose tiles have to be there."""
        self._fetch = fetch
        self._listing = listing
        self._published = published
        self._findings = findings
        self._rows: list[Row] = [[]]  # the last tile of each level, as far as it goes
        self._numbers = [0]  # which one that is
        self.is_explained = False  # a tile was found wrong that the hashes above it, and so the signed root, do not fit

    def add(self, row: Row) -> Row:
        """The next tile of leaf hashes, full unless it is the last. Returns what they must have been."""
        settled = self._rows[0] = self._settled(0, self._numbers[0], row)
        if len(row) == WIDTH:
            self._close(0)
        return settled

    def range(self) -> CompactRange | None:
        """The tree over all full tiles of leaves so far; None where it is not known."""
        try:
            return CompactRange.of(self._numbers[0] * WIDTH, self._held)
        except LookupError:
            return None

    def finish(self) -> None:
        """After the last leaf: checks the unfinished tiles above."""
        for level in range(1, len(self._rows)):
            if self._rows[level]:
                self._rows[level] = self._settled(level, self._numbers[level], self._rows[level])

    def _close(self, level: int) -> None:
        """The tile of this level is full: its root goes into the level above."""
        row = [one for one in self._rows[level] if one is not None]
        root = perfect_root(row) if len(row) == WIDTH else None
        self._rows[level] = []
        self._numbers[level] += 1
        above = level + 1
        if above == len(self._rows):
            self._rows.append([])
            self._numbers.append(0)
        self._rows[above].append(root)
        if len(self._rows[above]) == WIDTH:
            self._rows[above] = self._settled(above, self._numbers[above], self._rows[above])
            self._close(above)

    def _settled(self, level: int, number: int, row: Row) -> Row:
        """Compares every file of a tile with what was computed. Returns what the tile must have been."""
        width = width_in(level, number, self._published.size)
        files = self._files(level, number, width)
        if width and width not in files and WIDTH not in files:
            self._findings.add(tile_path(level, number, width), "it is missing")
        held = files.get(width, files.get(WIDTH, b"")) if width else b""
        settled = self._choice(level, number, row, _hashes(held)) if len(held) >= width * HASH_BYTES else row
        for wide, data in files.items():
            self._compare(level, number, wide, data, settled)
        if level:
            self._name_below(level, number, row, settled)
        return settled

    def _name_below(self, level: int, number: int, row: Row, settled: Row) -> None:
        """Names the tiles that do not give the hashes that were settled on."""
        for at, (computed, one) in enumerate(zip(row, settled, strict=True)):
            if computed is not None and computed != one:
                above = f"hash {at} of {tile_path(level, number, width_in(level, number, self._published.size))}"
                what = f"it does not give {above}, which fits what is above; it was changed with what is below it"
                self._findings.add(tile_path(level - 1, number * WIDTH + at), what)
                self.is_explained = True

    def _files(self, level: int, number: int, width: int) -> dict[int, bytes]:
        """The contents of every file of a tile, by width; a partial one may be gone by now, and a full one there."""
        wanted = {*self._listing.take(level, number), *([width] if width else [])}
        found = {wide: self._fetch(tile_path(level, number, wide)) for wide in sorted(wanted)}
        if width and found.get(width) is None and WIDTH not in found:
            full = self._fetch(tile_path(level, number))
            found[width] = None if full is None else full[: width * HASH_BYTES]
        return {wide: data for wide, data in found.items() if data is not None}

    def _choice(self, level: int, number: int, row: Row, held: list[bytes]) -> Row:
        """The computed hashes, or those that the file holds where they, and not the others, fit what is above."""
        stored: Row = [*held[: len(row)], *row[len(held) :]]
        known: Row = [one if one is not None else two for one, two in zip(row, stored, strict=True)]
        if known == stored or self._fits(level, number, known) or not self._fits(level, number, stored):
            return known
        return stored

    def _fits(self, level: int, number: int, row: Row) -> bool:
        """Whether the level above, or the signed root, says the same."""
        full = [one for one in row if one is not None]
        if len(full) == WIDTH:
            above, position = divmod(number, WIDTH)
            width = width_in(level + 1, above, self._published.size)
            data = self._fetch(tile_path(level + 1, above, width)) if position < width else None
            return data is not None and _hashes(data)[position : position + 1] == [perfect_root(full)]
        kept, self._rows[level] = self._rows[level], row
        try:
            return CompactRange.of(self._published.size, self._held).root() == self._published.root
        except LookupError:
            return False
        finally:
            self._rows[level] = kept

    def _held(self, level: int, index: int) -> bytes:
        """A perfect subtree at the right edge. Raises LookupError where it is not known."""
        at, within = divmod(level, HEIGHT)
        tile, first = divmod(index << within, WIDTH)
        row = self._rows[at][first : first + (1 << within)] if at < len(self._rows) else []
        known = [one for one in row if one is not None]
        if tile != self._numbers[at] or len(known) != 1 << within:
            raise LookupError(f"{level}, {index}")
        return perfect_root(known)

    def _compare(self, level: int, number: int, width: int, data: bytes, row: Row) -> None:
        path = tile_path(level, number, width)
        known = [one for one in row[:width] if one is not None]
        if len(known) == width and data == b"".join(known):
            return
        if width > len(row):
            self._findings.add(path, f"it does not belong: {len(row)} of its {width} hashes are in the tree")
            return
        if len(data) != width * HASH_BYTES:
            self._findings.add(path, f"it has {len(data):,} bytes; it must have {width * HASH_BYTES:,}")
        wrong = [at for at, one in enumerate(_hashes(data)[:width]) if row[at] is not None and one != row[at]]
        for at in wrong[:_MOST_NAMED]:
            index = number * WIDTH + at
            of = f"entry {index}" if level == 0 else f"the tree over {tile_path(level - 1, index)}"
            more = f"; so are {len(wrong) - _MOST_NAMED} more in this tile" if len(wrong) > _MOST_NAMED else ""
            self._findings.add(f"{path}, hash {at} (byte {at * HASH_BYTES})", f"it is not the hash of {of}{more}")


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data) - HASH_BYTES + 1, HASH_BYTES)]
