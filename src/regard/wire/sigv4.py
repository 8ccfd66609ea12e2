"""AWS Signature Version 4: who sent a request, and whether it arrived as sent.

    Verifier(find).verify(method, raw_path, raw_query, headers, body, now)   an Identity, or an ApiError
    region_of(headers, default)                                              the region where nothing is verified

Everything is taken as ASGI gives it: path and query undecoded, headers as pairs of bytes with lower-case names.

What has to be signed, beyond what the client chose: `host`, the date that is used, and `x-amz-target` when it is sent,
since a target that is not signed could be exchanged for another operation. Every AWS SDK signs all three.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote_to_bytes

from regard import errors
from regard.wire.replays import Replays

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rekognition"
TERMINATOR = "aws4_request"
CLOCK_SKEW = timedelta(minutes=5)

Headers = Sequence[tuple[bytes, bytes]]

# Any byte, there and back, and always something that JSON can print.
_ENCODING = "latin-1"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
# What botocore takes for a region: a label of a host name.
_REGION = re.compile(r"[A-Za-z0-9-]{1,63}")
# Keys change daily and a client uses a region or two; above this something is guessing regions.
_MOST_SIGNING_KEYS = 1024


@dataclass(frozen=True, slots=True)
class Credential:
    """The secret half of an access key."""

    secret: str
    session_token: str | None = None  # of temporary credentials: has to come with each request
    expires: datetime | None = None  # aware

    def __repr__(self) -> str:
        """Nothing, so that no log shows a secret."""
        return "Credential()"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed a request, and the region they believe they speak to."""

    access_key_id: str
    region: str


class Verifier:
    """Checks signatures against access keys, and that none comes twice (`wire/replays.py`). Threads may share it."""

    def __init__(self, find: Callable[[str], Credential | None]) -> None:
        """find: the credential of an access key id, None where there is no such key."""
        self._find = find
        self._replays = Replays(CLOCK_SKEW)
        # Stands in for unknown keys, which are then as much work as known ones and cannot be told by time.
        self._nobody = Credential(secrets.token_hex(20))
        self._signing_keys: dict[tuple[str, str, str], bytes] = {}

    def verify(
        self, method: str, raw_path: bytes, raw_query: bytes, headers: Headers, body: bytes, now: datetime
    ) -> Identity:
        """Who signed the request. raw_path, raw_query: as received, percent signs and all. now: when it came, aware.

        Raises MissingAuthenticationToken, IncompleteSignature, UnrecognizedClient, ExpiredToken or InvalidSignature.
        """
        values = _by_name(headers)
        authorization = _authorization(values, raw_query)
        signed_at = _signed_at(values)
        _check_scope(authorization, signed_at)
        _check_signed_headers(authorization, values)
        _check_skew(signed_at, now)
        head = (method, _canonical_path(raw_path), _canonical_query(raw_query))
        request = _canonical_request(head, authorization, values, _body_hash(values, body))
        known = self._find(authorization.access_key_id)
        credential = known or self._nobody
        signature = self._signature(credential.secret, authorization, signed_at, request)
        is_signed = _are_equal(signature, authorization.signature)
        has_token = _are_equal(credential.session_token or "", values.get("x-amz-security-token", ""))
        if known is None or not has_token:
            raise errors.UnrecognizedClient("The security token included in the request is invalid.")
        if not is_signed:
            raise _mismatch(values, raw_path)
        if known.expires is not None and now >= known.expires:
            raise errors.ExpiredToken("The security token included in the request is expired")
        self._replays.check(signature, signed_at, now)
        return Identity(authorization.access_key_id, authorization.region)

    def _signature(self, secret: str, authorization: "_Authorization", signed_at: datetime, request: str) -> str:
        scope = "/".join((authorization.date, authorization.region, SERVICE, TERMINATOR))
        request_hash = hashlib.sha256(request.encode(_ENCODING)).hexdigest()
        text = "\n".join((ALGORITHM, signed_at.strftime(_TIMESTAMP), scope, request_hash))
        key = self._signing_key(secret, authorization.date, authorization.region)
        return hmac.new(key, text.encode(_ENCODING), hashlib.sha256).hexdigest()

    def _signing_key(self, secret: str, date: str, region: str) -> bytes:
        key = self._signing_keys.get((secret, date, region))
        if key is None:
            if len(self._signing_keys) >= _MOST_SIGNING_KEYS:
                self._signing_keys.clear()
            key = signing_key(secret, date, region, SERVICE)
            self._signing_keys[secret, date, region] = key
        return key


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key a day's requests to one region are signed with. date: "20150830"."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def region_of(headers: Headers, default: str) -> str:
    """The region a request says it is for, `default` where it says none; believes what it reads."""
    for parameter in _by_name(headers).get("authorization", "").replace(" ", ",").split(","):
        name, _, value = parameter.partition("=")
        scope = value.split("/")
        if name == "Credential" and len(scope) == 5 and _REGION.fullmatch(scope[2]):
            return scope[2]
    return default


@dataclass(frozen=True, slots=True)
class _Authorization:
    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str


