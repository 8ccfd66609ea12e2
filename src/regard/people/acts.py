"""The record of who did what to whom: one row for each biometric act, written before its answer leaves.

A row never holds a name, a picture or a vector of a person. A subject appears as a commitment under the subject's own
key: whoever holds the key can tell that a row concerns the subject, and once the key is destroyed nobody can.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from regard.people.clock import Clock
from regard.storage import schema


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks."""

    account: str
    region: str
    request_id: str


class Acts:
    """Writes the record."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def record(
        self,
        connection: Connection,
        act: str,
        *,
        asker: Asker | None,
        collection: str | None = None,
        commitment: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """One row in the caller's transaction. asker: None for what Regard does by itself, such as retention."""
        now = self._clock.now_ms()
        self._clock.keep(connection, now)
        connection.execute(
            schema.acts.insert().values(
                at_ms=now,
                act=act,
                collection=collection,
                subject=commitment,
                request_id=asker.request_id if asker else "",
                details=orjson.dumps(dict(details or {})).decode(),
            )
        )


def commitment(subject_key: bytes, name: str) -> str:
    """What stands for a subject in the record: HMAC-SHA256 in hex, under the subject's key."""
    return hmac.new(subject_key, b"act:" + name.encode(), hashlib.sha256).hexdigest()


def picture_digest(secret: bytes, picture: bytes) -> str:
    """What stands for a probe picture in the record: HMAC-SHA256 in hex, so that only the key's holder can check it."""
    return hmac.new(secret, b"picture:" + picture, hashlib.sha256).hexdigest()
