"""Ways to cover a face, ours and those in use, and pictures as an attacker has them."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.results import Face
from regard.redaction.covers import CoveredArea, CoverStyle, Way, cover_image

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
Cover = Callable[[Image, NDArray[np.float64]], Image]

MARGIN = 0.15  # as `redact` has it by default, and deface's 1.3
_GREY = 128
_VIEW = (24, 30)  # pixels across and down to which covered parts are brought before they are compared
_NOISE = 3  # of a camera, from frame to frame: at most, in steps of 256
_SIZE = (108, 144)  # pixels across and down of boxes of one size, about what they have in LFW
_AROUND = 0.4  # grey around these, as a share; covers look at the surroundings
_JITTER = 0.02  # deviation of a found box's sides, as a share of its width


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A face and where it is; all but its box is grey."""

    image: Image
    box: NDArray[np.float64]  # (4,), margin included
    five: NDArray[np.float32]  # (5, 2) landmarks


def alone(image: Image, face: Face) -> Portrait:
    """A face as large as it is in its picture."""
    box = np.array(face.box, np.float64)
    grown = box + np.tile(box[2:] - box[:2], 2) * np.array((-MARGIN, -MARGIN, MARGIN, MARGIN))
    grey = np.full_like(image, _GREY)
    part(grey, grown)[...] = part(image, grown)
    return Portrait(grey, grown, np.array(face.five, np.float32))


def of_one_size(image: Image, face: Face) -> Portrait:
    """A face with its box brought to the size that all have."""
    own = alone(image, face)
    corner, scale = own.box[:2], np.array(_SIZE) / (own.box[2:] - own.box[:2])
    space = np.ceil(np.array(_SIZE) * _AROUND)
    box = np.concatenate([space, space + _SIZE])
    matrix = np.column_stack([np.diag(scale), space - corner * scale])
    canvas = (int(2 * space[0] + _SIZE[0]), int(2 * space[1] + _SIZE[1]))
    grey = np.full((canvas[1], canvas[0], 3), _GREY, np.uint8)
    moved = cv2.warpAffine(image, matrix, canvas, borderValue=(_GREY, _GREY, _GREY))
    part(grey, box)[...] = part(np.asarray(moved, np.uint8), box)
    return Portrait(grey, box, np.asarray((own.five - corner) * scale + space, np.float32))


def covers() -> dict[str, Cover]:
    """By name, weakest first."""
    return {
        "Gaussian blur, deviation a tenth of the width": _gaussian,
        "box blur over half the face (deface `blur`)": _half_blur,
        "mosaic of 20 pixels (deface `mosaic`)": _deface_mosaic,
        "mosaic of 10 x 10": lambda image, box: _mosaic(image, box, 10, 10),
        "mosaic of 3 x 2": lambda image, box: _mosaic(image, box, 3, 2),
        "mean colour, exact": lambda image, box: _mosaic(image, box, 1, 1),
        "Regard `blur`": _ours("blur"),
        "Regard `pixelate`": _ours("pixelate"),
        "Regard `fill`": _ours("fill"),
    }


def part(image: Image, box: NDArray[np.float64]) -> Image:
    """A view of the box's pixels."""
    left, top, right, bottom = np.round(box).astype(int)
    return image[max(top, 0) : bottom, max(left, 0) : right]


def view(image: Image, box: NDArray[np.float64]) -> Floats:
    """(N,) the covered part at one size."""
    return np.asarray(cv2.resize(part(image, box), _VIEW, interpolation=cv2.INTER_AREA), np.float32).ravel()


def seen(portrait: Portrait, cover: Cover) -> Floats:
    """The view of one frame."""
    return view(cover(portrait.image, portrait.box), portrait.box)


def seen_often(portrait: Portrait, cover: Cover, frames: int, made: np.random.Generator) -> Floats:
    """The mean view of many frames that differ by noise and by where the box was found."""
    width = portrait.box[2] - portrait.box[0]
    total = np.zeros(_VIEW[0] * _VIEW[1] * 3, np.float32)
    for _ in range(frames):
        noise = made.integers(-_NOISE, _NOISE, portrait.image.shape, np.int16, endpoint=True)
        frame = np.clip(portrait.image + noise, 0, 255).astype(np.uint8)
        total += view(cover(frame, portrait.box + made.normal(0, _JITTER * width, 4)), portrait.box)
    return np.asarray(total / frames, np.float32)


def _ours(way: Way) -> Cover:
    def cover(image: Image, box: NDArray[np.float64]) -> Image:
        covered = image.copy()
        cover_image(covered, [CoveredArea(box)], CoverStyle(way, "box"))
        return covered

    return cover


def _gaussian(image: Image, box: NDArray[np.float64]) -> Image:
    covered = image.copy()
    inner = part(covered, box)
    inner[...] = cv2.GaussianBlur(inner.copy(), (0, 0), 0.1 * float(box[2] - box[0]))
    return covered


def _half_blur(image: Image, box: NDArray[np.float64]) -> Image:
    """Source: deface 1.5.0, deface.py, `draw_det`."""
    covered = image.copy()
    inner = part(covered, box)
    inner[...] = cv2.blur(inner.copy(), (inner.shape[1] // 2, inner.shape[0] // 2))
    return covered


def _deface_mosaic(image: Image, box: NDArray[np.float64]) -> Image:
    """Source: deface 1.5.0, deface.py, `draw_det`: each square has the colour of its first pixel."""
    covered = image.copy()
    inner = part(covered, box)
    for y in range(0, inner.shape[0], 20):
        for x in range(0, inner.shape[1], 20):
            inner[y : y + 20, x : x + 20] = inner[y, x].copy()
    return covered


def _mosaic(image: Image, box: NDArray[np.float64], rows: int, columns: int) -> Image:
    covered = image.copy()
    inner = part(covered, box)
    cells = cv2.resize(inner.copy(), (columns, rows), interpolation=cv2.INTER_AREA)
    inner[...] = cv2.resize(cells, inner.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return covered
