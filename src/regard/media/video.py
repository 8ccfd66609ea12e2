"""A video file to frames with times, in a child process only (`media/sandbox.py`).

    with Decoding(path, limits) as decoding:
        decoding.info
        for decoded in decoding.frames():            from the start
        for decoded in decoding.frames(30_000_000):  from there on, with the times and numbers it has from the start

A damaged file is read as far as it goes: what cannot be decoded is left out, and what leans on it is marked.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
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

    def __init__(self, path: Path, limits: VideoLimits, table: PacketTable | None = None) -> None:
        """table: of this file, where it is known (`media/video_facts.py`): it need not be read for it again, and frames
        are numbered by their places in it, wherever a walk begins. What has no place in it is left out.
        """
        self._path, self._limits = path, limits
        self._first_stamp: int | None = None
        self._base = Fraction(1)  # seconds of a stamp's unit
        self._table, self._has_table = table, table is not None
        self._places = table
        self.info: VideoInfo = self._described()

    def __enter__(self) -> "Decoding":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing stays open between walks."""

    @property
    def clock(self) -> tuple[int | None, Fraction]:
        """The first frame's stamp, where it has one, and how many seconds a stamp's unit is."""
        return self._first_stamp, self._base

    def frames(self, from_us: int = 0, on_passed: Callable[[], None] = lambda: None) -> Iterator[Decoded]:
        """All frames with `time_us >= from_us`, in the order that they are shown.

        on_passed: called for each frame that had to be decoded on the way there.
        """
        table = self._table_of_packets() if from_us > 0 else None
        if table is not None:
            with closing(self._from_key(table, from_us, on_passed)) as walk:
                first = next(walk, None)
                if first is not None and first.time_us == self._next_us(table, from_us):
                    yield first
                    yield from walk
                    return
        # Without a table, or in a container that cannot be sought in, there is only the way from the start.
        for decoded in self._from_start():
            if decoded.time_us >= from_us:
                yield decoded
            else:
                on_passed()

    def _from_start(self) -> Generator[Decoded]:
        with opened(self._path, self._limits) as (container, stream):
            times = FrameTimes(self._base, self._usual_us)
            for number, (frame, is_damaged) in enumerate(_walk(container, stream)):
                index = number if self._places is None else self._place(self._places, frame.pts)
                if index is not None:
                    yield self._decoded(frame, index, times.next(frame.pts), is_damaged)

    def _place(self, table: PacketTable, stamp: int | None) -> int | None:
        """How many frames come between the first one and the one with this stamp."""
        first = table.index(self._first_stamp) if self._first_stamp is not None else None
        index = table.index(stamp) if stamp is not None else None
        return index - first if index is not None and first is not None else None

    def _from_key(self, table: PacketTable, from_us: int, on_passed: Callable[[], None]) -> Generator[Decoded]:
        """From a key frame that comes well before; nothing where that is the start, or cannot be found."""
        first = self._first_stamp
        with opened(self._path, self._limits) as (container, stream):
            key = table.key_before(first + int(from_us / 1_000_000 / self._base)) if first is not None else None
            if key is None:
                return
            with suppress(av.error.FFmpegError):
                container.seek(key, stream=stream, backward=True, any_frame=False)
            times = FrameTimes(self._base, self._usual_us, zero=first)
            for frame, is_damaged in _walk(container, stream):
                index = self._place(table, frame.pts)
                if index is not None and (time_us := times.next(frame.pts)) >= from_us:
                    yield self._decoded(frame, index, time_us, is_damaged)
                else:
                    on_passed()

    def _next_us(self, table: PacketTable, from_us: int) -> int | None:
        """The time of the first frame that is not before `from_us`."""
        base, first = self._base, self._first_stamp or 0
        later = table.stamps[table.stamps >= first + int(from_us / 1_000_000 / base)]
        return next((us for stamp in later[:2] if (us := microseconds(int(stamp) - first, base)) >= from_us), None)

    def _decoded(self, frame: av.VideoFrame, index: int, time_us: int, is_damaged: bool) -> Decoded:
        if time_us > self._limits.max_seconds * 1_000_000:
            raise VideoError(
                f"{self._path.name} has a frame at {time_us / 1e6:,.0f} seconds; "
                f"the limit is {self._limits.max_seconds:,.0f}"
            )
        return Decoded(self._as_promised(frame), index, time_us, is_damaged)

    @property
    def _usual_us(self) -> int:
        return max(1, round(1_000_000 / self.info.fps))

    def _table_of_packets(self) -> PacketTable | None:
        if not self._has_table:
            self._has_table = True
            with opened(self._path, self._limits) as (container, stream):
                if shows_every_packet(stream):
                    packets = (
                        (packet.pts, packet.is_keyframe)
                        for packet in packets_of(container, [stream])
                        if packet.size > 0 and not packet.is_discard
                    )
                    self._table = PacketTable.of(packets, self._base)
        return self._table

    def _described(self) -> VideoInfo:
        with opened(self._path, self._limits) as (container, stream):
            with closing(_walk(container, stream)) as walk:
                frame, _ = next(walk, (None, False))
            if frame is None:
                check_size(self._path, *self._refused_size(), self._limits)
                raise VideoError(f"{self._path.name} has no frame that can be decoded")
            check_size(self._path, frame.width, frame.height, self._limits)
            self._first_stamp, self._base = frame.pts, _base(stream)
            start_us = microseconds(frame.pts, self._base) if frame.pts is not None else 0
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
    losses = Losses(shows_every_packet(stream))
    for packet in packets_of(container, [stream]):
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


def shows_every_packet(stream: av.VideoStream) -> bool:
    """Whether each packet of a stream is to come out as a frame."""
    return stream.codec_context.name not in _HIDES_FRAMES


def packets_of(container: InputContainer, streams: Sequence[Stream]) -> Iterator["Packet[av.VideoStream]"]:
    """Packets as stored, at the end an empty one that flushes a decoder; reading goes on behind what is broken."""
    faults = 0
    while faults < _MANY_FAULTS:
        try:
            for packet in container.demux(list(streams)):
                faults = 0
                yield cast("Packet[av.VideoStream]", packet)
            return
        except MemoryError:
            raise
        except IndexError:
            break  # PyAV 18.1 fails so at the end of a file whose streams became more while it was read
        except (av.error.InvalidDataError, av.error.UnknownError):
            faults += 1
        except OSError as error:
            raise VideoError(f"The video cannot be read any further: {error.strerror}") from error
    yield cast("Packet[av.VideoStream]", Packet())


def _base(stream: av.VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, 1_000_000)
