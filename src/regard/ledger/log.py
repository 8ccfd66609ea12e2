"""The log: entries that are on the disk when `append` returns, and can never be changed unseen.

    ledger = Ledger.open(folder, signer)
    index = ledger.append(entry)
    proof = ledger.prove(index)

An entry is durable first in a journal, and about a second later in the tiles that outsiders read; readers here see no
difference. The tree is that of RFC 6962, the files are those of https://c2sp.org/tlog-tiles.
"""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regard.ledger.commit import GroupCommit, Ticket
from regard.ledger.errors import LedgerError
from regard.ledger.files import DurableFiles, failures
from regard.ledger.journal import MOST_GROUP_BYTES, Group, Journal
from regard.ledger.merkle import CompactRange, leaf_hash, node_hash
from regard.ledger.notes import Checkpoint, NoteSigner
from regard.ledger.opening import locked, recover
from regard.ledger.proofs import inclusion_proof
from regard.ledger.tiles import MOST_ENTRY_BYTES, WIDTH, TileFiles

_SECONDS_BETWEEN_CHECKPOINTS = 1.0
_MOST_SECONDS_BETWEEN_TRIES = 60.0

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in the log."""

    index: int
    size: int  # entries in the tree that the checkpoint is of
    hashes: list[bytes]  # the way to its root, RFC 6962 section 2.1.1
    checkpoint: bytes  # a signed note


class Ledger:
    """A log that is written to. Threads may share it; another process is kept away until `close`."""

    def __init__(self, folder: Path, signer: NoteSigner) -> None:
        """See `open`."""
        self.folder = folder
        self.vkey = signer.vkey
        self._signer = signer
        self._tiles = TileFiles(folder)
        self._journal = Journal(folder)
        with failures(f"open the log in {folder}"):
            files = DurableFiles(folder)
            self._lock_file = locked(folder)
            try:
                found = recover(files, self._journal, signer)
                self._journal.rotate(found.tree.size)
            except BaseException:
                self._journal.close()
                os.close(self._lock_file)
                raise
        self._published = found.published
        self._published_size = found.published.size
        self._tree, self._note, self._pending, self._leaves = found.tree, found.note, found.pending, found.leaves
        self._state = threading.Lock()  # over what readers see, never held while the disk is waited for
        self._turn = threading.Lock()  # to write to the journal
        self._publishing = threading.Lock()
        self._commit = GroupCommit(self._write)
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_publishing, name="ledger", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, folder: Path, signer: NoteSigner) -> "Ledger":
        """The log in `folder`, which is made if it is not there; what a crash left behind is made good.

        Raises LedgerCorrupt where the files are not what this key's log left, LedgerFull, and LedgerError where another
        process has the log open.
        """
        return cls(folder, signer)

    @property
    def size(self) -> int:
        """How many entries are durable."""
        with self._state:
            return self._tree.size

    def head(self) -> Checkpoint:
        """The size and root of the durable entries."""
        with self._state:
            tree = self._tree
        return Checkpoint(self._signer.name, tree.size, tree.root())

    def signed_head(self) -> bytes:
        """The signed note of `head`."""
        with self._state:
            return self._note

    def enqueue(self, entries: Sequence[bytes]) -> Ticket:
        """Fixes the order of entries and returns at once; they get neighbouring indices. `wait` on what it returns.

        Entries of a ticket that nobody waits for are written with the next ones, or at `close`.
        Raises ValueError where one has more than 65,535 bytes or all have more than 256 MiB, LedgerError after `close`.
        """
        for entry in entries:
            if len(entry) > MOST_ENTRY_BYTES:
                raise ValueError(f"the entry has {len(entry):,} bytes; the limit is {MOST_ENTRY_BYTES:,}")
        total = sum(map(len, entries))
        if total > MOST_GROUP_BYTES:
            raise ValueError(f"the entries have {total:,} bytes; the limit is {MOST_GROUP_BYTES:,}")
        return self._commit.enqueue(entries)

    def append(self, entry: bytes) -> int:
        """The index of the entry, which is durable. Raises LedgerFull, LedgerError, ValueError."""
        return self.enqueue([entry]).wait().start

    def entries(self, start: int, stop: int | None = None) -> Iterator[bytes]:
        """The durable entries from `start` to before `stop`, or to the last there is now. Raises LedgerCorrupt."""
        size = self.size
        stop = size if stop is None else min(stop, size)
        while start < stop:
            some = self._some_entries(start, stop)
            yield from some
            start += len(some)

    def prove(self, index: int) -> Proof:
        """That entry `index` is in the tree of `signed_head`. Raises ProofError where there is no such entry."""
        with self._state:
            size, note = self._tree.size, self._note
        return Proof(index, size, inclusion_proof(index, size, self._subtree), note)

    def root_at(self, size: int) -> bytes:
        """The root over the first `size` entries. Raises ValueError where there are fewer."""
        if not 0 <= size <= self.size:
            raise ValueError(f"the log has {self.size:,} entries; asked for the root of {size:,}")
        return CompactRange.of(size, self._subtree).root()

    def publish(self) -> None:
        """Brings what is durable into the files that outsiders read. Raises LedgerFull, LedgerError."""
        with self._publishing, failures(f"publish the log in {self.folder}"):
            self._forget_published()
            entries, leaves, note = self._unpublished()
            if entries:
                self._published.publish(entries, leaves, note)
                self._forget_published()
            self._published.remove_obsolete()
            self._journal.remove_before(self._published.size)

    def close(self) -> None:
        """Writes what is queued, publishes, and lets the next process in. A second call does nothing."""
        if self._is_closing.is_set():
            return
        self._commit.close()
        self._is_closing.set()
        self._thread.join()
        try:
            self.publish()
        except LedgerError:
            # The journal has what the tiles have not; opening goes on from there.
            _LOG.exception("Could not publish the last entries of the log in %s", self.folder)
        self._journal.close()
        os.close(self._lock_file)

    def _write(self, entries: list[bytes]) -> int:
        """The index of the first of these entries, which are durable. Raises LedgerFull, LedgerError."""
        with self._turn:
            first = self._tree.size
            if not entries:
                return first
            self._journal.check(first)
            tree, leaves = self._tree.copy(), [leaf_hash(entry) for entry in entries]
            for leaf in leaves:
                tree.append(leaf)
            note = self._signer.sign(Checkpoint(self._signer.name, tree.size, tree.root()).text)
            self._journal.append(Group(first, entries, note))
            with self._state:
                self._pending += entries
                self._leaves += leaves
                self._tree, self._note = tree, note
        return first

    def _unpublished(self) -> tuple[list[bytes], list[bytes], bytes]:
        """Entries, leaf hashes and checkpoint; what is written from now on goes into another file of the journal."""
        with self._turn:
            size = self._tree.size
            self._journal.check(size)
            if size > self._published.size:
                self._journal.rotate(size)
            with self._state:
                return list(self._pending), list(self._leaves), self._note

    def _forget_published(self) -> None:
        """From now on readers take from the tiles what is there."""
        with self._state:
            count = self._published.size - self._published_size
            del self._pending[:count], self._leaves[:count]
            self._published_size += count

    def _some_entries(self, start: int, stop: int) -> list[bytes]:
        """At least one entry from `start` on, at most as many as a bundle has."""
        with self._state:
            published = self._published_size
            if start >= published:
                return self._pending[start - published : min(stop - published, start - published + WIDTH)]
        number, first = divmod(start, WIDTH)
        return self._tiles.entries(number, published)[first : first + stop - start]

    def _subtree(self, level: int, index: int) -> bytes:
        """The hash over a perfect subtree of the durable entries."""
        with self._state:
            published = self._published_size
            if level == 0 and index >= published:
                return self._leaves[index - published]
        if (index + 1) << level <= published:
            return self._tiles.subtree(published)(level, index)
        return node_hash(self._subtree(level - 1, 2 * index), self._subtree(level - 1, 2 * index + 1))

    def _keep_publishing(self) -> None:
        pause = _SECONDS_BETWEEN_CHECKPOINTS
        while not self._is_closing.wait(pause):
            try:
                self.publish()
                pause = _SECONDS_BETWEEN_CHECKPOINTS
            except Exception:
                _LOG.exception("Could not publish the log in %s; the journal has everything", self.folder)
                pause = min(2 * pause, _MOST_SECONDS_BETWEEN_TRIES)
