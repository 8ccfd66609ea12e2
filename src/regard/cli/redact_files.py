"""Which file becomes which, and what is refused before any work is done."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".gif", ".bmp")  # that are read
WRITTEN_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".webm")  # that are written
_OTHER_VIDEOS = (".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".wmv", ".flv", ".3gp", ".ogv", ".mxf")  # only read

# What is read and not written becomes this. A GIF may move, and a video keeps all of its frames.
_BECOMES = {".heic": ".jpg", ".heif": ".jpg", ".avif": ".jpg", ".bmp": ".png", ".gif": ".mp4"} | dict.fromkeys(
    _OTHER_VIDEOS, ".mp4"
)
_FINISHED = ".regard-finished"  # names of outputs, as hexadecimal bytes, a line each


class BadPath(Exception):
    """A path that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An input and where it goes."""

    source: Path
    target: Path

    @property
    def is_video(self) -> bool:
        """Whether a video is made of it, as the target's ending says."""
        return self.target.suffix.lower() in VIDEOS


class Wanted:
    """All that is to be done.

    Of a folder, a file in the output says what is finished, so that the same command goes on after it was stopped.
    """

    def __init__(self, pairs: Sequence[Pair], folder: Path | None = None, others: int = 0) -> None:
        """folder: the output folder; others: files that are neither pictures nor videos. Raises BadPath."""
        self.folder = folder
        self.others = others
        self._list = folder / _FINISHED if folder is not None else None
        done = self._list.read_text("utf-8").splitlines() if self._list is not None and self._list.is_file() else []
        self._finished = set(done)
        self.pairs = tuple(pair for pair in pairs if self._name(pair) not in self._finished)
        self.begun = len(pairs) - len(self.pairs)

    def finished(self, pair: Pair) -> None:
        """Keeps it in mind. Raises OSError."""
        if self._list is not None:
            with self._list.open("a", encoding="utf-8") as file:
                file.write(self._name(pair) + "\n")

    def end(self) -> None:
        """Nothing is left to do. Raises OSError."""
        if self._list is not None:
            self._list.unlink(missing_ok=True)

    def _name(self, pair: Pair) -> str:
        return os.fsencode(pair.target).hex()


def wanted(source: Path, target: Path, endings: Sequence[str], *, is_overwriting: bool) -> Wanted:
    """What `IN OUT` means. endings: that an output may have. Raises BadPath."""
    if not source.exists():
        raise BadPath(f"{source} is not there")
    if source.is_dir():
        return _of_folder(source, target, is_overwriting)
    if target.is_dir():
        target = target / source.name
    if target.suffix.lower() not in endings:
        raise BadPath(f"{target} ends in '{target.suffix}'; it can end in {', '.join(endings)}")
    check_target(source, target, is_overwriting=is_overwriting)
    return Wanted((Pair(source, target),))


def check_target(source: Path, target: Path, *, is_overwriting: bool) -> None:
    """Raises BadPath for a target that is the input itself, stands in no folder, or is there already."""
    if not target.parent.is_dir():
        raise BadPath(f"{target} cannot be made: there is no folder {target.parent}")
    if _is_same(source, target):
        raise BadPath(f"{target} is the input itself; the output needs a name of its own")
    if target.is_dir():
        raise BadPath(f"{target} is a folder")
    if target.exists() and not is_overwriting:
        raise BadPath(f"{target} is there already; --overwrite replaces it")


def _of_folder(source: Path, target: Path, is_overwriting: bool) -> Wanted:
    if target.exists() and not target.is_dir():
        raise BadPath(f"{target} is a file; what is made of a folder goes into a folder")
    if _is_same(source, target) or _is_inside(target, source):
        raise BadPath(f"{target} is the input folder or in it; the output needs a folder of its own")
    if not target.parent.is_dir():
        raise BadPath(f"{target} cannot be made: there is no folder {target.parent}")
    files = sorted(path for path in source.rglob("*") if path.is_file())
    found = [path for path in files if path.suffix.lower() in (*PICTURES, *VIDEOS, *_OTHER_VIDEOS)]
    if not found:
        raise BadPath(f"{source} has no picture and no video in it")
    work = Wanted([Pair(path, _placed(path, source, target)) for path in found], target, len(files) - len(found))
    for pair in work.pairs:
        if pair.target.exists() and not is_overwriting:
            raise BadPath(f"{pair.target} is there already; --overwrite replaces it")
    return work


def _placed(path: Path, source: Path, target: Path) -> Path:
    """The same place in another tree; what is not written in its own kind gets another ending behind its own."""
    placed = target / path.relative_to(source)
    return placed.with_name(placed.name + _BECOMES.get(path.suffix.lower(), ""))


def _is_same(one: Path, other: Path) -> bool:
    """Also by links and other names of one file."""
    if one.exists() and other.exists():
        return os.path.samefile(one, other)
    return one.resolve() == other.resolve()


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
