"""What several analyses share: the picture they are given, and faces."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # left, top, right, bottom


class PixelSource(Protocol):
    """A picture that can be had at several sizes; `media.images.Picture` is one, `ArraySource` another."""

    @property
    def size(self) -> tuple[int, int]:
        """Upright (width, height) in pixels of the whole picture: the frame of all results."""

    def pixels(self, at_least: int | None = None) -> NDArray[np.uint8]:
        """(H, W, 3) RGB whose longer side is at least `at_least` pixels, or the full size where that is smaller."""


@dataclass(frozen=True, slots=True)
class ArraySource:
    """A picture that is already an (H, W, 3) RGB array: a frame, a crop."""

    image: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.image.shape[1], self.image.shape[0]

    def pixels(self, at_least: int | None = None) -> NDArray[np.uint8]:
        """The array as it is."""
        return self.image


@dataclass(frozen=True, slots=True)
class Pose:
    """Turn of a head in degrees, 0 when it faces the camera upright; signs as in Rekognition's recorded answers."""

    roll: float  # clockwise in the picture is positive
    yaw: float  # towards the right edge of the picture is positive
    pitch: float  # up is positive


@dataclass(frozen=True, slots=True)
class Quality:
    """0..100 each; `analysis/quality.py` says what a value means."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A yes or no with its confidence, 50..100."""

    value: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class EyeDirection:
    """Where the eyes look relative to the head, in degrees, signs as `Pose`; confidence 0..100."""

    yaw: float
    pitch: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Face:
    """One face; coordinates in pixels of the whole upright picture, where a face may reach over the edge."""

    box: Box
    confidence: float  # 0..100
    landmarks: tuple[tuple[str, float, float], ...]  # (Rekognition's name, x, y); 5 of them, or all 30
    pose: Pose
    quality: Quality
    claims: tuple[tuple[str, Claim], ...] = ()  # by Rekognition's member name: "EyesOpen", ...
    eye_direction: EyeDirection | None = None
    five: tuple[tuple[float, float], ...] = ()  # eyes, nose, mouth corners as detected; `landmarks` may be the mesh's
