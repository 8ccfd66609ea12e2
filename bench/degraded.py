"""Ways to spoil the picture of a face, each by a stated amount."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from regard.analysis.results import Box

Image = NDArray[np.uint8]
Spoil = Callable[[Image, Box], Image]

_MASK_BLUE, _BLACK = (150, 190, 225), (15, 15, 15)


def spoils() -> dict[str, Spoil]:
    """By name; each takes an (H, W, 3) RGB picture and the face's box in it, and makes another such picture."""
    return {
        "as it is": lambda image, box: image,
        **{f"blurred, {n} % of the width": _blurred(n / 100) for n in (1, 2, 3, 4, 6)},
        **{f"moved sideways, {n} %": _moved(n / 100, False) for n in (5, 10, 20)},
        "moved upwards, 10 %": _moved(0.1, True),
        **{f"{n} pixels wide": _narrowed(n) for n in (16, 20, 24, 28, 32, 40, 64)},
        **{f"{n} pixels, enlarged": _enlarged(n) for n in (12, 16, 20, 30)},
        **{f"light x {n}": _lit(n) for n in (0.4, 0.2, 0.1, 1.7, 2.5, 4)},
        **{f"one side x {n}": _lit_from_a_side(n) for n in (0.3, 0.1)},
        **{f"contrast x {n}": _flattened(n) for n in (0.4, 0.15)},
        "mouth and chin covered": _covered(0.55, 1.02, _MASK_BLUE),
        "nose and below covered": _covered(0.42, 1.02, _MASK_BLUE),
        "eyes covered": _covered(0.25, 0.5, _BLACK),
        "upper half covered": _covered(-0.05, 0.55, _MASK_BLUE),
        **{f"{round(100 * share)} % beyond the edge": _cut(share) for share in (0.2, 0.35, 0.5)},
        "noise, deviation 15": _noisy,
        **{f"JPEG quality {n}": _compressed(n) for n in (10, 4)},
        "pencil drawing, coloured": lambda image, box: _pencil(image)[1],
        "pencil drawing, grey": lambda image, box: np.repeat(_pencil(image)[0][..., None], 3, axis=2),
        "painting (stylization)": lambda image, box: _of(cv2.stylization(image, sigma_s=60, sigma_r=0.45)),
        "cartoon, six colours a channel": _cartoon,
        "edges alone": lambda image, box: _of(np.repeat(255 - cv2.Canny(image, 60, 140)[..., None], 3, axis=2)),
    }


def _of(values: object) -> Image:
    return np.ascontiguousarray(np.clip(np.asarray(values), 0, 255), dtype=np.uint8)


def _width(box: Box) -> float:
    return box[2] - box[0]


def _blurred(share: float) -> Spoil:
    return lambda image, box: _of(cv2.GaussianBlur(image, (0, 0), share * _width(box)))


def _moved(share: float, is_upwards: bool) -> Spoil:
    def spoil(image: Image, box: Box) -> Image:
        count = max(round(share * _width(box)), 3)
        shape = (count, 1) if is_upwards else (1, count)
        return _of(cv2.filter2D(image, -1, np.full(shape, 1 / count)))

    return spoil


def _narrowed(pixels: int) -> Spoil:
    def spoil(image: Image, box: Box) -> Image:
        scale = pixels / _width(box)
        return _of(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))

    return spoil


def _enlarged(pixels: int) -> Spoil:
    narrow = _narrowed(pixels)

    def spoil(image: Image, box: Box) -> Image:
        size = image.shape[1], image.shape[0]
        return _of(cv2.resize(narrow(image, box), size, interpolation=cv2.INTER_CUBIC))

    return spoil


def _lit(factor: float) -> Spoil:
    return lambda image, box: _of(image.astype(np.float32) * factor)


def _lit_from_a_side(factor: float) -> Spoil:
    """Full light at the left edge of the face, this share of it at the right edge, straight between."""

    def spoil(image: Image, box: Box) -> Image:
        across = np.interp(np.arange(image.shape[1]), (box[0], box[2]), (1, factor))
        return _of(image * across[:, None])

    return spoil


def _flattened(factor: float) -> Spoil:
    return lambda image, box: _of((image.astype(np.float32) - 128) * factor + 128)


def _covered(top: float, bottom: float, colour: tuple[int, int, int]) -> Spoil:
    """A bar over the face, from and to these shares of the box's height."""

    def spoil(image: Image, box: Box) -> Image:
        high, margin = box[3] - box[1], 0.05 * _width(box)
        covered = image.copy()
        rows = slice(max(int(box[1] + top * high), 0), max(int(box[1] + bottom * high), 0))
        covered[rows, max(int(box[0] - margin), 0) : int(box[2] + margin)] = colour
        return covered

    return spoil


def _cut(share: float) -> Spoil:
    return lambda image, box: _of(image[:, max(int(box[0] + share * _width(box)), 0) :])


def _noisy(image: Image, box: Box) -> Image:
    return _of(image + np.random.default_rng(0).normal(0, 15, image.shape))


def _compressed(quality: int) -> Spoil:
    def spoil(image: Image, box: Box) -> Image:
        file = io.BytesIO()
        PIL.Image.fromarray(image).save(file, "JPEG", quality=quality)
        return _of(PIL.Image.open(file))

    return spoil


def _pencil(image: Image) -> tuple[Image, Image]:
    grey, coloured = cv2.pencilSketch(image, sigma_s=40, sigma_r=0.1, shade_factor=0.03)
    return _of(grey), _of(coloured)


def _cartoon(image: Image, box: Box) -> Image:
    flat = cv2.bilateralFilter(image, 9, 75, 75) // 43 * 43 + 21
    grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    return _of(np.where(lines[..., None] > 0, flat, 0))
