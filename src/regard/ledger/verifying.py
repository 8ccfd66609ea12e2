"""Checks a log as a whole, from its files alone, and names the place of whatever was changed.

    report = verify_log(folder, vkey)
    report.is_sound
    report.problems     [Problem("tile/entries/003, entry 771 (byte 401)", "it is not the entry in the tree")]

Checked are: every signature in `checkpoint` and in the journal, against `vkey`, or against the folder's own key where
none is given; every root that was signed; every tile, bundle and older partial tile byte for byte; every entry's
form; that no id occurs twice; that there is nothing else in the folder. What no look at the files can find is that
the end of the log was cut off, tiles and checkpoint alike, or that others are shown another log: `ledger/auditing.py`
is for that.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regard.ledger.errors import LedgerCorrupt, LedgerError
from regard.ledger.findings import Findings, Problem
from regard.ledger.journal import FOLDER, Group, JournalFile, journal_paths, read_file, read_groups
from regard.ledger.merkle import CompactRange
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.ledger.opening import VKEY
from regard.ledger.publishing import CHECKPOINT
from regard.ledger.reader import Snapshot, checked_note, read_snapshot, read_vkey
from regard.ledger.tile_names import Listing, listed
from regard.ledger.tiles import WIDTH, in_folder
from regard.ledger.verifying_entries import EntryCheck
from regard.ledger.verifying_tree import Row, TreeCheck

_SECONDS_OF_WRITING = 0.5  # a server writes a group in less
_MOST_LOOKS = 20

# (entries checked, entries in all)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. size and root: of the newest signed checkpoint; 0 and b"" where there is none to trust."""

    size: int
    root: bytes
    problems: list[Problem]
    untold: int = 0  # problems beyond those
    vkey: str = ""
    is_pinned: bool = False  # the key was given; else it is the folder's own word

    @property
    def is_sound(self) -> bool:
        """Nothing was found."""
        return not self.problems


def verify_log(folder: Path, vkey: str | None = None, progress: Progress | None = None) -> Report:
    """Everything that is wrong with the log in `folder`; a server may be writing to it meanwhile.

    Raises LedgerError where there is no log or it cannot be read; ProofError where `vkey` is no verifier key.
    """
    findings = Findings()
    pinned = NoteVerifier(vkey) if vkey is not None else None
    try:
        # First, so that what a server adds while this runs is not strange.
        listing = listed(folder)
        verifier = _verifier(folder, pinned, findings)
        snapshot = _snapshot(folder, verifier, findings) if verifier is not None else None
        checkpoint = None
        if snapshot is not None and verifier is not None:
            checkpoint = _check(folder, listing, snapshot, verifier, findings, progress)
    except OSError as error:
        raise LedgerError(f"the log in {folder} cannot be read: {error.strerror}: {error.filename}") from error
    for stranger in listing.strangers:
        findings.add(stranger, "it does not belong in a log")
    size, root = (checkpoint.size, checkpoint.root) if checkpoint is not None else (0, b"")
    used = verifier.vkey if verifier is not None else ""
    return Report(size, root, findings.problems, findings.untold, used, pinned is not None)


def _verifier(folder: Path, pinned: NoteVerifier | None, findings: Findings) -> NoteVerifier | None:
    """The given key, or the folder's. Raises LedgerError where there is no log, OSError."""
    try:
        vkey = read_vkey(folder)
    except LedgerCorrupt as error:
        findings.add(error.place, str(error.args[0]))
        return pinned
    except LedgerError:
        if not (folder / CHECKPOINT).exists():
            raise
        findings.add(VKEY, "it is missing")
        return pinned
    if (folder / VKEY).read_bytes() != f"{vkey}\n".encode():
        findings.add(VKEY, "it must end in a newline")
    if pinned is not None and pinned.vkey != vkey:
        findings.add(VKEY, f"it names the key {vkey}, not {pinned.vkey}")
    return pinned or NoteVerifier(vkey)


def _snapshot(folder: Path, verifier: NoteVerifier, findings: Findings) -> Snapshot | None:
    """The checkpoint and the journal, or what is sound of the journal. Raises LedgerError, OSError."""
    torn: list[JournalFile] = []
    try:
        for _ in range(_MOST_LOOKS):
            snapshot = read_snapshot(folder, verifier)
            before, torn = torn, [file for file in snapshot.journal if file.good_bytes < file.size_bytes]
            if not torn or torn == before:
                break
            time.sleep(_SECONDS_OF_WRITING)
    except LedgerCorrupt as error:
        findings.add(error.place, str(error.args[0]))
        return _rest(folder, verifier)
    for file in torn:
        what = (
            "from here on it is no group: a crash leaves that, and the next start of the server removes it; if there "
            "was no crash, the group was changed"
        )
        findings.add(f"{FOLDER}/{file.name}, byte {file.good_bytes}", what)
    return snapshot


