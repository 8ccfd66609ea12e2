"""The facts of a video from its header, its first frame and its packets; in a child process only.

    {"codec": "h264", "format": "QuickTime / MOV", "duration_ms": 20000, "frame_rate": 29.97, "width": 1920,
     "height": 1080, "color_range": "LIMITED", "frames": 600,
     "audio": [{"codec": "aac", "duration_ms": 20011, "sample_rate": 48000, "channels": 2}],
     "file_bytes": 5000000, "time_base_fps": [30000, 1001]}

Width and height are upright. The duration is from the first frame to the end of the last; `frames` is null where only
decoding could tell.
"""

import time
from array import array
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.packet import Packet

from regard.media.video import Decoding, packets_of, shows_every_packet
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from regard.media.video_opening import opened
from regard.media.video_times import FrameTimes, PacketTable, microseconds

CHUNK_US: Final = 60_000_000
_MICRO: Final = 1_000_000
_LOOKED_AT_FOR_KEYS: Final = 8  # packets; an encrypted stream may begin with some that are not
_STANDARD_RATES: Final = (
    *(Fraction(rate) for rate in (10, 12, 15, 24, 25, 30, 48, 50, 60, 100, 120)),
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)),
)
_NEAR_RATE: Final = 4e-4  # 24 and 23.976 are 1e-3 apart
_FULL_RANGE: Final = 2
_TELLING_S: Final = 0.3
_FULL_RANGE_FORMATS: Final = ("yuvj", "rgb", "bgr", "gbr", "gray", "pal8", "argb", "abgr")


def described_packets(
    path: Path, limits: VideoLimits, table_path: Path | None, tell: Callable[[float], None]
) -> dict[str, Any]:
    """What `VideoFacts` is made of, as JSON. tell: of the share that was read, some times a second.

    Raises VideoError.
    """
    _check_not_encrypted(path, limits)
    decoding = Decoding(path, limits)
    info, (first, base) = decoding.info, decoding.clock
    with opened(path, limits) as (container, stream):
        pass_ = _Pass(path, container.streams.audio, stream, info, base)
        for packet in packets_of(container, [stream, *pass_.audio_streams]):
            if packet.size > 0:
                pass_.add(packet, tell)
        format_name, codec = container.format.long_name, stream.codec_context.codec.canonical_name
        table = pass_.table if shows_every_packet(stream) else None
        audio = pass_.audio()
    place = table.index(first) if table is not None and first is not None else None
    if table is None or place is None or first is None:
        table, frames, starts = None, None, _even_starts(pass_.run_us)
        duration_us = pass_.run_us or info.duration_us or 0
    else:
        frames, starts = len(table.stamps) - place, _key_starts(table, first, base)
        duration_us = microseconds(pass_.end(first), base)
    if table is not None and table_path is not None:
        _write(table, table_path)
    facts = _facts(info, codec, format_name, duration_us, frames) | {"audio": audio}
    return {"facts": facts, "container": info.container, "starts_us": starts, "is_sequential": table is None}


class _Pass:
    """What is remembered of the packets."""

    def __init__(
        self,
        path: Path,
        audio_streams: tuple[av.AudioStream, ...],
        stream: av.VideoStream,
        info: VideoInfo,
        base: Fraction,
    ) -> None:
        self._bytes, self._told = path.stat().st_size, time.monotonic()
        self._index, self._base = stream.index, base
        self._usual = max(1, round(1 / info.fps / base))
        self._stamps, self._marks = array("q"), array("b")
        self._has_stamps = True
        self._end: int | None = None
        self._run = FrameTimes(base, max(1, round(_MICRO / info.fps)))
        self.run_us = 0  # the length by the order of the packets, whatever the clock does
        self.audio_streams = [one for one in audio_streams if _is_decodable(one)]
        self._audio_ends: dict[int, tuple[int, int]] = {}  # first stamp and end by the stream's index

    def add(self, packet: "Packet[Any]", tell: Callable[[float], None]) -> None:
        if packet.stream_index == self._index:
            if not packet.is_discard:
                self._add_frame(packet)
        elif packet.pts is not None:
            first, end = self._audio_ends.get(packet.stream_index, (packet.pts, packet.pts))
            self._audio_ends[packet.stream_index] = first, max(end, packet.pts + (packet.duration or 0))
        if time.monotonic() - self._told > _TELLING_S:
            self._told = time.monotonic()
            tell(min(1.0, (packet.pos or 0) / self._bytes))

    def _add_frame(self, packet: "Packet[Any]") -> None:
        length = packet.duration or self._usual
        stamp = packet.dts if packet.dts is not None else packet.pts
        self.run_us = self._run.next(stamp) + microseconds(length, self._base)
        if packet.pts is None:
            self._has_stamps = False
            return
        self._stamps.append(packet.pts)
        self._marks.append(packet.is_keyframe)
        self._end = max(self._end if self._end is not None else packet.pts, packet.pts + length)

    @property
    def table(self) -> PacketTable | None:
        pairs = zip(self._stamps, map(bool, self._marks), strict=True)
        return PacketTable.of(pairs, self._base) if self._has_stamps else None

    def end(self, first: int) -> int:
        """From the first frame to the end of the last, in stamps."""
        return max(0, self._end - first) if self._end is not None else 0

    def audio(self) -> list[dict[str, Any]]:
        return [_sound(stream, *self._audio_ends.get(stream.index, (0, 0))) for stream in self.audio_streams]


