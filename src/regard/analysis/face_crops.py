"""Faces cut out of a picture so that eyes, nose and mouth corners come to lie where embedding networks expect them."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.results import Face, PixelSource
from regard.geometry import similarity_transform

SIDE = 112

# Where the five landmarks lie in a crop. Source: insightface, face_align.py, `arcface_dst`, the template that SFace and
# FaceX-Zoo were trained with.
TEMPLATE = np.array(
    ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)), np.float32
)


def aligned_crops(image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(N, 112, 112, 3) RGB crops of the faces in `image`, (H, W, 3) RGB; black where they reach over its edge.

    landmarks: (N, 5, 2) in pixels of `image`: eye, eye, nose, mouth corner, mouth corner, the image's left one first,
    as the detector finds them. N may be 0.
    """
    if not len(landmarks):
        return np.empty((0, SIDE, SIDE, 3), np.uint8)
    return np.stack([_crop(image, five) for five in landmarks])


def crops_of_faces(source: PixelSource, faces: Sequence[Face]) -> NDArray[np.uint8]:
    """(N, 112, 112, 3) RGB crops of faces of `source`, decoded large enough for the smallest of them; N may be 0.

    They are cut by the detector's own landmarks, also where the faces have the mesh's: a mesh that misses its face
    makes a crop that looks like other such crops, and strangers match.
    """
    five = np.array([face.five for face in faces], np.float32).reshape(-1, 5, 2)
    if not len(five):
        return aligned_crops(np.empty((1, 1, 3), np.uint8), five)
    longer = max(source.size)
    largest_scale = max(_scale(_warp(points)) for points in five)
    image = source.pixels(at_least=math.ceil(longer * min(largest_scale, 1.0)))
    return aligned_crops(image, five * np.float32(max(image.shape[:2]) / longer))


def _crop(image: NDArray[np.uint8], five: NDArray[np.float32]) -> NDArray[np.uint8]:
    warp = _warp(five)
    # A warp samples, so that a large face would be cut with jagged edges: cut it larger and average.
    times = max(1, round(1 / max(_scale(warp), 1 / SIDE)))
    crop = cv2.warpAffine(image, warp * np.float32(times), (SIDE * times, SIDE * times))
    return np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA) if times > 1 else crop, np.uint8)


def _warp(five: NDArray[np.float32]) -> NDArray[np.float32]:
    """(2, 3) from picture to crop."""
    return similarity_transform(five, TEMPLATE)


def _scale(warp: NDArray[np.float32]) -> float:
    """Pixels of the crop a pixel of the picture."""
    return float(np.hypot(warp[0, 0], warp[1, 0]))
