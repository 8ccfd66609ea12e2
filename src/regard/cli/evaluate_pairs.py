"""Which pictures `regard evaluate` compares: pairs of a CSV file, or all pairs of a folder with a folder a person."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".gif", ".bmp"})
MOST_PICTURES = 5_000  # of a folder; all their pairs and scores are then 250 MB
MOST_VALUES = 50  # of a group column
_SAME = "same"


class BadInput(Exception):
    """What the caller asked cannot be measured. The message says which file and line, the value, and what is wanted."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What is compared."""

    pictures: tuple[str, ...]  # paths inside the folder of pictures, each once
    first: NDArray[np.int64]  # (N,) indices into pictures
    second: NDArray[np.int64]  # (N,)
    is_same: NDArray[np.bool_]  # (N,) of one person
    groups: dict[str, NDArray[np.str_]]  # (N,) values by group column


def read_pairs(file: Path, images: Path, wanted: Sequence[str]) -> Pairs:
    """The pairs of a CSV file with a header: two columns of pictures, `same` with 0 or 1, and group columns.

    The first two columns that are not `same` are the pictures, as paths inside `images`. wanted: group columns; all
    further ones where none is named. Raises BadInput.
    """
    header, rows = _table(file)
    if _SAME not in header or len(header) < 3:
        raise BadInput(
            f"{file} line 1: {','.join(header)!r} is no header of two picture columns and a column {_SAME!r}"
        )
    places = [place for place, name in enumerate(header) if name != _SAME]
    columns = _group_columns(file, [header[place] for place in places[2:]], wanted)
    indices: dict[str, int] = {}
    pairs: list[tuple[int, int, bool]] = []
    for line, row in rows:
        names = [_picture(file, line, row[place], images) for place in places[:2]]
        if names[0] == names[1]:
            raise BadInput(f"{file} line {line}: {names[0]} is compared with itself")
        flag = row[header.index(_SAME)].strip()
        if flag not in {"0", "1"}:
            raise BadInput(f"{file} line {line}: {_SAME} is {flag!r}; it must be 0 or 1")
        first, second = (indices.setdefault(name, len(indices)) for name in names)
        pairs.append((first, second, flag == "1"))
    groups = {name: np.array([row[header.index(name)].strip() for _, row in rows]) for name in columns}
    _require_few_values(file, groups)
    first_column, second_column = np.array([pair[:2] for pair in pairs], np.int64).reshape(-1, 2).T
    same_column = np.array([pair[2] for pair in pairs], bool)
    _require_both(file, same_column)
    return Pairs(tuple(indices), first_column, second_column, same_column, groups)


def _table(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each row with the line it ends on; empty lines are skipped."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{file} cannot be read as CSV in UTF-8: {error}") from error
    if not rows:
        raise BadInput(f"{file} is empty")
    header = [name.strip() for name in rows[0][1]]
    if len(set(header)) < len(header):
        raise BadInput(f"{file} line 1: {','.join(header)!r} names a column twice")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise BadInput(f"{file} line {line}: {len(row)} values for {len(header)} columns: {','.join(row)!r}")
    return header, rows[1:]


def _group_columns(file: Path, further: list[str], wanted: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in further:
            raise BadInput(
                f"--group {name}: {file} has no such column; it has {', '.join(further) or 'none'} to group by"
            )
    return list(dict.fromkeys(wanted)) or further


def _picture(file: Path, line: int, name: str, images: Path) -> str:
    stripped = name.strip()
    if not stripped or not (images / stripped).is_file():
        raise BadInput(f"{file} line {line}: there is no picture {stripped!r} in {images}")
    return stripped


def _require_both(source: Path, is_same: NDArray[np.bool_]) -> None:
    if is_same.all():
        raise BadInput(f"{source} has no pair of two people, so no false match can be counted")
    if not is_same.any():
        raise BadInput(f"{source} has no pair of one person, so no false non-match can be counted")


def _require_few_values(file: Path, groups: dict[str, NDArray[np.str_]]) -> None:
    for name, values in groups.items():
        if (count := len(np.unique(values))) > MOST_VALUES:
            raise BadInput(
                f"{file}: column {name} has {count} values, a group column at most {MOST_VALUES}; "
                "name the columns to group by with --group"
            )


def folder_pairs(images: Path) -> Pairs:
    """All pairs of a folder in which each folder holds one person's pictures. Raises BadInput."""
    files = sorted(_pictures(images))
    if not files:
        raise BadInput(f"{images} has no picture in a folder in it; without --pairs it must hold a folder a person")
    if len(files) > MOST_PICTURES:
        raise BadInput(
            f"{images} has {len(files)} pictures; all pairs are made of at most {MOST_PICTURES}: use --pairs"
        )
    names = [str(file.relative_to(images)) for file in files]
    _, people = np.unique([str(file.parent) for file in files], return_inverse=True)
    first, second = np.triu_indices(len(files), 1)
    is_same = people[first] == people[second]
    _require_both(images, is_same)
    return Pairs(tuple(names), first, second, is_same, {})


def _pictures(images: Path) -> Iterator[Path]:
    return (path for path in images.glob("*/*") if path.suffix.lower() in ENDINGS and path.is_file())
