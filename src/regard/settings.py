"""Every setting, read once.

A setting comes from the command line, else from its environment variable, else from its default; the reference page
`docs/reference/settings.md` is made from this table.
"""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from regard import __version__

Limits = Literal["aws", "relaxed"]
FACE_MODELS = ("1.0", "2.0")
_PATHS = (Path, Path | None)
_ACCOUNT = re.compile("[0-9]{12}")
_URL = re.compile("[!-~]+")
_MQTT_TOPIC = re.compile(r"[^+#\0]{1,200}")
_WEBHOOK_PREFIX = "whsec_"


class SettingsError(Exception):
    """A setting has a value that cannot be used; the message names setting, value and what is allowed."""


def _processors() -> int:
    # `sched_getaffinity` sees the limits of a container's CPU set, where it exists.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Row:
    """What the reference page says of a setting."""

    variable: str
    unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one process; `ROWS` explains each."""

    host: str = "127.0.0.1"
    port: int = 8080
    data: Path = Path("regard-data")
    limits: Limits = "aws"
    weights: Path | None = None
    master_key_file: Path | None = None
    master_key: str | None = field(default=None, repr=False)
    face_model: str = "2.0"
    access_keys: Path | None = None
    workers: int = 0
    queue: int = 64
    max_body_bytes: int = 33_554_432
    body_seconds: int = 60
    job_workers: int = 1
    job_disk_bytes: int = 200_000_000_000
    account: str = "123456789012"
    region: str = "us-east-1"
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key_id: str | None = None
    s3_secret_access_key: str | None = field(default=None, repr=False)
    sns_endpoint: str | None = None
    sns_region: str = "us-east-1"
    sns_access_key_id: str | None = None
    sns_secret_access_key: str | None = field(default=None, repr=False)
    webhook_url: str | None = field(default=None, repr=False)  # many hold a secret in their path
    webhook_secret: str | None = field(default=None, repr=False)
    mqtt_url: str | None = None
    mqtt_topic: str = "regard/jobs"
    mqtt_user: str | None = None
    mqtt_password: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, environ: Mapping[str, str], **chosen: Any) -> "Settings":
        """Settings from `environ`, over which go those of `chosen` that are not None.

        Raises SettingsError.
        """
        values = {name: value for name, value in chosen.items() if value is not None}
        kinds = {row.name: row.type for row in fields(cls)}
        for name, row in ROWS.items():
            text = environ.get(row.variable, "")
            if text and name not in values:
                values[name] = _parsed(name, kinds[name], text, row.variable)
        settings = cls(**values)
        settings._check()
        return settings

    @property
    def worker_count(self) -> int:
        """`workers`, or the number of processors this process may use."""
        return self.workers or _processors()

    @property
    def streams(self) -> int:
        """Runs of one network that go on at once; each takes memory of its own, so no more than four."""
        return min(self.worker_count, 4)

    @property
    def threads(self) -> int:
        """Threads that serve one run, so that all streams together keep the processors busy."""
        return max(1, _processors() // self.streams)

    def told(self) -> dict[str, Any]:
        """What the log says of a start: every setting but secrets and the places of files."""
        shown = {row.name: getattr(self, row.name) for row in fields(self) if row.repr and row.type not in _PATHS}
        return shown | {"version": __version__}

    @property
    def webhook_keys(self) -> tuple[bytes, ...]:
        """What webhooks are signed with. Raises SettingsError, which does not repeat them."""
        return tuple(_webhook_key(word) for word in (self.webhook_secret or "").split())

    @property
    def buckets(self) -> Path:
        """The folder whose subfolders are buckets."""
        return self.data / "buckets"

    def make_folders(self) -> None:
        """Makes the data folder and the folder of buckets. Raises SettingsError where that cannot be done."""
        try:
            self.buckets.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"the data folder {self.data} cannot be made: {error.strerror}") from error

    def _check(self) -> None:
        if self.limits not in get_args(Limits):
            raise SettingsError(f"limits is {self.limits!r}; it must be one of {', '.join(get_args(Limits))}")
        for name, low, high in (
            ("port", 0, 65535),
            ("workers", 0, 256),
            ("queue", 0, 100_000),
            ("max_body_bytes", 1, 1 << 30),
            ("body_seconds", 1, 3600),
            ("job_workers", 0, 64),
            ("job_disk_bytes", 1, 1 << 60),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(f"{name} is {value}; it must be from {low} to {high}")
        if self.face_model not in FACE_MODELS:
            raise SettingsError(f"face_model is {self.face_model!r}; it must be one of {', '.join(FACE_MODELS)}")
        if not _ACCOUNT.fullmatch(self.account):
            raise SettingsError(f"account is {self.account!r}; it must be 12 digits")
        if self.s3_endpoint is not None and not self.s3_endpoint.startswith(("http://", "https://")):
            raise SettingsError(f"s3_endpoint is {self.s3_endpoint!r}; it must start with http:// or https://")
        if (self.s3_access_key_id is None) != (self.s3_secret_access_key is None):
            raise SettingsError("s3_access_key_id and s3_secret_access_key must be set together")
        self._check_notices()

    def _check_notices(self) -> None:
        if (self.sns_access_key_id is None) != (self.sns_secret_access_key is None):
            raise SettingsError("sns_access_key_id and sns_secret_access_key must be set together")
        if (self.webhook_url is None) != (self.webhook_secret is None):
            raise SettingsError("webhook_url and webhook_secret must be set together")
        if self.mqtt_password is not None and self.mqtt_user is None:
            raise SettingsError("mqtt_password is set without mqtt_user")
        if not _MQTT_TOPIC.fullmatch(self.mqtt_topic):
            raise SettingsError(f"mqtt_topic is {self.mqtt_topic!r}; it must be 1 to 200 characters without + and #")
        _check_address("sns_endpoint", self.sns_endpoint, ("http", "https"))
        _check_address("webhook_url", self.webhook_url, ("http", "https"))
        _check_address("mqtt_url", self.mqtt_url, ("mqtt", "mqtts"))
        if self.mqtt_url is not None and urlsplit(self.mqtt_url).path + urlsplit(self.mqtt_url).query:
            raise SettingsError("mqtt_url must be a scheme, a host and perhaps a port; mqtt_topic is set by itself")
        if self.webhook_secret is not None and not self.webhook_keys:
            raise SettingsError("webhook_secret is blank")


def _check_address(name: str, url: str | None, schemes: tuple[str, ...]) -> None:
    """Raises SettingsError, which does not repeat the URL: one that is wrong may hold a password."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise SettingsError(f"{name} is no URL") from error
    if not is_right or not _URL.fullmatch(url):
        raise SettingsError(
            f"{name} must be a URL that starts with {' or '.join(f'{scheme}://' for scheme in schemes)}"
        )
    if "@" in parts.netloc or "#" in url:
        raise SettingsError(f"{name} must have no user, password or fragment in it")


