"""Hashes of a Merkle tree that only grows. Source: RFC 6962, section 2.1. A hash is SHA-256, 32 bytes.

leaf_hash(entry)            the hash that stands for an entry
node_hash(left, right)      the hash over two subtrees
CompactRange                the root of a growing tree, from one hash for each bit of its size
"""

from collections.abc import Callable
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

# (level, index) -> the hash over the perfect subtree of 2**level entries that is number `index` of its level.
Subtree = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash that stands for an entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two neighbouring subtrees."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The tree over the entries so far, as the perfect subtrees that its size is the sum of."""

    __slots__ = ("_subtrees", "size")

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []  # the largest first

    @classmethod
    def of(cls, size: int, subtree: Subtree) -> "CompactRange":
        """The range over the first `size` entries of a tree."""
        made = cls()
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                made._subtrees.append(subtree(level, (size >> level) - 1))
        made.size = size
        return made

    def append(self, leaf: bytes) -> None:
        """One more entry, given as its leaf hash."""
        merges = self.size
        while merges & 1:
            leaf = node_hash(self._subtrees.pop(), leaf)
            merges >>= 1
        self._subtrees.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree; EMPTY_ROOT where there is no entry."""
        if not self._subtrees:
            return EMPTY_ROOT
        *larger, root = self._subtrees
        for subtree in reversed(larger):
            root = node_hash(subtree, root)
        return root

    def copy(self) -> "CompactRange":
        """A range that grows apart from this one."""
        made = CompactRange()
        made.size, made._subtrees = self.size, list(self._subtrees)
        return made


def perfect_root(hashes: list[bytes]) -> bytes:
    """The root over 2**n neighbouring hashes of one level."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]
