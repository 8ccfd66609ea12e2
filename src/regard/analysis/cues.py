"""Technical cues: black frames, colour bars, slates and credits; whatever is none of them is content.

    finder = CueFinder(BlackRule())
    for chunk in chunks:
        finder.add(measured, cuts, loud, cards)
    finder.cues()

Every frame is sorted by its measures alone; only where it is a card, text on plain ground, does it matter what was read
on the pictures that were looked at. Memory grows with the runs of frames of one sort, not with the frames.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regard.analysis.cards import Card
from regard.analysis.credits import written_cues
from regard.analysis.cue_runs import BLACKS, Run, Sort, append, groups, outside
from regard.analysis.frame_measures import PIXELS, Measured
from regard.analysis.plain_ground import LEAST_GROUND, LEAST_MARKS

CueName = Literal["BlackFrames", "ColorBars", "Slate", "OpeningCredits", "EndCredits", "Content"]
Loud = Sequence[tuple[int, int]]  # microseconds, in order; the end is not included

_LEAST_BLACK_US = 100_000  # shorter ones are blinks and damage
_LEAST_BARS_US = 400_000
_LEAST_EVEN = 0.9  # share of even pixels that bars have at least


@dataclass(frozen=True, slots=True)
class BlackRule:
    """When a frame is black."""

    pixel_threshold: float = 0.2  # share of the luminance range up to which a pixel is
    coverage_percent: float = 99.0  # of the pixels that must be


@dataclass(frozen=True, slots=True)
class Cue:
    """Frames by number in the video, both included."""

    name: CueName
    first: int
    last: int
    confidence: float  # 50 to 100


@dataclass
class CueFinder:
    """Chunks of one video in order."""

    black: BlackRule
    _runs: list[Run] = field(default_factory=list)
    _frames: int = 0

    def add(self, measured: Measured, cuts: Sequence[int], loud: Loud, cards: Mapping[int, Card]) -> None:
        """The next chunk: its measures, its cuts by the frames' numbers in the video, where black frames have sound,
        and what was read, by the frame's number in the chunk.
        """
        frames = measured.frames
        if len(frames) == 0:
            return
        coverage = measured.dark[self.black.pixel_threshold] / PIXELS * 100
        sorts = self._sorts(frames, coverage, loud)
        values = np.where(sorts == Sort.BARS, frames["bars"], coverage)
        starts = sorted({0, *(np.flatnonzero(np.diff(sorts)) + 1).tolist(), *(cut - self._frames for cut in cuts)})
        for begin, end in zip(starts, [*starts[1:], len(frames)], strict=True):
            run = Run(
                sort=Sort(int(sorts[begin])),
                first=self._frames + begin,
                last=self._frames + end - 1,
                first_us=int(frames["time_us"][begin]),
                last_us=int(frames["time_us"][end - 1]),
                level=int(frames["ground_level"][begin]),
                value_sum=float(values[begin:end].sum()),
                is_cut=self._frames + begin in cuts,
                cards=tuple(card for number, card in sorted(cards.items()) if begin <= number < end),
            )
            append(self._runs, run)
        self._frames += len(frames)

    def cues(self) -> list[Cue]:
        """All cues in order and without gaps, once every chunk was added."""
        written = [Cue(cue.name, cue.first, cue.last, cue.confidence) for cue in written_cues(self._runs)]
        rest = outside(self._runs, [(cue.first, cue.last) for cue in written])
        blacks = [run for run in groups(rest, BLACKS) if run.length_us >= _LEAST_BLACK_US]
        bars = [run for run in groups(rest, frozenset({Sort.BARS})) if run.length_us >= _LEAST_BARS_US]
        cues = [Cue("BlackFrames", run.first, run.last, self._black_confidence(run)) for run in blacks]
        cues += [Cue("ColorBars", run.first, run.last, _bars_confidence(run)) for run in bars]
        return _with_content(sorted(cues + written, key=lambda cue: cue.first), self._frames)

    def _sorts(self, frames: NDArray[np.void], coverage: NDArray[np.float64], loud: Loud) -> NDArray[np.int64]:
        is_black = coverage >= self.black.coverage_percent
        is_card = (frames["ground"] >= LEAST_GROUND) & (frames["marks"] >= LEAST_MARKS)
        is_loud = np.zeros(len(frames), bool)
        for begin_us, end_us in loud:
            is_loud |= (frames["time_us"] >= begin_us) & (frames["time_us"] < end_us)
        sorts = np.where(is_black, np.where(is_loud, Sort.LOUD_BLACK, Sort.BLACK), Sort.OTHER)
        sorts = np.where(is_card, np.where(is_black & ~is_loud, Sort.BLACK_CARD, Sort.CARD), sorts)
        return np.where(frames["bars"] > 0, Sort.BARS, sorts)

    def _black_confidence(self, run: Run) -> float:
        spare = 100 - self.black.coverage_percent
        over = (run.value - self.black.coverage_percent) / spare if spare > 0 else 1.0
        return 50 + 50 * min(1.0, max(0.0, over))


def _bars_confidence(run: Run) -> float:
    return 50 + 50 * min(1.0, max(0.0, (run.value - _LEAST_EVEN) / (1 - _LEAST_EVEN)))


def _with_content(cues: Sequence[Cue], frames: int) -> list[Cue]:
    whole: list[Cue] = []
    behind = 0
    for cue in [*cues, Cue("Content", frames, frames, 100.0)]:
        if cue.first > behind:
            whole.append(Cue("Content", behind, cue.first - 1, 100.0))
        if cue.first < frames:
            whole.append(cue)
        behind = cue.last + 1
    return whole