def _webhook_key(word: str) -> bytes:
    """A secret as Standard Webhooks 1.0.0 writes it."""
    try:
        key = base64.b64decode(word.removeprefix(_WEBHOOK_PREFIX), validate=True)
    except ValueError as error:
        raise SettingsError(
            f"webhook_secret must be {_WEBHOOK_PREFIX} and base64, or two of these with a space"
        ) from error
    if not word.startswith(_WEBHOOK_PREFIX) or not 24 <= len(key) <= 64:
        raise SettingsError(
            f"webhook_secret must be {_WEBHOOK_PREFIX} and the base64 of 24 to 64 bytes; it has {len(key)} bytes"
        )
    return key


def _parsed(name: str, kind: Any, text: str, variable: str) -> Any:
    if kind is int:
        try:
            return int(text)
        except ValueError as error:
            raise SettingsError(f"{variable} is {text!r}; {name} must be a whole number") from error
    return Path(text).expanduser() if kind in _PATHS else text


ROWS: Mapping[str, Row] = {
    "host": Row("REGARD_HOST", "address", "Where to listen; beyond loopback only with access keys."),
    "port": Row("REGARD_PORT", "TCP port", "Where to listen; 0 takes a free one."),
    "data": Row("REGARD_DATA", "folder", "State, and the folder `buckets` whose folders stand for buckets."),
    "limits": Row("REGARD_LIMITS", "`aws` or `relaxed`", "Amazon's limits and formats, or wider ones."),
    "weights": Row("REGARD_WEIGHTS", "folder", "Where networks are kept; the user's cache if unset."),
    "master_key_file": Row(
        "REGARD_MASTER_KEY_FILE", "file", "The key that all others are sealed under; made outside `data` if unset."
    ),
    "master_key": Row("REGARD_MASTER_KEY", "base64", "The same key as a value, 32 bytes, in place of a file."),
    "face_model": Row("REGARD_FACE_MODEL", "`1.0` or `2.0`", "Face networks of new collections and comparisons."),
    "access_keys": Row(
        "REGARD_ACCESS_KEYS", "file", "Operators' keys, which may do everything; others are made by `regard access`."
    ),
    "workers": Row("REGARD_WORKERS", "threads", "Requests worked on at once; 0 is one for each processor."),
    "queue": Row("REGARD_QUEUE", "requests", "Requests that may wait; a further one is throttled."),
    "max_body_bytes": Row("REGARD_MAX_BODY", "bytes", "Largest request body; above it the answer is 413."),
    "body_seconds": Row("REGARD_BODY_SECONDS", "seconds", "How long a client may take to send a request's body."),
    "job_workers": Row(
        "REGARD_JOB_WORKERS", "threads", "Jobs worked on at once in the server; others may have `regard worker`."
    ),
    "job_disk_bytes": Row(
        "REGARD_JOB_DISK", "bytes", "Disk that jobs and their results may take; above it none is taken on."
    ),
    "account": Row("REGARD_ACCOUNT", "12 digits", "The account number in resource names."),
    "region": Row("REGARD_REGION", "name", "The region of requests that carry no signature."),
    "s3_endpoint": Row("REGARD_S3_ENDPOINT", "URL", "An S3 service to read buckets from in place of `DATA/buckets`."),
    "s3_region": Row("REGARD_S3_REGION", "name", "The region that requests to it are signed for."),
    "s3_access_key_id": Row("REGARD_S3_ACCESS_KEY_ID", "text", "Its access key; requests are unsigned if unset."),
    "s3_secret_access_key": Row("REGARD_S3_SECRET_ACCESS_KEY", "text", "The key's secret."),
    "sns_endpoint": Row("REGARD_SNS_ENDPOINT", "URL", "An SNS service that `NotificationChannel` publishes to."),
    "sns_region": Row("REGARD_SNS_REGION", "name", "The region that requests to it are signed for."),
    "sns_access_key_id": Row("REGARD_SNS_ACCESS_KEY_ID", "text", "Its access key; requests are unsigned if unset."),
    "sns_secret_access_key": Row("REGARD_SNS_SECRET_ACCESS_KEY", "text", "The key's secret."),
    "webhook_url": Row("REGARD_WEBHOOK_URL", "URL", "Where the end of each job is posted, signed."),
    "webhook_secret": Row(
        "REGARD_WEBHOOK_SECRET", "`whsec_` and base64", "What signs it; while it is being changed, two with a space."
    ),
    "mqtt_url": Row("REGARD_MQTT_URL", "URL", "A broker, `mqtt://HOST:PORT` or `mqtts://`, told of each job's end."),
    "mqtt_topic": Row("REGARD_MQTT_TOPIC", "name", "The topic of these messages."),
    "mqtt_user": Row("REGARD_MQTT_USER", "text", "Whom the broker knows Regard as; nobody if unset."),
    "mqtt_password": Row("REGARD_MQTT_PASSWORD", "text", "That user's password."),
}
