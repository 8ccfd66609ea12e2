"""Where a box went between two pictures of a shot: by the pixels in it, else by the camera, else by its own motion.

Nothing is remembered of what is in a box; only two neighbouring pictures are compared. Small gray pictures of the last
second are kept, so that boxes can be followed backward too.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Gray = NDArray[np.uint8]

LONGER_SIDE = 960  # of the pictures kept; flow of faces of 12 pixels wants no less, and more costs time
MOST_PICTURES = 48  # kept; about 32 MB. A second of most videos, less of those with many frames a second
_LEVELS = 4
_PATCH_SIDE = 44.0  # to which the root of a box's area is scaled before its points are followed
_MOST_PATCH = 110.0  # the longer side of a scaled box
_PATCH_MARGIN = 32  # pixels around it, into which points may go
_GRID = 6  # points in a row and in a column of the box
_INNER = 0.8  # the share of the box's sides in which they lie; what is nearer the edge is background
_LEAST_POINTS = 9
_MOST_ERROR = 1.0  # pixels of the patch by which a point followed forth and back may miss itself (Kalal et al., 2010)
_SAME_LOOK = 0.5  # the least correlation of the box's pixels before and after
_MOST_GROWTH = 1.12  # of a box in one step
_WORTH_A_LOOK = 0.1  # sides of the box by which the camera must have moved for its pixels to be sought there
_FLOW = {"winSize": (13, 13), "maxLevel": 2, "criteria": (3, 12, 0.03)}
_CAMERA_SIDE = 240.0
_CAMERA_POINTS = 80


@dataclass(slots=True)
class Picture:
    """A gray picture, each level half the size of the one before."""

    time_us: int
    levels: list[Gray]
    scale: float  # full-frame pixels in one of the first level
    camera: Floats | None = None  # (2, 3) how the scene moved since the picture before; full-frame pixels
    camera_is_known: bool = False  # whether that was tried


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A box one picture on."""

    box: Floats  # (4,) full-frame pixels
    is_sure: bool  # whether its own pixels said so


