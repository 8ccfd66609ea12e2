"""Runs of frames of one sort, of which technical cues are made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from regard.analysis.cards import Card

_SAME_GROUND = 16  # gray levels by which the ground of one card may change


class Sort(IntEnum):
    """What a frame is by its measures alone."""

    OTHER = 0
    BLACK = 1  # without sound
    LOUD_BLACK = 2
    CARD = 3  # something on a plain ground
    BLACK_CARD = 4  # so little on a ground so dark that the frame counts as black, without sound
    BARS = 5


BLACKS = frozenset({Sort.BLACK, Sort.BLACK_CARD})
CARDS = frozenset({Sort.CARD, Sort.BLACK_CARD})


@dataclass(frozen=True, slots=True)
class Run:
    """Frames of one sort, by number in the video, both ends included."""

    sort: Sort
    first: int
    last: int
    first_us: int
    last_us: int
    level: int  # gray level of the ground at its first frame
    value_sum: float  # of the frames: percent that are dark, or the bars' score
    is_cut: bool  # whether a cut is at its first frame
    cards: tuple[Card, ...]  # what was read on its frames

    @property
    def length_us(self) -> int:
        """From its first frame to its last."""
        return self.last_us - self.first_us

    @property
    def value(self) -> float:
        """Mean over its frames."""
        return self.value_sum / (self.last - self.first + 1)


def append(runs: list[Run], run: Run) -> None:
    """Adds a run behind the others: it goes on with the last one where it is of its sort and no cut is between."""
    last = runs[-1] if runs else None
    is_same = last is not None and last.sort == run.sort and abs(last.level - run.level) <= _SAME_GROUND
    if last is not None and is_same and not (run.is_cut and run.sort in CARDS):
        runs[-1] = _both(last, run)
    else:
        runs.append(run)


def groups(runs: Iterable[Run], sorts: frozenset[Sort]) -> list[Run]:
    """Runs of any of the sorts, those that follow each other without a gap as one."""
    found: list[Run] = []
    for run in runs:
        if run.sort not in sorts:
            continue
        if found and found[-1].last + 1 == run.first:
            found[-1] = _both(found[-1], run)
        else:
            found.append(run)
    return found


def outside(runs: Iterable[Run], spans: Sequence[tuple[int, int]]) -> list[Run]:
    """Runs that lie in none of the spans of frames; spans begin and end where runs do."""
    return [run for run in runs if not any(first <= run.first <= last for first, last in spans)]


def _both(earlier: Run, later: Run) -> Run:
    return Run(
        sort=earlier.sort,
        first=earlier.first,
        last=later.last,
        first_us=earlier.first_us,
        last_us=later.last_us,
        level=earlier.level,
        value_sum=earlier.value_sum + later.value_sum,
        is_cut=earlier.is_cut,
        cards=earlier.cards + later.cards,
    )
