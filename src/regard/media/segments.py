"""Segments: stretches of the output's pictures, each encoded by itself, so that what is finished survives a crash.

A segment is a NUT file: it keeps time stamps exactly, and the encoder's headers. One without pictures is an empty file.
Only in a child process.
"""

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from regard.media.encoding import EncodingChoice, configure, frame_rate
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo

# Put on all stamps: NUT has none below zero, and the first pictures are decoded earlier than that.
_SHIFT_US = 10_000_000


class SegmentEncoder:
    """Writes one segment under a draft's name; `close` gives it its own."""

    def __init__(self, path: Path, info: VideoInfo, choice: EncodingChoice) -> None:
        """path: where the segment is when it is whole. Raises OSError."""
        self.path = path
        self._draft = self.path.with_suffix(".draft")
        self._draft.unlink(missing_ok=True)
        self._choice = choice
        self._last_tick = -1
        self._container = av.open(str(self._draft), "w", format="nut", options={"fflags": "+bitexact"})
        self._stream = self._container.add_stream(choice.codec, frame_rate(info), options=dict(choice.options))
        assert isinstance(self._stream, VideoStream), self._stream
        configure(self._stream, info, choice)

    def encode(self, frame: av.VideoFrame, time_us: int) -> None:
        """Takes a frame, which it changes. Raises OSError where the disk is full."""
        tick = max(self._last_tick + 1, round(time_us / (1_000_000 * self._choice.time_base)))
        self._last_tick = tick
        frame.pts, frame.time_base = tick + _shift(self._choice.time_base), self._choice.time_base
        frame.pict_type = PictureType.NONE  # else the source's choice of key frames would be forced
        self._container.mux(self._stream.encode(frame))

    def close(self) -> Path:
        """Ends the segment, which from now on is whole. Raises OSError."""
        if self._last_tick < 0:
            self._draft.touch()
        else:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        with self._draft.open("rb") as file:
            os.fsync(file.fileno())
        return self._draft.replace(self.path)


def with_pictures(paths: Sequence[Path]) -> list[Path]:
    """Those of the segments that are not empty. Raises VideoError where one is missing."""
    try:
        return [path for path in paths if path.stat().st_size]
    except OSError as error:
        raise _unreadable(paths[0].parent, error.strerror or "it is missing") from error


def packets_of(paths: Sequence[Path], time_base: Fraction, headers: bytes | None) -> "Iterator[Packet[Any]]":
    """The packets of segments in the order they are to be decoded, `pts` in ticks of `time_base` from the first frame.

    `dts` says nothing. headers: of the encoder, which all segments share. Raises VideoError where a file is not what
    `SegmentEncoder` wrote.
    """
    for path in paths:
        try:
            with av.open(str(path), format="nut") as container:
                found = container.streams.video[0].codec_context.extradata
                if (found or b"") != (headers or b""):
                    raise _unreadable(path.parent, f"{path.name} has other headers than its neighbours")
                for packet in container.demux(video=0):
                    if packet.size and packet.pts is not None:
                        stamp = Fraction(packet.pts) * packet.time_base / time_base
                        packet.pts, packet.time_base = round(stamp) - _shift(time_base), time_base
                        yield packet
        except (av.error.FFmpegError, IndexError) as error:
            raise _unreadable(path.parent, str(error)) from error


def _unreadable(folder: Path, why: str) -> VideoError:
    return VideoError(f"A finished segment cannot be read: {why}; remove {folder} and try again")


def _shift(time_base: Fraction) -> int:
    return round(_SHIFT_US / (1_000_000 * time_base))
