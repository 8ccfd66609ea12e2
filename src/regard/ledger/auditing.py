"""Looks at a log again and again from outside, and complains when it is not what it was with more at its end.

    auditor = Auditor("https://faces.example", Path("door.audit"), vkey)
    round = auditor.look()
    round.complaints        [Complaint(name="shrank", what="...")]

What it saw last is remembered in a file, written durably. Only hashes are read, never an entry. One auditor shows
that a log was cut off or rewritten; that all the world is shown the same log takes two who compare their checkpoints.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from regard.ledger.entries import moment_text
from regard.ledger.errors import LedgerCorrupt, LedgerError, ProofError
from regard.ledger.files import sync_folder, write_all
from regard.ledger.merkle import Subtree
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.ledger.opening import VKEY
from regard.ledger.proofs import check_consistency, consistency_proof, tree_root
from regard.ledger.publishing import CHECKPOINT
from regard.ledger.served import Unreachable, on_server
from regard.ledger.tiles import TileFiles, in_folder

# Why an auditor complains.
UNREACHABLE, BROKEN = "cannot be reached", "is broken"
ANOTHER_KEY, SHRANK, FORKED, STANDS_STILL = "another key", "shrank", "forked", "stands still"


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that a log must not do."""

    name: str  # one of the constants above
    what: str


