"""Access keys from a file in the form of `~/.aws/credentials`."""

import configparser
import stat
from datetime import UTC, datetime
from pathlib import Path

from regard.settings import SettingsError
from regard.wire.sigv4 import Credential

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_access_keys(path: Path) -> dict[str, Credential]:
    """Credentials by access key id.

    Each section has `aws_access_key_id`, `aws_secret_access_key` and, where they apply, `aws_session_token` and
    `expires` (ISO 8601 with its offset). Raises SettingsError for a file that is missing, that others may read, or
    that lacks a part; the message never holds a secret.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the access keys in {path} cannot be read: {error}") from error
    if mode & _FOR_OTHERS:
        raise SettingsError(f"{path} holds secrets and others may read it; run: chmod 600 {path}")
    sections = configparser.ConfigParser(interpolation=None)
    try:
        sections.read_string(text, str(path))
    except configparser.Error as error:
        raise SettingsError(f"{path} is not in the form of ~/.aws/credentials") from error
    keys: dict[str, Credential] = {}
    for name in sections.sections():
        key, credential = _credential(path, name, sections[name])
        if key in keys:
            raise SettingsError(f"access key {key} stands in {path} twice")
        keys[key] = credential
    if not keys:
        raise SettingsError(f"{path} holds no access key")
    return keys


def _credential(path: Path, name: str, section: configparser.SectionProxy) -> tuple[str, Credential]:
    key, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
    if not key or not secret:
        raise SettingsError(f"[{name}] in {path} needs aws_access_key_id and aws_secret_access_key")
    expires = section.get("expires")
    return key, Credential(secret, section.get("aws_session_token") or None, _time(path, name, expires))


def _time(path: Path, name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"[{name}] in {path}: expires is {text!r}; it must be like 2026-01-31T12:00:00+00:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
