"""What of a data folder belongs in a backup."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regard.storage.errors import StorageError
from regard.storage.job_store import JOB_DATABASE
from regard.storage.open import DATABASE

JOBS_DATABASE = f"jobs/{JOB_DATABASE}"
BUCKETS = "buckets"
PARTS = (DATABASE, "vectors", "blobs", "ledger", "redactions", "jobs")
# What a process puts there for as long as it lives, and what a file system puts into its topmost folder.
_PASSING = frozenset(
    {"lock", "lost+found", "jobs/workers", "jobs/opening.lock"}
    | {f"{database}-{kind}" for database in (DATABASE, JOBS_DATABASE) for kind in ("wal", "shm")}
)


@dataclass(frozen=True, slots=True)
class Contents:
    """Names relative to the data folder, parts separated by "/", each folder before what is in it."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    strangers: tuple[str, ...]  # at the top of the folder, not Regard's, and not to be backed up


def contents_of(folder: Path, *, has_buckets: bool) -> Contents:
    """What is to be backed up. Nobody may change the folder meanwhile.

    Raises StorageError where nothing is, and for a link or a device in a part; a part itself may be a link.
    """
    wanted = {*PARTS, BUCKETS} if has_buckets else {*PARTS}
    present = {entry.name for entry in os.scandir(folder)}
    if not present & {*PARTS}:
        raise StorageError(f"{folder} holds no data of Regard's")
    folders: list[str] = []
    files: list[str] = []
    for name in sorted(present & wanted):
        for path, is_folder in _below(folder, name):
            (folders if is_folder else files).append(path)
    strangers = present - {*PARTS, BUCKETS} - _PASSING
    return Contents(tuple(folders), tuple(files), tuple(sorted(strangers)))


def _below(top: Path, name: str) -> Iterator[tuple[str, bool]]:
    """A part and everything in it, as names and whether it is a folder."""
    if not (top / name).is_dir():
        yield name, False
        return
    yield name, True
    waiting = [name]
    while waiting:
        with os.scandir(top / waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                path = Path(entry.path).relative_to(top).as_posix()
                if path in _PASSING:
                    continue
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not entry.is_file(follow_symlinks=False):
                    raise StorageError(f"{entry.path} is neither a file nor a folder; a backup holds nothing else")
                yield path, is_folder
                if is_folder:
                    waiting.append(path)