@dataclass(frozen=True, slots=True)
class Round:
    """What one look showed. size and root are what is remembered from now on."""

    at: str
    size: int
    root: str  # hex
    added: int  # entries since the last look
    complaints: list[Complaint]
    evidence: list[str]  # the files that hold checkpoints which contradict each other


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered."""

    vkey: str
    size: int
    root: str
    note: str
    grew_ms: int  # when it last had more entries than before


class _Refused(Exception):
    """What was shown is not remembered."""

    def __init__(self, name: str, what: str, note: bytes | None = None) -> None:
        """note: a checkpoint that contradicts the remembered one."""
        super().__init__(what)
        self.complaint = Complaint(name, what)
        self.note = note


class Auditor:
    """One log, seen from outside. One thread at a time."""

    def __init__(
        self,
        source: str,
        state: Path,
        vkey: str | None = None,
        stale_after_seconds: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """source: the URL of a Regard server, or the folder of a log. state: the file that remembers.

        vkey: the log's verifier key; None to remember the one that the log names at the first look. Raises ValueError
        for a URL that is none, ProofError for a key that is none, LedgerError where the file is damaged or of another
        log, OSError.
        """
        self._source = source
        self._fetch = on_server(source) if "://" in source else in_folder(Path(source))
        self._state = state
        self._stale_ms = None if stale_after_seconds is None else int(stale_after_seconds * 1000)
        self._clock = clock
        self._seen = _remembered(state)
        self._vkey = vkey if vkey is not None or self._seen is None else self._seen.vkey
        if self._vkey is not None:
            NoteVerifier(self._vkey)
        if self._seen is not None and self._seen.vkey != self._vkey:
            raise LedgerError(f"{state} remembers a log of the key {self._seen.vkey}, not {self._vkey}")

    def look(self) -> Round:
        """One look. What it shows is remembered unless it contradicts what is. Raises OSError where that cannot be."""
        now_ms = int(self._clock() * 1000)
        complaints: list[Complaint] = []
        evidence: list[str] = []
        before = self._seen.size if self._seen is not None else 0
        try:
            self._remember(self._shown(now_ms))
        except _Refused as refused:
            complaints.append(refused.complaint)
            evidence = self._keep_evidence(refused.note)
        except Unreachable as error:
            complaints.append(Complaint(UNREACHABLE, str(error)))
        except LedgerCorrupt as error:
            complaints.append(Complaint(BROKEN, str(error)))
        complaints += self._stale(now_ms)
        size, root = (self._seen.size, self._seen.root) if self._seen is not None else (0, "")
        return Round(moment_text(now_ms), size, root, size - before, complaints, evidence)

    def _shown(self, now_ms: int) -> _Seen:
        """What the log shows now, checked. Raises _Refused, Unreachable, LedgerCorrupt."""
        note = self._file(CHECKPOINT)
        vkey = self._vkey or self._file(VKEY).decode("utf-8", "replace").removesuffix("\n")
        checkpoint = self._checked(note, vkey)
        subtree = TileFiles(self._fetched).subtree(checkpoint.size)
        if self._seen is not None:
            self._check_growth(self._seen, checkpoint, note, subtree)
        elif tree_root(checkpoint.size, subtree) != checkpoint.root:
            raise _Refused(BROKEN, f"the tiles do not give the root of the checkpoint of {checkpoint.size} entries")
        if self._seen is not None and self._seen.size == checkpoint.size:
            return self._seen
        return _Seen(vkey, checkpoint.size, checkpoint.root.hex(), note.decode(), now_ms)

    def _checked(self, note: bytes, vkey: str) -> Checkpoint:
        """What the log signed. Raises _Refused."""
        try:
            verifier = NoteVerifier(vkey)
            checkpoint = Checkpoint.parse(verifier.verify(note))
        except ProofError as error:
            named = self._fetched(VKEY) or b"none"
            if named.decode("utf-8", "replace").strip() != vkey:
                theirs = named.decode("utf-8", "replace").strip()[:200]
                what = f"the log names the key {theirs!r}, and its checkpoint is not signed by {vkey}"
                raise _Refused(ANOTHER_KEY, what, note) from error
            raise _Refused(BROKEN, str(error)) from error
        if checkpoint.origin != verifier.name:
            raise _Refused(ANOTHER_KEY, f"the checkpoint is of the log {checkpoint.origin}, not {verifier.name}", note)
        return checkpoint

    def _check_growth(self, seen: _Seen, shown: Checkpoint, note: bytes, subtree: Subtree) -> None:
        """Raises _Refused unless the tree that is shown begins with the one that was seen."""
        root = bytes.fromhex(seen.root)
        if shown.size < seen.size:
            raise _Refused(SHRANK, f"the log had {seen.size:,} entries and shows {shown.size:,}", note)
        if shown.size == seen.size and shown.root != root:
            raise _Refused(FORKED, f"two roots were signed for {seen.size:,} entries", note)
        proof = consistency_proof(seen.size, shown.size, subtree)
        try:
            check_consistency(seen.size, shown.size, proof, root, shown.root)
        except ProofError as error:
            if tree_root(shown.size, subtree) != shown.root:
                what = f"the tiles do not give the root of the checkpoint of {shown.size:,} entries"
                raise _Refused(BROKEN, what) from error
            what = f"the {shown.size:,} entries that are shown do not begin with the {seen.size:,} that were: {error}"
            raise _Refused(FORKED, what, note) from error

    def _stale(self, now_ms: int) -> list[Complaint]:
        if self._stale_ms is None or self._seen is None or now_ms - self._seen.grew_ms <= self._stale_ms:
            return []
        seconds = (now_ms - self._seen.grew_ms) // 1000
        return [Complaint(STANDS_STILL, f"the log has had {self._seen.size:,} entries for {seconds:,} seconds")]

    def _remember(self, shown: _Seen) -> None:
        """Raises OSError."""
        if shown != self._seen:
            _write(self._state, json.dumps(asdict(shown), indent=2).encode())
        self._seen, self._vkey = shown, shown.vkey

    def _keep_evidence(self, note: bytes | None) -> list[str]:
        """The files of the two checkpoints that contradict each other. Raises OSError."""
        if note is None or self._seen is None:
            return []
        folder = self._state.with_name(f"{self._state.name}.evidence")
        folder.mkdir(mode=0o700, exist_ok=True)
        kept = []
        for one in (self._seen.note.encode(), note):
            path = folder / f"{sha256(one).hexdigest()[:16]}.checkpoint"
            if not path.exists():
                _write(path, one)
            kept.append(str(path))
        return kept

    def _file(self, path: str) -> bytes:
        """Raises Unreachable."""
        data = self._fetched(path)
        if data is None:
            raise Unreachable(f"{self._source} shows no log: there is no {path}")
        return data

    def _fetched(self, path: str) -> bytes | None:
        """Raises Unreachable."""
        try:
            return self._fetch(path)
        except OSError as error:
            raise Unreachable(f"{self._source} cannot be read: {error.strerror}") from error


def _remembered(state: Path) -> _Seen | None:
    """None where nothing was seen yet. Raises LedgerError, OSError."""
    try:
        data = state.read_bytes()
    except FileNotFoundError:
        return None
    try:
        seen = _Seen(**json.loads(data))
        checkpoint = Checkpoint.parse(NoteVerifier(seen.vkey).verify(seen.note.encode()))
        if (checkpoint.size, checkpoint.root.hex()) == (seen.size, seen.root):
            return seen
    except (ValueError, TypeError, AttributeError, ProofError) as error:
        raise LedgerError(f"{state} does not hold what an auditor remembers: {error}") from error
    raise LedgerError(f"{state} was changed: its checkpoint is of {checkpoint.size} entries")


def _write(path: Path, data: bytes) -> None:
    """The whole file, or none, on the disk at return. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    unfinished.rename(path)
    sync_folder(path.parent)
