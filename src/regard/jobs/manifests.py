"""Manifests: lists of pictures to be analysed, and the two files that are written of them.

    {"source-ref": "s3://bucket/key"}            a line of the list, one picture each
    {"source-ref": "...", "MEMBER": {...}}       a line of the results
    {"version": ..., "statistics": {...}, ...}   the summary, with an error for each line that has no result

Lines without anything on them are passed over, and counted where lines are numbered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from regard.jobs.records import Media

MOST_BYTES = 50 << 20  # of a manifest, as with Amazon
MOST_PICTURES = 10_000  # the same
MOST_LINE_BYTES = 100_000  # what Amazon allows a line of the manifests that it trains with
MOST_KEY_CHARACTERS = 1024  # as S3 has it
SPAN_LINES = 50  # a killed worker costs as many pictures at most
SOURCE = "source-ref"
VERSION = "1.0"  # of the summary's form

_ADDRESS = re.compile(r"s3://([^/]+)/(.+)", re.DOTALL)
_MARK = b"\xef\xbb\xbf"  # what some editors begin a file of UTF-8 with


class ManifestFault(Exception):
    """What is wrong with a manifest as a whole."""


class BrokenLine(Exception):
    """What is wrong with one line. `source`: what it names, where that much can be read."""

    def __init__(self, message: str, source: str | None = None) -> None:
        super().__init__(message)
        self.source = source


@dataclass(frozen=True, slots=True)
class Span:
    """Some lines of a manifest that follow each other."""

    start: int  # bytes from the file's beginning
    end: int
    line: int  # number of the first, from 1
    pictures: int

    def to_json(self) -> dict[str, int]:
        """For `Step.span`."""
        return {"start": self.start, "end": self.end, "line": self.line, "pictures": self.pictures}


def spans_of(path: Path) -> tuple[Span, ...]:
    """A manifest in parts of `SPAN_LINES` pictures; one line is in memory.

    Raises ManifestFault where it has no lines or more than `MOST_PICTURES`.
    """
    spans: list[Span] = []
    start, first, pictures, total = 0, 1, 0, 0
    end = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            end += len(line)
            if not line.strip():
                continue
            pictures, total = pictures + 1, total + 1
            if pictures == SPAN_LINES:
                spans.append(Span(start, end, first, pictures))
                start, first, pictures = end, number + 1, 0
    if pictures:
        spans.append(Span(start, end, first, pictures))
    if not total:
        raise ManifestFault("The manifest has no lines")
    if total > MOST_PICTURES:
        raise ManifestFault(f"The manifest has {total:,} lines; the limit is {MOST_PICTURES:,}")
    return tuple(spans)


def lines_of(path: Path, span: Span) -> Iterator[tuple[int, bytes]]:
    """The lines of a span that are not empty, with their numbers."""
    with path.open("rb") as file:
        file.seek(span.start)
        offset = span.start
        for number, line in enumerate(file, start=span.line):
            offset += len(line)
            if line.strip():
                yield number, line.removeprefix(_MARK) if number == 1 else line
            if offset >= span.end:
                return


def source_of(line: bytes) -> str:
    """What a line names. Raises BrokenLine."""
    if len(line) > MOST_LINE_BYTES:
        raise BrokenLine(f"The line has {len(line):,} bytes; the limit is {MOST_LINE_BYTES:,}")
    try:
        members = orjson.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BrokenLine(f"The line is not UTF-8: byte {error.start + 1} is {line[error.start]:#04x}") from error
    except orjson.JSONDecodeError as error:
        raise BrokenLine(f"The line is not JSON: {error.msg} at character {error.colno}") from error
    if not isinstance(members, dict):
        raise BrokenLine("The line is JSON and no object")
    source = members.get(SOURCE)
    if source is None:
        raise BrokenLine(f"The line has no '{SOURCE}'")
    if not isinstance(source, str):
        raise BrokenLine(f"'{SOURCE}' is no text")
    return source


def picture_of(source: str) -> Media:
    """The object that `s3://BUCKET/KEY` names. Raises BrokenLine."""
    found = _ADDRESS.fullmatch(source)
    if found is None:
        raise BrokenLine(f"'{SOURCE}' is '{source[:200]}', which is not of the form s3://BUCKET/KEY", source)
    bucket, key = found.groups()
    if len(key) > MOST_KEY_CHARACTERS:
        raise BrokenLine(f"The key has {len(key):,} characters; the limit is {MOST_KEY_CHARACTERS:,}", source)
    return Media(bucket, key)


def result_line(source: str, member: str, answer: Mapping[str, Any]) -> bytes:
    """A line of the results, with its end."""
    return orjson.dumps({SOURCE: source, member: answer}, option=orjson.OPT_APPEND_NEWLINE)


def error_entry(line: int, source: str | None, code: str, message: str) -> dict[str, Any]:
    """An error of the summary. Amazon misspells the line's number, and so does this, beside the right spelling."""
    named = {} if source is None else {SOURCE: source}
    return {"line-numer": line, "line-number": line, **named, "code": code, "message": message}


def summary(valid: int, errors: list[dict[str, Any]]) -> bytes:
    """The summary of a manifest of which `valid` lines have results."""
    counts = {
        "total-json-lines": valid + len(errors),
        "valid-json-lines": valid,
        "invalid-json-lines": len(errors),
    }
    members = {"version": VERSION, "statistics": counts, "errors": errors}
    return orjson.dumps(members, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
