"""What a redacted video still shows, and what it covers: figures of one output beside its input.

`bench/redaction.py` says what the figures mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.redaction_faces import SURE, Boxes, FaceFinder, FrameFaces, overlapping
from bench.redaction_frames import Image, side_by_side
from regard.geometry import area

__all__ = ["SURE", "Clip", "Figures", "Leaks", "changed", "compare", "covered_share", "summed"]

Mask = NDArray[np.bool_]

_BLOCK = 8  # pixels; differences are averages over squares of this side
_LEAST_CHANGE = 4.0  # of 255, on average over a square: what is changed for sure where the encoder is exact
_NOISE = 2.5  # and so many times the encoder's own noise around there
_LEAST_HINT, _HINT_NOISE = 1.75, 1.5  # the same for pixels that count where they touch what is changed for sure
_NOISE_PIXELS = 33  # around
_HOLE_PIXELS = 9  # unchanged specks up to this size within a cover belong to it: skin may be its own average
_SOLID = 0.8  # and notches, where what is changed fills this share of its convex hull: covers are ovals and boxes
_SPECK_PIXELS = 5  # changed specks up to this size are noise
_CLOSE = 0.5  # a face of which less than this share of the inner half was changed is as it was
_ALIKE = 0.7  # and so is one whose details correlate as much; a frame between covered ones is encoded coarsely
_DETAIL = 0.15  # of a face's width: the deviation of the blur that is taken away to see details
_COVERED = 0.9  # of the inner ellipse
_INNER = 0.7  # the inner ellipse's axes, of the box's sides: eyes, nose and mouth lie in it, hair and ears do not
_INNER_MARGIN = (1 - _INNER) / 2
_FEWEST = 16  # pixels to compare details in
_ENLARGED = 1.3  # sides of reference boxes; what is covered within is not held against a tool


@dataclass(frozen=True, slots=True)
class Clip:
    """A video that all tools got, and the faces in it."""

    name: str
    path: Path
    faces: list[FrameFaces]


@dataclass(slots=True)
class Leaks:
    """Face-frames of one kind of reference."""

    faces: int = 0
    leaked: int = 0
    runs: list[int] = field(default_factory=list)  # lengths in frames of spans in which something leaked
    _length: int = 0

    def add(self, is_leaked: NDArray[np.bool_]) -> None:
        """One frame's faces."""
        self.faces += len(is_leaked)
        self.leaked += int(is_leaked.sum())
        if is_leaked.any():
            self._length += 1
        else:
            self.finish()

    def finish(self) -> None:
        """After the last frame."""
        if self._length:
            self.runs.append(self._length)
        self._length = 0

    def join(self, other: "Leaks") -> None:
        """Another clip's."""
        self.faces += other.faces
        self.leaked += other.leaked
        self.runs += other.runs

    @property
    def per_thousand(self) -> float:
        """Of the face-frames."""
        return 1000 * self.leaked / max(1, self.faces)


@dataclass(slots=True)
class Figures:
    """All that is counted of one output."""

    frames: int = 0
    seen: dict[str, Leaks] = field(default_factory=dict)  # still found and as they were, by reference
    open: dict[str, Leaks] = field(default_factory=dict)  # not covered to nine tenths, by reference
    found_again: int = 0  # of the face-frames that YuNet finds in the input, those that it finds in the output
    plain_faces: int = 0  # all of them
    covered: float = 0.0  # sums over frames of shares of the frame
    beside: float = 0.0  # of that, what is no face
    beside_faces: float = 0.0  # the same in areas of an average face
    face_area: float = 0.0  # an average face's share of the frame


