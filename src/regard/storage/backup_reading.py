"""Reading a backup that may be damaged, cut off, or made by somebody who means harm."""

import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

from regard.storage.backup_archive import FILES, FORM, HEADER, SEAL, HashingReader, OnBytes
from regard.storage.backup_contents import BUCKETS, PARTS
from regard.storage.errors import BadBackup

_CHUNK_BYTES = 1 << 20
# What Python's module raises for headers that are damaged, besides its own errors.
_DAMAGE = (tarfile.TarError, ValueError, OverflowError, EOFError)


class ArchiveReader:
    """Goes once through an archive. Nothing it gave is to be trusted until `check` has returned."""

    def __init__(self, path: Path, file: IO[bytes], on_bytes: OnBytes) -> None:
        """file: `path`, open. Raises BadBackup for what is no backup, or one of a form that is not known here."""
        self._path, self._on_bytes = path, on_bytes
        self._read: dict[str, tuple[int, str]] = {}  # size and hash of what was read, by name
        self._last = "its beginning"
        try:
            self._tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115  # holds nothing but `file`
        except _DAMAGE as error:
            raise BadBackup(f"{path} is no backup of Regard's") from error
        first = self._next()
        if first is None or first.name != HEADER:
            raise BadBackup(f"{path} is no backup of Regard's")
        self.header = self._json(first)
        if self.header.get("form") != FORM:
            raise BadBackup(f"{path} has the form {self.header.get('form')}; this version of Regard reads {FORM}")

    def members(self) -> Iterator[tarfile.TarInfo]:
        """The data folder's folders and files; each file is to be read by `chunks` before the next is asked for.

        Raises BadBackup for anything that would not lie in the data folder as a file or a folder.
        """
        while (member := self._next()) is not None:
            if member.name == FILES:
                self._check(member)
                return
            self._refuse_dangerous(member)
            yield member
        raise BadBackup(f"{self._path} ends or is damaged behind {self._last}")

    def chunks(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        """The bytes of a file. Raises BadBackup where the archive ends within it."""
        content = self._tar.extractfile(member)
        assert content is not None
        reader = HashingReader(content, self._on_bytes)
        left = member.size
        while left:
            try:
                data = reader.read(min(left, _CHUNK_BYTES))
            except _DAMAGE:
                data = b""
            if not data:
                raise BadBackup(f"{self._path} ends within {member.name}")
            left -= len(data)
            yield data
        self._read[member.name] = member.size, reader.sha256.hexdigest()

    def _next(self) -> tarfile.TarInfo | None:
        try:
            member = self._tar.next()
        except _DAMAGE as error:
            raise BadBackup(f"{self._path} ends or is damaged behind {self._last}") from error
        self._tar.members.clear()  # type: ignore[attr-defined]  # else it keeps a kilobyte for each file, for nothing
        if member is not None:
            self._last = member.name
        return member

    def _check(self, files: tarfile.TarInfo) -> None:
        """Holds what was read against the list at the end. Raises BadBackup, which names the first that differs."""
        read = dict(self._read)
        listed = self._json(files)
        self._check_seal(self._read[FILES][1])
        try:
            expected = {one["name"]: (one["bytes"], one["sha256"]) for one in listed["files"]}
        except (KeyError, TypeError) as error:
            raise BadBackup(f"{self._path} is damaged: {FILES} is no list of files") from error
        for name, was in expected.items():
            found = read.pop(name, None)
            if found is None:
                raise BadBackup(f"{self._path} lacks {name}")
            if found != was:
                raise BadBackup(f"{self._path} is damaged: {name} is not what was backed up")
        if read:
            raise BadBackup(f"{self._path} holds {next(iter(read))}, which is not in its list of files")

    def _check_seal(self, digest: str) -> None:
        seal = self._next()
        if seal is None or seal.name != SEAL or b"".join(self.chunks(seal)) != f"{digest}\n".encode():
            raise BadBackup(f"{self._path} is damaged: {FILES} is not the list that was made with it")

    def _json(self, member: tarfile.TarInfo) -> Mapping[str, Any]:
        data = b"".join(self.chunks(member)) if member.type == tarfile.REGTYPE else b""
        try:
            value = json.loads(data)
        except ValueError as error:
            raise BadBackup(f"{self._path} is damaged: {member.name} cannot be read") from error
        if not isinstance(value, dict):
            raise BadBackup(f"{self._path} is damaged: {member.name} cannot be read")
        return value

    def _refuse_dangerous(self, member: tarfile.TarInfo) -> None:
        path = PurePosixPath(member.name)
        is_inside = bool(path.parts) and ".." not in path.parts and path.parts[0] in (*PARTS, BUCKETS)
        if not is_inside or str(path) != member.name or "\0" in member.name:
            raise BadBackup(f"{self._path} holds {member.name!r}, which is no name within a data folder")
        if member.type not in (tarfile.REGTYPE, tarfile.DIRTYPE) or member.issparse():
            raise BadBackup(f"{self._path} holds {member.name}, which is neither a file nor a folder")
        if member.name in self._read:
            raise BadBackup(f"{self._path} holds {member.name} twice")
