"""What an entry of the log says of a person: a salted commitment that anybody sees, and a text that its key opens.

Once the subject's key is destroyed nobody can read the text, tell which entries were one person's, or guess a name
and test the guess; the tree above the entries verifies as before. Whoever was told a salt can show what an entry said.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from regard.ledger.entries import canonical
from regard.storage.errors import KeyProblem
from regard.storage.keyring import seal, subkey, unseal

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment."""

    salt: bytes  # 32 random bytes
    fields: dict[str, Any]  # "subject", and what else the act says of the person

    @property
    def commitment(self) -> str:
        """SHA-256 in hex of the salt and the canonical JSON of the fields."""
        return hashlib.sha256(self.salt + canonical(self.fields)).hexdigest()


def seal_personal(subject_key: bytes, entry_id: str, fields: Mapping[str, Any]) -> tuple[dict[str, str], Opening]:
    """The member `personal` of an entry, and what opens it. subject_key: the subject's secret key, 32 bytes."""
    opening = Opening(secrets.token_bytes(SALT_BYTES), dict(fields))
    plain = opening.salt + canonical(opening.fields)
    sealed = seal(_log_key(subject_key), plain, _context(entry_id))
    return {"commitment": opening.commitment, "sealed": base64.b64encode(sealed).decode()}, opening


def open_personal(subject_key: bytes, entry: Mapping[str, Any]) -> Opening | None:
    """What an entry says of the subject; None where it is about somebody else or nobody."""
    return opener(subject_key)(entry)


def opener(subject_key: bytes) -> Callable[[Mapping[str, Any]], Opening | None]:
    """`open_personal` for one subject and many entries."""
    key = _log_key(subject_key)

    def opened(entry: Mapping[str, Any]) -> Opening | None:
        personal = entry.get("personal")
        if personal is None:
            return None
        try:
            plain = unseal(key, base64.b64decode(personal["sealed"]), _context(entry["id"]))
        except KeyProblem:
            return None
        return Opening(plain[:SALT_BYTES], orjson.loads(plain[SALT_BYTES:]))

    return opened


def is_opening(commitment: str, salt: bytes, fields: Mapping[str, Any]) -> bool:
    """Whether `salt` and `fields` are what was committed to."""
    return hmac.compare_digest(Opening(salt, dict(fields)).commitment, commitment)


def _log_key(subject_key: bytes) -> bytes:
    return subkey(subject_key, "log")


def _context(entry_id: str) -> str:
    return f"entry:{entry_id}"
