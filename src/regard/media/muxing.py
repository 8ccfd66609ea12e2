"""Joins segments with the sound and subtitles of the source into one file. Only in a child process.

Sound and subtitles are copied packet for packet, shifted so that the first frame is at 0, except where sound is
silenced: such a stream is decoded and encoded anew. What the container cannot carry, data such as positions of a
camera, attachments and second pictures are left out and told. Nothing is written that says when or by what.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from regard.media.encoding import EncodingChoice
from regard.media.segments import packets_of
from regard.media.silencing import Silencer, Span
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from regard.media.video_opening import opened

_COPIED = ("audio", "subtitle")
_REASONS = {"data": "data is dropped", "attachment": "attachments are dropped", "video": "it is a second picture"}
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class MuxOptions:
    """What of the source goes along."""

    keep_sound: bool = True
    mute: tuple[Span, ...] = ()  # microseconds from the first frame
    keep_metadata: bool = False


def mux(
    segments: Sequence[Path],
    source: Path,
    draft: Path,
    info: VideoInfo,
    choice: EncodingChoice,
    options: MuxOptions,
    limits: VideoLimits,
    on_progress: Callable[[int], None],
) -> list[str]:
    """Writes `draft`. Returns what of the source is not in it, each with the reason.

    on_progress: told the time in microseconds now and then. Raises OSError where it cannot be written, VideoError.
    """
    flags = {"movflags": "+faststart"} if choice.container in ("mp4", "mov") else {}
    with (
        closing(av.open(str(segments[0]), format="nut")) as first,
        opened(source, limits) as (container, _),
        closing(av.open(str(draft), "w", format=choice.container, options={"fflags": "+bitexact", **flags})) as target,
    ):
        film = target.add_stream_from_template(first.streams.video[0], opaque=True)
        film.time_base = choice.time_base
        if info.rotation:
            film.set_display_rotation(-info.rotation)
        if options.keep_metadata:
            target.metadata.update(container.metadata)
        copies, left_out = _copies(container, target, info, options)
        packets = heapq.merge(
            _film(segments, film, choice.time_base),
            _copied(container, copies, info.start_us),
            key=lambda timed: timed[0],
        )
        told = 0
        for time_us, some in packets:
            target.mux(some)
            if time_us - told > _MICRO:
                on_progress(told := time_us)
    return left_out


def _copies(
    container: InputContainer, target: OutputContainer, info: VideoInfo, options: MuxOptions
) -> tuple[dict[int, Stream | Silencer], list[str]]:
    """Streams of the source that go along, by index: the target's stream, or what silences it."""
    copies: dict[int, Stream | Silencer] = {}
    left_out = []
    for stream in container.streams:
        if stream.index == info.stream_index:
            continue
        try:
            reason = _reason(stream, options)
            if reason is None and isinstance(stream, av.AudioStream) and options.mute:
                copies[stream.index] = Silencer(stream, target, options.mute, info.start_us)
            elif reason is None:
                copy = copies[stream.index] = target.add_stream_from_template(stream, opaque=True)
                _keep_language(stream, copy)
        except (ValueError, av.error.FFmpegError):
            reason = f"'{target.format.name}' cannot carry it"
        if reason is not None:
            codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
            left_out.append(f"stream {stream.index} ({stream.type}, {codec}): {reason}")
    return copies, left_out


def _reason(stream: Stream, options: MuxOptions) -> str | None:
    """Why a stream stays out; None where it goes along."""
    if stream.type not in _COPIED:
        return _REASONS.get(stream.type, "it is of no use without the original")
    if stream.type == "audio" and not options.keep_sound:
        return "sound is dropped"
    return None


def _keep_language(stream: Stream, copy: Stream) -> None:
    if stream.language:
        copy.metadata["language"] = stream.language


def _film(segments: Sequence[Path], stream: Stream, time_base: Fraction) -> "Iterator[tuple[int, list[Packet[Any]]]]":
    """Packets of the pictures, each with its time in microseconds; decoding times are worked out over all segments."""
    stamps = np.array([packet.pts for packet in packets_of(segments, time_base)], np.int64)
    times = decoding_times(stamps)
    durations = dict(zip(np.sort(stamps).tolist(), _durations(np.sort(stamps)), strict=True))
    for packet, stamp in zip(packets_of(segments, time_base), times.tolist(), strict=True):
        packet.dts, packet.duration = stamp, durations[packet.pts]
        packet.stream = stream
        yield round(stamp * time_base * _MICRO), [packet]


def decoding_times(stamps: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) when each picture is decoded: rising, and none later than it is shown.

    stamps: (N,) when pictures are shown, all different, in the order that they are decoded. They are decoded at the
    times of showing, in rising order, all earlier by as many pictures as the most that overtake one.
    """
    ordered = np.sort(stamps)
    delay = int(np.max(np.arange(len(stamps)) - np.searchsorted(ordered, stamps), initial=0))
    step = int(ordered[1] - ordered[0]) if len(ordered) > 1 else 1
    before = ordered[0] - step * np.arange(delay, 0, -1)
    return np.concatenate([before, ordered[: len(ordered) - delay]])


def _durations(ordered: NDArray[np.int64]) -> list[int]:
    gaps = np.diff(ordered)
    last = int(np.median(gaps)) if len(gaps) else 1
    return [*gaps.tolist(), last]


def _copied(
    container: InputContainer, copies: dict[int, Stream | Silencer], start_us: int
) -> "Iterator[tuple[int, list[Packet[Any]]]]":
    """Packets of the other streams, in the order of the file."""
    if not copies:
        return
    wanted = [container.streams[index] for index in copies]
    for packet in container.demux(wanted):
        copy = copies[packet.stream.index]
        if isinstance(copy, Silencer):
            for made in copy.packets(packet):
                yield _time_us(made), [made]
        elif packet.size and packet.dts is not None:
            shift = round(Fraction(start_us, _MICRO) / packet.time_base)
            packet.dts -= shift
            packet.pts = packet.pts - shift if packet.pts is not None else packet.dts
            time_us = _time_us(packet)
            packet.stream = copy
            yield time_us, [packet]


def _time_us(packet: "Packet[Any]") -> int:
    return round((packet.dts or 0) * packet.time_base * _MICRO)
