"""Reads what is on the disk when a log is opened, and makes good what a crash leaves behind."""

import fcntl
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from regard.ledger.errors import LedgerCorrupt, LedgerError, ProofError
from regard.ledger.files import DurableFiles
from regard.ledger.journal import FOLDER, Group, Journal, JournalFile, journal_paths, read_file, read_groups
from regard.ledger.merkle import EMPTY_ROOT, CompactRange, Subtree, leaf_hash
from regard.ledger.notes import Checkpoint, NoteSigner, NoteVerifier
from regard.ledger.publishing import CHECKPOINT, Publisher
from regard.ledger.tiles import TileFiles

VKEY = "vkey"

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Recovered:
    """A log as it was when it was left."""

    published: Publisher
    tree: CompactRange  # over all durable entries
    note: bytes  # the signed checkpoint of that
    pending: list[bytes]  # entries not published yet
    leaves: list[bytes]  # their leaf hashes


def locked(folder: Path) -> int:
    """A descriptor that keeps every other process away from the log until it is closed. Raises LedgerError, OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LedgerError(f"the log in {folder} is in use by another process") from error
    return descriptor


def recover(files: DurableFiles, journal: Journal, signer: NoteSigner) -> Recovered:
    """What is there; an empty log where nothing is. Raises LedgerCorrupt, OSError."""
    files.remove_unfinished()
    _keep_key(files, signer)
    files.make(files.folder / FOLDER)
    files.sync()
    if not (files.folder / CHECKPOINT).exists():
        _begin(files, journal, signer)
    tiles, verifier = TileFiles(files.folder), NoteVerifier(signer.vkey)
    note = (files.folder / CHECKPOINT).read_bytes()
    checkpoint = _checkpoint(note, verifier, CHECKPOINT)
    held = [read_file(path) for path in journal_paths(files.folder)]
    if not held or held[0].first > checkpoint.size:
        raise LedgerCorrupt(f"the journal does not go on from entry {checkpoint.size}", FOLDER)
    subtree = tiles.subtree(checkpoint.size)
    tree = CompactRange.of(checkpoint.size, subtree)
    if tree.root() != checkpoint.root:
        raise LedgerCorrupt("the last tiles do not give the root of the checkpoint", "tile")
    found = Recovered(Publisher(files, tiles, checkpoint.size, held[0].first), tree, note, [], [])
    for group in read_groups(held):
        _replay(group, found, verifier, subtree)
    _cut(files.folder, held[-1])
    return found


def _keep_key(files: DurableFiles, signer: NoteSigner) -> None:
    try:
        kept = (files.folder / VKEY).read_bytes()
    except FileNotFoundError:
        if any((files.folder / name).exists() for name in (CHECKPOINT, FOLDER, "tile")):
            raise LedgerCorrupt("the verifier key of the log is missing", VKEY) from None
        files.write(VKEY, f"{signer.vkey}\n".encode())
        files.sync()
        return
    if kept != f"{signer.vkey}\n".encode():
        raise LedgerCorrupt(f"the log was written with another key than {signer.vkey}", VKEY)


def _begin(files: DurableFiles, journal: Journal, signer: NoteSigner) -> None:
    """The empty log. Its checkpoint comes last: a log that has one has a journal too."""
    paths = journal_paths(files.folder)
    if (files.folder / "tile").exists() or any(int(path.name) or path.stat().st_size for path in paths):
        raise LedgerCorrupt("the checkpoint is missing", CHECKPOINT)
    journal.rotate(0)
    files.write(CHECKPOINT, signer.sign(Checkpoint(signer.name, 0, EMPTY_ROOT).text))
    files.sync()


def _replay(group: Group, found: Recovered, verifier: NoteVerifier, subtree: Subtree) -> None:
    """Adds what is not in tiles; the rest must be what is there."""
    published = found.published.size
    checkpoint = _checkpoint(group.note, verifier, group.place)
    for index, (entry, leaf) in enumerate(zip(group.entries, map(leaf_hash, group.entries), strict=True), group.first):
        if index >= published:
            found.tree.append(leaf)
            found.pending.append(entry)
            found.leaves.append(leaf)
        elif leaf != subtree(0, index):
            raise LedgerCorrupt(f"entry {index} is another one in the journal than in the tiles", group.place)
    if checkpoint.size != group.stop:
        raise LedgerCorrupt(f"the checkpoint after entry {group.stop - 1} is of {checkpoint.size} entries", group.place)
    if group.stop >= published:
        if checkpoint.root != found.tree.root():
            raise LedgerCorrupt("the entries do not give the root of their checkpoint", group.place)
        found.note = group.note


def _checkpoint(note: bytes, verifier: NoteVerifier, place: str) -> Checkpoint:
    try:
        checkpoint = Checkpoint.parse(verifier.verify(note))
    except ProofError as error:
        raise LedgerCorrupt(str(error), place) from error
    if checkpoint.origin != verifier.name:
        raise LedgerCorrupt(f"the checkpoint is of the log {checkpoint.origin!r}, not {verifier.name!r}", place)
    return checkpoint


def _cut(folder: Path, file: JournalFile) -> None:
    """Removes what a crash left of a group that was never acknowledged."""
    torn = file.size_bytes - file.good_bytes
    if not torn:
        return
    path = folder / FOLDER / file.name
    _LOG.warning("Cut %d bytes of a group that was never acknowledged from %s", torn, path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(descriptor, file.good_bytes)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