def compare(clip: Clip, output: Path, bare: Path, finder: FaceFinder) -> Figures:
    """Figures of `output` of `clip`. bare: the same clip through the same encoder, with nothing covered."""
    figures = Figures(
        seen={name: Leaks() for name in ("plain", "agreed")},
        open={name: Leaks() for name in ("agreed", "other")},
    )
    sizes = [area(faces.agreed) for faces in clip.faces]
    pairs = side_by_side(clip.path, (output, bare))
    for faces, (source, (shown, untouched)) in zip(clip.faces, pairs, strict=True):
        mask = changed(source, shown, untouched, is_sure=False)
        _count_leaks(figures, faces, _Pictures(source, shown, untouched, mask), finder.plain(shown))
        _count_area(figures, faces, changed(source, shown, untouched, is_sure=True))
        frame_pixels = mask.size
    for leaks in (*figures.seen.values(), *figures.open.values()):
        leaks.finish()
    every = np.concatenate(sizes)
    figures.face_area = float(every.mean()) / frame_pixels if len(every) else 0.0
    figures.beside_faces = figures.beside / figures.face_area if figures.face_area else 0.0
    return figures


def summed(parts: Sequence[Figures]) -> Figures:
    """Of several clips together; areas in faces are each in its own clip's faces."""
    total = Figures(
        sum(part.frames for part in parts),
        found_again=sum(part.found_again for part in parts),
        plain_faces=sum(part.plain_faces for part in parts),
        covered=sum(part.covered for part in parts),
        beside=sum(part.beside for part in parts),
        beside_faces=sum(part.beside_faces for part in parts),
    )
    for part in parts:
        for into, given in ((total.seen, part.seen), (total.open, part.open)):
            for name, leaks in given.items():
                into.setdefault(name, Leaks()).join(leaks)
    return total


def changed(source: Image, shown: Image, untouched: Image, *, is_sure: bool) -> Mask:
    """(H, W) where `shown` is another picture than `untouched`, beyond what encoding does to `source`.

    is_sure: for areas, where glittering surroundings must not count; else for faces, of which blurred skin must count.
    """
    difference = cv2.blur(_distance(shown, untouched), (_BLOCK, _BLOCK))
    noise = cv2.blur(_distance(untouched, source), (_NOISE_PIXELS, _NOISE_PIXELS))
    if is_sure:
        near = cv2.dilate(cv2.blur(_distance(untouched, source), (_BLOCK, _BLOCK)), _disc(_BLOCK))
        noise = np.maximum(noise, near)
    sure = (difference > np.maximum(_LEAST_CHANGE, _NOISE * noise)).astype(np.uint8)
    sure = np.asarray(cv2.morphologyEx(sure, cv2.MORPH_OPEN, _disc(_SPECK_PIXELS)), np.uint8)
    hint = (difference > np.maximum(_LEAST_HINT, _HINT_NOISE * noise)).astype(np.uint8)
    hint = np.asarray(cv2.morphologyEx(hint, cv2.MORPH_OPEN, _disc(_SPECK_PIXELS)), np.uint8)
    _, parts = cv2.connectedComponents(hint | sure)
    is_kept = np.zeros(parts.max() + 1, bool)
    is_kept[np.unique(parts[sure > 0])] = True
    mask = (is_kept[parts] & (parts > 0)).astype(np.uint8)
    return _without_notches(np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _disc(_HOLE_PIXELS)), np.uint8))


def covered_share(mask: Mask, box: Sequence[float], inner: float = _INNER, *, is_oval: bool = True) -> float:
    """Which share of the middle of a box was changed; 1 where the middle is outside of the picture."""
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = max(0.5, inner * (box[2] - box[0]) / 2), max(0.5, inner * (box[3] - box[1]) / 2)
    top, bottom = max(0, int(middle[1] - half[1])), min(mask.shape[0], int(middle[1] + half[1]) + 1)
    left, right = max(0, int(middle[0] - half[0])), min(mask.shape[1], int(middle[0] + half[0]) + 1)
    rows, columns = np.mgrid[top:bottom, left:right] + 0.5
    away = np.stack([(columns - middle[0]) / half[0], (rows - middle[1]) / half[1]])
    chosen = (away**2).sum(0) <= 1 if is_oval else np.abs(away).max(0) <= 1
    part = mask[top:bottom, left:right][chosen]
    return float(part.mean()) if part.size else 1.0


