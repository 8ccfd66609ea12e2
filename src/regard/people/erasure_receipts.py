"""What a receipt of an erasure shows, checked on any machine: no server, no database, no secret.

    story = verify_erasure_receipt(receipt, LogFiles(folder), None, None)
    story.happened, story.shows, story.cannot_show      plain sentences

Checked are the signature; that every entry in the receipt stands in the log at its place, under a checkpoint that the
log's key signed; that its salt and fields are what the entry committed to, and name the same person; that no act after
the erasure brought them back. With the log's files also that they still begin with the tree of the receipt. Where a key
is not given, it is the log's own word for it.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from regard.ledger.entries import canonical, parse
from regard.ledger.errors import LedgerError, ProofError
from regard.ledger.merkle import leaf_hash
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.ledger.proofs import check_consistency, check_inclusion, consistency_proof
from regard.ledger.reader import LogFiles
from regard.people.act_sentences import reason_of, sentence_of
from regard.people.personal import is_opening
from regard.people.receipted_erasure import RECEIPT_TYPE
from regard.people.receipts import ERASURE, ReceiptError, verify

_KEY_BYTES = 32
# What puts something of a person into a collection. Other acts that were going on may be entered after the erasure.
_BRINGING = frozenset({"grant consent", "enrol", "import subject", "create user", "associate faces"})


@dataclass(frozen=True, slots=True)
class ErasureStory:
    """What a receipt shows."""

    subject: str
    collection: str
    purpose: str
    controller: str
    erased_at: str
    why: str
    faces: int
    crops: int
    happened: list[str]  # in the order of the log
    shows: list[str]
    cannot_show: list[str]

    @property
    def text(self) -> str:
        """All of it, to be read."""
        head = (
            f"Subject '{self.subject}' in collection '{self.collection}', kept by {self.controller} for "
            f"'{self.purpose}'; erased {self.erased_at}, because {reason_of(self.why)}."
        )
        parts = [("What happened", self.happened), ("What this shows", self.shows)]
        parts += [("What it cannot show", self.cannot_show)]
        return "\n\n".join(
            [head, *("\n".join([f"{title}:", *(f"  - {one}" for one in said)]) for title, said in parts)]
        )


@dataclass(frozen=True, slots=True)
class _Shown:
    """An entry in a receipt, found right."""

    index: int
    entry: dict[str, Any]
    fields: dict[str, Any]

    @property
    def sentence(self) -> str:
        """When and what, and who asked."""
        place = f"entry {self.index}, by {self.entry['principal']}"
        return f"{self.entry['ended']}: {sentence_of(self.entry, self.fields)} ({place})"


def verify_erasure_receipt(
    receipt: str, log: LogFiles | None, public_key: bytes | None, vkey: str | None
) -> ErasureStory:
    """log: the files of the log that the receipt speaks of, of its time or later; None where they are not at hand.

    public_key: 32 raw bytes, of receipts; None for the key that the log names. vkey: the log's verifier key from
    somewhere that is trusted; None for the log's own, or the receipt's where there is no log. Raises ReceiptError,
    which says what does not hold.
    """
    if log is None and public_key is None:
        raise ReceiptError("without the log's files the receipt's public key has to be given")
    keys = [public_key] if public_key is not None else _receipt_keys(log, vkey) if log is not None else []
    content = _signed_content(receipt, keys)
    try:
        return _story(content, log, vkey)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReceiptError(f"it was signed with the right key and is incomplete: {error!r}") from error


def _story(content: dict[str, Any], log: LogFiles | None, vkey: str | None) -> ErasureStory:
    if content["type"] != RECEIPT_TYPE:
        raise ReceiptError(f"it is a {content['type']!r}; this version knows {RECEIPT_TYPE!r}")
    note = content["log"]["checkpoint"].encode()
    checkpoint = _read_note(note, vkey or (log.vkey if log is not None else content["log"]["vkey"]))
    acts = [_check_shown(shown, checkpoint, content) for shown in content["acts"]]
    erasure = _check_shown(content["erasure"], checkpoint, content)
    _check_order(acts, erasure)
    _check_erasure(erasure, content)
    if log is not None:
        _check_log(log, checkpoint, vkey, [*acts, erasure])
    return ErasureStory(
        **{name: content[name] for name in ("subject", "collection", "purpose", "controller", "erased_at", "why")},
        faces=content["faces"],
        crops=content["crops"],
        happened=[one.sentence for one in sorted([*acts, erasure], key=lambda one: one.index)],
        shows=_shows(len(acts), checkpoint, log),
        cannot_show=_cannot_show(log, vkey),
    )


def _receipt_keys(log: LogFiles, vkey: str | None) -> list[bytes]:
    """Every receipt key that the log's entries of starts name, each proved to be in the tree."""
    checkpoint = _log_checkpoint(log, vkey)
    keys: dict[bytes, int] = {}
    with _log_faults_told():
        for index, data in enumerate(log.entries(0, checkpoint.size)):
            key = _named_key(data)
            if key is not None:
                keys.setdefault(key, index)
        for index in keys.values():
            proof = log.prove(index, checkpoint.size)
            check_inclusion(index, checkpoint.size, leaf_hash(log.entry(index)), proof.hashes, checkpoint.root)
    if not keys:
        raise ReceiptError("the log names no receipt key; give the public key")
    return list(keys)


def _named_key(data: bytes) -> bytes | None:
    """The receipt key that an entry names, if it is of a start."""
    if b'"receipt_key":' not in data:  # most entries need no parsing
        return None
    try:
        entry = parse(data)
        key = bytes.fromhex(entry["details"]["receipt_key"]) if entry["act"] == "start" else b""
    except (ValueError, KeyError, TypeError):
        return None
    return key if len(key) == _KEY_BYTES else None


