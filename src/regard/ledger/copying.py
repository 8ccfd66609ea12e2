"""A copy of a log as it is at one moment, also while a server writes: a folder that a server could go on from."""

from collections.abc import Callable
from pathlib import Path

from regard.ledger.errors import LedgerError
from regard.ledger.files import DurableFiles
from regard.ledger.journal import FOLDER, encoded
from regard.ledger.notes import NoteVerifier
from regard.ledger.opening import VKEY
from regard.ledger.publishing import CHECKPOINT
from regard.ledger.reader import read_snapshot, read_vkey
from regard.ledger.tiles import HEIGHT, WIDTH, TileFiles, bundle, bundle_path, tile_path, width_in

Progress = Callable[[int, int], None]  # (entries copied, entries in all)


def copy_log(folder: Path, target: Path, progress: Progress | None = None) -> int:
    """Copies the log in `folder` to `target`, which must be new or empty. Returns how many entries there are.

    Nothing is checked but that everything is there: that is the business of `ledger/verifying.py`. The checkpoint comes
    last, so that a copy that was broken off is none. Raises LedgerError, LedgerCorrupt, OSError.
    """
    if target.exists() and any(target.iterdir()):
        raise LedgerError(f"{target} is not empty; name a new folder")
    vkey = read_vkey(folder)
    snapshot = read_snapshot(folder, NoteVerifier(vkey))
    size = snapshot.published.size
    tiles, files = TileFiles(folder), DurableFiles(target)
    files.make(target)
    for number in range(-(-size // WIDTH)):
        files.write(bundle_path(number, width_in(0, number, size)), bundle(tiles.entries(number, size)))
        if progress is not None:
            progress(min(size, (number + 1) * WIDTH), size)
    for level in range(size.bit_length() // HEIGHT + 1):
        for number in range(-(-(size >> HEIGHT * level) // WIDTH)):
            hashes = tiles.hashes(level, number, size)
            files.write(tile_path(level, number, len(hashes)), b"".join(hashes))
    groups = [group for group in snapshot.groups if group.stop > size]
    first = groups[0].first if groups else size
    files.write(f"{FOLDER}/{first:020}", b"".join(map(encoded, groups)))
    files.write(VKEY, f"{vkey}\n".encode())
    files.sync()
    files.write(CHECKPOINT, snapshot.note)
    files.sync()
    return snapshot.size
