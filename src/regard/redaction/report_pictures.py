"""Pictures of a redacted output for its report, and the boxes in them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]

DOUBT, ALARM = (255, 196, 0), (230, 0, 60)  # RGB, of the frames around what a picture is about

LONGER_SIDE = 360  # pixels of a thumbnail
_QUALITY = 78
_GROWN = 0.35  # by which what is still found is covered beyond its box
_COVER = (40, 40, 40)


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame of the output, scaled."""

    time_us: int
    image: Pixels  # (H, W, 3) RGB, upright


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture of the output for the page."""

    time_us: int
    jpeg: bytes
    width: int
    height: int


def thumbnail(seen: Seen, found: Sequence[Box], framed: Box | None, colour: Colour) -> Thumbnail:
    """A small picture. found: what is covered with a plain colour; framed: what it is about; both in its pixels."""
    image = seen.image.copy()
    height, width = image.shape[:2]
    for box in found:
        left, top, right, bottom = _pixels(grown(box, _GROWN), width, height)
        image[top:bottom, left:right] = _COVER
    small, scale = shrunk(image, LONGER_SIDE)
    size = (small.shape[1], small.shape[0])
    if framed is not None:
        left, top, right, bottom = _pixels(scaled(grown(framed, 0.1), scale), *size)
        cv2.rectangle(small, (left, top), (max(left, right - 1), max(top, bottom - 1)), colour, 2)
    stream = io.BytesIO()
    Image.fromarray(small).save(stream, "JPEG", quality=_QUALITY)
    return Thumbnail(seen.time_us, stream.getvalue(), *size)


def shrunk(image: Pixels, longer_side: int) -> tuple[Pixels, float]:
    """(H, W, 3) with sides of at most so many pixels, and by how much they changed."""
    height, width = image.shape[:2]
    scale = min(1.0, longer_side / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def share_of(box: Sequence[float] | NDArray[np.float64], other: Sequence[float] | NDArray[np.float64]) -> float:
    """How much of `box` lies in `other`, 0 to 1."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return float(width * height / area) if width > 0 and height > 0 and area > 0 else 0.0


def scaled(box: Box, scale: float) -> Box:
    """`box` in a picture that is `scale` times as large."""
    left, top, right, bottom = (side * scale for side in box)
    return (left, top, right, bottom)


def grown(box: Box, margin: float) -> Box:
    """`box` with `margin` of its width and height added on each side."""
    wide, high = (box[2] - box[0]) * margin, (box[3] - box[1]) * margin
    return (box[0] - wide, box[1] - high, box[2] + wide, box[3] + high)


def _pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    left, top = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    return left, top, min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
