"""What was asked lately, by whom: kept in memory, and never more than a fixed number of things."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

_REMEMBERED_SECONDS = 60.0

Key = TypeVar("Key")
Value = TypeVar("Value")


class Requests:
    """Requests that were let through within the last minute; each counts once, however often it asks.

    One thread at a time.
    """

    def __init__(self) -> None:
        self._through: deque[tuple[float, str]] = deque()
        self._known: set[str] = set()

    def wait(self, request: str, now: float, limit: int | None, seconds: float) -> float:
        """0 where the request is let through, else how many seconds until one would be.

        request: its id. limit: how many may come within `seconds`, which are a minute at most; None for any number.
        """
        self._forget(now)
        if request in self._known:
            return 0.0
        if limit is not None and len(self._through) >= limit:
            wait = self._through[-limit][0] + seconds - now
            if wait > 0:
                return wait
        self._through.append((now, request))
        self._known.add(request)
        return 0.0

    def _forget(self, now: float) -> None:
        while self._through and self._through[0][0] + _REMEMBERED_SECONDS <= now:
            self._known.discard(self._through.popleft()[1])


class Recent(Generic[Key, Value]):
    """One thing for each key that was used lately. One thread at a time."""

    def __init__(self, make: Callable[[], Value], most: int, seconds: float) -> None:
        """most: keys; the one not used for longest goes first. seconds: for how long an unused one is kept."""
        self._make = make
        self._most = most
        self._seconds = seconds
        self._kept: dict[Key, tuple[float, Value]] = {}  # the last used last

    def __len__(self) -> int:
        """How many there are."""
        return len(self._kept)

    def of(self, key: Key, now: float) -> Value:
        """The key's own; made where there is none, or none any more."""
        self.forget(now)
        found = self._kept.pop(key, None)
        value = self._make() if found is None else found[1]
        self._kept[key] = (now, value)
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return value

    def forget(self, now: float) -> None:
        """Drops what was not used for long."""
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest][0] + self._seconds > now:
                return
            del self._kept[oldest]

    def values(self) -> Iterator[Value]:
        """Those there are."""
        return (value for _, value in self._kept.values())
