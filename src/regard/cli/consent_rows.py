"""Consents as people write them down, checked before anything is sent.

    grant_of(subject, purpose, expires, evidence, ...)    one, as `POST /v1/consents` takes it
    read_rows(file)                                       those of a CSV file, one row a person
    moment_of(text)                                       until when

The evidence stays where it is; only its SHA-256 goes to the server.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from regard.cli.remote import CommandError
from regard.errors import InvalidParameter
from regard.people.subject_names import check_subject

Grant = dict[str, Any]

_NEEDED = ("subject", "purpose", "expires", "evidence")
_ALLOWED = (*_NEEDED, "guardian", "keep_crops")
_WORDS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}
_MOST_TOLD = 20  # problems of one file


def grant_of(
    subject: str, purpose: str, expires: str, evidence: Path, guardian: str | None = None, keep_crops: bool = False
) -> Grant:
    """The members of a consent. Raises CommandError, which names the value."""
    try:
        check_subject(subject)
    except InvalidParameter as error:
        raise CommandError(error.message) from error
    if not purpose.strip():
        raise CommandError(f"the purpose of {subject!r} is empty")
    if guardian is not None and not guardian.strip():
        raise CommandError(f"the guardian of {subject!r} is empty")
    until = moment_of(expires)
    if until <= datetime.now(UTC):
        raise CommandError(f"expires is {expires!r}, which is past")
    return {
        "subject": subject,
        "purpose": purpose,
        "expires": until.isoformat(),
        "evidence_sha256": _hash(evidence),
        "guardian": guardian,
        "keep_crops": keep_crops,
    }


def read_rows(file: Path) -> list[Grant]:
    """The consents of a CSV file, in its order; paths of evidence are relative to it.

    Raises CommandError, which names every line that is wrong and why, OSError.
    """
    try:
        rows = list(_rows(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{file} is no CSV file in UTF-8: {error}") from error
    checked = _Checked(file.parent)
    problems = []
    for line, row in rows:
        try:
            checked.add(line, row)
        except CommandError as error:
            problems.append(f"{file} line {line}: {error}")
    if problems:
        told = problems[:_MOST_TOLD] + ([f"and {len(problems) - _MOST_TOLD} more"] * (len(problems) > _MOST_TOLD))
        raise CommandError("nothing was recorded\n" + "\n".join(told))
    if not checked.grants:
        raise CommandError(f"{file} holds no row")
    return checked.grants


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of a line by column, and how many it has too many or too few of."""

    cells: dict[str, str]
    surplus: int


class _Checked:
    """Rows that are right by themselves and beside each other: one row a person, evidence of their own each."""

    def __init__(self, folder: Path) -> None:
        self.grants: list[Grant] = []
        self._folder = folder
        self._subject_lines: dict[str, int] = {}
        self._evidence_lines: dict[str, int] = {}

    def add(self, line: int, row: _Row) -> None:
        """Raises CommandError."""
        if row.surplus:
            raise CommandError(f"{abs(row.surplus)} cells too {'many' if row.surplus > 0 else 'few'}")
        cells = row.cells
        word = cells.get("keep_crops", "").lower()
        if word not in _WORDS:
            raise CommandError(f"keep_crops is {cells['keep_crops']!r}; it must be yes or no")
        if not cells["evidence"]:
            raise CommandError(f"{cells['subject']!r} has no evidence")
        grant = grant_of(
            cells["subject"],
            cells["purpose"],
            cells["expires"],
            self._folder / cells["evidence"],
            cells.get("guardian") or None,
            _WORDS[word],
        )
        _check_new(self._subject_lines, grant["subject"], line, lambda at: f"{grant['subject']!r} is on line {at} too")
        _check_new(
            self._evidence_lines,
            grant["evidence_sha256"],
            line,
            lambda at: f"evidence {cells['evidence']!r} is that of line {at} too; each person needs their own",
        )
        self.grants.append(grant)


def _check_new(seen: dict[str, int], value: str, line: int, problem: Callable[[int], str]) -> None:
    if value in seen:
        raise CommandError(problem(seen[value]))
    seen[value] = line


def _rows(file: Path) -> Iterator[tuple[int, _Row]]:
    """Line and cells; empty lines are passed over. Raises CommandError for a heading that will not do."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        names = [name.strip() for name in next(reader, [])]
        missing = [name for name in _NEEDED if name not in names]
        unknown = [name for name in names if name not in _ALLOWED]
        if missing or unknown or len(set(names)) != len(names):
            raise CommandError(
                f"{file} line 1: the columns are {', '.join(names) or 'none'}; "
                f"there must be {', '.join(_NEEDED)}, and may be guardian and keep_crops, each once"
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                named = dict(zip(names, (cell.strip() for cell in cells), strict=False))
                yield reader.line_num, _Row(named, len(cells) - len(names))


def moment_of(text: str) -> datetime:
    """A date means its end in UTC; a time needs its zone. Raises CommandError."""
    try:
        if "T" not in text and " " not in text:
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"expires is {text!r}; it must be a date like 2027-06-30, or a time like 2027-06-30T18:00:00+02:00"
        ) from error
    if moment.tzinfo is None:
        raise CommandError(f"expires is {text!r}; a time needs its zone, as in 2027-06-30T18:00:00+02:00")
    return moment


def _hash(evidence: Path) -> str:
    """SHA-256 in hex. Raises CommandError for a file that is missing or empty."""
    try:
        with evidence.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        if evidence.stat().st_size == 0:
            raise CommandError(f"evidence {str(evidence)!r} is empty")
    except OSError as error:
        raise CommandError(f"evidence {str(evidence)!r} cannot be read: {error.strerror}") from error
    return digest.hexdigest()
