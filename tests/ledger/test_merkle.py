"""Hashes of the tree against published ones.

From transparency-dev/merkle v0.0.2 (Apache-2.0): `rfc6962/rfc6962_test.go`, `testonly/constants.go` (the tree of the
Certificate Transparency reference implementation) and `compact/range_test.go`, TestGetRootHashGolden.
"""

import base64
from hashlib import sha256

import pytest

from regard.ledger.merkle import EMPTY_ROOT, CompactRange, leaf_hash, node_hash, perfect_root

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
NODES = [
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
    ],
    [
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    ],
    [
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    ["5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
]
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
# Roots of trees whose leaves are their numbers as two bytes, the small end first.
NUMBERED_ROOTS = {
    10: "VjWMPSYNtCuCNlF/RLnQy6HcwSk6CIipfxm+hettA+4=",
    15: "j4SulYmocFuxdeyp12xXCIgK6PekBcxzAIj4zbQzNEI=",
    16: "c+4Uc6BCMOZf/v3NZK1kqTUJe+bBoFtOhP+P3SayKRE=",
    100: "dUh9hYH88p0CMoHkdr1wC2szbhcLAXOejWpINIooKUY=",
    255: "SmdsuKUqiod3RX2jyF2M6JnbdE4QuTwwipfAowI4/i0=",
    256: "qFI0t/tZ1MdOYgyPpPzHFiZVw86koScXy9q3FU5casA=",
    1000: "RXrgb8xHd55Y48FbfotJwCbV82Kx22LZfEbmBGAvwlQ=",
    4095: "cWRFdQhPcjn9WyBXE/r1f04ejxIm5lvg40DEpRBVS0w=",
    10000: "VZcav65F9haHVRk3wre2axFoBXRNeUh/1d9d5FQfxIg=",
    65535: "iPuVYJhP6SEE4gUFp8qbafd2rYv9YTCDYqAxCj8HdLM=",
}


def range_of(entries: list[bytes]) -> CompactRange:
    made = CompactRange()
    for entry in entries:
        made.append(leaf_hash(entry))
    return made


def reference_node(level: int, index: int) -> bytes:
    return bytes.fromhex(NODES[level][index])


def test_hashes_of_nothing_a_leaf_and_a_node_are_the_published_ones() -> None:
    assert EMPTY_ROOT.hex() == ROOTS[0]
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


@pytest.mark.parametrize("size", range(9))
def test_root_of_the_reference_tree(size: int) -> None:
    entries = [bytes.fromhex(leaf) for leaf in LEAVES[:size]]
    assert range_of(entries).root().hex() == ROOTS[size]


@pytest.mark.parametrize("size", range(9))
def test_range_made_of_subtrees_has_the_root_of_the_reference_tree(size: int) -> None:
    made = CompactRange.of(size, reference_node)
    assert (made.size, made.root().hex()) == (size, ROOTS[size])


@pytest.mark.parametrize("size", range(8))
def test_range_made_of_subtrees_goes_on_growing(size: int) -> None:
    made = CompactRange.of(size, reference_node)
    made.append(reference_node(0, size))
    assert made.root().hex() == ROOTS[size + 1]


@pytest.mark.parametrize("size", NUMBERED_ROOTS)
def test_root_of_a_larger_tree(size: int) -> None:
    entries = [number.to_bytes(2, "little") for number in range(size)]
    assert base64.b64encode(range_of(entries).root()).decode() == NUMBERED_ROOTS[size]


def test_copy_grows_apart_from_its_original() -> None:
    first = range_of([b"", b"\0", b"\x10"])
    second = first.copy()
    second.append(leaf_hash(b"\x20\x21"))
    assert (first.size, first.root().hex()) == (3, ROOTS[3])
    assert (second.size, second.root().hex()) == (4, ROOTS[4])


@pytest.mark.parametrize(("level", "index"), [(0, 5), (1, 2), (2, 1), (3, 0)])
def test_root_over_neighbouring_hashes_is_the_node_above(level: int, index: int) -> None:
    below = [reference_node(0, number) for number in range(index << level, (index + 1) << level)]
    assert perfect_root(below) == reference_node(level, index)


def test_leaf_cannot_pass_for_a_node() -> None:
    left, right = sha256(b"left").digest(), sha256(b"right").digest()
    assert leaf_hash(left + right) != node_hash(left, right)
