"""Which runs of cards are slates, opening credits or end credits: by where they stand and what was read on them.

Credits over moving pictures are not found, nor clapper boards within a scene. Text on a dark plain ground that stands
where credits stand is taken for them, whatever it says: no names are read for meaning. A video that is mostly cards,
such as recorded slides, has neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from regard.analysis.cue_runs import CARDS, Run, Sort

SLATE_FIELDS = 3
"""Fields that make a card a slate."""
SLATE_BEFORE_US = 180_000_000
"""From the start of the video, in which slates are looked for."""
DARK = 70
"""Gray level of the ground up to which a card may be one of credits."""

WrittenName = Literal["Slate", "OpeningCredits", "EndCredits"]

_SLATE_US = 500_000  # for which a slate stands at least
_SURE_FIELDS = 6  # from which a slate is beyond doubt
_CREDITS_US = 4_000_000  # that credits take at least
_GAP_US = 2_000_000  # between two cards of the same credits
_WITH_TEXT = 0.7  # of the looks at credits, at least
_LINES = 2.0  # a look, on average
_FROM_START_US, _TO_END_US = 30_000_000, 15_000_000  # in which opening credits begin, and end credits end, at most
_ELSEWHERE = 0.2  # of the rest of a video that may be cards as well, or else cards mean nothing in it


@dataclass(frozen=True, slots=True)
class Written:
    """A cue that is told by what is written on it. Frames by number, both included."""

    name: WrittenName
    first: int
    last: int
    confidence: float  # 50 to 100


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Cards that follow each other."""

    runs: tuple[Run, ...]

    @property
    def first_us(self) -> int:
        return self.runs[0].first_us

    @property
    def last_us(self) -> int:
        return self.runs[-1].last_us

    @property
    def share(self) -> float:
        """Of the looks that found text."""
        looks = [card for run in self.runs for card in run.cards]
        return sum(card.lines > 0 for card in looks) / len(looks) if looks else 0.0

    def is_text(self) -> bool:
        looks = [card for run in self.runs for card in run.cards]
        lines = sum(card.lines for card in looks)
        is_long = self.last_us - self.first_us >= _CREDITS_US
        return is_long and self.share >= _WITH_TEXT and lines >= _LINES * len(looks) > 0

    def named(self, name: WrittenName) -> Written:
        return Written(name, self.runs[0].first, self.runs[-1].last, 100 * self.share)


def written_cues(runs: Sequence[Run]) -> list[Written]:
    """Of all runs of a video in order; in order."""
    if not runs:
        return []
    slates = [run for run in runs if _is_slate(run)]
    cues = [Written("Slate", run.first, run.last, _slate_confidence(run)) for run in slates]
    stretches = [stretch for stretch in _stretches(runs, slates) if stretch.is_text()]
    opening, end = _opening(stretches, runs), _end(stretches, runs)
    chosen = [stretch for stretch in (opening, end) if stretch is not None]
    if _is_unusual(chosen, stretches, runs[-1].last_us):
        cues += [opening.named("OpeningCredits")] if opening is not None else []
        cues += [end.named("EndCredits")] if end is not None else []
    return sorted(cues, key=lambda cue: cue.first)


def _is_slate(run: Run) -> bool:
    fields = max((card.fields for card in run.cards), default=0)
    is_early = run.first_us <= SLATE_BEFORE_US and run.length_us >= _SLATE_US
    return run.sort in CARDS and is_early and fields >= SLATE_FIELDS


def _slate_confidence(run: Run) -> float:
    over = max(card.fields for card in run.cards) - SLATE_FIELDS + 1
    return 50 + 50 * min(1.0, over / (_SURE_FIELDS - SLATE_FIELDS + 1))


def _stretches(runs: Sequence[Run], slates: Sequence[Run]) -> list[_Stretch]:
    stretches: list[list[Run]] = []
    is_broken = True
    for run in runs:
        if run in slates or run.sort == Sort.BARS:
            is_broken = True
        elif run.sort in CARDS and run.level <= DARK:
            near = not is_broken and run.first_us - stretches[-1][-1].last_us <= _GAP_US
            stretches = stretches if near else [*stretches, []]
            stretches[-1].append(run)
            is_broken = False
    return [_Stretch(tuple(stretch)) for stretch in stretches]


def _opening(stretches: Sequence[_Stretch], runs: Sequence[Run]) -> _Stretch | None:
    lead_us = 0
    for run in runs:
        if run.sort == Sort.OTHER or (run.sort in CARDS and not _is_slate(run)):
            break
        lead_us = run.last_us
    end_us, first = runs[-1].last_us, next(iter(stretches), None)
    if first is None or first.first_us > lead_us + min(_FROM_START_US, end_us / 4):
        return None
    return first if first.last_us <= end_us / 2 else None


def _end(stretches: Sequence[_Stretch], runs: Sequence[Run]) -> _Stretch | None:
    end_us = runs[-1].last_us
    last = stretches[-1] if stretches else None
    is_last = last is not None and last.last_us >= end_us - _TO_END_US and last.first_us >= end_us / 2
    return last if is_last else None


def _is_unusual(chosen: Sequence[_Stretch], stretches: Sequence[_Stretch], end_us: int) -> bool:
    """Whether the video is no film of cards."""
    taken_us = sum(stretch.last_us - stretch.first_us for stretch in chosen)
    others_us = sum(stretch.last_us - stretch.first_us for stretch in stretches) - taken_us
    return others_us <= _ELSEWHERE * (end_us - taken_us)
