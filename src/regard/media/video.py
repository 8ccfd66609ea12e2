"""A video file to frames with times, in a child process only (`media/sandbox.py`).

    with Decoding(path, limits) as decoding:
        decoding.info
        for decoded in decoding.frames():            from the start
        for decoded in decoding.frames(30_000_000):  from there on, with the times and numbers it has from the start

A damaged file is read as far as it goes: what cannot be decoded is left out, and what leans on it is marked.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.reformatter import Interpolation

from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from regard.media.video_losses import Losses
from regard.media.video_opening import check_size, claimed_size, described, logged, opened
from regard.media.video_times import FrameTimes, PacketTable, microseconds

_MANY_FAULTS = 1000  # of reading in a row without a packet; then it is the end
_HIDES_FRAMES = ("vp8",)  # codecs with packets that show nothing, so that packets cannot be counted as frames


@dataclass(frozen=True, slots=True)
class Decoded:
    """One frame of the raster as it is stored, not turned; always of the first frame's size and format."""

    frame: av.VideoFrame
    index: int  # 0 for the first; behind damage, a walk from the middle may count frames that could not be decoded
    time_us: int
    is_damaged: bool  # it, or something it leans on, could not be decoded whole


class Decoding:
    """One video file; see the module. Each walk opens the file anew, so walks do not disturb each other.

    Raises VideoError, from the beginning or while walking: not a video, over a limit, no frame at all.
    """

    def __init__(self, path: Path, limits: VideoLimits) -> None:
        self._path, self._limits = path, limits
        self._first_stamp: int | None = None
        self._table: PacketTable | None = None
        self._has_table = False
        self.info: VideoInfo = self._described()

    def __enter__(self) -> "Decoding":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing stays open between walks."""

    def frames(self, from_us: int = 0) -> Iterator[Decoded]:
        """All frames with `time_us >= from_us`, in the order that they are shown."""
        index, last_us = 0, int(self._limits.max_seconds * 1_000_000)
        with opened(self._path, self._limits) as (container, stream):
            table = self._table_of_packets() if from_us > 0 else None
            key = self._begin(container, stream, table, from_us)
            times = FrameTimes(_base(stream), self._usual_us, self._first_stamp if key is not None else None)
            for frame, is_damaged in _walk(container, stream):
                if key is not None and table is not None:
                    found = table.index(frame.pts) if frame.pts is not None and frame.pts >= key else None
                    if found is None:
                        continue  # it leans on what was before the place where reading began
                    index = found
                time_us = times.next(frame.pts)
                if time_us > last_us:
                    raise VideoError(
                        f"{self._path.name} has a frame at {time_us / 1e6:,.0f} seconds; "
                        f"the limit is {self._limits.max_seconds:,.0f}"
                    )
                if time_us >= from_us:
                    yield Decoded(self._as_promised(frame), index, time_us, is_damaged)
                index += 1

    @property
    def _usual_us(self) -> int:
        return max(1, round(1_000_000 / self.info.fps))

    def _begin(
        self, container: InputContainer, stream: av.VideoStream, table: PacketTable | None, from_us: int
    ) -> int | None:
        """Seeks, and returns the key frame's stamp that reading begins at; None for the start."""
        if table is None or self._first_stamp is None:
            return None
        key = table.key_before(self._first_stamp + int(from_us / 1_000_000 / _base(stream)))
        if key is None:
            return None
        try:
            container.seek(key, stream=stream, backward=True, any_frame=False)
            landed = next((packet.pts for packet in container.demux(stream) if packet.is_keyframe), None)
            if landed is not None and landed <= key:
                container.seek(key, stream=stream, backward=True, any_frame=False)
                return landed
        except av.error.FFmpegError:
            pass  # a container that cannot be sought in is read from the start
        container.seek(0, backward=True)
        return None

    def _table_of_packets(self) -> PacketTable | None:
        if not self._has_table:
            self._has_table = True
            with opened(self._path, self._limits) as (container, stream):
                if stream.codec_context.name not in _HIDES_FRAMES:
                    packets = (
                        (packet.pts, packet.is_keyframe)
                        for packet in _packets(container, stream)
                        if packet.size > 0 and not packet.is_discard
                    )
                    self._table = PacketTable.of(packets, _base(stream))
        return self._table

    def _described(self) -> VideoInfo:
        with opened(self._path, self._limits) as (container, stream):
            with closing(_walk(container, stream)) as walk:
                frame, _ = next(walk, (None, False))
            if frame is None:
                check_size(self._path, *self._refused_size(), self._limits)
                raise VideoError(f"{self._path.name} has no frame that can be decoded")
            check_size(self._path, frame.width, frame.height, self._limits)
            self._first_stamp = frame.pts
            start_us = microseconds(frame.pts, _base(stream)) if frame.pts is not None else 0
            return described(self._path, container, stream, frame, start_us)

    def _refused_size(self) -> tuple[int, int]:
        """The size of frames that the decoder would not allocate, which it tells only in its log; else (0, 0)."""
        with opened(self._path, self._limits) as (container, stream), logged() as messages:
            stream.codec_context.thread_type = "NONE"  # PyAV's log and FFmpeg's threads wait for each other for ever
            with closing(_walk(container, stream)) as walk:
                next(walk, None)
            return claimed_size(messages) or (0, 0)

    def _as_promised(self, frame: av.VideoFrame) -> av.VideoFrame:
        info = self.info
        wanted = info.coded_width, info.coded_height, info.pixel_format
        if (frame.width, frame.height, frame.format.name) == wanted:
            return frame
        width, height, name = wanted
        return frame.reformat(width, height, name, interpolation=Interpolation.BILINEAR)


def _walk(container: InputContainer, stream: av.VideoStream) -> Generator[tuple[av.VideoFrame, bool]]:
    """Frames as they are shown, each with whether it is damaged."""
    losses = Losses(stream.codec_context.name not in _HIDES_FRAMES)
    for packet in _packets(container, stream):
        losses.sent(packet.pts if packet.size > 0 and not packet.is_discard else None)
        try:
            frames = stream.codec_context.decode(packet)
        except av.error.EOFError:
            return
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError):
            losses.failed()
            continue
        for frame in frames:
            yield frame, losses.shown(frame.pts, frame.key_frame, frame.is_corrupt)


def _packets(container: InputContainer, stream: av.VideoStream) -> Iterator["Packet[av.VideoStream]"]:
    """Packets as stored, at the end an empty one that flushes the decoder; reading goes on behind what is broken."""
    faults = 0
    while faults < _MANY_FAULTS:
        try:
            for packet in container.demux(stream):
                faults = 0
                yield packet
            return
        except MemoryError:
            raise
        except (av.error.InvalidDataError, av.error.UnknownError):
            faults += 1
        except OSError as error:
            raise VideoError(f"The video cannot be read any further: {error.strerror}") from error
    yield cast("Packet[av.VideoStream]", Packet())


def _base(stream: av.VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, 1_000_000)