@dataclass(slots=True)
class Film:
    """The last pictures of the shot that is running."""

    pictures: deque[Picture] = field(default_factory=lambda: deque(maxlen=MOST_PICTURES))

    def add(self, time_us: int, image: NDArray[np.uint8], scale: float, oldest_us: int) -> None:
        """The next picture, (H, W, 3) RGB; forgets those before `oldest_us`. scale: full-frame pixels in one of it."""
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        shrink = LONGER_SIDE / max(gray.shape)
        if shrink < 1:
            gray = cv2.resize(gray, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        levels = [gray]
        while len(levels) < _LEVELS and min(levels[-1].shape) >= 32:
            levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        self.pictures.append(Picture(time_us, levels, scale / min(shrink, 1)))  # type: ignore[arg-type]  # cv2's type
        while self.pictures[0].time_us < oldest_us:
            self.pictures.popleft()

    def clear(self) -> None:
        """A new shot begins."""
        self.pictures.clear()

    def forward(self, box: Floats, guess: Floats) -> Moved:
        """A box of the picture before the last in the last.

        guess: (2,) by how much it would have moved by itself; zeros where that is unknown or little.
        """
        if len(self.pictures) < 2:
            return Moved(box + np.tile(guess, 2), False)
        return self._step(self.pictures[-2], self.pictures[-1], box, guess, is_back=False)

    def backward(self, box: Floats, from_us: int, to_us: int, velocity: Floats) -> list[tuple[int, Moved]]:
        """A box at `from_us` in the pictures before it, from the latest to that of `to_us` or the earliest kept.

        velocity: (2,) its own motion in pixels a microsecond, forward in time.
        """
        pictures = [picture for picture in self.pictures if to_us <= picture.time_us <= from_us]
        steps: list[tuple[int, Moved]] = []
        for after, before in pairwise(reversed(pictures)):
            guess = velocity * (before.time_us - after.time_us)
            steps.append((before.time_us, self._step(after, before, box, guess, is_back=True)))
            box = steps[-1][1].box
        return steps

    def _step(self, here: Picture, there: Picture, box: Floats, guess: Floats, is_back: bool) -> Moved:
        """A box one picture on, or back."""
        found = followed(here, there, box, guess)
        if found is not None:
            return Moved(found, True)
        camera = self._camera(there, here) if is_back else self._camera(here, there)
        if camera is None:
            return Moved(box + np.tile(guess, 2), False)
        carried = _warped(box, _inverse(camera) if is_back else camera)
        away = carried[:2] - box[:2]
        if np.abs(away - guess).max() > _WORTH_A_LOOK * float((box[2:] - box[:2]).max()):
            found = followed(here, there, box, away)
            if found is not None:
                return Moved(found, True)
        # What moves by itself goes on doing so.
        return Moved(box + np.tile(guess, 2) if guess.any() else carried, False)

    def _camera(self, before: Picture, after: Picture) -> Floats | None:
        if not after.camera_is_known:
            after.camera, after.camera_is_known = _camera_motion(before, after), True
        return after.camera


def followed(before: Picture, after: Picture, box: Floats, guess: Floats) -> Floats | None:
    """(4,) where a box of one picture is in the other, None where its pixels do not say; all in full-frame pixels.

    guess: (2,) where to look first. Source: Kalal et al., Forward-backward error (median flow), 2010.
    """
    size = np.maximum(box[2:] - box[:2], 1e-3)
    zoom = min(_PATCH_SIDE / float(np.sqrt(size.prod())), _MOST_PATCH / float(size.max()))
    corner = box[:2] - _PATCH_MARGIN / zoom
    shape = np.ceil(size * zoom).astype(int) + 2 * _PATCH_MARGIN
    first, second = _patch(before, corner, zoom, shape), _patch(after, corner + guess, zoom, shape)
    points = _grid(size * zoom)
    there, back = _there_and_back(first, second, points)
    errors = np.abs(back - points).max(1)
    good = errors < _MOST_ERROR
    if good.sum() < _LEAST_POINTS:
        return None
    shift = np.median((there - points)[good], axis=0)
    good &= np.abs(there - points - shift).max(1) < 0.15 * _PATCH_SIDE
    if good.sum() < _LEAST_POINTS:
        return None
    shift = np.median((there - points)[good], axis=0)
    if _likeness(first, second, size * zoom, shift) < _SAME_LOOK:
        return None
    start, end = points[good] - points[good].mean(0), there[good] - there[good].mean(0)
    growth = float(np.clip((start * end).sum() / max(float((start**2).sum()), 1e-6), 1 / _MOST_GROWTH, _MOST_GROWTH))
    # Growth is about the middle of the points that were followed; their own shift says where that went.
    middle = points[good].mean(0)
    half = size * zoom / 2
    centre = middle + shift + (_PATCH_MARGIN + half - middle) * growth
    low = corner + guess + (centre - half * growth) / zoom
    return np.concatenate([low, low + size * growth])


def _patch(picture: Picture, corner: Floats, zoom: float, shape: NDArray[np.int64]) -> Gray:
    """The part of a picture from `corner` on, `zoom` patch pixels for a full-frame one; edges go on outside."""
    level, step = 0, zoom * picture.scale
    while step < 0.7 and level + 1 < len(picture.levels):
        level, step = level + 1, step * 2
    start = -corner * zoom
    matrix = np.array([[step, 0, start[0]], [0, step, start[1]]])
    size = int(shape[0]), int(shape[1])
    return cv2.warpAffine(picture.levels[level], matrix, size, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _grid(size: Floats) -> NDArray[np.float32]:
    """(N, 2) points in the inner part of a box of `size` that lies `_PATCH_MARGIN` inside its patch."""
    share = np.linspace((1 - _INNER) / 2, (1 + _INNER) / 2, _GRID)
    columns, rows = np.meshgrid(share * size[0], share * size[1])
    return (np.stack([columns.ravel(), rows.ravel()], 1) + _PATCH_MARGIN).astype(np.float32)


def _there_and_back(
    first: Gray, second: Gray, points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    there, seen, _ = cv2.calcOpticalFlowPyrLK(first, second, points, None, **_FLOW)  # type: ignore[call-overload]
    back, again, _ = cv2.calcOpticalFlowPyrLK(second, first, there, None, **_FLOW)  # type: ignore[call-overload]
    back[(seen[:, 0] == 0) | (again[:, 0] == 0)] = np.inf
    return there, back


def _likeness(first: Gray, second: Gray, size: Floats, shift: NDArray[np.float32]) -> float:
    """The correlation of the box's pixels in two patches, -1..1."""
    width, height = max(4, int(size[0])), max(4, int(size[1]))
    centre = size / 2 + _PATCH_MARGIN - 0.5
    here = cv2.getRectSubPix(first, (width, height), (float(centre[0]), float(centre[1])))
    target = centre + shift
    there = cv2.getRectSubPix(second, (width, height), (float(target[0]), float(target[1])))
    return float(cv2.matchTemplate(there, here, cv2.TM_CCOEFF_NORMED)[0, 0])


def _camera_motion(before: Picture, after: Picture) -> Floats | None:
    """(2, 3) how most of the scene moved, in full-frame pixels; None where it cannot be told."""
    level = 0
    while max(before.levels[level].shape) > _CAMERA_SIDE * 1.5 and level + 1 < len(before.levels):
        level += 1
    first, second = before.levels[level], after.levels[level]
    points = cv2.goodFeaturesToTrack(first, _CAMERA_POINTS, 0.01, 8)
    if points is None or len(points) < _LEAST_POINTS:
        return None
    start = points.reshape(-1, 2).astype(np.float32)
    there, back = _there_and_back(first, second, start)
    good = np.abs(back - start).max(1) < 1.0
    if good.sum() < _LEAST_POINTS:
        return None
    matrix, _ = cv2.estimateAffinePartial2D(start[good], there[good], ransacReprojThreshold=1.0)
    if matrix is None:
        return None
    unit = before.scale * before.levels[0].shape[1] / first.shape[1]
    return np.asarray(np.column_stack([matrix[:, :2], matrix[:, 2] * unit]), np.float64)


def _warped(box: Floats, motion: Floats) -> Floats:
    """A box whose centre goes where the scene goes, and whose size changes as the scene's does."""
    centre = motion[:, :2] @ ((box[:2] + box[2:]) / 2) + motion[:, 2]
    growth = float(np.clip(np.sqrt(abs(np.linalg.det(motion[:, :2]))), 1 / _MOST_GROWTH, _MOST_GROWTH))
    half = (box[2:] - box[:2]) / 2 * growth
    return np.concatenate([centre - half, centre + half])


def _inverse(motion: Floats) -> Floats:
    return np.asarray(cv2.invertAffineTransform(motion), np.float64)
