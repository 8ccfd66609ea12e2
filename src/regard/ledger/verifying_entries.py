"""Checks entries: each must have the hash that the tree has of it, and be what `ledger/entries.py` says an entry is."""

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regard.ledger.entries import parse
from regard.ledger.findings import Findings
from regard.ledger.journal import Group
from regard.ledger.merkle import leaf_hash
from regard.ledger.tile_names import Listing
from regard.ledger.tiles import WIDTH, Fetch, bundle_path, width_in
from regard.ledger.verifying_tree import Row

_ID = re.compile(r"[0-9a-f]{32}")
_MOST_NAMED = 3  # wrong entries of one bundle that are named one by one


@dataclass(frozen=True, slots=True)
class _Bundle:
    """A file of entries."""

    path: str
    entries: list[bytes]
    leaves: list[bytes]

    def place(self, at: int, index: int) -> str:
        return f"{self.path}, entry {index} (byte {sum(2 + len(one) for one in self.entries[:at])})"


@dataclass(frozen=True, slots=True)
class _Journaled:
    """An entry of the journal."""

    data: bytes
    leaf: bytes
    place: str


class EntryCheck:
    """The entries, 256 at a time. Keeps 8 bytes of each, and the journal."""

    def __init__(
        self, fetch: Fetch, listing: Listing, published: int, groups: Sequence[Group], findings: Findings
    ) -> None:
        """published: the size of the tree whose bundles have to be there."""
        self._fetch = fetch
        self._listing = listing
        self._published = published
        self._findings = findings
        self._journal = {
            index: _Journaled(entry, leaf_hash(entry), f"{group.place}, entry {index}")
            for group in groups
            for index, entry in enumerate(group.entries, group.first)
        }
        self._ids = array("Q")  # the first half of every id, by index
        self._bundles: dict[int, _Bundle] = {}  # every file of the present bundle, by width

    def leaves(self, number: int, size: int) -> Row:
        """The leaf hashes of bundle `number` in a log of `size`; None for entries that cannot be had."""
        first, width = number * WIDTH, width_in(0, number, self._published)
        self._bundles = self._files(number, width)
        held = self._held(width)
        if width and held is None:
            self._findings.add(bundle_path(number, width), "it is missing")
        row: Row = list(held.leaves[:width]) if held is not None else []
        row += [None] * (width - len(row))
        journaled = (self._journal.get(index) for index in range(first + width, min(first + WIDTH, size)))
        return row + [one.leaf if one is not None else None for one in journaled]

    def compare(self, number: int, settled: Row) -> None:
        """Names what does not have the hashes in `settled`, in every file, and what is no entry."""
        first, width = number * WIDTH, width_in(0, number, self._published)
        for wide, bundle in self._bundles.items():
            self._compare_file(bundle, wide, first, settled)
        held = self._held(width)
        entries = held.entries[:width] if held is not None else []
        for at, leaf in enumerate(settled):
            index = first + at
            copy = self._journal.get(index)
            if copy is not None and leaf is not None and copy.leaf != leaf:
                self._findings.add(copy.place, "it is not the entry in the tree")
            entry_id = 0
            if held is not None and at < len(entries) and held.leaves[at] == leaf:
                entry_id = self._checked(entries[at], held, at, index)
            elif at >= width and copy is not None:
                entry_id = self._checked(copy.data, None, at, index)
            self._ids.append(entry_id)

    def finish(self) -> None:
        """Names entries whose id an earlier one has."""
        ids = np.frombuffer(self._ids, np.uint64)
        order = np.argsort(ids, kind="stable")
        row = ids[order]
        twice = np.flatnonzero((row[1:] == row[:-1]) & (row[1:] != 0))
        for earlier, later in zip(order[twice].tolist(), order[twice + 1].tolist(), strict=True):
            if self._id_of(earlier) == self._id_of(later):
                self._findings.add(self._place(later), f"its id is also that of entry {earlier}")

    def _held(self, width: int) -> _Bundle | None:
        """The file that the checkpoint vouches for, or the full one that has taken its place."""
        return (self._bundles.get(width) or self._bundles.get(WIDTH)) if width else None

    def _files(self, number: int, width: int) -> dict[int, _Bundle]:
        """Every file of a bundle, by width; a partial one may be gone by now, and a full one there."""
        wanted = {*self._listing.take(None, number), *([width] if width else [])}
        found = {wide: self._file(bundle_path(number, wide)) for wide in sorted(wanted)}
        if width and found.get(width) is None and WIDTH not in found:
            full = self._file(bundle_path(number))
            found[width] = full and _Bundle(full.path, full.entries[:width], full.leaves[:width])
        return {wide: bundle for wide, bundle in found.items() if bundle is not None}

    def _file(self, path: str) -> _Bundle | None:
        data = self._fetch(path)
        if data is None:
            return None
        entries, stop = _split(data)
        if stop < len(data):
            self._findings.add(f"{path}, byte {stop}", "an entry is cut off, or its length was changed")
        return _Bundle(path, entries, [leaf_hash(entry) for entry in entries])

    def _compare_file(self, bundle: _Bundle, width: int, first: int, settled: Row) -> None:
        if bundle.leaves == settled[:width]:
            return
        if width > len(settled):
            self._findings.add(bundle.path, f"it does not belong: the log has {len(settled)} of its {width} entries")
            return
        if len(bundle.entries) != width:
            self._findings.add(bundle.path, f"it has {len(bundle.entries)} entries; it must have {width}")
        # A file may hold more than its width, and `settled` may be longer than the file.
        both = enumerate(zip(bundle.leaves, settled[:width], strict=False))
        wrong = [at for at, (held, leaf) in both if leaf is not None and held != leaf]
        for at in wrong[:_MOST_NAMED]:
            more = f"; nor are {len(wrong) - _MOST_NAMED} more in this file" if len(wrong) > _MOST_NAMED else ""
            self._findings.add(bundle.place(at, first + at), f"it is not the entry in the tree{more}")

    def _checked(self, data: bytes, bundle: _Bundle | None, at: int, index: int) -> int:
        """The first half of the entry's id; 0 where it is no proper entry, which is named."""
        try:
            entry_id = parse(data)["id"]
            if not isinstance(entry_id, str) or not _ID.fullmatch(entry_id):
                raise ValueError(f"its id is {entry_id!r}; it must be 32 hex digits")
            return int(entry_id[:16], 16)
        except ValueError as error:
            place = bundle.place(at, index) if bundle is not None else self._journal[index].place
            self._findings.add(place, f"it is no entry: {error}")
            return 0

    def _id_of(self, index: int) -> object:
        """The whole id of an entry that was right."""
        number, at = divmod(index, WIDTH)
        width = width_in(0, number, self._published)
        if at >= width:
            return parse(self._journal[index].data)["id"]
        data = self._fetch(bundle_path(number, width)) or self._fetch(bundle_path(number)) or b""
        return parse(_split(data)[0][at])["id"]

    def _place(self, index: int) -> str:
        if index >= self._published:
            return self._journal[index].place
        number = index // WIDTH
        return f"{bundle_path(number, width_in(0, number, self._published))}, entry {index}"


def _split(data: bytes) -> tuple[list[bytes], int]:
    """The entries of a file, and where the first begins that is cut off, or the file ends."""
    entries, start = [], 0
    while start < len(data):
        stop = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if start + 2 > len(data) or stop > len(data):
            break
        entries.append(data[start + 2 : stop])
        start = stop
    return entries, start
