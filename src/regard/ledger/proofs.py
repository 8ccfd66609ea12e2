"""Proofs that an entry is in a tree, and that a later tree begins with an earlier one.

    inclusion_proof(index, size, subtree)               the hashes beside the way from entry `index` to the root
    check_inclusion(index, size, leaf, proof, root)     says nothing, or raises ProofError
    consistency_proof(old, new, subtree)
    check_consistency(old, new, proof, old_root, new_root)
    tree_root(size, subtree)

Making follows RFC 6962, sections 2.1.1 and 2.1.2, checking RFC 9162, sections 2.1.3.2 and 2.1.4.2; the bytes
are the same. Hashes are SHA-256, 32 bytes. `subtree(level, index)` is asked for perfect subtrees only.
"""

from collections.abc import Sequence

from regard.ledger.errors import ProofError
from regard.ledger.merkle import EMPTY_ROOT, HASH_BYTES, Subtree, node_hash


def tree_root(size: int, subtree: Subtree) -> bytes:
    """The root of the first `size` entries."""
    return _range_hash(0, size, subtree) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The hashes beside the way from entry `index` to the root of `size` entries, the lowest first.

    Raises ProofError where the tree has no such entry.
    """
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not in a tree of {size}")
    path = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_range_hash(middle, stop, subtree))
            stop = middle
        else:
            path.append(_range_hash(start, middle, subtree))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The hashes that lead from the root of `old` entries to that of `new`; none from 0 or between equal sizes.

    Raises ProofError where `old` is larger than `new`.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} entries does not begin with one of {old}")
    if old == 0:
        return []
    path = []
    start, stop = 0, new
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(_range_hash(middle, stop, subtree))
            stop = middle
        else:
            path.append(_range_hash(start, middle, subtree))
            start = middle
    if start:
        path.append(_range_hash(start, stop, subtree))
    return path[::-1]


def check_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that the entry whose leaf hash is `leaf` has number `index` in the tree of `size` entries under `root`.

    Raises ProofError.
    """
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not in a tree of {size}")
    _check_lengths(leaf, root, *proof)
    position, last = index, size - 1
    found = leaf
    for beside in proof:
        if last == 0:
            raise ProofError(f"the proof of entry {index} in {size} is too long: it has {len(proof)} hashes")
        if position & 1 or position == last:
            found = node_hash(beside, found)
            position, last = _up_to_right_child(position, last)
        else:
            found = node_hash(found, beside)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError(f"the proof of entry {index} in {size} is too short: it has {len(proof)} hashes")
    if found != root:
        raise ProofError(f"the proof of entry {index} leads to the root {found.hex()}, not {root.hex()}")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Checks that the tree of `new` entries under `new_root` begins with the `old` entries under `old_root`.

    Every tree begins with the empty one. Raises ProofError.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} entries does not begin with one of {old}")
    _check_lengths(old_root, new_root, *proof)
    if old in (0, new):
        if proof:
            raise ProofError(f"between {old} and {new} entries the proof must be empty; it has {len(proof)} hashes")
        if old == 0 and old_root != EMPTY_ROOT:
            raise ProofError(f"the root of no entries is {EMPTY_ROOT.hex()}, not {old_root.hex()}")
        if old == new and old_root != new_root:
            raise ProofError(f"{new} entries have two roots, {old_root.hex()} and {new_root.hex()}")
        return
    found_old, found_new = _roots(old, new, proof, old_root)
    if found_old != old_root:
        raise ProofError(f"the proof leads to {found_old.hex()} for {old} entries, not {old_root.hex()}")
    if found_new != new_root:
        raise ProofError(f"the proof leads to {found_new.hex()} for {new} entries, not {new_root.hex()}")


def _roots(old: int, new: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The two roots that a proof leads to, for 0 < old < new."""
    # A tree of 2**n entries is itself the first hash of its proof, which therefore leaves it out.
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        raise ProofError(f"the proof between {old} and {new} entries is empty")
    position, last = _up_to_left_child(old - 1, new - 1)
    found_old = found_new = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            raise ProofError(f"the proof between {old} and {new} entries is too long: it has {len(proof)} hashes")
        if position & 1 or position == last:
            found_old = node_hash(beside, found_old)
            found_new = node_hash(beside, found_new)
            position, last = _up_to_right_child(position, last)
        else:
            found_new = node_hash(found_new, beside)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError(f"the proof between {old} and {new} entries is too short: it has {len(proof)} hashes")
    return found_old, found_new


def _up_to_right_child(position: int, last: int) -> tuple[int, int]:
    while position and not position & 1:
        position >>= 1
        last >>= 1
    return position, last


def _up_to_left_child(position: int, last: int) -> tuple[int, int]:
    while position & 1:
        position >>= 1
        last >>= 1
    return position, last


def _range_hash(start: int, stop: int, subtree: Subtree) -> bytes:
    """The hash over entries `start` to `stop`, a range that a node of the tree covers."""
    count = stop - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_hash(start, middle, subtree), _range_hash(middle, stop, subtree))


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _check_lengths(*hashes: bytes) -> None:
    for one in hashes:
        if len(one) != HASH_BYTES:
            raise ProofError(f"a hash has {len(one)} bytes; it must have {HASH_BYTES}")
