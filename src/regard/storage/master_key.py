"""The master key: 32 bytes that open a data folder and are kept elsewhere.

A key file is one line of base64, readable by its owner alone.
"""

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from regard.storage.durable import sync_folder
from regard.storage.errors import KeyProblem
from regard.storage.keyring import KEY_BYTES, subkey

VARIABLE = "REGARD_MASTER_KEY"
FILE_VARIABLE = "REGARD_MASTER_KEY_FILE"
_CREDENTIAL = "regard-master-key"  # as in `LoadCredential=regard-master-key:PATH`, systemd.exec(5)
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key and where it came from."""

    key: bytes = field(repr=False)
    source: str  # in words, for messages
    file: Path | None = None  # the file that `regard keys rotate` may replace
    is_new: bool = False  # made just now

    @property
    def fingerprint(self) -> str:
        """16 hex digits that tell keys apart and say nothing of them."""
        return subkey(self.key, "fingerprint").hex()[:16]


def find_master_key(file: Path | None, value: str | None, environ: Mapping[str, str]) -> MasterKey | None:
    """The key from the first of these that is there: `value`, `file`, systemd's credentials, the default file.

    value: what REGARD_MASTER_KEY says. file: what REGARD_MASTER_KEY_FILE or --master-key says; it must exist.
    Raises KeyProblem for a key that is malformed, or in a file that others may read.
    """
    if value:
        return MasterKey(_decoded(value, VARIABLE), VARIABLE)
    if file is not None:
        return read_key_file(file)
    if folder := environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder) / _CREDENTIAL
        if credential.exists():
            return MasterKey(_decoded(_text(credential), str(credential)), f"the systemd credential {credential}")
    default = default_file(environ)
    return read_key_file(default) if default.exists() else None


def required_key(folder: Path, file: Path | None, value: str | None, environ: Mapping[str, str]) -> MasterKey:
    """`find_master_key` for a folder that holds data: KeyProblem where there is no key."""
    found = find_master_key(file, value, environ)
    if found is None:
        raise KeyProblem(
            f"{folder} holds data, but their master key is not in {VARIABLE}, {FILE_VARIABLE}, the systemd credential "
            f"{_CREDENTIAL} or {default_file(environ)}"
        )
    return found


def create_default(environ: Mapping[str, str]) -> MasterKey:
    """The key of the default file, which is made first if it is not there; of two who make it, one wins for both.

    Raises KeyProblem where it cannot be written or read.
    """
    path = default_file(environ)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = write_key_file(path, secrets.token_bytes(KEY_BYTES))
    except OSError as error:
        raise KeyProblem(f"the master key cannot be made in {path}: {error.strerror}") from error
    found = read_key_file(path)
    return MasterKey(found.key, found.source, path, is_new)


def default_file(environ: Mapping[str, str]) -> Path:
    """XDG_DATA_HOME/regard/master-key, else ~/.local/share/regard/master-key."""
    data = Path(environ.get("XDG_DATA_HOME", ""))
    # The XDG specification: a relative path is to be ignored.
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "regard" / "master-key"


def refuse_inside(folder: Path, file: Path) -> None:
    """Raises KeyProblem for a key file in the data folder, where whoever copies the data copies it too."""
    if file.resolve().is_relative_to(folder.resolve()):
        raise KeyProblem(f"the master key {file} must not lie in the data folder {folder}; name another file for it")


def pending_file(file: Path) -> Path:
    """Where the key is that is about to replace the one in `file`: `rekeying`."""
    return file.with_name(f"{file.name}.new")


def adopt_pending(file: Path) -> Path:
    """Move the pending key to `file`, and the key there to the file that is returned.

    Raises KeyProblem where that cannot be done; then both are where they were.
    """
    old_file = file.with_name(f"{file.name}.old-{read_key_file(file).fingerprint}")
    try:
        with suppress(FileExistsError):
            os.link(file, old_file)
        pending_file(file).replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise KeyProblem(f"{pending_file(file)} cannot be moved to {file}: {error.strerror}") from error
    return old_file


def read_key_file(path: Path) -> MasterKey:
    """The key in a file. Raises KeyProblem where it is missing, malformed, or others may read it."""
    text = _text(path)
    if path.stat().st_mode & _FOR_OTHERS:
        raise KeyProblem(f"{path} holds the master key and others may read it; run: chmod 600 {path}")
    return MasterKey(_decoded(text, str(path)), str(path), path)


def write_key_file(path: Path, key: bytes) -> bool:
    """Write a key where no file is yet, whole or not at all. Whether it was written; False where one is there."""
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces a key that another process has put there meanwhile.
        os.link(unfinished, path)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
        sync_folder(path.parent)
    return True


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except UnicodeDecodeError as error:
        raise KeyProblem(f"{path} does not hold a key in base64") from error
    except OSError as error:
        raise KeyProblem(f"the master key in {path} cannot be read: {error.strerror}") from error


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyProblem(f"the master key in {source} is not base64; make one with: openssl rand -base64 32") from error
    if len(key) != KEY_BYTES:
        raise KeyProblem(f"the master key in {source} is {len(key)} bytes; it must be {KEY_BYTES}")
    return key
