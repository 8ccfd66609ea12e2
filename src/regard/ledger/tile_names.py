"""The names of tiles and bundles, read by the letter, and the files that a log's folder holds.

    parsed("tile/0/x001/234.p/17")      TileName(level=0, index=1234, width=17)
    parsed("tile/entries/003")          TileName(level=None, index=3, width=256)
    parsed("tile/0/../../vkey")         None

Source: https://c2sp.org/tlog-tiles. A tile has one name: no needless zeroes, no other spelling.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from regard.ledger.tiles import WIDTH, bundle_path, tile_path

_NAME = re.compile(
    r"tile/(?:(?P<level>[0-9]|[1-5][0-9]|6[0-3])|entries)"
    r"/(?P<index>(?!x000/)(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)
_OTHER = re.compile(r"vkey|checkpoint|journal/[0-9]{20}")
# What a crash leaves half written, and a server writes at this moment; the next start removes it.
_UNFINISHED = re.compile(r"\.new-[0-9]+")
_DEEPEST = 10  # folders within folders; a bundle of the largest number has nine


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile of hashes, or bundle of entries."""

    level: int | None  # None for a bundle
    index: int
    width: int  # 256, or less for a partial one

    @property
    def path(self) -> str:
        """Its name."""
        if self.level is None:
            return bundle_path(self.index, self.width)
        return tile_path(self.level, self.index, self.width)


@dataclass(slots=True)
class Listing:
    """What there is in a log's folder."""

    # level (None: bundles) -> index -> widths
    tiles: defaultdict[int | None, defaultdict[int, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    strangers: list[str] = field(default_factory=list)  # files, links and other things that no log has

    def take(self, level: int | None, index: int) -> list[int]:
        """The widths in which a tile is there, which then is no longer listed."""
        return sorted(self.tiles[level].pop(index, []))

    def left(self) -> Iterator[TileName]:
        """What has not been taken."""
        for level, indices in self.tiles.items():
            for index, widths in sorted(indices.items()):
                yield from (TileName(level, index, width) for width in sorted(widths))


def parsed(path: str) -> TileName | None:
    """What a path within a log's folder names; None where it is not the name of a tile or bundle."""
    found = _NAME.fullmatch(path)
    if found is None:
        return None
    level = None if found["level"] is None else int(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    return TileName(level, index, WIDTH if found["width"] is None else int(found["width"]))


def listed(folder: Path) -> Listing:
    """Everything in the folder. Raises OSError."""
    listing = Listing()
    for path, is_file in _walked(folder, ""):
        name = parsed(path) if is_file else None
        if name is not None:
            listing.tiles[name.level][name.index].append(name.width)
        elif not is_file or not (_OTHER.fullmatch(path) or _UNFINISHED.fullmatch(path)):
            # Whoever put it there chose its name, which may hold anything that would move a terminal's cursor.
            listing.strangers.append(path if path.isprintable() else ascii(path)[1:-1])
    return listing


def _walked(folder: Path, inside: str) -> Iterator[tuple[str, bool]]:
    """Every path that is not a folder, and whether it is a plain file; what vanishes meanwhile is passed over."""
    try:
        found = sorted(os.scandir(folder / inside), key=lambda one: one.name)
    except FileNotFoundError:
        return
    for one in found:
        path = f"{inside}/{one.name}" if inside else one.name
        if one.is_dir(follow_symlinks=False) and path.count("/") < _DEEPEST:
            yield from _walked(folder, path)
        else:
            yield path, one.is_file(follow_symlinks=False)
