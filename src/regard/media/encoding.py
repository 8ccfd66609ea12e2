"""How a redacted video is encoded: the same kind of picture in the container that was asked for."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo

Codec = Literal["libx264", "libx265", "libvpx-vp9"]

# FFmpeg's names of the containers that can be written.
CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
_FINEST = 1_000_000  # ticks a second

# In eight bits: what x264 takes as it is. Else the nearest that keeps every sample.
_AS_IT_IS = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "gray"})
_DEEP = {"yuv422p10le": "yuv422p10le", "yuv444p10le": "yuv444p10le", "p010le": "yuv420p10le"}
_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoder and what it is told."""

    codec: Codec
    pixel_format: str
    container: str
    time_base: Fraction
    options: dict[str, str] = field(default_factory=dict)


def choice_for(info: VideoInfo, suffix: str) -> EncodingChoice:
    """How `info`'s video goes into a file with this ending. Raises VideoError for an ending that cannot be written."""
    container = CONTAINERS.get(suffix.lower())
    if container is None:
        raise VideoError(f"A video cannot be written as '{suffix}'; choose one of {', '.join(CONTAINERS)}")
    base = time_base(info)
    if container == "webm":
        deep = "yuv420p10le" if info.bit_depth > 8 else "yuv420p"
        # Realtime with two passes less; constant quality.
        options = {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "crf": "24", "b": "0"}
        return EncodingChoice("libvpx-vp9", deep, container, base, options)
    if info.bit_depth > 8:
        params = ["log-level=none", "info=0", *_hdr(info)]
        options = {"preset": "fast", "crf": "20", "x265-params": ":".join(params)}
        return EncodingChoice("libx265", _DEEP.get(info.pixel_format, "yuv420p10le"), container, base, options)
    picture = info.pixel_format if info.pixel_format in _AS_IT_IS else _plain(info)
    params = ["tff=1" if info.top_field_first else "bff=1"] if info.is_interlaced else []
    options = {"preset": "fast", "crf": "20"} | ({"x264-params": ":".join(params)} if params else {})
    return EncodingChoice("libx264", picture, container, base, options)


def time_base(info: VideoInfo) -> Fraction:
    """One tick: the distance of frames is a whole number of ticks, and no moment is off by more than a microsecond."""
    rate = info.average_rate
    if rate is None or not 0 < rate <= 1000 or rate.numerator > _FINEST:
        return Fraction(1, _FINEST)
    return Fraction(1, rate.numerator * (_FINEST // rate.numerator))


def _plain(info: VideoInfo) -> str:
    """For palettes, RGB and odd layouts."""
    return "yuvj420p" if info.color_range == _FULL_RANGE and info.pixel_format.startswith("yuv") else "yuv420p"


def _hdr(info: VideoInfo) -> list[str]:
    return ["hdr-opt=1", "repeat-headers=1"] if info.is_hdr else []
