"""Segments: stretches of the output's pictures, each encoded by itself, so that what is finished survives a crash.

A segment is a NUT file: it keeps time stamps exactly, and the encoder's headers. Only in a child process.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.packet import Packet
from av.video.frame import PictureType

from regard.media.encoding import EncodingChoice
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo

_SHIFT_US = (
    10_000_000  # put on all stamps: NUT has none below zero, and the first pictures are decoded earlier than that
)


class SegmentEncoder:
    """Writes one segment under a draft's name; `close` gives it its own."""

    def __init__(self, path: Path, info: VideoInfo, choice: EncodingChoice) -> None:
        """Raises OSError."""
        self.path = path
        self._draft = self.path.with_suffix(".draft")
        self._choice = choice
        self._last_tick = -1
        self._container = av.open(str(self._draft), "w", format="nut", options={"fflags": "+bitexact"})
        self._stream = self._container.add_stream(choice.codec, options=dict(choice.options))
        stream = self._stream
        stream.width, stream.height, stream.pix_fmt = info.coded_width, info.coded_height, choice.pixel_format
        context = stream.codec_context
        context.time_base = stream.time_base = choice.time_base
        context.framerate = info.average_rate or Fraction(round(info.fps))
        context.sample_aspect_ratio = info.sample_aspect
        context.color_range, context.color_primaries = info.color_range, info.color_primaries
        context.color_trc, context.colorspace = info.color_transfer, info.color_space

    def encode(self, frame: av.VideoFrame, time_us: int) -> None:
        """Takes a frame, which it changes. Raises OSError where the disk is full."""
        tick = max(self._last_tick + 1, round(time_us / (1_000_000 * self._choice.time_base)))
        self._last_tick = tick
        frame.pts, frame.time_base = tick + _shift(self._choice.time_base), self._choice.time_base
        frame.pict_type = PictureType.NONE  # else the source's choice of key frames would be forced
        self._container.mux(self._stream.encode(frame))

    def close(self) -> Path:
        """Ends the segment, which from now on is whole. Raises OSError."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        with self._draft.open("rb") as file:
            os.fsync(file.fileno())
        return self._draft.replace(self.path)


def packets_of(paths: Sequence[Path], time_base: Fraction) -> "Iterator[Packet[Any]]":
    """The packets of segments in the order they are to be decoded, `pts` in ticks of `time_base` from the first frame.

    `dts` says nothing. Raises VideoError where a file is not what `SegmentEncoder` wrote.
    """
    for path in paths:
        try:
            with closing(av.open(str(path), format="nut")) as container:
                for packet in container.demux(video=0):
                    if packet.size and packet.pts is not None:
                        stamp = Fraction(packet.pts) * packet.time_base / time_base
                        packet.pts, packet.time_base = round(stamp) - _shift(time_base), time_base
                        yield packet
        except av.error.FFmpegError as error:
            raise VideoError(
                f"A finished segment cannot be read: {error}; remove {path.parent} and try again"
            ) from error


def _shift(time_base: Fraction) -> int:
    return round(_SHIFT_US / (1_000_000 * time_base))
