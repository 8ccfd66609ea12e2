"""Who sent a request: by its signature, or on `/v1` by a bearer's secret, checked against every access key there is."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from regard.errors import ExpiredToken, UnrecognizedClient
from regard.people.access import EXPIRED, INVALID, AccessKeys
from regard.people.acts import LOCAL
from regard.people.policies import EVERYTHING, Policy
from regard.wire.sigv4 import Credential, Headers, Identity, Verifier, region_of

_BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as ASGI gives it."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers
    body: bytes
    arrived: datetime  # aware


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, what they may, and of which region."""

    principal: str  # an access key's id
    policy: Policy
    region: str


class Callers:
    """The keys of the file, which may everything, and those of the data folder. Threads may share it."""

    def __init__(self, operators: Mapping[str, Credential], access: AccessKeys, region: str) -> None:
        """operators: keys of the file by id; none of them is one of `access`. region: of requests that name none."""
        self._operators = operators
        self._access = access
        self._region = region
        self._verifier = Verifier(self._find)
        self._nobody = Credential(secrets.token_urlsafe(30))  # stands in for unknown keys, which cost as much work

    @property
    def must_sign(self) -> bool:
        """Whether there is, or ever was, a key."""
        return bool(self._operators) or self._access.has_any()

    def caller(self, sent: Sent, *, takes_bearer: bool) -> Caller:
        """Who sent the request. takes_bearer: whether a secret will do instead of a signature.

        Raises what `Verifier.verify` raises.
        """
        if not self.must_sign:
            return Caller(LOCAL, EVERYTHING, region_of(sent.headers, self._region))
        bearer = _bearer(sent.headers) if takes_bearer else None
        if bearer is None:
            identity = self._verifier.verify(
                sent.method, sent.raw_path, sent.raw_query, sent.headers, sent.body, sent.arrived
            )
        else:
            identity = self._bearer_identity(*bearer, sent.arrived)
        key_id = identity.access_key_id
        policy = EVERYTHING if key_id in self._operators else self._access.policy_of(key_id)
        return Caller(key_id, policy, identity.region)

    def _find(self, key_id: str) -> Credential | None:
        known = self._access.find(key_id)
        return known.credential if known is not None else self._operators.get(key_id)

    def _bearer_identity(self, key_id: str, secret: str, arrived: datetime) -> Identity:
        known = self._find(key_id)
        credential = known or self._nobody
        is_right = hmac.compare_digest(_hash(credential.secret), _hash(secret))
        if known is None or not is_right or credential.session_token is not None:
            raise UnrecognizedClient(INVALID)
        if credential.expires is not None and arrived >= credential.expires:
            raise ExpiredToken(EXPIRED)
        return Identity(key_id, self._region)


def _bearer(headers: Headers) -> tuple[str, str] | None:
    """Id and secret, where the one Authorization header is a bearer's."""
    values = [value.decode("latin-1") for name, value in headers if name.lower() == b"authorization"]
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.lower() != _BEARER:
        return None
    key_id, _, secret = token.strip().partition(".")
    return key_id, secret


def _hash(secret: str) -> bytes:
    """Of one length, so that comparing tells nothing of the length either."""
    return hashlib.sha256(secret.encode("latin-1", "replace")).digest()
