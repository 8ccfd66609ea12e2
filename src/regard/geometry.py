"""Boxes and alignment, numpy only.

Boxes are rows `(left, top, right, bottom)` in pixels of whatever frame the caller is in.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def area(boxes: Floats) -> Floats:
    """(N,) areas of (N, 4) boxes; a box turned inside out has area 0."""
    size = np.clip(boxes[:, 2:4] - boxes[:, 0:2], 0, None)
    return np.asarray(size[:, 0] * size[:, 1], dtype=np.float32)


def intersection(a: Floats, b: Floats) -> Floats:
    """(N, M) shared areas of (N, 4) and (M, 4) boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    size = np.clip(high - low, 0, None)
    return np.asarray(size[..., 0] * size[..., 1], dtype=np.float32)


def iou(a: Floats, b: Floats) -> Floats:
    """(N, M) intersection over union; 0 where both boxes are empty."""
    shared = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)


def nms(boxes: Floats, scores: Floats, threshold: float) -> NDArray[np.int64]:
    """Indices kept by greedy non-maximum suppression, best score first.

    A box goes when its IoU with a kept one is above `threshold`. Ties keep the lower index.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best = order[0]
        kept.append(int(best))
        rest = order[1:]
        overlap = iou(boxes[best : best + 1], boxes[rest])[0]
        order = rest[overlap <= threshold]
    return np.array(kept, dtype=np.int64)


def similarity_transform(source: Floats, target: Floats) -> Floats:
    """(2, 3) rotation, one scale and shift that carry (K, 2) `source` points nearest to `target`.

    Source: S. Umeyama, Least-squares estimation of transformation parameters between two point patterns, 1991.
    """
    source_mean, target_mean = source.mean(0), target.mean(0)
    centred, aim = source - source_mean, target - target_mean
    u, s, vt = np.linalg.svd(aim.T @ centred / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = (u * sign) @ vt
    scale = (s * sign).sum() / np.maximum(centred.var(0).sum(), 1e-12)
    shift = target_mean - scale * rotation @ source_mean
    return np.column_stack([scale * rotation, shift]).astype(np.float32)
