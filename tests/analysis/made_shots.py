"""Made sequences of thumbs for the tests of shots and cues: moving grounds, mixes, bars, cards."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.frame_measures import FrameMeasurer, Measured
from regard.analysis.shots import ShotFinder
from tests.analysis.moving_faces import ground, scene

Pixels = NDArray[np.uint8]
FRAME_US = 40_000
BLACK = np.zeros((72, 128, 3), np.uint8)
WHITE = np.full((72, 128, 3), 250, np.uint8)


def thumb(image: Pixels) -> Pixels:
    """(72, 128, 3) of a picture, as `media.looks` makes it."""
    return np.asarray(cv2.resize(image, (128, 72), interpolation=cv2.INTER_AREA), np.uint8)


def shot(seed: int, count: int, step: int = 2) -> list[Pixels]:
    """Thumbs of a view that moves over a ground, another for each seed."""
    background = ground(seed)
    return [thumb(scene(background, [(40 + 2 * at, 60)], (step * at, at))) for at in range(count)]


def still(seed: int, count: int) -> list[Pixels]:
    """Thumbs of a view that stands still while something small moves."""
    background = ground(seed)
    return [thumb(scene(background, [(40 + at / 4, 60)])) for at in range(count)]


def mixed(first: Sequence[Pixels], second: Sequence[Pixels]) -> list[Pixels]:
    """The first turning evenly into the second over their length."""
    shares = (np.arange(len(first)) + 1) / (len(first) + 1)
    return [
        np.asarray(np.round(one * (1 - share) + other * share), np.uint8)
        for one, other, share in zip(first, second, shares, strict=True)
    ]


def measured(
    thumbs: Sequence[Pixels], first: int = 0, damaged: Sequence[int] = (), thresholds: Sequence[float] = (0.2,)
) -> Measured:
    """Measures of one chunk that begins with the video's frame `first`, after a way through rows."""
    measurer = FrameMeasurer(thresholds)
    for at, one in enumerate(thumbs):
        measurer.add((first + at) * FRAME_US, one, first + at in damaged)
    return Measured.of_rows(measurer.measured().rows())


def chunks(thumbs: Sequence[Pixels], edges: Sequence[int] = (), damaged: Sequence[int] = ()) -> list[Measured]:
    """The same in chunks that begin at 0 and at `edges`."""
    bounds = [0, *edges, len(thumbs)]
    return [measured(thumbs[begin:end], begin, damaged) for begin, end in pairwise(bounds)]


def finder(thumbs: Sequence[Pixels], edges: Sequence[int] = (), damaged: Sequence[int] = ()) -> ShotFinder:
    """All chunks added."""
    found = ShotFinder()
    for chunk in chunks(thumbs, edges, damaged):
        found.add(chunk)
    return found


def eu_bars(level: int = 191) -> Pixels:
    """EBU bars, eight over the whole width: 191 for 75 %, 255 for 100 %."""
    colours = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0)]
    return _columns(colours, [80] * 8, 360, level)


def smpte_bars() -> Pixels:
    """EG 1: seven bars over two thirds, then blue and its others, then black and white."""
    seven = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    image = _columns(seven, [92, 91, 92, 91, 92, 91, 91], 360, 191)
    image[240:270] = _columns([seven[6], (0, 0, 0)] * 3 + [seven[0]], [92, 91, 92, 91, 92, 91, 91], 30, 191)
    image[270:] = _columns([(0, 0, 0), (1, 1, 1), (0, 0, 0)], [115, 115, 410], 90, 255)
    return image


def hd_bars() -> Pixels:
    """RP 219: seven bars between panels of 40 % gray, over seven twelfths."""
    seven = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    image = np.full((360, 640, 3), 102, np.uint8)
    image[:, 80:560] = _columns(seven, [69, 69, 68, 68, 68, 69, 69], 360, 191)
    image[210:] = 15
    return image


def pillar_boxed(image: Pixels) -> Pixels:
    """4:3 in the middle of 16:9."""
    narrow = cv2.resize(image, (480, 360), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.copyMakeBorder(narrow, 0, 0, 80, 80, cv2.BORDER_CONSTANT, value=(0, 0, 0)), np.uint8)


def compressed(image: Pixels, quality: int = 30) -> Pixels:
    """After a strong JPEG."""
    written, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert written
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def card(lines: Sequence[str], ground_level: int = 0, ink: int = 255, top: int = 60) -> Pixels:
    """(360, 640, 3) lines of text in the middle of a plain ground."""
    image = np.full((360, 640, 3), ground_level, np.uint8)
    for at, line in enumerate(lines):
        (width, _), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2)
        place = ((640 - width) // 2, top + 40 * at)
        cv2.putText(image, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (ink, ink, ink), 2, cv2.LINE_AA)
    return image


def _columns(colours: Sequence[tuple[int, int, int]], widths: Sequence[int], height: int, level: int) -> Pixels:
    row = np.repeat(np.array(colours, np.uint8) * np.uint8(level), widths, axis=0)
    return np.repeat(row[None], height, axis=0)
