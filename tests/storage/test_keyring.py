"""Wrapping, sealing and deriving keys."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from regard.storage.errors import KeyProblem
from regard.storage.keyring import Keyring, seal, subkey, unseal

MASTER = bytes(range(32))


def test_wrapped_key_opens_with_the_same_master_key() -> None:
    key = Keyring(MASTER).new_key()
    assert Keyring(MASTER).unwrap(Keyring(MASTER).wrap(key, "subject:1"), "subject:1") == key


def test_wrapping_twice_gives_different_bytes() -> None:
    ring = Keyring(MASTER)
    assert ring.wrap(MASTER, "subject:1") != ring.wrap(MASTER, "subject:1")


def test_new_keys_are_32_bytes_and_differ() -> None:
    ring = Keyring(MASTER)
    assert (len(ring.new_key()), ring.new_key() == ring.new_key()) == (32, False)


@pytest.mark.parametrize(
    ("master", "context"),
    [
        pytest.param(bytes(32), "subject:1", id="another master key"),
        pytest.param(MASTER, "subject:2", id="another row"),
        pytest.param(MASTER, "collection:1", id="another table"),
    ],
)
def test_wrapped_key_opens_nowhere_else(master: bytes, context: str) -> None:
    wrapped = Keyring(MASTER).wrap(b"k" * 32, "subject:1")
    with pytest.raises(KeyProblem, match=f"{context} does not open with this key"):
        Keyring(master).unwrap(wrapped, context)


@pytest.mark.parametrize("place", [0, 12, 30, 59], ids=["nonce", "first byte", "middle", "tag"])
def test_altered_byte_is_noticed(place: int) -> None:
    sealed = bytearray(seal(MASTER, b"k" * 32, "crop"))
    sealed[place] ^= 1
    with pytest.raises(KeyProblem, match="was altered"):
        unseal(MASTER, bytes(sealed), "crop")


def test_cut_value_is_refused() -> None:
    with pytest.raises(KeyProblem, match="crop is 27 bytes, too short to have been sealed"):
        unseal(MASTER, bytes(27), "crop")


def test_sealed_bytes_are_nonce_then_aes_256_gcm_with_the_context() -> None:
    sealed = seal(MASTER, b"a crop", "crop")
    assert AESGCM(MASTER).decrypt(sealed[:12], sealed[12:], b"crop") == b"a crop"
    assert len(sealed) == len(b"a crop") + 28


def test_subkeys_are_hkdf_sha256_of_the_purpose() -> None:
    # openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:000102...1f -kdfopt info:"regard rotation" HKDF
    expected = "6bd66d4247a540883b16c925197f9e18536cdf6f10cd6e155f329cbf98ed407c"
    assert subkey(MASTER, "rotation").hex() == expected
    assert Keyring(MASTER).derive("rotation").hex() == expected
