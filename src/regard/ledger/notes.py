"""Signed notes, and the checkpoints of a log that they carry.

A note is a text that ends in a newline, an empty line, and lines `— NAME BASE64(key id, signature)`. The key id is the
first four bytes of SHA-256(name, newline, 0x01, public key). A verifier key is
`NAME+HEX(key id)+BASE64(0x01, public key)`.
Sources: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint. Signatures are Ed25519 only.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from regard.ledger.errors import ProofError
from regard.ledger.merkle import HASH_BYTES

_ED25519 = b"\x01"
_ID_BYTES, _KEY_BYTES = 4, 32
_MOST_SIGNATURES = 64  # the specification asks for at least 16
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIGNATURE_LINE = re.compile(r"— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/]+=*)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteSigner:
    """A key with a name."""

    def __init__(self, name: str, seed: bytes) -> None:
        """seed: 32 secret bytes. Raises ValueError where `name` is empty or has a space or a plus sign."""
        _check_name(name)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        self.name = name
        self._id = _key_id(name, public)
        self.vkey = f"{name}+{self._id.hex()}+{_base64(public)}"

    def sign(self, text: str) -> bytes:
        """The note. Raises ValueError where the text does not end in a newline, or has other control characters."""
        if not text.endswith("\n") or _CONTROLS.search(text):
            raise ValueError("the text of a note ends in a newline and has no other control characters")
        signature = self._key.sign(text.encode())
        return f"{text}\n— {self.name} {_base64(self._id + signature)}\n".encode()


class NoteVerifier:
    """Checks notes against one key."""

    def __init__(self, vkey: str) -> None:
        """Raises ProofError where `vkey` is no verifier key of an Ed25519 key."""
        self.vkey = vkey
        self.name, self._id, self._key = _parsed_key(vkey)

    def verify(self, note: bytes) -> str:
        """The text, once this key's signature holds; those of other keys are passed over. Raises ProofError."""
        text, lines = _split(note)
        signatures = [signature for line in lines for signature in self._signatures(line)]
        if not signatures:
            raise ProofError(f"the note is not signed by {self.vkey}")
        for signature in signatures:
            try:
                self._key.verify(signature, text.encode())
            except InvalidSignature as error:
                raise ProofError(f"the note's signature by {self.vkey} is wrong") from error
        return text

    def _signatures(self, line: str) -> list[bytes]:
        found = _SIGNATURE_LINE.fullmatch(line)
        if found is None:
            raise ProofError(f"the note has a malformed signature line: {line[:100]!r}")
        data = _bytes(found["signature"])
        if found["name"] == self.name and data[:_ID_BYTES] == self._id:
            return [data[_ID_BYTES:]]
        return []


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one size."""

    origin: str  # the log's name
    size: int  # entries
    root: bytes

    @property
    def text(self) -> str:
        """The text of the note."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """What the text of a note says; extension lines are passed over. Raises ProofError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise ProofError("a checkpoint has an origin, a size and a root, one a line")
        origin, size, root = lines[:3]
        if _SIZE.fullmatch(size) is None:
            raise ProofError(f"the checkpoint's size is no number: {size[:100]!r}")
        hashed = _bytes(root)
        if len(hashed) != HASH_BYTES:
            raise ProofError(f"the checkpoint's root has {len(hashed)} bytes; it must have {HASH_BYTES}")
        return cls(origin, int(size), hashed)


def _split(note: bytes) -> tuple[str, list[str]]:
    """The text and the signature lines of a note. Raises ProofError."""
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise ProofError("the note is not UTF-8") from error
    text, empty, signatures = whole.rpartition("\n\n")
    if not empty or not signatures.endswith("\n") or _CONTROLS.search(whole):
        raise ProofError("the note is not a text, an empty line and signatures")
    lines = signatures[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise ProofError(f"the note has {len(lines)} signatures; the limit is {_MOST_SIGNATURES}")
    return text + "\n", lines


def _parsed_key(vkey: str) -> tuple[str, bytes, Ed25519PublicKey]:
    name, _, rest = vkey.partition("+")
    identifier, _, encoded = rest.partition("+")
    public = _bytes(encoded)
    try:
        _check_name(name)
    except ValueError as error:
        raise ProofError(str(error)) from error
    if len(public) != 1 + _KEY_BYTES or public[:1] != _ED25519:
        raise ProofError(f"not a verifier key of an Ed25519 key: {vkey!r}")
    if identifier != _key_id(name, public).hex():
        raise ProofError(f"the verifier key's id is not that of its key: {vkey!r}")
    return name, bytes.fromhex(identifier), Ed25519PublicKey.from_public_bytes(public[1:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() for letter in name) or _CONTROLS.search(name):
        raise ValueError(f"a key's name must not be empty and has no space and no plus sign: {name!r}")


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + public).digest()[:_ID_BYTES]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(encoded: str) -> bytes:
    """What base64 says, where it is in its one canonical form. Raises ProofError."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError(f"not base64: {encoded[:100]!r}") from error
    if _base64(data) != encoded:
        raise ProofError(f"not base64 in its canonical form: {encoded[:100]!r}")
    return data
