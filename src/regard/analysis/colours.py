"""Colours and quality of a picture, of what it is about, and of what is behind that.

Everything is computed in CIE L*a*b* (D65), where distance is about as people see it. Colours are answered as the CSS
colour nearest to what was found, red, green and blue included: so Rekognition does in the answers on record.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

COLOUR_SIDE = 96  # pixels of the longer side when colours are counted; more changes the shares by about a percent
QUALITY_SIDE = 512  # pixels of the longer side when sharpness is measured: what shows when a picture fills a screen
LEAST_SHARE = 0.05  # of the pixels; what has less does not dominate
CLUSTERS = 12
# Deviation of the Laplacian at which sharpness is 63. It puts the median of the 177 COCO pictures of shared/testdata
# at about 80, and the same pictures blurred by two pixels at about 20.
SHARPNESS_SCALE = 8.0
SALIENT = 0.5
LEAST_PART = 0.02  # of the picture; a foreground or background smaller than that is not told apart
LEAST_SEPARATION = 0.5  # between the mean saliency of foreground and background, 0 to 1


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour that covers much of a picture."""

    red: int
    green: int
    blue: int
    css: str  # CSS's name
    simplified: str  # one of 12 words
    percent: float  # of the pixels

    @property
    def hex_code(self) -> str:
        """`#rrggbb` in lower case."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


@dataclass(frozen=True, slots=True)
class Quality:
    """How a picture, or a part of it, is lit and drawn, each 0 to 100.

    brightness: mean L*. contrast: twice the standard deviation of L*, at most 100, which half black and half white
    reach. sharpness: 100 (1 - exp(-d / 8)), where d is the standard deviation of the 3 by 3 Laplacian of L* after the
    picture was drawn at most 512 pixels long; 0 for one flat colour, and never quite 100.
    """

    brightness: float
    sharpness: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Part:
    """Quality and colours of a picture or of a part of it."""

    quality: Quality
    colours: tuple[Colour, ...]  # largest share first


@dataclass(frozen=True, slots=True)
class ImageProperties:
    """The picture as a whole and, when the two can be told apart, what it is about and what is behind that."""

    whole: Part
    foreground: Part | None
    background: Part | None


class SaliencyNetwork(Protocol):
    """What tells foreground from background: `models.u2net.U2Net`."""

    def saliency(self, image: NDArray[np.uint8]) -> Floats:
        """(H, W) from 0 to 1 for a (H, W, 3) RGB picture."""
        ...


class ColourAnalyser:
    """Measures pictures. Safe to use from several threads when the network is."""

    def __init__(self, saliency: SaliencyNetwork) -> None:
        self._saliency = saliency
        self._palette = load_palette()

    def properties(self, image: NDArray[np.uint8], limit: int) -> ImageProperties:
        """Quality and at most `limit` colours of a (H, W, 3) RGB picture and of its parts."""
        small = _at_most(image, QUALITY_SIDE)
        mask = separated(self._saliency.saliency(small))
        whole = self._part(small, None, limit)
        if mask is None:
            return ImageProperties(whole, None, None)
        return ImageProperties(whole, self._part(small, mask, limit), self._part(small, ~mask, limit))

    def colours(self, image: NDArray[np.uint8], limit: int) -> tuple[Colour, ...]:
        """At most `limit` colours of a (H, W, 3) RGB picture or crop."""
        return self._palette.dominant(_at_most(image, COLOUR_SIDE).reshape(-1, 3), limit)

    def _part(self, image: NDArray[np.uint8], mask: NDArray[np.bool_] | None, limit: int) -> Part:
        small = _at_most(image, COLOUR_SIDE)
        if mask is None:
            return Part(quality(image, None), self._palette.dominant(small.reshape(-1, 3), limit))
        size = (small.shape[1], small.shape[0])
        inside = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
        return Part(quality(image, mask), self._palette.dominant(small[inside], limit))


class Palette:
    """The CSS colours, and which of them a set of pixels is made of."""

    def __init__(self, rgb: NDArray[np.uint8], names: tuple[str, ...], simplified: tuple[str, ...]) -> None:
        self.rgb = rgb  # (N, 3)
        self.names = names
        self.simplified = simplified
        self._lab = to_lab(rgb)

    def nearest(self, lab: Floats) -> NDArray[np.int64]:
        """Index of the nearest colour for each of (M, 3) colours in L*a*b*."""
        return _nearest(lab, self._lab)

    def dominant(self, pixels: NDArray[np.uint8], limit: int) -> tuple[Colour, ...]:
        """At most `limit` colours of (M, 3) RGB pixels, largest share first, ties by name; none for no pixels.

        Pixels are grouped by k-means, which starts from the most frequent colours of the palette, so equal pixels
        give equal answers; groups that are nearest to one palette colour count as one.
        """
        if not len(pixels):
            return ()
        lab = to_lab(pixels)
        nearest = self.nearest(lab)
        starts = np.argsort(-np.bincount(nearest, minlength=len(self.names)), kind="stable")[:CLUSTERS]
        centres, groups = _grouped(lab, self._lab[starts])
        shares = np.bincount(groups, minlength=len(centres)) / len(lab)
        found: dict[int, float] = {}
        for index, share in zip(self.nearest(centres), shares, strict=True):
            found[int(index)] = found.get(int(index), 0.0) + float(share)
        chosen = sorted(found.items(), key=lambda item: (-item[1], self.names[item[0]]))
        return tuple(self._colour(index, share) for index, share in chosen[:limit] if share >= LEAST_SHARE)

    def _colour(self, index: int, share: float) -> Colour:
        red, green, blue = (int(value) for value in self.rgb[index])
        return Colour(red, green, blue, self.names[index], self.simplified[index], 100 * share)


def load_palette() -> Palette:
    """The palette of `css_colours.csv`: CSS's names, each once, with one of 12 words for each."""
    text = resources.files("regard.analysis").joinpath("css_colours.csv").read_text(encoding="utf-8")
    rows: list[Mapping[str, str]] = list(csv.DictReader(text.splitlines()))
    rgb = np.array([list(bytes.fromhex(row["hex"][1:])) for row in rows], dtype=np.uint8)
    return Palette(rgb, tuple(row["name"] for row in rows), tuple(row["simplified"] for row in rows))


