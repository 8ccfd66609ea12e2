"""Access keys: made, found, revoked, and what each may do.

A key's secret is told once, when it is made. It is kept sealed and not hashed, since Signature Version 4 needs the
secret itself on both sides. A row is never deleted: where a key has ever been made, requests must be signed for good.
"""

import base64
import re
import secrets
import threading
from typing import Any

from sqlalchemy import Connection, insert, select, update

from regard.errors import (
    ExpiredToken,
    InvalidParameter,
    LimitExceeded,
    NotAuthorized,
    ResourceNotFound,
    UnrecognizedClient,
)
from regard.ledger.entries import moment_text
from regard.people.access_key import AccessKey, Known, Verdict, key_of, verdict
from regard.people.acts import Acts, Asker
from regard.people.clock import DAY_MS, Clock
from regard.people.policies import Policy, check_name, check_use, denial
from regard.storage import schema
from regard.storage.open import Storage
from regard.wire.sigv4 import Credential

MOST_KEYS = 10_000  # neither revoked nor expired; all are kept in memory
INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")  # fits a section of ~/.aws/credentials
_PREFIX = "RGDK"
_ID_BYTES, _SECRET_BYTES = 10, 30  # 16 characters of base32, 40 of base64


class AccessKeys:
    """The keys of a data folder. Threads may share it."""

    def __init__(self, storage: Storage, clock: Clock, acts: Acts) -> None:
        """Raises KeyProblem where a secret does not open with the master key."""
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._lock = threading.Lock()
        self._keys: dict[str, AccessKey] = {}
        self._known: dict[str, Known] = {}
        self._used: tuple[int, frozenset[str]] = 0, frozenset()  # a day, and whose use on it is in the log
        self._refresh()

    def has_any(self) -> bool:
        """Whether a key has ever been made."""
        return bool(self._keys)

    def has(self, key_id: str) -> bool:
        """Whether a key of that id was ever made."""
        return key_id in self._keys

    def find(self, key_id: str) -> Known | None:
        """A key that was not revoked; it may have expired. Asks no database."""
        return self._known.get(key_id)

    def policy_of(self, key_id: str) -> Policy:
        """Raises UnrecognizedClient for a key that was revoked, ExpiredToken for one whose time is over."""
        known = self.find(key_id)
        if known is None:
            raise UnrecognizedClient(INVALID)
        if known.key.has_expired(self._clock.now_ms()):
            raise ExpiredToken(EXPIRED)
        return known.key.policy

    def page(self, after: str | None, limit: int) -> tuple[list[AccessKey], bool]:
        """At most `limit` keys by id, past the id `after`; and whether there are more. Revoked ones are among them."""
        ids = sorted(key_id for key_id in self._keys if after is None or key_id > after)
        return [self._keys[key_id] for key_id in ids[:limit]], len(ids) > limit

    def create(self, asker: Asker, name: str, policy: Policy, expires_ms: int | None = None) -> tuple[AccessKey, str]:
        """A new key and its secret, which nothing tells again.

        Raises InvalidParameter for a name that will not do and an expiry that is past, LimitExceeded, and NotAuthorized
        for a key with more rights than the asker's own.
        """
        now = self._clock.now_ms()
        if not _NAME.fullmatch(name):
            raise InvalidParameter(
                f"The name of a key is {name!r}; it must be 1 to 64 letters, digits, spaces and ._@- and not begin "
                "with one of these"
            )
        if expires_ms is not None and expires_ms <= now:
            raise InvalidParameter(f"The key would have expired already, at {moment_text(expires_ms)}")
        key_id = _PREFIX + base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode()
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        key = AccessKey(key_id, name, policy, now, asker.principal, expires_ms, None)
        try:
            with self._storage.writing() as connection:
                self._check_may_make(connection, asker, key)
                self._insert(connection, key, secret)
                details = {"id": key.id, "name": name, "policy": policy.members, "expires": _told(expires_ms)}
                self._acts.record(connection, "create access key", asker=asker, details=details)
        finally:  # also where the log could not be written: the key is there then
            self._refresh()
        return key, secret

    def revoke(self, asker: Asker, key_id: str) -> AccessKey:
        """The key, which nothing is allowed any more at return; one that was revoked already as it is.

        Raises ResourceNotFound, and NotAuthorized for a key with more rights than the asker's own.
        """
        key = self.get(key_id)
        if key.id != asker.principal and not key.policy.is_within(asker.policy):
            raise NotAuthorized(f"{_denial(asker, key_id)}: the key has rights that yours has not")
        now = self._clock.now_ms()
        table = schema.access_keys
        try:
            with self._storage.writing() as connection:
                done = connection.execute(
                    update(table).where(table.c.id == key_id, table.c.revoked_ms.is_(None)).values(revoked_ms=now)
                )
                if done.rowcount:
                    self._acts.record(connection, "revoke access key", asker=asker, details={"id": key_id})
        finally:
            self._refresh()
        return self.get(key_id)

    def get(self, key_id: str) -> AccessKey:
        """Raises ResourceNotFound."""
        key = self._keys.get(key_id)
        if key is None:
            raise ResourceNotFound(f"The access key id: {key_id} does not exist")
        return key

    def test(self, asker: Asker, key_id: str, operation: str, collection: str | None = None) -> Verdict:
        """Whether the key would be allowed the operation, on that collection of the asker's region where one is named.

        Raises ResourceNotFound for the key, NotAuthorized for a collection that the asker may not use.
        """
        key = self.get(key_id)
        purpose, is_there = self._purpose(asker, collection) if collection is not None else (None, True)
        return verdict(key, self._clock.now_ms(), operation, collection, purpose, is_there)

    def note_use(self, asker: Asker) -> None:
        """Enters the first use of a key on each day (UTC), and the first after each start."""
        today = self._clock.now_ms() // DAY_MS
        day, users = self._used
        if day == today and asker.principal in users:
            return
        with self._lock:
            day, users = self._used
            users = users if day == today else frozenset()
            if asker.principal not in users:
                self._acts.note("use access key", asker=asker, details={"operation": asker.operation})
            self._used = today, users | {asker.principal}

    def note_refusal(self, asker: Asker, why: str) -> None:
        """Enters that a policy did not allow something."""
        self._acts.note("refuse access", asker=asker, details={"operation": asker.operation, "why": why})

    def _check_may_make(self, connection: Connection, asker: Asker, key: AccessKey) -> None:
        table = schema.access_keys
        own = connection.execute(select(table).where(table.c.id == asker.principal)).first()
        if own is not None and own.revoked_ms is not None:  # meanwhile
            raise UnrecognizedClient(INVALID)
        why = None
        if not key.policy.is_within(asker.policy):
            why = "the new key would have rights that yours has not"
        elif asker.policy.searches_per_minute is not None:
            why = "your key may search only so often, and several keys could together more often"
        elif own is not None and own.expires_ms is not None and (key.expires_ms or own.expires_ms + 1) > own.expires_ms:
            why = f"the new key would outlive yours, which expires at {moment_text(own.expires_ms)}"
        elif own is not None and key.policy.is_reviewer:
            why = "a reviewer's key is made with --data or by a key of the file --access-keys, or one could be two"
        if why is not None:
            raise NotAuthorized(f"{_denial(asker, '*')}: {why}")
        if sum(one.state(key.created_ms) == "live" for one in self._keys.values()) >= MOST_KEYS:
            raise LimitExceeded(f"There are {MOST_KEYS:,} live access keys, which is the limit; revoke some")

    def _insert(self, connection: Connection, key: AccessKey, secret: str) -> None:
        connection.execute(
            insert(schema.access_keys).values(
                id=key.id,
                name=key.name,
                wrapped_secret=self._storage.keyring.wrap(secret.encode(), _context(key.id)),
                policy=key.policy.text,
                created_ms=key.created_ms,
                created_by=key.created_by,
                expires_ms=key.expires_ms,
            )
        )

    def _refresh(self) -> None:
        """Reads all keys anew."""
        with self._lock:
            with self._storage.reading() as connection:
                rows = connection.execute(select(schema.access_keys)).all()
            self._known = dict(self._opened(row) for row in rows if row.revoked_ms is None)
            self._keys = {row.id: key_of(row) for row in rows}

    def _opened(self, row: Any) -> tuple[str, Known]:
        secret = self._storage.keyring.unwrap(row.wrapped_secret, _context(row.id)).decode()
        return row.id, Known(key_of(row), Credential(secret))

    def _purpose(self, asker: Asker, name: str) -> tuple[str | None, bool]:
        """What a collection is for, and whether there is one. Raises NotAuthorized."""
        table = schema.collections
        with self._storage.reading() as connection:
            row = connection.execute(
                select(table.c.purpose).where(
                    table.c.account == asker.account, table.c.region == asker.region, table.c.name == name
                )
            ).first()
        if row is None:
            check_name(asker, name)
            return None, False
        check_use(asker, name, row.purpose)
        return row.purpose, True


def _denial(asker: Asker, key_id: str) -> str:
    return denial(asker, f"arn:aws:rekognition:{asker.region}:{asker.account}:access-key/{key_id}")


def _told(moment_ms: int | None) -> str | None:
    return moment_text(moment_ms) if moment_ms is not None else None


def _context(key_id: str) -> str:
    return f"access key:{key_id}"
