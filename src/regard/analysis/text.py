"""Lines and words of text in a picture, in reading order.

A detector finds lines, each is cut out upright and read, and what was read is cut into words. Text that stands upright
or on its side is found whichever way it faces: a box taller than wide is read both ways and the surer reading stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.analysis import text_geometry
from regard.analysis.text_order import reading_order
from regard.analysis.text_words import WordSpan, words_of
from regard.models.ppocr_detection import TextDetector, TextSearch
from regard.models.ppocr_recognition import Reading, TextRecogniser

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_LEAST_CONFIDENCE = 0.5  # a line read with less is not text; rapidocr's `text_score`
_TALL = 1.5  # height to width from which a box may hold text on its side
_DOUBT = 0.9  # below it a line is read upside down as well
_FLIP_GAIN = 0.1  # what upside down must be surer by


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """Letters without a space between them."""

    text: str
    confidence: float  # 0..1, mean over the letters
    quad: Floats  # (4, 2) pixels, clockwise from the word's own top left, inside the picture


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Words that stand in one row, evenly spaced: at least one. What it says and where follows from them."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with single spaces between them."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """0..1, mean over the letters."""
        letters = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / letters

    @property
    def quad(self) -> Floats:
        """(4, 2) pixels, from the first word's start to the last word's end."""
        return text_geometry.spanning([word.quad for word in self.words])


class TextReader:
    """Finds and reads text. Safe to use from several threads."""

    def __init__(self, detector: TextDetector, recogniser: TextRecogniser, search: TextSearch | None = None) -> None:
        """search: how lines are looked for; None: as in photographs."""
        self._detector = detector
        self._recogniser = recogniser
        self._search = search or TextSearch()

    def read(self, image: Picture) -> list[Line]:
        """The lines of an (H, W, 3) RGB picture in reading order."""
        lines = [
            line
            for best in self._readings(image)
            for line in _lines(best.quad, words_of(best.reading, best.crop), image.shape[:2])
            if line.confidence >= _LEAST_CONFIDENCE
        ]
        order = reading_order([line.quad for line in lines], [len(line.words) for line in lines])
        return [lines[i] for i in order]

    def _readings(self, image: Picture) -> list["_Try"]:
        """The surest way to read each box."""
        boxes = [quad.corners for quad in self._detector.detect(image, self._search)]
        first = self._tries(image, [_ways_to_read(quad) for quad in boxes])
        doubtful = [i for i, best in enumerate(first) if best.is_doubtful]
        second = self._tries(image, [[text_geometry.turned(first[i].quad, 2)] for i in doubtful])
        for i, upside_down in zip(doubtful, second, strict=True):
            if upside_down.reading.confidence >= first[i].reading.confidence + _FLIP_GAIN:
                first[i] = upside_down
        return first

    def _tries(self, image: Picture, ways: Sequence[Sequence[Floats]]) -> list["_Try"]:
        """For each box the surest of its ways, all read together."""
        quads = [quad for box in ways for quad in box]
        crops = [text_geometry.upright(image, quad) for quad in quads]
        readings = self._recogniser.read(crops)
        tries = iter([_Try(*one) for one in zip(quads, readings, crops, strict=True)])
        return [_surest([next(tries) for _ in box]) for box in ways]


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """One way to read a box."""

    quad: Floats
    reading: Reading
    crop: Picture

    @property
    def is_doubtful(self) -> bool:
        """Whether it may be upside down: no reading of three letters and more that is not makes so little sense."""
        return len(self.reading.text) >= 3 and self.reading.confidence < _DOUBT


def _ways_to_read(quad: Floats) -> list[Floats]:
    width, height = text_geometry.size(quad)
    if height < _TALL * width:
        return [quad]
    return [quad, text_geometry.turned(quad, 1), text_geometry.turned(quad, -1)]


def _surest(tries: Sequence[_Try]) -> _Try:
    """The first unless another is surer; a single letter says nothing about which way it stands."""
    others = [one for one in tries[1:] if len(one.reading.text) > 1]
    return max([tries[0], *others], key=lambda one: one.reading.confidence)


def _lines(quad: Floats, spans: Sequence[WordSpan], shape: tuple[int, ...]) -> list[Line]:
    """The words of one box as lines: a wide gap parts them. Corners are brought inside the picture."""
    limit = np.array([shape[1], shape[0]], np.float32)
    lines: list[list[Word]] = []
    for span in spans:
        corners = np.clip(text_geometry.part(quad, span.start, span.end), 0, limit)
        word = Word(span.text, span.confidence, corners)
        if span.begins_line or not lines:
            lines.append([word])
        else:
            lines[-1].append(word)
    return [Line(tuple(words)) for words in lines]
