"""Proofs against published vectors.

`LEAVES`, `ROOTS`, `INCLUSION` and `CONSISTENCY` are the facts of transparency-dev/merkle's `proof/verify_test.go`
(Apache-2.0), which go back to the reference implementation of Certificate Transparency; `WRONG_...` are the ways in
which that file spoils them. `RFC_...` is the tree of RFC 6962, section 2.1.3.
"""

import hashlib
from collections.abc import Callable

import pytest

from regard.ledger.errors import ProofError
from regard.ledger.merkle import leaf_hash, node_hash
from regard.ledger.proofs import check_consistency, check_inclusion, consistency_proof, inclusion_proof, tree_root

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[(0, 8)],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")
EMPTY_HASH = bytes.fromhex(ROOTS[0])

Hashes = list[bytes]
Inclusion = tuple[int, int, bytes, Hashes, bytes]
Consistency = tuple[int, int, Hashes, bytes, bytes]


def _flipped(proof: Hashes, position: int, bit: int) -> Hashes:
    spoilt = list(proof)
    spoilt[position] = bytes([proof[position][0] ^ bit]) + proof[position][1:]
    return spoilt


WRONG_INCLUSION: dict[str, Callable[[int, int, bytes, Hashes, bytes], Inclusion]] = {
    "index - 1": lambda i, n, leaf, p, root: (i - 1, n, leaf, p, root),
    "index + 1": lambda i, n, leaf, p, root: (i + 1, n, leaf, p, root),
    "index ^ 2": lambda i, n, leaf, p, root: (i ^ 2, n, leaf, p, root),
    "size * 2": lambda i, n, leaf, p, root: (i, n * 2, leaf, p, root),
    "size / 2": lambda i, n, leaf, p, root: (i, n // 2, leaf, p, root),
    "wrong leaf": lambda i, n, leaf, p, root: (i, n, b"WrongLeaf", p, root),
    "empty root": lambda i, n, leaf, p, root: (i, n, leaf, p, EMPTY_HASH),
    "random root": lambda i, n, leaf, p, root: (i, n, leaf, p, SOME_HASH),
    "short root": lambda i, n, leaf, p, root: (i, n, leaf, p, b""),
    "trailing garbage": lambda i, n, leaf, p, root: (i, n, leaf, [*p, b""], root),
    "trailing root": lambda i, n, leaf, p, root: (i, n, leaf, [*p, root], root),
    "preceding garbage": lambda i, n, leaf, p, root: (i, n, leaf, [b"", *p], root),
    "preceding root": lambda i, n, leaf, p, root: (i, n, leaf, [root, *p], root),
    "removed hash": lambda i, n, leaf, p, root: (i, n, leaf, p[:-1] if p else [root], root),
    "inserted hash": lambda i, n, leaf, p, root: (i, n, leaf, [*p[:1], SOME_HASH, *p[1:]], root),
    "first bit flipped": lambda i, n, leaf, p, root: (i, n, leaf, _flipped(p, 0, 8) if p else [leaf], root),
    "last bit flipped": lambda i, n, leaf, p, root: (i, n, leaf, _flipped(p, -1, 8) if p else [leaf], root),
}
WRONG_CONSISTENCY: dict[str, Callable[[int, int, Hashes, bytes, bytes], Consistency]] = {
    "old - 1": lambda a, b, p, x, y: (a - 1, b, p, x, y),
    "old + 1": lambda a, b, p, x, y: (a + 1, b, p, x, y),
    "old ^ 2": lambda a, b, p, x, y: (a ^ 2, b, p, x, y),
    "new * 2": lambda a, b, p, x, y: (a, b * 2, p, x, y),
    "new / 2": lambda a, b, p, x, y: (a, b // 2, p, x, y),
    "wrong old root": lambda a, b, p, x, y: (a, b, p, b"WrongRoot", y),
    "wrong new root": lambda a, b, p, x, y: (a, b, p, x, b"WrongRoot"),
    "swapped roots": lambda a, b, p, x, y: (a, b, p, y, x),
    "empty proof": lambda a, b, p, x, y: (a, b, [], x, y),
    "trailing garbage": lambda a, b, p, x, y: (a, b, [*p, b""], x, y),
    "trailing old root": lambda a, b, p, x, y: (a, b, [*p, x], x, y),
    "trailing new root": lambda a, b, p, x, y: (a, b, [*p, y], x, y),
    "preceding garbage": lambda a, b, p, x, y: (a, b, [b"", *p], x, y),
    "preceding old root": lambda a, b, p, x, y: (a, b, [x, *p], x, y),
    "preceding new root": lambda a, b, p, x, y: (a, b, [y, *p], x, y),
    "first hash twice": lambda a, b, p, x, y: (a, b, [p[0], *p], x, y),
    "removed hash": lambda a, b, p, x, y: (a, b, p[:-1], x, y),
    "first bit flipped": lambda a, b, p, x, y: (a, b, _flipped(p, 0, 16), x, y),
    "second bit flipped": lambda a, b, p, x, y: (a, b, _flipped(p, 1, 16), x, y),
    "last bit flipped": lambda a, b, p, x, y: (a, b, _flipped(p, -1, 16), x, y),
}


def _vectors(level: int, index: int) -> bytes:
    """The perfect subtrees over LEAVES."""
    if level == 0:
        return hashlib.sha256(b"\0" + bytes.fromhex(LEAVES[index])).digest()
    left, right = _vectors(level - 1, 2 * index), _vectors(level - 1, 2 * index + 1)
    return hashlib.sha256(b"\1" + left + right).digest()


def _leaf(index: int) -> bytes:
    return leaf_hash(bytes.fromhex(LEAVES[index]))


def _raw(hashes: list[str]) -> Hashes:
    return [bytes.fromhex(one) for one in hashes]


def _root(size: int) -> bytes:
    return bytes.fromhex(ROOTS[size])


@pytest.mark.parametrize("size", range(9))
def test_root_of_published_leaves(size: int) -> None:
    assert tree_root(size, _vectors).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proof_is_the_published_one(index: int, size: int) -> None:
    assert inclusion_proof(index, size, _vectors) == _raw(INCLUSION[index, size])


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_published_inclusion_proof_holds(index: int, size: int) -> None:
    check_inclusion(index, size, _leaf(index), _raw(INCLUSION[index, size]), _root(size))


@pytest.mark.parametrize("spoil", WRONG_INCLUSION.values(), ids=WRONG_INCLUSION)
@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_spoilt_inclusion_proof_is_refused(index: int, size: int, spoil: Callable[..., Inclusion]) -> None:
    with pytest.raises(ProofError):
        check_inclusion(*spoil(index, size, _leaf(index), _raw(INCLUSION[index, size]), _root(size)))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 0), (2, 1), (-1, 1)])
