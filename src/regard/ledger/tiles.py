"""The files of a log that outsiders read: hashes in tiles of 256, entries in bundles of 256.

    tile/LEVEL/N[.p/WIDTH]      hashes: at level 0 of entries, above of full tiles of the level below
    tile/entries/N[.p/WIDTH]    entries, each after its length as 2 bytes, big end first

N is written in groups of three digits, all but the last with an x before: x001/x234/067. A file with `.p/WIDTH` is the
last of its level, not full yet. Source: https://c2sp.org/tlog-tiles.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from regard.ledger.errors import LedgerCorrupt
from regard.ledger.merkle import HASH_BYTES, Subtree, perfect_root

HEIGHT = 8
WIDTH = 1 << HEIGHT

# The contents of a file of the log, given its path within the log's folder; None where there is none.
Fetch = Callable[[str], bytes | None]
MOST_ENTRY_BYTES = 65_535


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Where a tile of hashes is within the log's folder."""
    return f"tile/{level}/{_number(index)}{_part(width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Where a bundle of entries is within the log's folder."""
    return f"tile/entries/{_number(index)}{_part(width)}"


def last_width(level: int, size: int) -> int:
    """How many hashes the unfinished tile of a level has in a tree of `size` entries; 0 where there is none."""
    return (size >> HEIGHT * level) % WIDTH


def width_in(level: int, index: int, size: int) -> int:
    """How many hashes tile `index` of a level has in a tree of `size` entries, 0 to 256."""
    return min(WIDTH, max(0, (size >> HEIGHT * level) - index * WIDTH))


def bundle(entries: Sequence[bytes]) -> bytes:
    """The contents of a bundle file."""
    parts = []
    for entry in entries:
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def unbundled(data: bytes, place: str) -> list[bytes]:
    """The entries of a bundle file. Raises LedgerCorrupt, which names `place` and the entry, where one is cut off."""
    entries: list[bytes] = []
    start = 0
    while start < len(data):
        stop = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if start + 2 > len(data) or stop > len(data):
            raise LedgerCorrupt("an entry is cut off", f"{place}, entry {len(entries)} of the file")
        entries.append(data[start + 2 : stop])
        start = stop
    return entries


class TileFiles:
    """Reads tiles and bundles. Each is asked for as it was in a tree of `size` entries; it may have grown since."""

    def __init__(self, source: Path | Fetch) -> None:
        """source: the log's folder, not `tile` in it; or what gets its files from elsewhere."""
        self._fetch = in_folder(source) if isinstance(source, Path) else source

    def hashes(self, level: int, index: int, size: int) -> list[bytes]:
        """The hashes of a tile. Raises LedgerCorrupt where the file is missing or of another length."""
        width = width_in(level, index, size)
        place, data = self._read(tile_path(level, index, width), tile_path(level, index))
        if len(data) % HASH_BYTES or len(data) < width * HASH_BYTES:
            raise LedgerCorrupt(f"a tile of {width} hashes has {len(data):,} bytes", place)
        return [data[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]

    def entries(self, index: int, size: int) -> list[bytes]:
        """The entries of a bundle. Raises LedgerCorrupt where the file is missing, cut off or too short."""
        width = width_in(0, index, size)
        place, data = self._read(bundle_path(index, width), bundle_path(index))
        entries = unbundled(data, place)
        if len(entries) < width:
            raise LedgerCorrupt(f"a bundle of {width} entries has {len(entries)}", place)
        return entries[:width]

    def subtree(self, size: int) -> Subtree:
        """The perfect subtrees within the tree of `size` entries, a size that was published, as its tiles say."""

        def found(level: int, index: int) -> bytes:
            row, within = divmod(level, HEIGHT)
            tile, first = divmod(index << within, WIDTH)
            return perfect_root(self.hashes(row, tile, size)[first : first + (1 << within)])

        return found

    def _read(self, path: str, full: str) -> tuple[str, bytes]:
        """The file at `path`, or the full one that has taken its place since."""
        for place in (path, full):
            data = self._fetch(place)
            if data is not None:
                return place, data
        raise LedgerCorrupt("a file of the log is missing", path)


def in_folder(folder: Path) -> Fetch:
    """Gets the files of the log in `folder`."""

    def fetch(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    return fetch


def _number(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def _part(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
