"""MediaPipe's face landmark network: 478 points on a face crop, and 52 expression weights from them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.models import cards
from regard.models.engine import Engine, PixelInput
from regard.models.weights import WeightStore

POINTS = 478  # 468 on the face, 5 on each iris
_SIDE = 256
_MARGIN = 1.5  # crop side over the box's longer side, as MediaPipe's face landmark graph sets it
_BATCH = 8  # larger batches gain nothing (`docs/concepts/runtime.md`) and cost memory

# The points that the blendshape network reads. Source: MediaPipe, face_blendshapes_graph.cc, kLandmarksSubsetIdxs.
BLENDSHAPE_POINTS = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251,
    263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314,
    317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384,
    385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475,
    476, 477,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FaceMeshes:
    """Meshes of N faces, in pixels of the array they were found in."""

    points: NDArray[np.float32]  # (N, 478, 3): x, y and, in the same unit, depth; nearer is smaller
    presence: NDArray[np.float32]  # (N,) 0..1, the network's belief that the crop holds a face

    def __len__(self) -> int:
        """How many faces."""
        return len(self.presence)


class FaceMesh:
    """478 points on each face.

    Source: MediaPipe Face Landmarker (model card "MediaPipe Face Mesh V2"); crop as its landmark graph.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self.network = engine.load(
            store.path(cards.LANDMARKS),
            shapes=[(-1, _SIDE, _SIDE, 3)],
            pixels=PixelInput(is_channels_first=False, scale=(255.0, 255.0, 255.0)),
        )

    def find(self, image: NDArray[np.uint8], boxes: NDArray[np.float32], landmarks: NDArray[np.float32]) -> FaceMeshes:
        """Meshes of the faces in `boxes`.

        image: (H, W, 3) RGB. boxes: (N, 4) pixels. landmarks: (N, 5, 2), of which the first two level the eyes.
        """
        if not len(boxes):
            return FaceMeshes(np.empty((0, POINTS, 3), np.float32), np.empty(0, np.float32))
        points, presence = [], []
        for start in range(0, len(boxes), _BATCH):
            part = slice(start, start + _BATCH)
            warps = [_crop_warp(box, eyes) for box, eyes in zip(boxes[part], landmarks[part], strict=True)]
            crops = np.stack([cv2.warpAffine(image, warp, (_SIDE, _SIDE)) for warp in warps])
            found, score = self.network.run(crops)[:2]
            points += [_unwarped(p, w) for p, w in zip(found.reshape(-1, POINTS, 3), warps, strict=True)]
            presence.append(1 / (1 + np.exp(-score.reshape(-1))))
        return FaceMeshes(np.stack(points), np.concatenate(presence))


class Blendshapes:
    """52 expression weights, each 0..1, in ARKit's order, from a mesh.

    Source: MediaPipe Blendshape V2 model card.
    """

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        self.network = engine.load(store.path(cards.BLENDSHAPES))

    def weigh(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 52) weights of (N, 478, 3) meshes."""
        subset = points[:, BLENDSHAPE_POINTS, :2]
        rows = [self.network.run(np.ascontiguousarray(face[None]))[0].reshape(52) for face in subset]
        return np.array(rows, np.float32).reshape(-1, 52)


def _crop_warp(box: NDArray[np.float32], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """(2, 3) from picture to crop: box in the middle, eyes level."""
    across = landmarks[1] - landmarks[0]
    angle = np.arctan2(across[1], across[0])
    scale = _SIDE / (_MARGIN * max(box[2] - box[0], box[3] - box[1], 1.0))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    rotation = np.array([[cos, sin], [-sin, cos]])
    centre = (box[:2] + box[2:]) / 2
    return np.column_stack([rotation, _SIDE / 2 - rotation @ centre]).astype(np.float32)


def _unwarped(points: NDArray[np.float32], warp: NDArray[np.float32]) -> NDArray[np.float32]:
    """Crop's points back in the picture; depth is scaled with them."""
    back = cv2.invertAffineTransform(warp)
    flat = points[:, :2] @ back[:, :2].T + back[:, 2]
    depth = points[:, 2:] * np.hypot(back[0, 0], back[1, 0])
    return np.concatenate([flat, depth], 1).astype(np.float32)