def _sound(stream: av.AudioStream, first: int, end: int) -> dict[str, Any]:
    context = stream.codec_context
    length = (end - max(0, first)) * (stream.time_base or Fraction(0))  # what is before 0 only starts the decoder
    return {
        "codec": context.codec.canonical_name,
        "duration_ms": int(1000 * length),
        "sample_rate": context.sample_rate,
        "channels": context.channels,
    }


def _facts(info: VideoInfo, codec: str, format_name: str, duration_us: int, frames: int | None) -> dict[str, Any]:
    rate = _rate(info, duration_us, frames)
    is_full = info.color_range == _FULL_RANGE or "yuvj" in info.pixel_format
    is_full |= info.color_range == 0 and info.pixel_format.startswith(_FULL_RANGE_FORMATS)
    return {
        "codec": codec,
        "format": format_name,
        "duration_ms": duration_us // 1000,
        "frame_rate": round(float(rate), 6),
        "width": info.width,
        "height": info.height,
        "color_range": "FULL" if is_full else "LIMITED",
        "frames": frames,
        "file_bytes": info.file_bytes,
        "time_base_fps": [rate.numerator, rate.denominator],
    }


def _rate(info: VideoInfo, duration_us: int, frames: int | None) -> Fraction:
    """Frames a second, a standard rate where one is meant."""
    if frames is not None and frames > 1 and duration_us > 0:
        rate = Fraction(frames * _MICRO, duration_us)
    else:
        rate = info.average_rate if info.average_rate == info.fps and info.average_rate else Fraction(info.fps)
    near = min(_STANDARD_RATES, key=lambda standard: abs(standard - rate))
    return near if abs(near - rate) <= near * Fraction(_NEAR_RATE) else rate.limit_denominator(1001)


def _key_starts(table: PacketTable, first: int, base: Fraction) -> list[int]:
    """0, and of every minute the first key frame."""
    starts = [0]
    while True:
        wanted = first + int((starts[-1] + CHUNK_US) / _MICRO / base)
        place = int(np.searchsorted(table.keys, wanted))
        last_us = microseconds(int(table.stamps[-1]) - first, base)
        if place == len(table.keys) or last_us - starts[-1] < CHUNK_US * 3 // 2:
            return starts
        starts.append(microseconds(int(table.keys[place]) - first, base))


def _even_starts(duration_us: int) -> list[int]:
    return list(range(0, max(1, duration_us - CHUNK_US // 2), CHUNK_US))


def _check_not_encrypted(path: Path, limits: VideoLimits) -> None:
    """Raises VideoError where the first packets say that they are."""
    with opened(path, limits) as (container, stream):
        for number, packet in enumerate(packets_of(container, [stream])):
            if packet.size > 0 and packet.has_sidedata("encryption_info"):
                scheme = bytes(packet.get_sidedata("encryption_info"))[:4].decode("ascii", "replace").strip("\0 ")
                raise VideoError(f"{path.name} is encrypted{f' ({scheme})' if scheme.isalnum() else ''}")
            if number >= _LOOKED_AT_FOR_KEYS:
                return


def _is_decodable(stream: av.AudioStream) -> bool:
    context: object = stream.codec_context
    return context is not None


def _write(table: PacketTable, path: Path) -> None:
    try:
        path.write_bytes(table.to_bytes())
    except OSError as error:
        raise VideoError(f"The list of frames of the video cannot be written: {error.strerror}") from error
