"""What the kinds of analysis of videos share: a look at a time, milliseconds, short numbers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.jobs.kinds import Row
from regard.media.looks import Look

Chunks = Callable[[], Iterable[Sequence[Row]]]
_DECIMALS = 5  # a hundredth of a pixel of the largest pictures; rows without the other digits take half the room


class PictureAnalyser:
    """A chunk's analyser that looks at each picture by itself."""

    def __init__(self, look_at: Callable[[NDArray[np.uint8]], Iterable[Row]]) -> None:
        """look_at: rows of one (H, W, 3) RGB picture; each gets the time of its look as `Timestamp`."""
        self._look_at = look_at
        self._rows: list[Row] = []

    def add(self, look: Look) -> None:
        """As `ChunkAnalyser.add`."""
        if look.image is None:
            return
        rows = self._look_at(look.image)
        self._rows += [{"Timestamp": look.time_us // 1000, **rounded(row)} for row in rows]

    def rows(self) -> list[Row]:
        """As `ChunkAnalyser.rows`."""
        return self._rows


def rounded(value: Any) -> Any:
    """JSON with its numbers cut to five decimals."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(float(value), _DECIMALS) if isinstance(value, float | np.floating) else value


def each_row(chunks: Chunks) -> Iterator[Row]:
    """The rows of all chunks, one after the other."""
    for rows in chunks():
        yield from rows
