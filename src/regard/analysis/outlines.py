"""Outlines of people: a polygon around each, somewhat wider than the person."""

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

_AROUND = 0.1  # of the box's sides, so that the network sees where the person ends
_LEAST_PERSON = 0.3  # from which a pixel belongs to one; low, for what is missed is seen
_GROWTH = 0.03  # of the crop's shorter side, by which the outline is wider
_LEAST_SHARE = 0.2  # of the box; where less is a person the network has not seen them
_SPECK = 0.03  # of the largest part; smaller ones are left out
_CORNER = 0.004  # of the outline's length, by which corners may be simplified


class MaskNetwork(Protocol):
    """`models.selfie_segmenter.SelfieSegmenter`."""

    def people(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(S, S) from 0 to 1 for an (H, W, 3) RGB picture squeezed to a square."""


def outline(network: MaskNetwork, image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """(M, 2) corners around the person in `box`, in pixels of the (H, W, 3) RGB picture; None where none is seen.

    One polygon: parts of a person whom something divides are joined by their hull.
    """
    height, width = image.shape[:2]
    sides = box[2:] - box[:2]
    low = np.clip(box[:2] - _AROUND * sides, 0, (width, height)).astype(int)
    high = np.clip(np.ceil(box[2:] + _AROUND * sides), 0, (width, height)).astype(int)
    if np.any(high - low < 8):
        return None
    mask = network.people(image[low[1] : high[1], low[0] : high[0]]) >= _LEAST_PERSON
    if mask.mean() < _LEAST_SHARE * np.prod(np.clip(sides, 0, None)) / np.prod(high - low):
        return None
    return np.asarray(_polygon(mask, (high - low) / mask.shape[1]) + low, dtype=np.float64)


def _polygon(mask: NDArray[np.bool_], scale: NDArray[np.float64]) -> NDArray[np.float32]:
    """(M, 2) around what is true, in units of `scale` a pixel in x and y."""
    growth = np.maximum(1, np.round(_GROWTH * (mask.shape[1] * scale).min() / scale)).astype(int)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(growth[0]) + 1, 2 * int(growth[1]) + 1))
    around = (int(growth[1]), int(growth[1]), int(growth[0]), int(growth[0]))
    wide = cv2.dilate(cv2.copyMakeBorder(mask.astype(np.uint8), *around, cv2.BORDER_CONSTANT), kernel)
    contours, _ = cv2.findContours(wide, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(map(cv2.contourArea, contours))
    parts = [contour for contour in contours if cv2.contourArea(contour) >= _SPECK * largest]
    whole = parts[0] if len(parts) == 1 else cv2.convexHull(np.concatenate(parts))
    corners = cv2.approxPolyDP(whole, _CORNER * cv2.arcLength(whole, True), True)[:, 0]
    return np.asarray((corners + 0.5 - growth) * scale, dtype=np.float32)
