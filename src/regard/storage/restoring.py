"""A data folder out of a backup: whole, or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.storage.backup import Progress, errors_told
from regard.storage.backup_reading import ArchiveReader
from regard.storage.durable import sync_folder
from regard.storage.errors import BadBackup, StorageError
from regard.storage.open import DATABASE

_OF_FILE_SYSTEMS = "lost+found"  # stands in the topmost folder of some


@dataclass(frozen=True, slots=True)
class Restored:
    """What `restore` has done."""

    header: Mapping[str, Any]  # what the archive says of itself
    files: int


def restore(archive: Path, folder: Path, progress: Progress) -> Restored:
    """Make the data folder that was backed up, in `folder`, which must be empty or not there.

    It gets its name once the hash of every file was compared. Raises BadBackup for an archive that is damaged or not a
    backup, StorageError where the folder is not empty or cannot be written, DiskFull; then nothing is left behind.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise StorageError(f"{folder} is not a folder; name one that is empty or not there")
    if folder.exists() and {*os.listdir(folder)} - {_OF_FILE_SYSTEMS}:
        raise StorageError(f"{folder} is not empty; restore into a new folder")
    with errors_told(folder), archive.open("rb") as file, _unfinished(folder) as unfinished:
        total = os.fstat(file.fileno()).st_size
        reader = ArchiveReader(archive, file, lambda more: progress(file.tell(), total))
        files = _unpack(reader, unfinished, archive)
        _sync_all(unfinished)
        _put_in_place(unfinished, folder)
    return Restored(reader.header, files)


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A private folder on the same disk, gone afterwards unless it was renamed."""
    # What is mounted cannot be replaced by another folder, and is a disk of its own.
    parent = folder if os.path.ismount(folder) else folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    unfinished = parent / f".{folder.name}.unfinished-{secrets.token_hex(8)}"
    unfinished.mkdir(mode=0o700)
    try:
        yield unfinished
    finally:
        if unfinished.exists():
            shutil.rmtree(unfinished)


def _unpack(reader: ArchiveReader, target: Path, archive: Path) -> int:
    files = 0
    for member in reader.members():
        path = target / member.name
        try:
            if member.isdir():
                path.mkdir(mode=0o700)
                continue
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.writelines(reader.chunks(member))
        except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
            raise BadBackup(f"{archive} holds {member.name} where it cannot be") from error
        files += 1
    return files


def _sync_all(top: Path) -> None:
    os.sync()  # first everything at once, for one by one it takes milliseconds a file
    for folder, _, names in os.walk(top):
        for name in names:
            sync_folder(Path(folder) / name)  # tells what could not be written, as of a file too
        sync_folder(Path(folder))


def _put_in_place(unfinished: Path, folder: Path) -> None:
    if unfinished.parent != folder:
        os.replace(unfinished, folder)
        sync_folder(folder.parent)
        return
    # The database last: what was broken off here has a log without its database, and no server starts with that.
    for path in sorted(unfinished.iterdir(), key=lambda one: one.name == DATABASE):
        path.rename(folder / path.name)
    sync_folder(folder)
