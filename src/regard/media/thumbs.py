"""Decoded frames to thumbs of one size, cheaply enough to make one of every frame.

Of planes that are much larger than a thumb some rows are passed over, so that each pixel is still the mean of three
rows or more: 1080p takes a fifth of the time that all rows would.
"""

import re
from typing import Final, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from regard.media.frame_scaling import FrameScaler, plane_of
from regard.media.video_info import VideoInfo

Pixels = NDArray[np.uint8]

THUMB_WIDTH: Final = 128
THUMB_HEIGHT: Final = 72

_PLANAR = re.compile(r"yuva?j?4(?:20|22|40|44)p(\d+)?(?:le)?$")
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_LEAST_ROWS = 3  # of a plane for each row of a thumb
# Weights of red and blue in luma by H.273's number of the matrix: BT.709, BT.2020; all others as BT.601.
_WEIGHTS = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}
_BT601 = (0.299, 0.114)
_UNSPECIFIED, _BT709, _HD_LINES, _FULL_RANGE = 2, 1, 720, 2


class ThumbMaker:
    """Makes thumbs of the frames of one video."""

    def __init__(self, info: VideoInfo) -> None:
        self._info = info
        planar = _PLANAR.match(info.pixel_format)
        self._shift = int(planar[1] or 8) - 8 if planar else 0
        self._is_full_range = info.color_range == _FULL_RANGE or "yuvj" in info.pixel_format
        size = (THUMB_WIDTH, THUMB_HEIGHT)
        self._size = size if info.rotation in (0, 180) else size[::-1]
        self._scaler = None if planar and not info.is_hdr else FrameScaler(info, size)
        self._matrices: dict[int, NDArray[np.float32]] = {}

    def write(self, frame: av.VideoFrame, out: Pixels) -> None:
        """Writes the thumb, (72, 128, 3) RGB and upright."""
        if self._scaler is not None:
            self._scaler.write(frame, out)
            return
        width, height = self._size
        luma = self._shrunk(frame, 0, self._size)
        chroma = (self._shrunk(frame, number, (width // 2, height // 2)) for number in (1, 2))
        planes = [luma, *(cv2.resize(plane, self._size, interpolation=cv2.INTER_LINEAR) for plane in chroma)]
        rgb = cast("Pixels", cv2.transform(cv2.merge(planes), self._matrix(int(frame.colorspace))))
        if self._info.rotation:
            cv2.rotate(rgb, _TURNS[self._info.rotation], dst=out)
        else:
            np.copyto(out, rgb)

    def _shrunk(self, frame: av.VideoFrame, number: int, size: tuple[int, int]) -> Pixels:
        plane = plane_of(frame, number)
        width, height = size
        step = max(1, plane.shape[0] // (height * _LEAST_ROWS))
        rows = plane[step // 2 :: step]
        is_larger = width > rows.shape[1] or height > rows.shape[0]
        way = cv2.INTER_LINEAR if is_larger else cv2.INTER_AREA
        small = cast("Pixels", cv2.resize(rows, size, interpolation=way))
        return (small >> self._shift).astype(np.uint8) if self._shift else small

    def _matrix(self, space: int) -> NDArray[np.float32]:
        """(3, 4), from Y, Cb, Cr of eight bits and 1 to RGB."""
        if space not in self._matrices:
            is_hd = space == _UNSPECIFIED and self._info.coded_height >= _HD_LINES
            weights = _WEIGHTS.get(_BT709 if is_hd else space, _BT601)
            self._matrices[space] = _matrix(*weights, is_full_range=self._is_full_range)
        return self._matrices[space]


def _matrix(red: float, blue: float, *, is_full_range: bool) -> NDArray[np.float32]:
    green = 1 - red - blue
    luma, chroma, black = (1.0, 1.0, 0.0) if is_full_range else (255 / 219, 255 / 224, 16.0)
    from_red, from_blue = 2 * (1 - red) * chroma, 2 * (1 - blue) * chroma
    matrix = np.array(
        [
            [luma, 0, from_red, 0],
            [luma, -from_blue * blue / green, -from_red * red / green, 0],
            [luma, from_blue, 0, 0],
        ]
    )
    matrix[:, 3] = -matrix[:, :3] @ (black, 128, 128)
    return matrix.astype(np.float32)
