"""The form of a backup: a tar archive, so that it can be looked into without Regard.

    regard-backup.json              the form's number, the version of Regard, when it was made
    regard.sqlite, vectors/..., ... the data folder's files
    regard-backup-files.json        size and SHA-256 of everything before
    regard-backup-files.sha256      the SHA-256 of that list

It is not compressed: vectors and crops look random, results of jobs are compressed already, and a bit that flips spoils
one file, which is named.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

FORM = 1
HEADER = "regard-backup.json"
FILES = "regard-backup-files.json"
SEAL = "regard-backup-files.sha256"

OnBytes = Callable[[int], None]
"""Called with how many bytes more were read."""


class ArchiveWriter:
    """Writes one archive. Raises whatever reading and writing raise."""

    def __init__(self, file: IO[bytes], header: Mapping[str, Any], on_bytes: OnBytes) -> None:
        """file: to be written from its beginning; it stays open. header: JSON for whoever looks into the archive."""
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # `close` closes it
        self._on_bytes = on_bytes
        self._files: list[dict[str, Any]] = []
        self._add_bytes(HEADER, _json({"form": FORM, **header}))

    def add_folder(self, name: str, source: Path) -> None:
        """A folder, without what is in it."""
        info = _info(name, os.stat(source))
        info.type = tarfile.DIRTYPE
        self._add(info, None)

    def add_file(self, name: str, source: Path) -> None:
        """A file, as long as it is now."""
        with source.open("rb") as file:
            status = os.fstat(file.fileno())
            info = _info(name, status)
            info.size = status.st_size
            self._add_hashed(info, file, self._on_bytes)

    def close(self) -> None:
        """Ends the archive with the list of its files."""
        files = _json({"files": self._files})
        self._add_bytes(FILES, files)
        self._add_bytes(SEAL, hashlib.sha256(files).hexdigest().encode() + b"\n")
        self._tar.close()

    def _add_bytes(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._add_hashed(info, io.BytesIO(data), lambda more: None)

    def _add_hashed(self, info: tarfile.TarInfo, file: IO[bytes], on_bytes: OnBytes) -> None:
        reader = HashingReader(file, on_bytes)
        self._add(info, reader)
        self._files.append({"name": info.name, "bytes": info.size, "sha256": reader.sha256.hexdigest()})

    def _add(self, info: tarfile.TarInfo, content: "HashingReader | None") -> None:
        self._tar.addfile(info, content)
        self._tar.members.clear()  # type: ignore[attr-defined]  # else it keeps a kilobyte for each file, for nothing


class HashingReader:
    """Reads a file and keeps the hash of what was read."""

    def __init__(self, file: IO[bytes], on_bytes: OnBytes) -> None:
        self._file, self._on_bytes = file, on_bytes
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size`, or all of them; none at the end."""
        data = self._file.read(size)
        self.sha256.update(data)
        self._on_bytes(len(data))
        return data


def _info(name: str, status: os.stat_result) -> tarfile.TarInfo:
    """Without owners: whoever restores owns the files."""
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = status.st_mode & 0o777, int(status.st_mtime)
    return info


def _json(value: Mapping[str, Any]) -> bytes:
    # Names of files in buckets may hold bytes that are no UTF-8; only escaped can JSON carry them.
    return json.dumps(value, ensure_ascii=True, indent=1).encode() + b"\n"
