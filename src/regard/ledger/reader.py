"""The log in a folder, read from its files alone: without a key, without a lock, also while a server writes.

    log = LogFiles(folder)
    log.checkpoint, log.note        the newest signed one, of everything durable
    log.entries(0, 10)
    log.prove(7)

It is the log as it was when it was opened here; `LogFiles(folder)` again sees what came since. Signatures are checked
with the folder's own key, entries and hashes are not: that is the business of `ledger/verifying.py`.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from regard.ledger.errors import LedgerCorrupt, LedgerError, ProofError
from regard.ledger.journal import FOLDER, Group, JournalFile, journal_paths, read_file, read_groups
from regard.ledger.log import Proof
from regard.ledger.merkle import leaf_hash, node_hash
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.ledger.opening import VKEY
from regard.ledger.proofs import inclusion_proof, tree_root
from regard.ledger.publishing import CHECKPOINT
from regard.ledger.tiles import WIDTH, TileFiles, in_folder

_MOST_TRIES = 50  # a journal that rotates under the reader; a server does so once a second
_SECONDS_BETWEEN_TRIES = 0.02


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The checkpoint and the journal as they were at one moment."""

    note: bytes  # what `checkpoint` holds
    published: Checkpoint  # what that says; its signature has been checked
    journal: list[JournalFile]
    groups: list[Group]  # in order, one going on where another ends; some may be published by now

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return max(self.published.size, self.groups[-1].stop if self.groups else 0)

    def unpublished(self) -> list[bytes]:
        """The entries that are in no tile that the checkpoint vouches for."""
        size = self.published.size
        return [
            entry
            for group in self.groups
            for entry in group.entries[max(0, size - group.first) :]
        ]  # fmt: skip


def read_snapshot(folder: Path, verifier: NoteVerifier) -> Snapshot:
    """The checkpoint and the journal that goes on from it, read again where a server has just moved both.

    Raises LedgerCorrupt, LedgerError.
    """
    for _ in range(_MOST_TRIES):
        try:
            return _read_once(folder, verifier)
        except (LedgerCorrupt, FileNotFoundError) as error:
            problem = error
        except OSError as error:
            raise LedgerError(f"the log in {folder} cannot be read: {error.strerror}") from error
        time.sleep(_SECONDS_BETWEEN_TRIES)
    if isinstance(problem, LedgerCorrupt):
        raise problem
    raise LedgerCorrupt("a file of the log is missing", _within(folder, problem)) from problem