def test_entry_beyond_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError, match=f"entry {index} is not in a tree of {size}"):
        inclusion_proof(index, size, _vectors)
    with pytest.raises(ProofError, match=f"entry {index} is not in a tree of {size}"):
        check_inclusion(index, size, SOME_HASH, [], EMPTY_HASH)


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proof_is_the_published_one(old: int, new: int) -> None:
    assert consistency_proof(old, new, _vectors) == _raw(CONSISTENCY[old, new])


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_published_consistency_proof_holds(old: int, new: int) -> None:
    check_consistency(old, new, _raw(CONSISTENCY[old, new]), _root(old), _root(new))


@pytest.mark.parametrize("spoil", WRONG_CONSISTENCY.values(), ids=WRONG_CONSISTENCY)
@pytest.mark.parametrize(("old", "new"), [sizes for sizes, proof in CONSISTENCY.items() if proof])
def test_spoilt_consistency_proof_is_refused(old: int, new: int, spoil: Callable[..., Consistency]) -> None:
    with pytest.raises(ProofError):
        check_consistency(*spoil(old, new, _raw(CONSISTENCY[old, new]), _root(old), _root(new)))


@pytest.mark.parametrize(
    ("old", "new", "proof", "old_root", "new_root"),
    [
        (1, 1, [], SOME_HASH, EMPTY_HASH),
        (1, 0, [], SOME_HASH, EMPTY_HASH),
        (2, 1, [], SOME_HASH, SOME_HASH),
        (1, 2, [], SOME_HASH, EMPTY_HASH),
        (1, 1, [EMPTY_HASH], EMPTY_HASH, EMPTY_HASH),
        (0, 0, [EMPTY_HASH], EMPTY_HASH, EMPTY_HASH),
        (0, 1, [EMPTY_HASH], EMPTY_HASH, EMPTY_HASH),
        (0, 0, [], EMPTY_HASH, SOME_HASH),
        (0, 1, [], SOME_HASH, SOME_HASH),
        (-1, 1, [], EMPTY_HASH, SOME_HASH),
    ],
    ids=[
        "one entry, two roots", "shrunk to none", "shrunk to one", "no proof", "proof of one itself",
        "proof of none itself", "proof from none", "no entries, two roots", "no entries, a root", "fewer than none",
    ],
)  # fmt: skip
def test_sizes_and_roots_that_contradict_are_refused(
    old: int, new: int, proof: Hashes, old_root: bytes, new_root: bytes
) -> None:
    with pytest.raises(ProofError):
        check_consistency(old, new, proof, old_root, new_root)


