"""What a video's header and first frame say of it; passes between processes as JSON.

FFmpeg's numbers of colours (primaries, transfer, space) are those of ITU-T H.273; range 1 is limited, 2 is full.
"""

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

StreamKind = Literal["video", "audio", "subtitle", "data", "attachment"]

PQ, HLG = 16, 18  # transfers of HDR, H.273 table 3
_USUAL_RATE = 25.0
_MOST_RATE = 1000.0  # above it a header lies


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream beside the video that is decoded; `video` is a second picture, such as a cover."""

    index: int
    kind: StreamKind
    codec: str
    language: str


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video file. Sizes and colours are those of the first frame, not what a header claims."""

    container: str  # FFmpeg's name, such as "mov,mp4,m4a,3gp,3g2,mj2"
    codec: str
    width: int  # upright: turned by `rotation`, not stretched by `sample_aspect`
    height: int
    coded_width: int  # of the decoded raster
    coded_height: int
    rotation: int  # 0, 90, 180 or 270 degrees clockwise from the decoded raster to upright
    sample_aspect: Fraction
    pixel_format: str
    bit_depth: int
    color_range: int
    color_primaries: int
    color_transfer: int
    color_space: int
    is_interlaced: bool
    top_field_first: bool
    average_rate: Fraction | None  # as the header claims it
    duration_us: int | None  # as the header claims it; None where it says nothing
    start_us: int  # the first frame's time on the container's clock, which sound and subtitles share; may be negative
    file_bytes: int
    stream_index: int  # of the video stream that is decoded
    streams: tuple[StreamInfo, ...]  # all others

    @property
    def is_hdr(self) -> bool:
        """Whether its code values are PQ or HLG."""
        return self.color_transfer in (PQ, HLG)

    @property
    def fps(self) -> float:
        """Frames a second, for estimates: what the header claims where that can be, else 25."""
        rate = float(self.average_rate or 0)
        return rate if 0 < rate <= _MOST_RATE else _USUAL_RATE

    def to_json(self) -> bytes:
        """Itself as bytes for `from_json`."""
        return json.dumps(asdict(self), default=str).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "VideoInfo":
        """What `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        fields: dict[str, Any] = json.loads(data)
        fields["sample_aspect"] = Fraction(fields["sample_aspect"])
        fields["average_rate"] = Fraction(fields["average_rate"]) if fields["average_rate"] is not None else None
        fields["streams"] = tuple(StreamInfo(**stream) for stream in fields["streams"])
        return cls(**fields)
