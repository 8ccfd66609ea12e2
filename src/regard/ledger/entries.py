"""What an entry of the log says: its members, the acts there are, and its one form as bytes.

An entry is canonical JSON: sorted keys, no spaces, UTF-8, so that equal entries are equal bytes.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

VERSION = 1
MEMBERS = frozenset({"v", "id", "act", "began", "ended", "principal", "request", "account", "region", "details"})
OPTIONAL = frozenset({"collection", "personal"})

ACTS: Mapping[str, str] = {
    "start": "A server took the data folder; details: version, settings without secrets, public keys.",
    "create collection": "A collection was made; details: purpose, controller, whether verify-only or sensitive.",
    "delete collection": "A collection and everything in it was erased; details: why, how many faces.",
    "change tags": "Tags of a collection were added or removed.",
    "grant consent": "A consent was recorded; details: purpose, expiry, given by whom.",
    "enrol": "Faces entered a collection; details: how many, purpose, model.",
    "refuse enrolment": "An enrolment without a live consent was refused.",
    "delete faces": "Faces were erased; details: how many.",
    "create user": "A user was made.",
    "delete user": "A user was removed; its faces stay.",
    "associate faces": "Faces were given to a user.",
    "disassociate faces": "Faces were taken from a user.",
    "search faces": "Who is this? (1:N); details: purpose, gallery, probe, threshold, rate, model, outcome, reviewers.",
    "search users": "Who is this, by users? (1:N); details as of `search faces`.",
    "verify": "Is this that subject? (1:1); details: purpose, probe, threshold, model, outcome.",
    "compare": "Do two pictures show one person? (1:1, nobody identified); details: targets, model.",
    "refuse question": "A search or comparison was refused; details: why.",
    "refuse operation": "An operation beyond the line was refused; details: operation, what, why.",
    "erase subject": "Everything of a subject was erased and its key destroyed; details: why, faces.",
    "export collection": "A collection left, encrypted; details: faces, consents.",
    "import collection": "A collection came from another server; details: faces, consents.",
    "import subject": "A subject came with an imported collection; details: faces.",
    "read subject": "What is held about a subject was read.",
    "export subject": "What is held about a subject was exported.",
    "create access key": "An access key was made; details: id, name, policy.",
    "revoke access key": "An access key was revoked; details: id.",
    "use access key": "The first use of an access key on a day.",
    "refuse access": "A key was not allowed what it asked; details: operation, why.",
    "request review": "A search of a sensitive collection waits for two reviewers.",
    "approve search": "A reviewer agreed to a search.",
    "alarm": "A pattern of abuse; details: pattern, how often.",
}

# Acts after which the state on the disk is another one, whatever their outcome.
CHANGES = frozenset(
    {
        "create collection",
        "delete collection",
        "change tags",
        "grant consent",
        "enrol",
        "delete faces",
        "create user",
        "delete user",
        "associate faces",
        "disassociate faces",
        "erase subject",
        "import collection",
        "import subject",
        "create access key",
        "revoke access key",
        "request review",
        "approve search",
    }
)


def new_id() -> str:
    """A random name for an entry: 32 hex digits."""
    return secrets.token_hex(16)


def moment_text(milliseconds: int) -> str:
    """A time as entries have it: "2026-11-23T22:10:01.123Z"."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(data: bytes) -> dict[str, Any]:
    """An entry's members. Raises ValueError for what is none, or is not in its canonical form."""
    entry = orjson.loads(data)
    if not isinstance(entry, dict):
        raise ValueError("it is not a JSON object")
    members = entry.keys()
    if not members >= MEMBERS or members - MEMBERS - OPTIONAL:
        wrong = sorted((MEMBERS - members) | (members - MEMBERS - OPTIONAL))
        raise ValueError(f"these members are missing or unknown: {', '.join(wrong)}")
    if canonical(entry) != data:
        raise ValueError("it is not in canonical form")
    return entry


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