class LogFiles:
    """A log that is read. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        """folder: the log's, `ledger` in a data folder. Raises LedgerCorrupt, LedgerError where there is no log."""
        self.folder = folder
        self.vkey = read_vkey(folder)
        verifier = NoteVerifier(self.vkey)
        found = read_snapshot(folder, verifier)
        self._published = found.published.size
        self._pending = found.unpublished()
        newest = found.groups[-1] if self._pending else None
        self.note = newest.note if newest else found.note
        self.checkpoint = checked_note(self.note, verifier, newest.place) if newest else found.published
        if self.checkpoint.size != self._published + len(self._pending):
            place = newest.place if newest else CHECKPOINT
            raise LedgerCorrupt(
                f"the checkpoint is of {self.checkpoint.size} entries, and {found.size} are there", place
            )
        self._tiles = TileFiles(partial(_file_or_wider, folder))

    @property
    def size(self) -> int:
        """How many entries the checkpoint is of."""
        return self.checkpoint.size

    def entry(self, index: int) -> bytes:
        """Raises ProofError where there is no such entry, LedgerCorrupt."""
        if not 0 <= index < self.size:
            raise ProofError(f"entry {index} is not in a log of {self.size}")
        return next(self.entries(index, index + 1))

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The entries from `start` to before `stop`, or to the last. Raises LedgerCorrupt."""
        stop = self.size if stop is None else min(stop, self.size)
        while start < stop:
            if start >= self._published:
                yield from self._pending[start - self._published : stop - self._published]
                return
            number, first = divmod(start, WIDTH)
            some = self._tiles.entries(number, self._published)[first : first + stop - start]
            yield from some
            start += len(some)

    def subtree(self, level: int, index: int) -> bytes:
        """The hash over the 2**level entries from `index` * 2**level on. Raises LedgerCorrupt."""
        if (index + 1) << level <= self._published:
            return self._tiles.subtree(self._published)(level, index)
        if level == 0:
            return leaf_hash(self._pending[index - self._published])
        return node_hash(self.subtree(level - 1, 2 * index), self.subtree(level - 1, 2 * index + 1))

    def root_at(self, size: int) -> bytes:
        """The root over the first `size` entries. Raises ProofError where there are fewer, LedgerCorrupt."""
        if not 0 <= size <= self.size:
            raise ProofError(f"the log has {self.size:,} entries; asked for the root of {size:,}")
        return tree_root(size, self.subtree)

    def prove(self, index: int, size: int | None = None) -> Proof:
        """That entry `index` is in the tree of `size` entries, or of all; the checkpoint is that of all.

        Raises ProofError where it is not, LedgerCorrupt.
        """
        size = self.size if size is None else size
        if size > self.size:
            raise ProofError(f"the log has {self.size:,} entries; asked for a proof in a tree of {size:,}")
        return Proof(index, size, inclusion_proof(index, size, self.subtree), self.note)


def read_vkey(folder: Path) -> str:
    """The key that the folder names. Raises LedgerCorrupt, LedgerError where there is no log."""
    try:
        text = (folder / VKEY).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LedgerError(f"there is no log in {folder}: it has no file {VKEY}") from error
    except OSError as error:
        raise LedgerError(f"the log in {folder} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LedgerCorrupt("the verifier key is no text", VKEY) from error
    vkey = text.removesuffix("\n")
    try:
        NoteVerifier(vkey)
    except ProofError as error:
        raise LedgerCorrupt(str(error), VKEY) from error
    return vkey


def _read_once(folder: Path, verifier: NoteVerifier) -> Snapshot:
    """Raises LedgerCorrupt, which may be gone when it is read again; OSError."""
    note = (folder / CHECKPOINT).read_bytes()
    published = checked_note(note, verifier, CHECKPOINT)
    journal = [read_file(path) for path in journal_paths(folder)]
    groups = list(read_groups(journal))
    if not journal or journal[0].first > published.size:
        raise LedgerCorrupt(f"the journal does not go on from entry {published.size}", FOLDER)
    return Snapshot(note, published, journal, groups)


def checked_note(note: bytes, verifier: NoteVerifier, place: str) -> Checkpoint:
    """What a note says, signed by the log that the key is of. Raises LedgerCorrupt."""
    try:
        checkpoint = Checkpoint.parse(verifier.verify(note))
    except ProofError as error:
        raise LedgerCorrupt(str(error), place) from error
    if checkpoint.origin != verifier.name:
        raise LedgerCorrupt(f"the checkpoint is of the log {checkpoint.origin!r}, not {verifier.name!r}", place)
    return checkpoint


def _file_or_wider(folder: Path, path: str) -> bytes | None:
    """The file at `path`, or a later partial tile in its place, which begins with the same."""
    fetch = in_folder(folder)
    data = fetch(path)
    parent, _, width = path.rpartition("/")
    if data is not None or not parent.endswith(".p"):
        return data
    widths = sorted(int(file.name) for file in (folder / parent).glob("[0-9]*") if file.name.isdecimal())
    wider = next((one for one in widths if one > int(width)), None)
    return None if wider is None else fetch(f"{parent}/{wider}")


def _within(folder: Path, error: OSError) -> str:
    name = Path(error.filename or folder)
    return str(name.relative_to(folder)) if name.is_relative_to(folder) else str(name)
