"""CenterFace: a second opinion on where faces are, better than YuNet's on profiles and faces that look up or down."""

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.geometry import nms
from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore
from regard.models.yunet import FaceBoxes

_CELL = 4  # pixels of the searched picture
_MULTIPLE = 32  # of which its sides must be


class CenterFace:
    """Face boxes and five landmarks.

    Source: Xu et al., CenterFace: Joint Face Detection and Alignment Using Face as Point, https://arxiv.org/abs/1911.03599.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self.network = engine.load(store.path(cards.CENTERFACE), shapes=[(1, 3, -1, -1)], pixels=PixelInput())

    def detect(
        self, image: NDArray[np.uint8], longer_side: int, min_score: float = 0.5, overlap: float = 0.3
    ) -> FaceBoxes:
        """As `YuNet.detect`, with scores of this network's own scale."""
        height, width = image.shape[:2]
        scale = longer_side / max(height, width)
        # The picture is stretched by a few pixels rather than padded, as its authors do.
        size = tuple(max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        searched = np.ascontiguousarray(cv2.resize(image, size, interpolation=way))[None]
        heat, sizes, offsets, points = (part[0] for part in self.network.run(searched))
        faces = _decoded(heat[0], sizes, offsets, points, min_score)
        stretch = np.array([width / size[0], height / size[1]], np.float32)
        faces = FaceBoxes(faces.boxes * np.tile(stretch, 2), faces.landmarks * stretch, faces.scores)
        return faces.pick(nms(faces.boxes, faces.scores, overlap))


def _decoded(
    heat: NDArray[np.float32],
    sizes: NDArray[np.float32],
    offsets: NDArray[np.float32],
    points: NDArray[np.float32],
    min_score: float,
) -> FaceBoxes:
    """Candidates of (H/4, W/4) cells in pixels of the searched picture, before suppression.

    sizes, offsets: (2, H/4, W/4), row before column; points: (10, H/4, W/4), the same for each landmark.
    """
    rows, columns = np.nonzero(heat >= min_score)
    height, width = np.exp(sizes[:, rows, columns]) * _CELL
    row, column = (np.stack([rows, columns]) + offsets[:, rows, columns] + 0.5) * _CELL
    top, left = row - height / 2, column - width / 2
    boxes = np.stack([left, top, left + width, top + height], 1).astype(np.float32)
    inside = points[:, rows, columns].reshape(5, 2, -1)
    landmarks = np.stack([left + inside[:, 1] * width, top + inside[:, 0] * height]).transpose(2, 1, 0)
    return FaceBoxes(boxes, landmarks.astype(np.float32), heat[rows, columns].astype(np.float32))