def _rest(folder: Path, verifier: NoteVerifier) -> Snapshot | None:
    """The checkpoint with the sound part of a damaged journal; None where the checkpoint is damaged. Raises OSError."""
    try:
        note = (folder / CHECKPOINT).read_bytes()
        published = checked_note(note, verifier, CHECKPOINT)
    except (FileNotFoundError, LedgerCorrupt):
        return None
    groups: list[Group] = []
    with suppress(LedgerCorrupt):
        groups.extend(read_groups([read_file(path) for path in journal_paths(folder)]))
    return Snapshot(note, published, [], groups)


def _signed_roots(snapshot: Snapshot, verifier: NoteVerifier, findings: Findings) -> list[tuple[Checkpoint, str]]:
    """Every checkpoint that was signed, and where it is; what is wrong with one is named."""
    signed = [(snapshot.published, CHECKPOINT)]
    _check_lines(snapshot.note, CHECKPOINT, findings)
    for group in snapshot.groups:
        place = f"{group.place}, checkpoint"
        try:
            checkpoint = checked_note(group.note, verifier, place)
        except LedgerCorrupt as error:
            findings.add(place, str(error.args[0]))
            continue
        _check_lines(group.note, place, findings)
        if checkpoint.size == group.stop:
            signed.append((checkpoint, place))
        else:
            findings.add(place, f"it is of {checkpoint.size} entries; the group ends with entry {group.stop - 1}")
    return signed


def _check_lines(note: bytes, place: str, findings: Findings) -> None:
    """A valid note may hold signatures by anybody; a server writes one, so another was added."""
    signatures = note.rpartition(b"\n\n")[2].count(b"\n")
    if signatures != 1:
        findings.add(place, f"it has {signatures} signatures; the log's own is the only one that it writes")


def _check(
    folder: Path,
    listing: Listing,
    snapshot: Snapshot,
    verifier: NoteVerifier,
    findings: Findings,
    progress: Progress | None,
) -> Checkpoint:
    """Walks through all entries and tiles. Returns the newest checkpoint. Raises OSError."""
    fetch, published = in_folder(folder), snapshot.published
    signed = _signed_roots(snapshot, verifier, findings)
    size = snapshot.size
    entries = EntryCheck(fetch, listing, published.size, snapshot.groups, findings)
    tree = TreeCheck(fetch, listing, published, findings)
    roots = _RootCheck(signed, findings)
    for number in range(-(-size // WIDTH)):
        known = tree.range() if roots.begins_in(number) else None
        settled = tree.add(entries.leaves(number, size))
        entries.compare(number, settled)
        roots.follow(number, known, settled)
        if progress is not None:
            progress(min(size, (number + 1) * WIDTH), size)
    roots.follow(-(-size // WIDTH), tree.range(), [])
    tree.finish()
    if not tree.is_explained:
        roots.finish()
    entries.finish()
    for name in listing.left():
        findings.add(name.path, f"it does not belong: the log has {size} entries")
    newest = max(signed, key=lambda one: one[0].size)
    return newest[0]


class _RootCheck:
    """Compares signed roots with those of the tree as it grows."""

    def __init__(self, signed: Sequence[tuple[Checkpoint, str]], findings: Findings) -> None:
        self._signed: dict[int, list[tuple[Checkpoint, str]]] = {}
        for one in signed:
            self._signed.setdefault(one[0].size, []).append(one)
        self._first = min(self._signed) // WIDTH
        self._range: CompactRange | None = None
        self._findings = findings
        self._wrong: list[Problem] = []

    def begins_in(self, number: int) -> bool:
        """Whether the tree before this tile of leaves is the one to begin with."""
        return number == self._first

    def follow(self, number: int, known: CompactRange | None, row: Row) -> None:
        """The tree before tile `number` of leaves, which is wanted where this begins, and the tile."""
        if number < self._first:
            return
        if number == self._first:
            self._range = known
            self._check()
        for leaf in row:
            if self._range is None or leaf is None:
                self._range = None
                return
            self._range.append(leaf)
            self._check()

    def finish(self) -> None:
        """Names the roots that were wrong."""
        for problem in self._wrong:
            self._findings.add(problem.place, problem.what)

    def _check(self) -> None:
        if self._range is None or self._range.size not in self._signed:
            return
        root = self._range.root()
        for checkpoint, place in self._signed[self._range.size]:
            if checkpoint.root != root:
                what = f"it signs the root {checkpoint.root.hex()} of {checkpoint.size} entries; theirs is {root.hex()}"
                self._wrong.append(Problem(place, what))
