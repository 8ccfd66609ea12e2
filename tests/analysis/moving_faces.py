"""Made sequences: a photographed face on a textured ground, moved as told, with the boxes in which it truly is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

from regard.analysis.tracks import Found, Tracker, TrackerOptions, TrackPiece

WIDTH, HEIGHT = 320, 180
FACE = 48  # sides of the square that the face fills
FRAME_US = 40_000
Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]


def face_picture() -> Pixels:
    """(FACE, FACE, 3) the astronaut's face."""
    whole = np.asarray(astronaut(), np.uint8)  # type: ignore[no-untyped-call]  # skimage publishes no types
    return np.asarray(cv2.resize(whole[60:190, 160:290], (FACE, FACE), interpolation=cv2.INTER_AREA), np.uint8)


def ground(seed: int = 0) -> Pixels:
    """(HEIGHT * 2, WIDTH * 2, 3) clouds of gray, another for each seed."""
    coarse = np.random.default_rng(seed).integers(40, 200, (HEIGHT // 5, WIDTH // 5, 1), np.uint8).repeat(3, 2)
    return np.asarray(cv2.resize(coarse, (WIDTH * 2, HEIGHT * 2), interpolation=cv2.INTER_CUBIC), np.uint8)


def scene(background: Pixels, corners: Sequence[tuple[float, float]], view: tuple[int, int] = (0, 0)) -> Pixels:
    """A frame: the ground seen from `view`, with a face at each of the corners."""
    left, top = view
    image = background[top : top + HEIGHT, left : left + WIDTH].copy()
    for x, y in corners:
        put = np.array([[1, 0, x], [0, 1, y]], np.float64)
        size = (WIDTH, HEIGHT)
        mask = cv2.warpAffine(np.full((FACE, FACE), 255, np.uint8), put, size)
        face = cv2.warpAffine(face_picture(), put, size)
        image[mask > 127] = face[mask > 127]
    return image


def box(x: float, y: float) -> Floats:
    """Where a face at a corner is."""
    return np.array([x, y, x + FACE, y + FACE], np.float64)


def seen(*corners: tuple[float, float], score: float = 0.9, kind: str = "face") -> list[Found]:
    """What a network would have found of faces at the corners."""
    return [Found(kind, box(x, y), score) for x, y in corners]


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame of a sequence."""

    image: Pixels
    found: list[Found] | None
    is_cut: bool = False
    is_damaged: bool = False


def tracked(
    frames: int,
    show: Callable[[int], Shown],
    options: TrackerOptions | None = None,
    time_us: Callable[[int], int] = lambda index: index * FRAME_US,
) -> list[TrackPiece]:
    """All pieces of a sequence."""
    tracker = Tracker(options or TrackerOptions())
    pieces: list[TrackPiece] = []
    for index in range(frames):
        frame = show(index)
        pieces += tracker.add(
            time_us(index), frame.image, 1.0, frame.found, is_cut=frame.is_cut, is_damaged=frame.is_damaged
        )
    return pieces + tracker.finish()


def covered_at(pieces: Sequence[TrackPiece], time_us: int) -> list[Floats]:
    """Boxes that are covered at a moment."""
    boxes = []
    for piece in pieces:
        times = piece.positions[:, 0]
        if times[0] <= time_us <= times[-1]:
            boxes.append(np.array([np.interp(time_us, times, piece.positions[:, side]) for side in range(1, 5)]))
    return boxes


def is_covered(pieces: Sequence[TrackPiece], time_us: int, target: Floats, slack: float = 1e-6) -> bool:
    """Whether one box contains the target."""
    return any(
        bool(np.all(one[:2] <= target[:2] + slack) and np.all(one[2:] >= target[2:] - slack))
        for one in covered_at(pieces, time_us)
    )


def covered_share(pieces: Sequence[TrackPiece], time_us: int, target: Floats) -> float:
    """The largest share of the target that one box covers."""
    shares = [0.0]
    for one in covered_at(pieces, time_us):
        shared = np.clip(np.minimum(one[2:], target[2:]) - np.maximum(one[:2], target[:2]), 0, None).prod()
        shares.append(float(shared / (target[2:] - target[:2]).prod()))
    return max(shares)
