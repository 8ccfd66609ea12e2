"""What there is to say of one access key, and why it may or may not do something."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from regard.ledger.entries import moment_text
from regard.people.policies import Policy
from regard.wire.sigv4 import Credential


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key without its secret; times in milliseconds since 1970 UTC."""

    id: str
    name: str
    policy: Policy
    created_ms: int
    created_by: str  # the principal
    expires_ms: int | None
    revoked_ms: int | None

    def has_expired(self, now_ms: int) -> bool:
        """Whether its time is over."""
        return self.expires_ms is not None and self.expires_ms <= now_ms

    def state(self, now_ms: int) -> Literal["live", "revoked", "expired"]:
        """ "live", "revoked" or "expired"."""
        if self.revoked_ms is not None:
            return "revoked"
        return "expired" if self.has_expired(now_ms) else "live"


@dataclass(frozen=True, slots=True)
class Known:
    """A key that was not revoked, with what it signs with."""

    key: AccessKey
    credential: Credential = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a key would be allowed something, and why or why not."""

    is_allowed: bool
    reason: str


def key_of(row: Any) -> AccessKey:
    """A row of `schema.access_keys`."""
    return AccessKey(
        row.id, row.name, Policy.parse(row.policy), row.created_ms, row.created_by, row.expires_ms, row.revoked_ms
    )


def verdict(
    key: AccessKey, now_ms: int, operation: str, collection: str | None, purpose: str | None, is_there: bool
) -> Verdict:
    """Whether `key` may call `operation`, and touch `collection` where one is named.

    purpose: the collection's, None of a sandbox. is_there: whether there is such a collection.
    """
    problem = _key_problem(key, now_ms, operation)
    if problem is None and collection is not None:
        problem = _object_problem(key.policy, collection, purpose, is_there)
    if problem is not None:
        return Verdict(False, problem)
    unseen = "" if is_there else "; there is no such collection yet, so that only its name was compared"
    return Verdict(True, f"the key is live and its policy allows it{unseen}")


def _key_problem(key: AccessKey, now_ms: int, operation: str) -> str | None:
    if key.revoked_ms is not None:
        return f"the key was revoked at {moment_text(key.revoked_ms)}"
    if key.expires_ms is not None and key.has_expired(now_ms):
        return f"the key expired at {moment_text(key.expires_ms)}"
    if not key.policy.may(operation):
        return f"no operation of its policy stands for {operation}: {_listed(key.policy.operations)}"
    return None


def _object_problem(policy: Policy, name: str, purpose: str | None, is_there: bool) -> str | None:
    if not policy.may_name(name):
        return f"no collection of its policy stands for {name}: {_listed(policy.collections)}"
    if is_there and not policy.may_use(name, purpose):
        what = f"the purpose {purpose!r}" if purpose is not None else "a sandbox, which has none and needs '*'"
        return f"no purpose of its policy stands for {what}: {_listed(policy.purposes)}"
    return None


def _listed(patterns: Iterable[str]) -> str:
    return ", ".join(map(repr, patterns)) or "there is none"