def to_lab(pixels: NDArray[np.uint8]) -> Floats:
    """(M, 3) or (H, W, 3) RGB as L* 0 to 100, a*, b*, in the same shape."""
    table = np.ascontiguousarray(pixels, dtype=np.float32).reshape(1, -1, 3) / np.float32(255)
    return np.asarray(cv2.cvtColor(table, cv2.COLOR_RGB2LAB), dtype=np.float32).reshape(pixels.shape)


def quality(image: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> Quality:
    """Quality of a (H, W, 3) RGB picture, or of the pixels where the (H, W) mask is true; see `Quality`."""
    lightness = to_lab(_at_most(image, QUALITY_SIDE))[:, :, 0]
    edges = np.asarray(cv2.Laplacian(lightness, cv2.CV_32F), dtype=np.float32)
    if mask is not None:
        lightness, edges = lightness[mask], edges[mask]
    sharpness = 100 * (1 - np.exp(-edges.std() / SHARPNESS_SCALE))
    return Quality(float(lightness.mean()), float(sharpness), float(min(100.0, 2 * lightness.std())))


def separated(saliency: Floats) -> NDArray[np.bool_] | None:
    """Where the foreground is, from (H, W) saliency; None when it is nowhere, everywhere or not clear."""
    mask = saliency > SALIENT
    share = mask.mean()
    if not LEAST_PART <= share <= 1 - LEAST_PART:
        return None
    if saliency[mask].mean() - saliency[~mask].mean() < LEAST_SEPARATION:
        return None
    return np.asarray(mask, dtype=np.bool_)


def _grouped(lab: Floats, starts: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Centres and each pixel's group after at most 10 rounds of k-means; groups that lose all pixels stay put."""
    centres = starts.copy()
    groups = np.zeros(len(lab), dtype=np.int64)
    for _ in range(10):
        groups = _nearest(lab, centres)
        moved = np.array([lab[groups == g].mean(axis=0) if (groups == g).any() else c for g, c in enumerate(centres)])
        if np.allclose(moved, centres, atol=0.5):
            break
        centres = moved.astype(np.float32)
    return centres, groups


def _nearest(points: Floats, targets: Floats) -> NDArray[np.int64]:
    """Index of the nearest of (N, 3) `targets` for each of (M, 3) `points`."""
    # |p - t|² without |p|², which is the same for every target.
    return np.asarray(((targets**2).sum(axis=1) - 2 * points @ targets.T).argmin(axis=1), dtype=np.int64)


def _at_most(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture drawn smaller, so that its longer side is at most `side` pixels; never larger."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
