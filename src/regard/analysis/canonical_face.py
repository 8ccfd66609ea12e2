"""A face in the canonical frame of ISO/IEC 29794-5: 616 pixels square, eyes level, the face alone.

    canonical_face(image, points)   the pixels that components of quality are measured on

Source: OFIQ, https://github.com/BSI-OFIQ/OFIQ-Project, OFIQlib/modules/utils.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.face_geometry import FIVE
from regard.geometry import similarity_transform

Point = tuple[float, float]
Points = dict[str, Point]  # by Rekognition's name

_SIDE = 616
_FIVE_POINTS = np.array(((251, 272), (364, 272), (308, 336), (262, 402), (355, 402)), np.float32)  # in FIVE's order
EYE_DISTANCE = 364 - 251
_ZONE = 0.3  # of the distance between the eyes: side of the squares on the cheeks

# sRGB to linear light, IEC 61966-2-1.
_LINEAR = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255])
_LUMINANCE = np.array((0.2126, 0.7152, 0.0722))  # Rec. 709
# Linear RGB to CIE XYZ with the white point D50, and that white.
_XYZ = np.array(((0.43605, 0.38508, 0.14309), (0.22249, 0.71689, 0.06062), (0.01393, 0.09710, 0.71419)))
_WHITE = np.array((0.964221, 1.0, 0.825211))

Zone = tuple[slice, slice]  # rows and columns


@dataclass(frozen=True, slots=True)
class CanonicalFace:
    """A face's pixels in the frame; what is not face is black."""

    image: NDArray[np.uint8]  # (616, 616, 3) RGB
    luminance: NDArray[np.uint8]  # (616, 616) linear light, 0..255
    inside: NDArray[np.bool_]  # (616, 616) from the brows to the chin; true somewhere
    cheeks: tuple[Zone, Zone]  # one square in each half of the picture

    def values(self) -> NDArray[np.uint8]:
        """(N,) luminance of the face's pixels."""
        return self.luminance[self.inside]

    def cheek_colour(self) -> tuple[float, float]:
        """CIELAB's a* (red against green) and b* (yellow against blue) of both cheeks' mean colour."""
        mean = np.concatenate([self.image[zone].reshape(-1, 3) for zone in self.cheeks]).mean(0) / 255
        linear = np.where(mean > 0.04045, ((mean + 0.055) / 1.055) ** 2.4, mean / 12.92)
        ratios = _XYZ @ linear / _WHITE
        x, y, z = np.where(ratios <= 216 / 24389, (24389 / 27 * ratios + 16) / 116, np.cbrt(ratios))
        return float(500 * (x - y)), float(200 * (y - z))


def canonical_face(image: NDArray[np.uint8], points: Points) -> CanonicalFace | None:
    """The face whose thirty landmarks are `points`, in pixels of the (H, W, 3) RGB `image`.

    None where the points lie so oddly that no pixel of the frame is inside them.
    """
    warp = similarity_transform(np.array([points[name] for name in FIVE], np.float32), _FIVE_POINTS)
    moved = {name: (float(x), float(y)) for name, (x, y) in zip(points, _moved(points, warp), strict=True)}
    outline = cv2.convexHull(np.round(list(moved.values())).astype(np.int32))
    inside = cv2.fillConvexPoly(np.zeros((_SIDE, _SIDE), np.uint8), outline, 1).astype(bool)
    if not inside.any():
        return None
    aligned = cv2.warpAffine(image, warp.astype(np.float64), (_SIDE, _SIDE))
    face = np.where(inside[..., None], aligned, 0).astype(np.uint8)
    luminance = np.floor(_LINEAR[face] @ _LUMINANCE * 255 + 0.5).astype(np.uint8)
    return CanonicalFace(face, luminance, inside, _cheeks(moved))


def eyes(points: Points) -> tuple[Point, Point]:
    """Centres of the eyes: between their corners, or the detector's where it found no corners."""
    if "leftEyeLeft" not in points:
        return points["eyeLeft"], points["eyeRight"]
    left = middle(points["leftEyeLeft"], points["leftEyeRight"])
    return left, middle(points["rightEyeLeft"], points["rightEyeRight"])


def middle(a: Point, b: Point) -> Point:
    """Halfway between two points."""
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _moved(points: Points, warp: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.array(list(points.values()), np.float32) @ warp[:, :2].T + warp[:, 2])


def _cheeks(points: Points) -> tuple[Zone, Zone]:
    """Squares halfway from the eyes to the mouth, outwards of the eyes."""
    left, right = eyes(points)
    below = math.dist(middle(left, right), middle(points["mouthLeft"], points["mouthRight"])) / 2
    side = max(int(math.dist(left, right) * _ZONE), 1)
    return _square(left[0] - side, left[1] + below, side), _square(right[0], right[1] + below, side)


def _square(left: float, top: float, side: int) -> Zone:
    side = min(side, _SIDE)
    x, y = (int(np.clip(value, 0, _SIDE - side)) for value in (left, top))
    return slice(y, y + side), slice(x, x + side)
