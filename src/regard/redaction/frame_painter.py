"""Covers decoded frames in place, in the planes that they are stored in: colour and depth stay what they are."""

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from regard.media.video_info import VideoInfo
from regard.redaction.cover_tones import Tone
from regard.redaction.covers import CoveredArea, CoverStyle, cover_planes
from regard.redaction.plan import PlacedArea
from regard.redaction.settings import RedactionSettings, Shape

_OVALS = frozenset({"face", "person"})
_FULL_RANGE = 2


class FramePainter:
    """Of one video."""

    def __init__(self, info: VideoInfo, pixel_format: str, settings: RedactionSettings) -> None:
        """pixel_format: that frames are to have afterwards, planar or grey."""
        self._info, self._pixel_format = info, pixel_format
        red, green, blue = bytes.fromhex(settings.fill[1:])
        self._style = CoverStyle(settings.way, settings.shape, (red, green, blue))
        self._tones: dict[int, Tone | None] = {}

    def begin_segment(self) -> None:
        """Forgets what was before, so that a segment depends on nothing but itself."""
        self._tones = {}

    def painted(self, frame: av.VideoFrame, areas: list[PlacedArea] | None) -> av.VideoFrame:
        """The frame with its areas covered, all of it where they are None. It may be `frame` itself."""
        if frame.format.name != self._pixel_format:
            frame = frame.reformat(format=self._pixel_format)
        if areas is not None and not areas:
            return frame
        frame.make_writable()
        whole = [PlacedArea(-1, "region", np.array([0, 0, self._info.width, self._info.height]), None)]
        self._cover(frame, whole if areas is None else areas)
        return frame

    def _cover(self, frame: av.VideoFrame, areas: list[PlacedArea]) -> None:
        across, down = _subsampling(frame)
        covered = [
            CoveredArea(area.box, area.outline, self._shape(area), self._tones.get(area.track)) for area in areas
        ]
        tones = cover_planes(
            _planes(frame, self._info.bit_depth),
            (across, down),
            covered,
            self._style,
            self._info.rotation,
            self._info.bit_depth,
            color_space=self._info.color_space,
            is_full_range=self._info.color_range == _FULL_RANGE,
        )
        self._tones = {area.track: tone for area, tone in zip(areas, tones, strict=True)}

    def _shape(self, area: PlacedArea) -> Shape | None:
        if self._style.shape == "outline":
            return "outline" if area.outline is not None else "box"
        return None if area.kind in _OVALS else "box"


def _subsampling(frame: av.VideoFrame) -> tuple[int, int]:
    if len(frame.planes) < 2:
        return 1, 1
    luma, chroma = frame.planes[0], frame.planes[1]
    return -(-luma.width // chroma.width), -(-luma.height // chroma.height)


def _planes(frame: av.VideoFrame, bit_depth: int) -> list[NDArray[np.uint8] | NDArray[np.uint16]]:
    """Views of the planes without their padding."""
    kind: np.dtype[Any] = np.dtype(np.uint16 if bit_depth > 8 else np.uint8)
    size = kind.itemsize
    return [
        np.frombuffer(memoryview(plane), kind).reshape(plane.height, plane.line_size // size)[:, : plane.width]
        for plane in frame.planes
    ]
