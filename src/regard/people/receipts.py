"""Signed receipts: what a subject keeps of a consent or of an erasure, and can show to anybody.

A receipt is a compact JSON Web Signature (RFC 7515) with Ed25519 (RFC 8037) over the fields of
`people/receipt_fields.py` or of `people/receipted_erasure.py`. Its signature verifies with the public key alone, on any
machine.
"""

import base64
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from regard.people.secret_keys import kept_secret
from regard.storage.open import Storage

CONSENT, ERASURE = "regard-consent-receipt+jws", "regard-erasure-receipt+jws"
_WORDS = {CONSENT: "consent receipt", ERASURE: "erasure receipt"}
_SECRET = "receipts"


class ReceiptError(Exception):
    """A receipt that is none, or was altered, or was signed by another key."""


class ReceiptSigner:
    """Signs with the data folder's own key, made at first use and kept under the master key."""

    def __init__(self, storage: Storage) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(kept_secret(storage, _SECRET))

    @property
    def public_key(self) -> bytes:
        """32 raw bytes."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, content: dict[str, Any], kind: str = CONSENT) -> str:
        """The compact JWS of `content`; kind: CONSENT or ERASURE, so that neither passes for the other."""
        signed = f"{_part(orjson.dumps(_header(kind)))}.{_part(orjson.dumps(content))}"
        return f"{signed}.{_part(self._key.sign(signed.encode()))}"


def verify(receipt: str, public_key: bytes, kind: str = CONSENT) -> dict[str, Any]:
    """What a receipt of this kind says. public_key: 32 raw bytes. Raises ReceiptError."""
    parts = receipt.strip().split(".")
    if len(parts) != 3:
        raise ReceiptError(f"a receipt has three parts with dots between; this one has {len(parts)}")
    try:
        signature = _bytes(parts[2])
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, f"{parts[0]}.{parts[1]}".encode())
        header, content = orjson.loads(_bytes(parts[0])), orjson.loads(_bytes(parts[1]))
    except InvalidSignature as error:
        raise ReceiptError("the signature does not fit: the receipt was altered or signed with another key") from error
    except ValueError as error:
        raise ReceiptError(f"this is no receipt: {error}") from error
    if header != _header(kind) or not isinstance(content, dict):
        raise ReceiptError(f"this was signed with the right key and is no {_WORDS[kind]}")
    return content


def content_of(receipt: str) -> dict[str, Any]:
    """What a receipt that was verified says."""
    content: dict[str, Any] = orjson.loads(_bytes(receipt.strip().split(".")[1]))
    return content


def _header(kind: str) -> dict[str, str]:
    return {"alg": "EdDSA", "typ": kind}


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
