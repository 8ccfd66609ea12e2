"""Looks at made pictures, and a result that keeps what is written to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from regard.jobs.kinds import Kind, Row
from regard.media.looks import Look

FACTS: dict[str, Any] = {"duration_ms": 4000, "width": 200, "height": 100}


class KeptResult:
    """What a kind has written, by view."""

    def __init__(self) -> None:
        self.views: dict[str, list[Row]] = {}

    def write(self, view: str, rows: Iterable[Row]) -> None:
        """Keeps the rows."""
        self.views[view] = list(rows)

    def write_sorted(self, view: str, rows: Iterable[Row], key: Callable[[Row], Any]) -> None:
        """Keeps them sorted."""
        self.views[view] = sorted(rows, key=key)


def look(time_ms: int, number: int = 0, size: tuple[int, int] = (200, 100), *, has_image: bool = True) -> Look:
    """A look at a picture whose pixels all have this number, of `size` (width, height)."""
    width, height = size
    image = np.full((height, width, 3), number, np.uint8) if has_image else None
    return Look(time_ms, time_ms * 1000 + 999, False, np.zeros((72, 128, 3), np.uint8), image)


def settled(
    kind: Kind, wish: Mapping[str, Any], *chunks: Sequence[Look], others: Sequence[Mapping[str, Any]] = ()
) -> dict[str, list[Row]]:
    """The views of a job with this wish, found together with jobs of `others`."""
    rows = [_found(kind, [wish, *others], chunk) for chunk in chunks]
    result = KeptResult()
    kind.settle(lambda: iter(rows), wish, FACTS, result)
    return result.views


def _found(kind: Kind, wishes: Sequence[Mapping[str, Any]], looks: Sequence[Look]) -> list[Row]:
    analyser = kind.begin(wishes, FACTS)
    for one in looks:
        analyser.add(one)
    return analyser.rows()
