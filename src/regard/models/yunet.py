"""YuNet: face boxes with five landmarks."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.geometry import nms
from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore

STRIDES = (8, 16, 32)
_MULTIPLE = 32  # the coarsest stride; sides are padded up to it


@dataclass(frozen=True, slots=True)
class FaceBoxes:
    """Faces in a picture, best score first, in pixels of the array that was searched."""

    boxes: NDArray[np.float32]  # (N, 4) left, top, right, bottom; may reach over the picture's edge
    landmarks: NDArray[np.float32]  # (N, 5, 2) eye, eye, nose, mouth corner, mouth corner; the image's left one first
    scores: NDArray[np.float32]  # (N,) 0..1

    def __len__(self) -> int:
        """How many faces."""
        return len(self.scores)

    def pick(self, indices: NDArray[np.int64]) -> "FaceBoxes":
        """The faces at `indices`, in that order."""
        return FaceBoxes(self.boxes[indices], self.landmarks[indices], self.scores[indices])

    def moved(self, scale: float, left: float, top: float) -> "FaceBoxes":
        """The faces in another frame: multiplied by `scale`, then shifted."""
        shift = np.array([left, top], np.float32)
        boxes = self.boxes * np.float32(scale) + np.tile(shift, 2)
        return FaceBoxes(boxes, self.landmarks * np.float32(scale) + shift, self.scores)


def merged(parts: list[FaceBoxes], overlap: float) -> FaceBoxes:
    """One set out of several searches of one picture; of two boxes with an IoU above `overlap` the surer stays."""
    boxes = np.concatenate([part.boxes for part in parts])
    landmarks = np.concatenate([part.landmarks for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    return FaceBoxes(boxes, landmarks, scores).pick(nms(boxes, scores, overlap))


class YuNet:
    """Face boxes and five landmarks; faces from about 12 pixels of the searched size on.

    Source: Wu et al., YuNet: A Tiny Millisecond-level Face Detector, 2023; decoding as OpenCV's FaceDetectorYN.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self.network = engine.load(store.path(cards.YUNET), shapes=[(1, 3, -1, -1)], pixels=PixelInput(is_bgr=True))

    def detect(
        self, image: NDArray[np.uint8], longer_side: int, min_score: float = 0.5, overlap: float = 0.3
    ) -> FaceBoxes:
        """Faces in `image`, (H, W, 3) RGB, searched at a size whose longer side is `longer_side` pixels.

        Returns boxes in the frame of `image`. min_score: 0..1. overlap: the IoU above which the surer of two stays.
        """
        height, width = image.shape[:2]
        scale = longer_side / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if size != (width, height):
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            image = cv2.resize(image, size, interpolation=way)  # type: ignore[assignment]  # cv2 widens the type
        faces = self._decode(self.network.run(_padded(image)), image.shape, min_score)
        faces = faces.pick(nms(faces.boxes, faces.scores, overlap))
        return faces.moved(1 / scale, 0, 0)

    def _decode(self, outputs: list[NDArray[np.float32]], shape: tuple[int, ...], min_score: float) -> FaceBoxes:
        """Candidates above `min_score` from the twelve outputs, before suppression."""
        padded_width = -(-shape[1] // _MULTIPLE) * _MULTIPLE
        boxes, landmarks, scores = [], [], []
        for level, stride in enumerate(STRIDES):
            classes, objects, offsets, points = (outputs[kind * len(STRIDES) + level][0] for kind in range(4))
            # The score is the root of the product, so a product below the square cannot pass.
            found = np.flatnonzero((classes * objects)[:, 0] >= min_score * min_score)
            columns = padded_width // stride
            cell = np.stack([found % columns, found // columns], 1).astype(np.float32)
            centre = (cell + offsets[found, :2]) * stride
            half = np.exp(offsets[found, 2:]) * (stride / 2)
            boxes.append(np.concatenate([centre - half, centre + half], 1))
            landmarks.append((cell[:, None] + points[found].reshape(-1, 5, 2)) * stride)
            scores.append(np.sqrt(np.clip(classes[found, 0] * objects[found, 0], 0, 1)))
        return FaceBoxes(np.concatenate(boxes), np.concatenate(landmarks), np.concatenate(scores))


def _padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(1, H', W', 3) with black on the right and below, sides multiples of 32."""
    height, width = image.shape[:2]
    below, right = -height % _MULTIPLE, -width % _MULTIPLE
    if below or right:
        image = np.pad(image, ((0, below), (0, right), (0, 0)))
    return np.ascontiguousarray(image)[None]