def test_every_tree_begins_with_the_empty_one() -> None:
    check_consistency(0, 8, [], EMPTY_HASH, _root(8))


def test_older_tree_is_no_continuation_of_a_newer_one() -> None:
    with pytest.raises(ProofError, match="a tree of 3 entries does not begin with one of 5"):
        consistency_proof(5, 3, _vectors)


# RFC 6962, section 2.1.3: d0 to d6, with a to f the leaf hashes, j the hash of d6, and the nodes g to m above them.
_D = [leaf_hash(bytes([number])) for number in range(7)]
_G, _H, _I = node_hash(_D[0], _D[1]), node_hash(_D[2], _D[3]), node_hash(_D[4], _D[5])
_K, _L = node_hash(_G, _H), node_hash(_I, _D[6])
RFC_ROOT = node_hash(_K, _L)
RFC_NODES = {(1, 0): _G, (1, 1): _H, (1, 2): _I, (2, 0): _K} | {(0, number): leaf for number, leaf in enumerate(_D)}
RFC_INCLUSION = {0: [_D[1], _H, _L], 3: [_D[2], _G, _L], 4: [_D[5], _D[6], _K], 6: [_I, _K]}
RFC_CONSISTENCY = {3: [_D[2], _D[3], _G, _L], 4: [_L], 6: [_I, _D[6], _K]}
RFC_OLD_ROOTS = {3: node_hash(_G, _D[2]), 4: _K, 6: node_hash(_K, _I)}


def _rfc(level: int, index: int) -> bytes:
    return RFC_NODES[level, index]


@pytest.mark.parametrize("index", RFC_INCLUSION)
def test_inclusion_proofs_of_the_rfc(index: int) -> None:
    assert inclusion_proof(index, 7, _rfc) == RFC_INCLUSION[index]
    check_inclusion(index, 7, _D[index], RFC_INCLUSION[index], RFC_ROOT)


@pytest.mark.parametrize("old", RFC_CONSISTENCY)
def test_consistency_proofs_of_the_rfc(old: int) -> None:
    assert consistency_proof(old, 7, _rfc) == RFC_CONSISTENCY[old]
    check_consistency(old, 7, RFC_CONSISTENCY[old], RFC_OLD_ROOTS[old], RFC_ROOT)


@pytest.mark.parametrize(("old", "new"), [(old, new) for new in range(9) for old in range(new + 1)])
def test_every_pair_of_sizes_is_proven(old: int, new: int) -> None:
    check_consistency(old, new, consistency_proof(old, new, _vectors), _root(old), _root(new))


@pytest.mark.parametrize(("index", "size"), [(index, size) for size in range(1, 9) for index in range(size)])
def test_every_entry_is_proven(index: int, size: int) -> None:
    check_inclusion(index, size, _leaf(index), inclusion_proof(index, size, _vectors), _root(size))
