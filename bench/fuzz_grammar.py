"""Requests made from the service model: right ones, nearly right ones, and nonsense.

Grammar(seed, pictures, served).request(index)   the same for the same seed and number, and the same answers before
"""

import json
import random
import re
import string
import uuid
from base64 import b64encode
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from regard_conformance.model import operations, service

CONTENT_TYPE = "application/x-amz-json-1.1"
COLLECTIONS = tuple(f"fuzz-{number}" for number in range(6))
SUBJECTS = tuple(f"subject-{number}" for number in range(8))
_ARN = "arn:aws:rekognition:us-east-1:123456789012:"
# What the members of these names are filled with, so that calls meet what other calls made.
_POOLS: Mapping[str, Sequence[str]] = {
    "CollectionId": COLLECTIONS,
    "UserId": SUBJECTS,
    "ExternalImageId": SUBJECTS,
    "ResourceArn": [f"{_ARN}collection/{name}" for name in COLLECTIONS],
    "S3Bucket": ["photos", "none"],
    "S3ObjectName": ["a.png", "none.png", "../a.png", "a/b.png"],
}
# Texts that fit one or another pattern of the model.
_TEXTS = (
    "a", "fuzz", "5", "123456789012", "1.0", "0" * 64, "https://example.org/x",
    f"{_ARN}project/p/1511111111111", f"{_ARN}project/p/version/v/1511111111111",
    f"{_ARN}project/p/dataset/train/1511111111111", f"{_ARN}streamprocessor/p",
    "arn:aws:iam::123456789012:role/x", "arn:aws:sns:us-east-1:123456789012:x",
    "arn:aws:kinesis:us-east-1:123456789012:stream/x", "arn:aws:kms:us-east-1:123456789012:key/x",
    "arn:aws:kinesisvideo:us-east-1:123456789012:stream/x/1511111111111",
)  # fmt: skip
_CHARACTERS = (
    "\0", "\x01", "\x1f", "\x7f", "\x80", "\u00e9", "\u0130", "\u2028", "\u202e", "\ufeff", "\uffff", "\U0001f600",
    "\U0010ffff", "'", '"', "\\", "%", "<", "&", "{", "$", "\n", "\r\n", "\t", "/", "..", " ",
)  # fmt: skip
_JUNK: Sequence[Any] = (
    None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, -1e308, 5e-324, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**40,
    "", "x", "null", "NaN", "1", [], {}, [[]], [None], [{}], {"": ""}, {"a": None}, [0] * 1000, {"Bytes": "eA=="},
    "x" * 5000, "\0", "\ud7ff\ue000", {"S3Object": {}}, [[[[[[[[]]]]]]]],
)  # fmt: skip
_BODIES = (
    b"", b" ", b"null", b"[]", b'""', b"0", b"{", b"}", b"{}{}", b'{"a":}', b"{'a':1}", b'{"a":1,}', b"\xef\xbb\xbf{}",
    b"\xff\xfe{\0}\0", b"\x1f\x8b\x08\0", b'{"Image":{"Bytes":NaN}}', b'{"MaxResults":1e999}', b'{"a":"\\ud800"}',
    b'{"MaxResults":-0}', b'{"MaxResults":1E400}', b"[" * 2000, b'{"a":' * 1500 + b"1" + b"}" * 1500, b'{"a":"\x01"}',
    b'{"CollectionId":"a","CollectionId":["b"]}', b"--x\r\n\r\n--x--", b"<a/>", b"{}" + b" " * 70_000,
    b'{"MaxResults":' + b"9" * 5000 + b"}", b'{"MinConfidence":0.' + b"0" * 5000 + b"1}", b"\0" * 100,
)  # fmt: skip
_NAMES = ("Authorization", "Origin", "X-Amz-Date", "X-Amz-Security-Token", "Cookie", "Accept-Encoding", "X-Amz-Target")
_HEADER_BYTES = "".join(map(chr, [9, *range(32, 127), *range(128, 256)]))


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and, where its target names one, the operation."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    operation: str | None