def _by_name(headers: Headers) -> dict[str, str]:
    """Values trimmed, inner white space collapsed; those of a header that comes twice joined by a comma."""
    values: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode(_ENCODING).lower()
        value = b" ".join(raw_value.split()).decode(_ENCODING)
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _authorization(values: Mapping[str, str], raw_query: bytes) -> _Authorization:
    header = values.get("authorization")
    is_presigned = any(pair.partition(b"=")[0] == b"X-Amz-Algorithm" for pair in raw_query.split(b"&"))
    if header is None:
        hint = ": a presigned query does not cover the body and is not accepted" if is_presigned else ""
        raise errors.MissingAuthenticationToken(f"Missing Authentication Token{hint}")
    if is_presigned:
        raise errors.InvalidSignature(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        )
    parameters = _parameters(header)
    lacking = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not parameters.get(name)
    ]
    if not (values.get("x-amz-date") or values.get("date")):
        lacking.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if lacking:
        raise errors.IncompleteSignature(f"{' '.join(lacking)} Authorization={header}")
    scope = parameters["Credential"].split("/")
    if len(scope) != 5 or not _REGION.fullmatch(scope[2]):
        raise errors.IncompleteSignature(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{parameters['Credential']}'"
        )
    access_key_id, date, region, service, terminator = scope
    signed_headers = tuple(parameters["SignedHeaders"].split(";"))
    return _Authorization(access_key_id, date, region, service, terminator, signed_headers, parameters["Signature"])


def _parameters(header: str) -> dict[str, str]:
    scheme, _, rest = header.partition(" ")
    if scheme != ALGORITHM:
        # Not echoed: another scheme's header may be a secret as it stands.
        raise errors.IncompleteSignature(f"The algorithm in the Authorization header has to be {ALGORITHM}.")
    parameters: dict[str, str] = {}
    for text in filter(None, rest.split(",")):
        name, equals, value = text.strip().partition("=")
        if not equals or name in parameters:
            raise errors.IncompleteSignature(
                f"'{text.strip()}' is not a key=value pair that comes once in Authorization header: '{header}'."
            )
        parameters[name] = value
    return parameters


def _signed_at(values: Mapping[str, str]) -> datetime:
    text = values.get("x-amz-date")
    try:
        parsed = datetime.strptime(text, _TIMESTAMP) if text else parsedate_to_datetime(text := values["date"])
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise errors.IncompleteSignature(f"Date must be in ISO-8601 'basic format'. Got '{text}'.") from error


def _check_skew(signed_at: datetime, now: datetime) -> None:
    signed, today = signed_at.strftime(_TIMESTAMP), now.strftime(_TIMESTAMP)
    if signed_at < now - CLOCK_SKEW:
        limit = (now - CLOCK_SKEW).strftime(_TIMESTAMP)
        raise errors.InvalidSignature(f"Signature expired: {signed} is now earlier than {limit} ({today} - 5 min.)")
    if signed_at > now + CLOCK_SKEW:
        limit = (now + CLOCK_SKEW).strftime(_TIMESTAMP)
        raise errors.InvalidSignature(
            f"Signature not yet current: {signed} is still later than {limit} ({today} + 5 min.)"
        )


def _check_scope(authorization: _Authorization, signed_at: datetime) -> None:
    wrong = []
    if authorization.service != SERVICE:
        wrong.append(f"Credential should be scoped to correct service: '{SERVICE}'.")
    if authorization.terminator != TERMINATOR:
        wrong.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{authorization.terminator}'."
        )
    stamp = signed_at.strftime(_TIMESTAMP)
    if authorization.date != stamp[:8]:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{authorization.date}' != '{stamp[:8]}', from '{stamp}'."
        )
    if wrong:
        raise errors.InvalidSignature(" ".join(wrong))


def _check_signed_headers(authorization: _Authorization, values: Mapping[str, str]) -> None:
    date = "x-amz-date" if values.get("x-amz-date") else "date"
    for name in ("host", date, "x-amz-target"):
        if name not in authorization.signed_headers and (name in values or name == "host"):
            raise errors.InvalidSignature(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")


def _body_hash(values: Mapping[str, str], body: bytes) -> str:
    actual = hashlib.sha256(body).hexdigest()
    if values.get("x-amz-content-sha256", actual) != actual:
        raise errors.InvalidSignature("The provided 'x-amz-content-sha256' header does not match what was computed.")
    return actual


def _canonical_request(
    head: tuple[str, str, str], authorization: _Authorization, values: Mapping[str, str], body_hash: str
) -> str:
    """What was signed. A header that was signed and did not arrive counts as empty, and so breaks the signature."""
    signed = authorization.signed_headers
    lines = [f"{name}:{values.get(name, '')}" for name in signed]
    return "\n".join((*head, *lines, "", ";".join(signed), body_hash))


def _canonical_path(raw_path: bytes) -> str:
    """Without dots and doubled slashes, and encoded once more, percent signs included: the rule for all but S3."""
    kept: list[bytes] = []
    for segment in raw_path.split(b"/"):
        if segment == b"..":
            kept = kept[:-1]
        elif segment not in (b"", b"."):
            kept.append(segment)
    end = b"/" if kept and raw_path.endswith(b"/") else b""
    return quote(b"/" + b"/".join(kept) + end, safe="/~")


def _canonical_query(raw_query: bytes) -> str:
    pairs = (pair.partition(b"=")[::2] for pair in raw_query.split(b"&") if pair)
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: bytes) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")


def _are_equal(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(_ENCODING), theirs.encode(_ENCODING))


def _mismatch(values: Mapping[str, str], raw_path: bytes) -> errors.InvalidSignature:
    return errors.InvalidSignature(
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. "
        f"The request came with Host '{values.get('host', '')}' and path '{raw_path.decode(_ENCODING)}'; "
        "a proxy that changes either breaks the signature."
    )
