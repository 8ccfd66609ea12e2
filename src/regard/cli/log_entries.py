"""Entries of the log as people ask for them and read them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from regard.ledger.entries import moment_text, parse
from regard.ledger.reader import LogFiles

_LONGEST_TEXT = 40  # of one value in a table


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; None is any. Times are texts as entries have them, which sort as times do."""

    act: str | None = None
    collection: str | None = None
    principal: str | None = None
    since: str | None = None
    until: str | None = None

    def takes(self, entry: dict[str, Any]) -> bool:
        """Whether an entry is wanted."""
        named = (("act", self.act), ("collection", self.collection), ("principal", self.principal))
        if any(wanted is not None and entry.get(member) != wanted for member, wanted in named):
            return False
        ended = str(entry.get("ended", ""))
        return (self.since is None or ended >= self.since) and (self.until is None or ended <= self.until)


def matching(log: LogFiles, wanted: Filter, first: int, stop: int | None) -> Iterator[tuple[int, bytes]]:
    """Index and bytes of the wanted entries. What is no entry is passed over, unless everything is wanted."""
    for index, data in enumerate(log.entries(first, stop), first):
        try:
            is_wanted = wanted.takes(parse(data))
        except ValueError:
            is_wanted = wanted == Filter()
        if is_wanted:
            yield index, data


def moment_text_of(text: str | None, *, is_end: bool = False) -> str | None:
    """A date or a time as entries have it; a date is its first moment, or its last. Raises ValueError."""
    if text is None:
        return None
    try:
        if "T" in text or " " in text:
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.combine(date.fromisoformat(text), time.max if is_end else time.min, UTC)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time; it must be like 2026-11-23 or 2026-11-23T18:00:00+01:00") from error
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} needs its zone, as in 2026-11-23T18:00:00+01:00")
    return moment_text(int(moment.timestamp() * 1000))


def as_line(index: int, data: bytes) -> str:
    """A line of JSON: the index, and the entry in the very bytes that were hashed."""
    try:
        parse(data)
        return f'{{"index":{index},"entry":{data.decode()}}}'
    except ValueError:
        return json.dumps({"index": index, "no_entry": data.hex()})


def details_of(index: int, data: bytes) -> tuple[str, ...]:
    """The cells of a table."""
    try:
        entry = parse(data)
    except ValueError as error:
        return (f"{index}", "", "no entry", "", "", str(error))
    details = entry["details"] if isinstance(entry["details"], dict) else {"details": entry["details"]}
    told = [f"{name}={_short(value)}" for name, value in details.items()]
    if "personal" in entry:
        told.append("personal=sealed")
    cells = (entry["ended"], entry["act"], entry.get("collection", ""), entry["principal"])
    return (f"{index}", *map(str, cells), " ".join(told))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
