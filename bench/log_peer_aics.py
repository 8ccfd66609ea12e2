"""Reads a log of Regard with aics-tlog, in an environment that has it: `python log_peer_aics.py FOLDER VKEY < PROOFS`.

Not imported by the rest: `bench/log_peers.py` starts it with the interpreter of that environment. Every tile and
bundle is checked and a thousand entries proved; proofs that Regard made come as JSON on standard input. Prints what
it found as JSON.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

_PROVED = 1000  # entries, evenly spread
_OLDER = 80  # sizes whose roots are compared


def read(folder: Path, vkey: str, proofs: list[dict[str, Any]]) -> dict[str, Any]:
    """What the log holds. Fails where something does not hold."""
    # By name, since this project's own environment and its type checker do not have it.
    tlog = importlib.import_module("aics_tlog")
    note = tlog.parse_note((folder / "checkpoint").read_bytes())
    require(tlog.verify_note(note, [tlog.parse_vkey(vkey)]), "the signature")
    head = tlog.parse_checkpoint(note.text)
    size, root = head.size, head.root
    files = tlog.FileSystemTileReader(folder)
    tlog.audit_tiles(files, size, root)
    tiles = tlog.VerifiedTileReader(files, size, root)
    indices = range(0, size, size // _PROVED + 1)
    for index in indices:
        path = tlog.inclusion_proof_from_tiles(tiles, index, size)
        require(tlog.verify_leaf_inclusion(tiles.entry(index), index, size, path, root), f"entry {index}")
    roots = {}
    for old in range(1, size + 1, size // _OLDER + 1):
        older = tlog.tree_root_from_tiles(tiles, old, size)
        path = tlog.consistency_proof_from_tiles(tiles, old, size)
        require(tlog.verify_consistency(old, size, older, root, path), f"consistency from {old}")
        roots[str(old)] = older.hex()
    counts = {"inclusion": 0, "consistency": 0}
    for proof in proofs:
        path = [bytes.fromhex(one) for one in proof["hashes"]]
        if "index" in proof:
            entry = proof["entry"].encode()
            require(tlog.verify_leaf_inclusion(entry, proof["index"], size, path, root), f"proof of {proof['index']}")
            counts["inclusion"] += 1
        else:
            old, older = proof["old_size"], bytes.fromhex(proof["old_root"])
            require(tlog.verify_consistency(old, size, older, root, path), f"proof from {old}")
            counts["consistency"] += 1
    return {"size": size, "root": root.hex(), "roots": roots, "entries": len(indices)} | counts


def require(holds: bool, what: str) -> None:
    """Ends with a sentence where something does not hold."""
    if not holds:
        raise SystemExit(f"does not hold: {what}")


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]), sys.argv[2], json.load(sys.stdin))))
