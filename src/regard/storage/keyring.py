"""Keys under keys: everything that is sealed opens with a key that is itself sealed under the master key.

AES-256-GCM with random nonces of 96 bits (NIST SP 800-38D) and HKDF-SHA256 (RFC 5869). A context is bound to each
sealed value, so that one moved to another row does not open there.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from regard.storage.errors import KeyProblem

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Keyring:
    """What the master key opens. Threads may share it."""

    def __init__(self, master: bytes) -> None:
        """master: 32 random bytes."""
        self._master = master
        self._wrapping = self.derive("wrap")

    def new_key(self) -> bytes:
        """32 random bytes."""
        return secrets.token_bytes(KEY_BYTES)

    def wrap(self, key: bytes, context: str) -> bytes:
        """`key` sealed, 28 bytes longer, to be opened by `unwrap` with the same context."""
        return seal(self._wrapping, key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key that was wrapped. Raises KeyProblem for another master key, another context or altered bytes."""
        return unseal(self._wrapping, wrapped, context)

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose; it says nothing of the master key or of another purpose's key.

        It is another one after `regard keys rotate`: what must stay the same is wrapped, in `schema.secrets`.
        """
        return subkey(self._master, purpose)


def seal(key: bytes, data: bytes, context: str) -> bytes:
    """nonce + ciphertext + tag of `data` under `key`, a key of 32 bytes; 28 bytes longer than `data`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, context.encode())


def unseal(key: bytes, sealed: bytes, context: str) -> bytes:
    """What `seal` was given. Raises KeyProblem for another key, another context or altered bytes."""
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        raise KeyProblem(f"{context} is {len(sealed)} bytes, too short to have been sealed")
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
    except InvalidTag as error:
        raise KeyProblem(f"{context} does not open with this key, or was altered") from error


def subkey(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes derived from `key` for one purpose."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"regard " + purpose.encode()).derive(key)