class Grammar:
    """Makes requests, and learns the ids that answers bring."""

    def __init__(self, seed: int, pictures: Sequence[bytes], served: Sequence[str]) -> None:
        """pictures: files, good and damaged; the first is good. served: operations to ask for more often."""
        self._seed = seed
        self._served = served
        self._pictures = [b64encode(picture).decode() for picture in pictures]
        self._known: dict[str, deque[str]] = {
            name: deque(maxlen=50) for name in ("FaceId", "NextToken", "ClientRequestToken")
        }
        self._random = random.Random()
        self._oddness = 0.0

    def request(self, index: int) -> Sent:
        """Request number `index`."""
        self._random = random.Random(f"{self._seed}:{index}")
        operation = self._random.choice(self._served if self._random.random() < 0.8 else operations())
        self._oddness = self._random.choice((0, 0, 0, 0.02, 0.1, 0.4))
        shape = service().operation_model(operation).input_shape
        members = self._members(shape) if shape else {}
        if operation == "DeleteCollection" and self._random.random() < 0.8:
            members = {"CollectionId": COLLECTIONS[-1]}  # so that the others come to hold something
        body = json.dumps(members).encode()
        headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": f"RekognitionService.{operation}"}
        if self._random.random() < 0.85:
            return Sent("POST", "/", headers, body, operation)
        return self._deformed(headers, body, operation)

    def learn(self, answer: Any) -> None:
        """Keeps ids that an answer holds, for later requests."""
        if isinstance(answer, list):
            for item in answer:
                self.learn(item)
        elif isinstance(answer, dict):
            for name, value in answer.items():
                if name in self._known and isinstance(value, str):
                    self._known[name].append(value)
                else:
                    self.learn(value)

    def _deformed(self, headers: dict[str, str], body: bytes, operation: str) -> Sent:
        """A request that is wrong around its members, or whose body is no longer JSON."""
        method, path, named = "POST", "/", True
        match self._random.randrange(6):
            case 0:
                body = self._random.choice(_BODIES)
            case 1:
                body = self._damaged(body)
            case 2:
                headers["X-Amz-Target"], named = self._target(operation), False
            case 3:
                headers["Content-Type"], named = self._header_text(), False
            case 4:
                headers |= {f"X-{self._random.randrange(10**6)}": self._header_text() for _ in range(20)}
                headers[self._random.choice(_NAMES)] = self._header_text()
            case _:
                method = self._random.choice(("GET", "PUT", "OPTIONS", "DELETE", "POST"))
                path = self._random.choice(
                    ("/", "/x", "//", "/v1", "/%00", "/%ff?x=%zz", "/a;b?c#d", "/..%2f", "/?" + "x" * 3000)
                )
                named = method == "POST"
        return Sent(method, path, headers, body, operation if named else None)

    def _target(self, operation: str) -> str:
        odd = ("", operation, operation.lower(), f"RekognitionService.{operation}X", f"Rekognition_2016.{operation}")
        return self._random.choice((*odd, f"RekognitionService.{self._header_text()}"))

    def _header_text(self) -> str:
        return "".join(self._random.choices(_HEADER_BYTES, k=self._random.choice((0, 1, 20, 300)))).strip()

    def _damaged(self, body: bytes) -> bytes:
        data = bytearray(body)
        if self._random.random() < 0.3:
            return bytes(data[: self._random.randrange(len(data) + 1)])
        for _ in range(self._random.randrange(1, 5)):
            at = self._random.randrange(len(data) + 1)
            data[at : at + self._random.randrange(3)] = self._random.randbytes(self._random.randrange(3))
        return bytes(data)

    def _members(self, shape: Shape) -> Any:
        """A value of `shape`, at times of another."""
        if self._random.random() < self._oddness:
            return self._odd(shape)
        match shape:
            case StructureShape():
                return self._structure(shape)
            case ListShape():
                return [self._members(shape.member) for _ in range(self._length(shape))]
            case MapShape():
                return {str(self._members(shape.key)): self._members(shape.value) for _ in range(self._length(shape))}
        return self._scalar(shape)

    def _structure(self, shape: StructureShape) -> dict[str, Any]:
        chosen = {n for n in shape.members if n in shape.required_members or self._random.random() < 0.4}
        if shape.name == "Image":
            chosen = {"Bytes"} if self._random.random() < 0.9 else chosen
        members = {name: self._members(shape.members[name]) for name in shape.members if name in chosen}
        if self._random.random() < self._oddness:
            members[self._text(10)] = self._random.choice(_JUNK)
        return members

    def _length(self, shape: Shape) -> int:
        least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 4))
        return self._random.choice((least, max(least, 1), min(most, least + 2)))

    def _scalar(self, shape: Shape) -> Any:
        match shape.type_name:
            case "string":
                return self._string(shape)
            case "blob":
                # Small bodies are many times quicker to make and to send, and most pictures are good.
                return self._pictures[0] if self._random.random() < 0.5 else self._random.choice(self._pictures)
            case "boolean":
                return self._random.random() < 0.5
            case "timestamp":
                return self._random.choice((0, 1.7e9, 1_700_000_000))
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 100)
        number = self._random.choice((least, most, self._random.randint(int(least), int(max(least, most)))))
        return number if shape.type_name in ("integer", "long") else float(number)

    def _string(self, shape: Shape) -> str:
        if isinstance(shape, StringShape) and shape.enum:
            return str(self._random.choice(shape.enum))
        known = self._known["NextToken"] if shape.name == "PaginationToken" else self._known.get(shape.name)
        if known and self._random.random() < 0.8:
            return self._random.choice(known)
        if shape.name in _POOLS:
            return self._random.choice(_POOLS[shape.name])
        pattern = shape.metadata.get("pattern", "").replace(r"\p{L}\p{Z}\p{N}", r"\w\s")
        fitting = [text for text in (*_TEXTS, str(uuid.UUID(int=self._random.getrandbits(128), version=4)))]
        fitting = [text for text in fitting if not pattern or re.fullmatch(pattern, text)] or ["a"]
        return self._random.choice(fitting)

    def _odd(self, shape: Shape) -> Any:
        """Of another type, at the edge of what is allowed or beyond, or with characters that mean something."""
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        edges = [edge + step for edge in (least, most) if edge is not None for step in (-1, 0, 1)]
        edge = self._random.choice(edges) if edges else self._random.choice((0, 1, 100))
        if edges and self._random.random() < 0.5:
            match shape.type_name:
                case "string":
                    return "a" * max(0, min(int(edge), 70_000))
                case "list" if isinstance(shape, ListShape):
                    return [self._members(shape.member)] * max(0, min(int(edge), 5000))
                case "integer" | "long" | "float":
                    return edge
        match shape.type_name:
            case "string" if self._random.random() < 0.6:
                return self._text(self._random.choice((1, 3, 40)))
            case "blob" if self._random.random() < 0.6:
                good = self._random.choice(self._pictures)
                return self._random.choice((good[:-1], good + "=", f" {good}", good.replace("A", "-"), "====", "é"))
        return self._random.choice(_JUNK)

    def _text(self, length: int) -> str:
        return "".join(self._random.choices((*_CHARACTERS, *string.ascii_letters), k=length))
