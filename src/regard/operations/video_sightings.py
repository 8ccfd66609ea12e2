"""The four views of named things that are seen in a video: by time or by name, at each look or in runs.

A *run* is one thing seen at consecutive looks. It begins at its first look and ends at the first one that does not show
the thing any more, or where the video ends. As cuts are looked at almost at once (`media/sampling.py`), a run that a
cut ends is right within 0.2 seconds; another one may be too long by the time between two looks.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from regard.jobs.kinds import Facts, Result, Row

Look = tuple[int, list[Row]]  # milliseconds, and the members of each thing seen: Name, Confidence, ...
SORTS, AGGREGATES = ("TIMESTAMP", "NAME"), ("TIMESTAMPS", "SEGMENTS")


def view_name(sort: str, aggregate: str) -> str:
    """Of the view that answers these two wishes."""
    return f"{sort}/{aggregate}"


class SightingViews:
    """Rows of all looks in the orders that clients may ask for. Each is read anew, so that nothing is held."""

    def __init__(self, member: str, looks: Callable[[], Iterable[Look]], facts: Facts, in_runs: Row) -> None:
        """member: what the thing's own members are called in a row. in_runs: what replaces some of them in runs."""
        self._member = member
        self._looks = looks
        self._duration_ms = int(facts.get("duration_ms") or 0)
        self._in_runs = in_runs

    def write(self, result: Result) -> None:
        """All four views."""
        by_name = self._by_name
        result.write(view_name("TIMESTAMP", "TIMESTAMPS"), self.sightings())
        result.write_sorted(view_name("NAME", "TIMESTAMPS"), self.sightings(), by_name)
        result.write_sorted(view_name("TIMESTAMP", "SEGMENTS"), self.runs(), self._by_start)
        result.write_sorted(view_name("NAME", "SEGMENTS"), self.runs(), by_name)

    def sightings(self) -> Iterator[Row]:
        """A row for each thing at each look, by time, at one look by name."""
        for time_ms, things in self._looks():
            for thing in sorted(things, key=_name):
                yield {"Timestamp": time_ms, self._member: thing}

    def runs(self) -> Iterator[Row]:
        """A row for each run, in the order in which they end."""
        running: dict[str, tuple[int, Row]] = {}
        last_ms = 0
        for last_ms, things in self._looks():
            seen = {thing["Name"]: thing for thing in things}
            yield from self._ended(running, running.keys() - seen.keys(), last_ms)
            for name, thing in seen.items():
                start_ms, surest = running.get(name, (last_ms, thing))
                running[name] = (start_ms, max(surest, thing, key=_confidence))
        yield from self._ended(running, set(running), max(last_ms, self._duration_ms))

    def _ended(self, running: dict[str, tuple[int, Row]], names: set[str], end_ms: int) -> Iterator[Row]:
        for name in sorted(names):
            start_ms, thing = running.pop(name)
            yield {
                "Timestamp": start_ms,
                "StartTimestampMillis": start_ms,
                "EndTimestampMillis": end_ms,
                "DurationMillis": end_ms - start_ms,
                self._member: {**thing, **self._in_runs},
            }

    def _by_name(self, row: Row) -> tuple[Any, ...]:
        thing = row[self._member]
        return thing["Name"], -thing["Confidence"], row["Timestamp"]

    def _by_start(self, row: Row) -> tuple[Any, ...]:
        return row["Timestamp"], row[self._member]["Name"]


def _name(thing: Row) -> str:
    return str(thing["Name"])


def _confidence(thing: Row) -> float:
    return float(thing["Confidence"])
