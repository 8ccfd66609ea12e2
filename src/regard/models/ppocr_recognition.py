"""What a line of text says: PP-OCRv6 small recognition, a network trained with CTC.

The network reads Latin, Greek, Chinese and Japanese letters, digits, signs and symbols: 18,709 characters. It does not
know Cyrillic, Arabic, Hebrew, Korean or Indian letters and answers with the nearest shapes it knows.
Source: PaddleOCR's PP-OCRv6; decoding: A. Graves et al., Connectionist Temporal Classification, 2006.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine
from regard.models.ppocr_charset import characters
from regard.models.weights import WeightStore

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

HEIGHT = 48  # of the network's input
_STEP = 8  # pixels of the network's input for each step of its output
_WIDEST = 80 * HEIGHT  # wider crops are squeezed: no line of print is that long for its height
_GRID = 64  # widths are padded up to it, so that the runtime meets few different sizes
_BATCH = 4  # crops a run; 8 and 16 are no faster on two cores and hold up to 100 MB more
_BLANK = 0  # CTC's class for "no character here"


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of one crop."""

    text: str  # empty when nothing was read
    confidence: float  # 0..1, mean over the characters; 0 for an empty text
    confidences: Floats  # (len(text),) 0..1
    positions: Floats  # (len(text),) centres of the characters as shares of the crop's width, ascending


class TextRecogniser:
    """Reads upright crops of single lines."""

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        path = store.path(cards.PPOCR_REC)
        self._network = engine.load(path, streams=1)
        self._characters = np.array(["", *characters(path)])

    def read(self, crops: Sequence[Picture]) -> list[Reading]:
        """Texts of (H, W, 3) RGB crops of any sizes, in the order given.

        A crop holds one line that runs from left to right, and little else.
        """
        readings: list[Reading] = [_NOTHING] * len(crops)
        lines = [_resized(crop) for crop in crops]
        for width, members in _batches(lines):
            probabilities = self._network.run(_input([lines[i] for i in members], width))[0]
            best = probabilities.argmax(2)
            certainty = np.take_along_axis(probabilities, best[..., None], 2)[..., 0]
            for row, i in enumerate(members):
                readings[i] = self._decoded(best[row], certainty[row], lines[i].shape[1])
        return readings

    def _decoded(self, classes: NDArray[np.int64], certainty: Floats, width: int) -> Reading:
        """CTC's greedy reading of one row: repeats are one character, blanks part repeats."""
        starts = np.flatnonzero(np.diff(classes, prepend=-1))
        ends = np.append(starts[1:], len(classes))
        is_character = classes[starts] != _BLANK
        starts, ends = starts[is_character], ends[is_character]
        if not len(starts):
            return _NOTHING
        confidences = np.asarray(certainty[starts], np.float32)
        centres = np.minimum((starts + ends) / 2 * _STEP / width, 1).astype(np.float32)
        text = "".join(self._characters[classes[starts]])
        return Reading(text, float(confidences.mean()), confidences, centres)


_NOTHING = Reading("", 0.0, np.zeros(0, np.float32), np.zeros(0, np.float32))


def _resized(crop: Picture) -> Picture:
    height, width = crop.shape[:2]
    wanted = min(max(-(-width * HEIGHT // height), 1), _WIDEST)
    shrinks = height > HEIGHT
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (wanted, HEIGHT), interpolation=method), np.uint8)


def _batches(lines: Sequence[Picture]) -> Iterator[tuple[int, list[int]]]:
    """The padded width and the indices of lines that may run together."""
    by_width: dict[int, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        by_width[-(-line.shape[1] // _GRID) * _GRID].append(i)
    for width, members in by_width.items():
        for start in range(0, len(members), _BATCH):
            yield width, members[start : start + _BATCH]


def _input(lines: Sequence[Picture], width: int) -> Floats:
    """(N, 3, HEIGHT, width) BGR in -1..1, grey where a line is shorter."""
    batch = np.zeros((len(lines), 3, HEIGHT, width), np.float32)
    for row, line in zip(batch, lines, strict=True):
        row[:, :, : line.shape[1]] = line[:, :, ::-1].transpose(2, 0, 1) / np.float32(127.5) - 1
    return batch