@dataclass(frozen=True, slots=True)
class _Pictures:
    """One frame, thrice, and where it was changed."""

    source: Image
    shown: Image
    untouched: Image
    mask: Mask

    def is_alike(self, box: Sequence[float]) -> bool:
        """Whether a face's details are those of the source."""
        return max(likeness(one, self.shown, box) for one in (self.source, self.untouched)) >= _ALIKE

    def is_as_it_was(self, box: Sequence[float]) -> bool:
        """Whether the middle of a face was hardly changed."""
        return covered_share(self.mask, box, 0.5, is_oval=False) < _CLOSE or self.is_alike(box)

    def is_open(self, box: Sequence[float]) -> bool:
        """Whether a face was not covered, or not nearly whole."""
        return covered_share(self.mask, box) < _COVERED or self.is_alike(box)


def likeness(one: Image, other: Image, box: Sequence[float]) -> float:
    """-1 to 1: how the details in the middle of a box correlate; 0 where there are none, or too few pixels."""
    left, top, right, bottom = (float(side) for side in box)
    reach = max(4.0, (right - left) / 2)
    rows = slice(max(0, int(top - reach)), max(0, int(bottom + reach)))
    columns = slice(max(0, int(left - reach)), max(0, int(right + reach)))
    inset = _INNER_MARGIN * (right - left), _INNER_MARGIN * (bottom - top)
    inner = (
        slice(max(0, int(top + inset[1])) - rows.start, max(0, int(bottom - inset[1]) + 1) - rows.start),
        slice(max(0, int(left + inset[0])) - columns.start, max(0, int(right - inset[0]) + 1) - columns.start),
    )
    deviation = max(1.0, _DETAIL * (right - left))
    details = [_details(image[rows, columns], deviation)[inner].ravel() for image in (one, other)]
    if details[0].size < _FEWEST:
        return 0.0
    centred = [detail - detail.mean() for detail in details]
    norm = float(np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]))
    return float(centred[0] @ centred[1]) / norm if norm else 0.0


def _details(image: Image, deviation: float) -> NDArray[np.float32]:
    if not image.size:
        return np.zeros(image.shape[:2], np.float32)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), deviation), np.float32)


def _count_leaks(figures: Figures, faces: FrameFaces, pictures: _Pictures, found: Boxes) -> None:
    figures.frames += 1
    figures.found_again += int(overlapping(faces.plain, found).sum())
    figures.plain_faces += len(faces.plain)
    for name, leaks in figures.seen.items():
        boxes: Boxes = getattr(faces, name)
        leaks.add(overlapping(boxes, found) & np.array([pictures.is_as_it_was(box) for box in boxes], bool))
    for name, leaks in figures.open.items():
        leaks.add(np.array([pictures.is_open(box) for box in getattr(faces, name)], bool))


def _count_area(figures: Figures, faces: FrameFaces, mask: Mask) -> None:
    figures.covered += float(mask.mean())
    rest = mask.copy()
    known = np.concatenate([faces.plain, faces.agreed, faces.other])
    for left, top, right, bottom in _enlarged(known):
        rest[max(0, int(top)) : max(0, int(bottom) + 1), max(0, int(left)) : max(0, int(right) + 1)] = False
    figures.beside += float(rest.mean())


def _enlarged(boxes: Boxes) -> Boxes:
    grow = np.tile(boxes[:, 2:] - boxes[:, :2], 2) * ((_ENLARGED - 1) / 2)
    return np.asarray(boxes + grow * np.array([-1, -1, 1, 1]), np.float32)


def _distance(one: Image, other: Image) -> NDArray[np.float32]:
    """(H, W) the average over the three colours of the absolute difference."""
    difference: NDArray[np.uint8] = np.asarray(cv2.absdiff(one, other), np.uint8)
    return np.asarray(cv2.transform(difference.astype(np.float32), np.full((1, 3), 1 / 3, np.float32)), np.float32)


def _without_notches(mask: NDArray[np.uint8]) -> Mask:
    """Each part filled to its convex hull where that adds little; holes are filled in any case."""
    edges, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for edge in edges:
        hull = cv2.convexHull(edge)
        is_solid = cv2.contourArea(edge) >= _SOLID * cv2.contourArea(hull)
        cv2.drawContours(mask, [hull if is_solid else edge], -1, 1, cv2.FILLED)
    return mask.astype(bool)


def _disc(pixels: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pixels, pixels)), np.uint8)
