"""Covers decoded frames in place, in the planes that they are stored in: colour and depth stay what they are."""

from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from regard.media.encoding import EncodingChoice, is_rgb
from regard.media.video_info import VideoInfo
from regard.redaction.cover_tones import Tone
from regard.redaction.covers import CoveredArea, CoverStyle, cover_planes
from regard.redaction.plan import PlacedArea
from regard.redaction.settings import RedactionSettings, Shape

_OVALS = frozenset({"face", "person"})
_FULL_RANGE = 2


class FramePainter:
    """Of one video."""

    def __init__(self, info: VideoInfo, choice: EncodingChoice, settings: RedactionSettings) -> None:
        """choice: how frames will be encoded, which says what layout and colours they are to have."""
        self._info, self._choice = info, choice
        red, green, blue = bytes.fromhex(settings.fill[1:])
        self._style = CoverStyle(settings.way, settings.shape, (red, green, blue))
        self._tones: dict[int, Tone | None] = {}

    def begin_segment(self) -> None:
        """Forgets what was before, so that a segment depends on nothing but itself."""
        self._tones = {}

    def painted(self, frame: av.VideoFrame, areas: list[PlacedArea] | None) -> av.VideoFrame:
        """The frame with its areas covered, all of it where they are None. It may be `frame` itself."""
        if frame.format.name != self._choice.pixel_format:
            frame = self._converted(frame)
        if areas is not None and not areas:
            return frame
        frame.make_writable()
        whole = [PlacedArea(-1, "region", np.array([0, 0, self._info.width, self._info.height]), None)]
        self._cover(frame, whole if areas is None else areas)
        return frame

    def _converted(self, frame: av.VideoFrame) -> av.VideoFrame:
        """In the layout that will be encoded; code values of light and colour mean what they did."""
        if is_rgb(frame.format.name):
            return frame.reformat(
                format=self._choice.pixel_format,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
        kept = ColorRange.JPEG if self._choice.colours.range == _FULL_RANGE else ColorRange.MPEG
        return frame.reformat(format=self._choice.pixel_format, src_color_range=kept, dst_color_range=kept)

    def _cover(self, frame: av.VideoFrame, areas: list[PlacedArea]) -> None:
        across, down = _subsampling(frame)
        covered = [
            CoveredArea(area.box, area.outline, self._shape(area), self._tones.get(area.track)) for area in areas
        ]
        bits, colours = frame.format.components[0].bits, self._choice.colours
        tones = cover_planes(
            _planes(frame, bits),
            (across, down),
            covered,
            self._style,
            self._info.rotation,
            bits,
            color_space=colours.space,
            is_full_range=colours.range == _FULL_RANGE,
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
