"""The write-ahead journal: what is durable and not in tiles yet.

    journal/FIRST       FIRST, 20 digits: the index of the first entry that it may hold

A file is groups, each written by one call and durable when that returns:

    b"RGDJ" | payload length u32 | payload | SHA-256 of the payload
    payload = index of the first entry u64 | how many u32 | entries, each after its length u16 |
              length u16 and text of the signed checkpoint of the log up to this group

Numbers have their big end first. A crash leaves a group cut off, or with holes, at the end of the last file, and that
one was never acknowledged. A group that is wrong with a right one after it was changed.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from regard.ledger.errors import LedgerCorrupt, LedgerError
from regard.ledger.files import failures, sync_folder, write_all
from regard.ledger.tiles import bundle, unbundled

FOLDER = "journal"
_MAGIC = b"RGDJ"
_HEADER = struct.Struct(">4sI")
_START = struct.Struct(">QI")
_CHECK_BYTES = 32
_NAME_DIGITS = 20
# A group must fit its length field, and memory several times over.
MOST_GROUP_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that were made durable at once."""

    first: int
    entries: Sequence[bytes]
    note: bytes  # the signed checkpoint after them
    place: str = ""  # the file, and where in it

    @property
    def stop(self) -> int:
        """The size of the log after this group."""
        return self.first + len(self.entries)


@dataclass(frozen=True, slots=True)
class JournalFile:
    """What is in one file of the journal."""

    name: str
    groups: list[Group]
    good_bytes: int  # up to here it is groups
    size_bytes: int

    @property
    def first(self) -> int:
        """The index of the first entry that it may hold, as its name says."""
        return int(self.name)


def encoded(group: Group) -> bytes:
    """The bytes of a group."""
    payload = _START.pack(group.first, len(group.entries)) + bundle([*group.entries, group.note])
    return b"".join((_HEADER.pack(_MAGIC, len(payload)), payload, sha256(payload).digest()))


def journal_paths(folder: Path) -> list[Path]:
    """The files of the journal of the log in `folder`, in order."""
    found = (folder / FOLDER).glob("[0-9]" * _NAME_DIGITS)
    return sorted(found)


def read_file(path: Path) -> JournalFile:
    """What is in a file of the journal, up to where a crash tore it.

    Raises LedgerCorrupt where a group is wrong and a later one is right; FileNotFoundError where the file is gone.
    """
    data = path.read_bytes()
    groups: list[Group] = []
    start = 0
    while (found := _group_at(data, start, path.name)) is not None:
        group, start = found
        groups.append(group)
    later = data.find(_MAGIC, start + 1)
    while later >= 0:
        if _group_at(data, later, path.name) is not None:
            raise LedgerCorrupt("a group of the journal was changed", _place(path.name, start))
        later = data.find(_MAGIC, later + 1)
    return JournalFile(path.name, groups, start, len(data))


def read_groups(files: Sequence[JournalFile]) -> Iterator[Group]:
    """The groups of all files, which are in order.

    Raises LedgerCorrupt where one is missing, wrong before the last file, or in another's place.
    """
    expected, end, is_whole = files[0].first if files else 0, "", True
    for file in files:
        # A file is begun only when the one before is right to its end.
        if not is_whole or file.first != expected:
            raise LedgerCorrupt(f"the journal does not go on to entry {file.first}, where the next file begins", end)
        for group in file.groups:
            if group.first != expected:
                raise LedgerCorrupt(f"a group begins with entry {group.first}, not {expected}", group.place)
            yield group
            expected = group.stop
        end, is_whole = _place(file.name, file.good_bytes), file.good_bytes == file.size_bytes


def _place(name: str, start: int) -> str:
    return f"{FOLDER}/{name}, byte {start}"


def _group_at(data: bytes, start: int, name: str) -> tuple[Group, int] | None:
    """The group that begins at `start`, and where it ends; None where there is no right one."""
    if len(data) < start + _HEADER.size:
        return None
    magic, length = _HEADER.unpack_from(data, start)
    begin = start + _HEADER.size
    stop = begin + length
    if magic != _MAGIC or length < _START.size + 2 or stop + _CHECK_BYTES > len(data):
        return None
    payload = data[begin:stop]
    if sha256(payload).digest() != data[stop : stop + _CHECK_BYTES]:
        return None
    return _group(payload, _place(name, start)), stop + _CHECK_BYTES


def _group(payload: bytes, place: str) -> Group:
    first, count = _START.unpack_from(payload)
    *entries, note = unbundled(payload[_START.size :], place)
    if len(entries) != count:
        raise LedgerCorrupt(f"a group of {count} entries has {len(entries)}", place)
    return Group(first, entries, note, place)


class Journal:
    """Adds groups. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        """folder: the log's. Nothing is open until `rotate`."""
        self._folder = folder / FOLDER
        self._file = -1
        self._end_bytes = 0
        self._next = 0
        self._is_sound = True

    def check(self, size: int) -> None:
        """Raises LedgerError where it is not known that the journal ends with entry `size` - 1.

        So it is after `close`, and after a call that was interrupted or could not take back what it had written.
        """
        if self._file < 0 or not self._is_sound or self._next != size:
            raise LedgerError(f"nothing more is added to the journal in {self._folder} before the log is opened again")

    def append(self, group: Group) -> None:
        """Return once the group is on the disk.

        Raises LedgerFull or LedgerError; nothing of it is there then, unless the message says that it may be.
        """
        data = encoded(group)
        self._is_sound = False
        with failures(f"write to the journal in {self._folder}"):
            try:
                write_all(self._file, data)
            except BaseException:
                self._cut_back()
                raise
        self._end_bytes += len(data)
        self._next = group.stop
        self._is_sound = True

    def rotate(self, first: int) -> None:
        """Groups from entry `first` on go into a file of their own. Raises OSError; then all is as it was."""
        path = self._folder / f"{first:0{_NAME_DIGITS}}"
        is_new = not path.exists()
        # O_DSYNC: one call writes and waits for the disk, so that a busy interpreter is waited for once, not twice.
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_DSYNC | os.O_CLOEXEC, 0o600)
        try:
            end_bytes = os.fstat(file).st_size
            sync_folder(self._folder)
        except BaseException:
            os.close(file)
            if is_new:
                self._take_back(path)
            raise
        self.close()
        self._file, self._end_bytes, self._next = file, end_bytes, first

    def remove_before(self, first: int) -> None:
        """Removes the files whose entries are all before `first`, the name of the present file. Raises OSError."""
        for path in journal_paths(self._folder.parent):
            if int(path.name) < first:
                path.unlink()

    def close(self) -> None:
        """Nothing may be added after this."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _take_back(self, path: Path) -> None:
        """Removes a file that is not begun after all: groups that go on in the one before would contradict its name."""
        try:
            path.unlink()
        except OSError:
            self._is_sound = False

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._file, self._end_bytes)
            os.fsync(self._file)
        except OSError as error:
            raise LedgerError(
                f"could not write to the journal in {self._folder}, nor take back what may be there now: {error}"
            ) from error
        self._is_sound = True
