"""Cutting a line that was read into words, by its letters and by the empty columns between them.

The recognition network leaves out some spaces and knows its letters' places to 8 pixels only; the crop itself shows
where ink ends. Lengths here are pixels of a crop that is 48 high. They were chosen on the 25 receipts of
`bench/accuracy_text.py`: the rule for missing spaces brings 1.4 points of word accuracy there, and of the gaps between
two lines of its ground truth 16 of 35 are as wide as `_LINE_GAP` and 6 of 1,728 gaps inside a line are.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models.ppocr_recognition import Reading

_HEIGHT = 48
_MARGIN = 6  # rows at the top and the bottom that may show the neighbouring lines
_INK = 0.4  # of the strongest contrast to the background
_SPACE_GAP = 10.0
_SPACE_RATIO = 2.5  # to the upper quartile of the line's gaps between letters
_LINE_GAP = 40.0
_FIRST_IDEOGRAPH = "\u2e80"  # from here on scripts are written without spaces


@dataclass(frozen=True, slots=True)
class WordSpan:
    """One word of a reading and the part of the crop it takes, as shares of the crop's width."""

    text: str
    confidence: float  # 0..1, mean over its characters
    start: float
    end: float
    begins_line: bool  # the gap before it is too wide for words of one line


@dataclass(frozen=True, slots=True)
class _Gap:
    """Between two letters that follow each other: where the crop shows no ink, in pixels."""

    start: float
    end: float
    has_space: bool  # the network wrote one

    @property
    def width(self) -> float:
        return self.end - self.start


def words_of(reading: Reading, crop: NDArray[np.uint8]) -> list[WordSpan]:
    """The words of a reading of an (H, W, 3) crop, from left to right."""
    letters = [i for i, character in enumerate(reading.text) if not character.isspace()]
    if not letters:
        return []
    ink = ink_columns(crop)
    centres = reading.positions * len(ink)
    gaps = [_gap(ink, centres[i], centres[j], j > i + 1) for i, j in pairwise(letters)]
    least = _least_space(gaps)
    parts = [
        k for k, gap in enumerate(gaps) if gap.has_space or _is_space(reading.text, letters[k : k + 2], gap, least)
    ]
    inked = np.flatnonzero(ink)
    edge = (float(inked[0]), float(inked[-1] + 1)) if len(inked) else (0.0, float(len(ink)))
    starts = [min(edge[0], float(centres[letters[0]])), *(gaps[k].end for k in parts)]
    ends = [*(gaps[k].start for k in parts), max(edge[1], float(centres[letters[-1]]))]
    groups = np.split(np.array(letters), np.array(parts, dtype=int) + 1)
    return [
        WordSpan(
            "".join(reading.text[i] for i in group),
            float(reading.confidences[group].mean()),
            starts[n] / len(ink),
            ends[n] / len(ink),
            n > 0 and gaps[parts[n - 1]].width >= _LINE_GAP,
        )
        for n, group in enumerate(groups)
    ]


def ink_columns(crop: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which columns of a crop, scaled to a height of 48, show anything but background."""
    height, width = crop.shape[:2]
    method = cv2.INTER_AREA if height > _HEIGHT else cv2.INTER_LINEAR
    scaled = cv2.resize(crop, (max(1, -(-width * _HEIGHT // height)), _HEIGHT), interpolation=method)
    grey = cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY).astype(np.float32)[_MARGIN:-_MARGIN]
    contrast = np.abs(grey - np.median(grey))
    return np.asarray((contrast > _INK * np.percentile(contrast, 98)).any(0), np.bool_)


def _gap(ink: NDArray[np.bool_], left: float, right: float, has_space: bool) -> _Gap:
    """The widest run of empty columns between two letters' centres; the middle where no ink or no gap is seen."""
    first, last = int(left), min(int(right) + 1, len(ink))
    edges = np.flatnonzero(np.diff(~ink[first:last], prepend=False, append=False))
    if not len(edges) or not ink[first:last].any():
        middle = float(left + right) / 2
        return _Gap(middle, middle, has_space)
    starts, ends = edges[::2], edges[1::2]
    widest = int((ends - starts).argmax())
    return _Gap(float(first + starts[widest]), float(first + ends[widest]), has_space)


def _least_space(gaps: list[_Gap]) -> float:
    """How wide a gap in this line must be to be a space that the network left out."""
    inside = [gap.width for gap in gaps if not gap.has_space]
    if len(inside) < 3:
        return float("inf")
    return max(_SPACE_GAP, _SPACE_RATIO * float(np.percentile(inside, 75)))


def _is_space(text: str, pair: list[int], gap: _Gap, least: float) -> bool:
    return gap.width >= least and all(text[i] < _FIRST_IDEOGRAPH for i in pair)