def _signed_content(receipt: str, keys: list[bytes]) -> dict[str, Any]:
    """Raises ReceiptError where none of the keys signed it."""
    for key in keys[:-1]:
        try:
            return verify(receipt, key, ERASURE)
        except ReceiptError:
            continue
    return verify(receipt, keys[-1], ERASURE)


def _read_note(note: bytes, vkey: str) -> Checkpoint:
    try:
        return Checkpoint.parse(NoteVerifier(vkey).verify(note))
    except ProofError as error:
        raise ReceiptError(f"the receipt's checkpoint does not hold: {error}") from error


def _check_shown(shown: dict[str, Any], checkpoint: Checkpoint, content: dict[str, Any]) -> _Shown:
    """Raises ReceiptError unless the entry stands in the tree and its opening fits and names the person."""
    index, data = shown["index"], shown["entry"].encode()
    place = f"entry {index} of the receipt"
    try:
        proof = [bytes.fromhex(one) for one in shown["inclusion"]]
        check_inclusion(index, checkpoint.size, leaf_hash(data), proof, checkpoint.root)
        entry = parse(data)
    except (ProofError, ValueError) as error:
        raise ReceiptError(f"{place} is not in the log as it stands there: {error}") from error
    fields = shown["fields"]
    if not is_opening(entry["personal"]["commitment"], bytes.fromhex(shown["salt"]), fields):
        raise ReceiptError(f"{place}: its salt and fields are not what the log's entry committed to")
    if fields.get("subject") != content["subject"] or entry.get("collection") != content["collection"]:
        raise ReceiptError(f"{place} is about another person or another collection")
    return _Shown(index, entry, fields)


def _check_order(acts: list[_Shown], erasure: _Shown) -> None:
    if any(later.index <= earlier.index for earlier, later in itertools.pairwise(acts)):
        raise ReceiptError("the receipt's entries are not in the log's order")
    for one in acts:
        if one.index >= erasure.index and one.entry["act"] in _BRINGING:
            raise ReceiptError(f"entry {one.index} is '{one.entry['act']}', after the erasure at {erasure.index}")


def _check_erasure(erasure: _Shown, content: dict[str, Any]) -> None:
    entry = erasure.entry
    said = (entry["details"].get("why"), entry["details"].get("faces"), entry["details"].get("crops"), entry["ended"])
    if entry["act"] != "erase subject":
        raise ReceiptError(f"entry {erasure.index} is '{entry['act']}'; the receipt calls it the erasure")
    if said != (content["why"], content["faces"], content["crops"], content["erased_at"]):
        raise ReceiptError(f"entry {erasure.index}, the erasure, does not say what the receipt says of it")


def _check_log(log: LogFiles, checkpoint: Checkpoint, vkey: str | None, shown: list[_Shown]) -> None:
    """Raises ReceiptError unless the files go on from the receipt's tree."""
    newest = _log_checkpoint(log, vkey)
    if newest.origin != checkpoint.origin:
        raise ReceiptError(f"the files are those of the log {newest.origin}; the receipt is of {checkpoint.origin}")
    if newest.size < checkpoint.size:
        raise ReceiptError(
            f"the files hold {newest.size:,} entries and the receipt was made at {checkpoint.size:,}: take newer files"
        )
    with _log_faults_told():
        proof = consistency_proof(checkpoint.size, newest.size, log.subtree)
        check_consistency(checkpoint.size, newest.size, proof, checkpoint.root, newest.root)
        for one in shown:
            if log.entry(one.index) != canonical(one.entry):
                raise ReceiptError(f"entry {one.index} of the files is not the one that stood there for the receipt")


def _log_checkpoint(log: LogFiles, vkey: str | None) -> Checkpoint:
    if vkey is not None and vkey.strip() != log.vkey.strip():
        raise ReceiptError(f"the files are those of another log: their key is {log.vkey.strip()}")
    with _log_faults_told():
        return log.checkpoint


@contextmanager
def _log_faults_told() -> Iterator[None]:
    """What is wrong with the log's files as a ReceiptError."""
    try:
        yield
    except LedgerError as error:
        raise ReceiptError(f"the log's files do not hold: {error}") from error


def _shows(acts: int, checkpoint: Checkpoint, log: LogFiles | None) -> list[str]:
    said = [
        f"These {acts + 1} acts were entered in the log in this order, and nothing of the person came in after the "
        "erasure under the key that was destroyed. Neither they nor what stands before them can be changed without its "
        f"showing ({checkpoint.origin}, at {checkpoint.size:,} entries).",
        "The server signed that it erased the faces, vectors and pictures, and destroyed the key that ties the log's "
        "entries to this person. Without this receipt the entries are commitments that nobody can open.",
    ]
    if log is not None:
        said.append(
            f"The files of the log, now {log.size:,} entries, go on from what they were then; nothing was taken back."
        )
    return said


def _cannot_show(log: LogFiles | None, vkey: str | None) -> list[str]:
    said = [
        "That no copy was kept elsewhere: a backup from before the erasure, an exported collection, or a copy of the "
        "key. The receipt is the server's signed word that it erased what it held.",
        "That no other act concerned this person: these are the entries that their key opened, and the key is gone.",
        "Whether the person agreed anew and was enrolled again later; that would be under a new key and a new receipt.",
    ]
    if vkey is None:
        whose = "the files'" if log is not None else "the receipt's"
        said.append(
            f"Whose log it is: its key was taken from {whose} own word. Compare it with the one on /transparency."
        )
    if log is None:
        said.append("That the log still holds these entries: its files were not given.")
    return said
