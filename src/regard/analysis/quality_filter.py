"""AWS's QualityFilter: which faces are too poor to be enrolled or searched, and why.

    rules = QualityRules.of("AUTO")     None for NONE
    rules.reasons(face, size, crop)     AWS's words, none for a face that passes

The limits were read off `bench/quality.py`; `docs/concepts/face-quality.md` has its tables. AUTO draws the line where
comparisons begin to fail several times as often as on press photographs, and refuses about one of those in 50.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.analysis.face_sharpness import weakest_detail
from regard.analysis.results import Box, Face

# What `FaceAnalyser.analyse` must be asked for.
NEEDS = frozenset({"FACE_OCCLUDED"})


@dataclass(frozen=True, slots=True)
class QualityRules:
    """Limits of one level."""

    most_yaw_degrees: float
    most_pitch_degrees: float
    least_brightness: float  # of `Quality`, 0..100
    most_brightness: float  # above it a face is over-exposed
    least_detail: float  # of `face_sharpness.weakest_detail`
    least_confidence: float  # 0..100
    least_pixels: float  # the shorter side of the box
    least_cover: float  # confidence, 50..100, from which a face counts as covered
    most_outside: float  # share of the box beyond the edges of the picture
    least_strength: float  # of an embedding before it is brought to length 1

    @classmethod
    def of(cls, level: str) -> "QualityRules | None":
        """The rules of LOW, AUTO, MEDIUM or HIGH; None for NONE, which keeps every face."""
        return None if level == "NONE" else _LEVELS[level]

    def reasons(
        self, face: Face, size: tuple[int, int], crop: NDArray[np.uint8], strength: float | None = None
    ) -> tuple[str, ...]:
        """Why the face is refused, in the order of AWS's enumeration; empty where it is not.

        face: as `FaceAnalyser.analyse` gives it for `NEEDS`. size: width and height of its picture. crop: (112, 112, 3)
        RGB, aligned. strength: length of SFace's raw embedding, None where it is not known; it alone tells of faces
        with covered eyes and of many drawings.
        """
        left, top, right, bottom = face.box
        quality, pose = face.quality, face.pose
        found = {
            "EXTREME_POSE": abs(pose.yaw) > self.most_yaw_degrees or abs(pose.pitch) > self.most_pitch_degrees,
            "LOW_BRIGHTNESS": quality.brightness < self.least_brightness,
            "LOW_SHARPNESS": weakest_detail(crop) < self.least_detail,
            "LOW_CONFIDENCE": face.confidence < self.least_confidence,
            "SMALL_BOUNDING_BOX": min(right - left, bottom - top) < self.least_pixels,
            "LOW_FACE_QUALITY": quality.brightness > self.most_brightness
            or self._is_covered(face)
            or _outside(face.box, size) > self.most_outside
            or (strength is not None and strength < self.least_strength),
        }
        return tuple(reason for reason, is_so in found.items() if is_so)

    def _is_covered(self, face: Face) -> bool:
        claim = dict(face.claims).get("FaceOccluded")
        return claim is not None and claim.value and claim.confidence >= self.least_cover


_LEVELS = {
    "LOW": QualityRules(60, 45, 14, 97, -1.4, 80, 20, 90, 0.5, 8.0),
    "AUTO": QualityRules(45, 35, 20, 93, -1.1, 98.5, 28, 50, 0.3, 9.7),
    "MEDIUM": QualityRules(35, 25, 30, 90, -0.9, 99.2, 40, 50, 0.2, 10.2),
    "HIGH": QualityRules(25, 20, 45, 86, -0.55, 99.5, 64, 50, 0.1, 10.8),
}


def _outside(box: Box, size: tuple[int, int]) -> float:
    """Share of the box's area beyond the picture, 0..1."""
    left, top, right, bottom = box
    area = (right - left) * (bottom - top)
    if area <= 0:
        return 1.0
    wide = max(min(right, size[0]) - max(left, 0), 0)
    high = max(min(bottom, size[1]) - max(top, 0), 0)
    return 1 - wide * high / area
