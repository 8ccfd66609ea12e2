"""Proofs as JSON that anybody can check offline, with nothing but the log's verifier key.

    inclusion_json(log, 7)          that entry 7 is in the log as it is now
    consistency_json(log, 100)      that the log as it is now begins with the 100 entries it had once
    check_json(text, vkey)          what such a proof shows, in a sentence; ProofError where it does not hold

Members: `type`, `vkey`, `checkpoint` (a signed note), `hashes` (hex, in the order of RFC 6962), and of an entry
`index` and `entry`, of consistency `old_size` and `old_root` (hex).
"""

import json
from typing import Any

from regard.ledger.errors import LedgerCorrupt, ProofError
from regard.ledger.merkle import leaf_hash
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.ledger.proofs import check_consistency, check_inclusion, consistency_proof
from regard.ledger.reader import LogFiles

INCLUSION, CONSISTENCY = "regard-log-inclusion-1", "regard-log-consistency-1"


def inclusion_json(log: LogFiles, index: int) -> dict[str, Any]:
    """Raises ProofError where there is no such entry, LedgerCorrupt where what is there would prove nothing."""
    entry = log.entry(index)
    hashes = log.prove(index).hashes
    try:
        check_inclusion(index, log.size, leaf_hash(entry), hashes, log.checkpoint.root)
        text = entry.decode()
    except (ProofError, UnicodeDecodeError) as error:
        raise LedgerCorrupt(f"the entry is not the one that was signed: {error}", f"entry {index}") from error
    return _proof(log, INCLUSION, hashes) | {"index": index, "entry": text}


def consistency_json(log: LogFiles, old: int) -> dict[str, Any]:
    """Raises ProofError where the log has fewer entries, LedgerCorrupt where what is there would prove nothing."""
    root = log.root_at(old)
    hashes = consistency_proof(old, log.size, log.subtree)
    try:
        check_consistency(old, log.size, hashes, root, log.checkpoint.root)
    except ProofError as error:
        raise LedgerCorrupt(f"the tiles do not give the root that was signed: {error}", "tile") from error
    return _proof(log, CONSISTENCY, hashes) | {"old_size": old, "old_root": root.hex()}


def check_json(text: bytes, vkey: str | None, older: bytes | None = None) -> str:
    """vkey: the log's key; None for the proof's own word for it. older: a signed checkpoint that was kept, which a

    consistency proof must go out from. Raises ProofError.
    """
    try:
        proof = json.loads(text)
        if not isinstance(proof, dict):
            raise ProofError("the proof is no JSON object")
        verifier = NoteVerifier(vkey if vkey is not None else proof["vkey"])
        checkpoint = Checkpoint.parse(verifier.verify(proof["checkpoint"].encode()))
        hashes = [bytes.fromhex(one) for one in proof["hashes"]]
        if proof["type"] == INCLUSION:
            return _checked_inclusion(proof, checkpoint, hashes)
        if proof["type"] == CONSISTENCY:
            return _checked_consistency(proof, checkpoint, hashes, verifier, older)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProofError(f"the proof is malformed: {error!r}") from error
    raise ProofError(f"the proof is a {proof['type']!r}; this version knows {INCLUSION} and {CONSISTENCY}")


def _checked_inclusion(proof: dict[str, Any], checkpoint: Checkpoint, hashes: list[bytes]) -> str:
    index, entry = proof["index"], proof["entry"].encode()
    check_inclusion(index, checkpoint.size, leaf_hash(entry), hashes, checkpoint.root)
    return f"entry {index} is in the log {checkpoint.origin}, which had {checkpoint.size:,} entries then"


def _checked_consistency(
    proof: dict[str, Any], checkpoint: Checkpoint, hashes: list[bytes], verifier: NoteVerifier, older: bytes | None
) -> str:
    old, root = proof["old_size"], bytes.fromhex(proof["old_root"])
    check_consistency(old, checkpoint.size, hashes, root, checkpoint.root)
    if older is not None:
        kept = Checkpoint.parse(verifier.verify(older))
        if (kept.size, kept.root) != (old, root):
            raise ProofError(
                f"the proof goes out from {old} entries under {root.hex()}, the checkpoint from {kept.size}"
            )
    return f"the log {checkpoint.origin} with {checkpoint.size:,} entries begins with the {old:,} under {root.hex()}"


def _proof(log: LogFiles, kind: str, hashes: list[bytes]) -> dict[str, Any]:
    return {
        "type": kind,
        "vkey": log.vkey,
        "checkpoint": log.note.decode(),
        "hashes": [one.hex() for one in hashes],
    }
