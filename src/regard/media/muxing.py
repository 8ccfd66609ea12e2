"""Joins segments with the sound and subtitles of the source into one file. Only in a child process.

Sound and subtitles are copied packet for packet, on a clock that begins with the first frame, except where sound is
silenced: such a stream is decoded and encoded anew. What the container cannot carry, data such as positions of a
camera, attachments and second pictures are left out and told. Nothing is written that says when or by what.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from regard.media.copied_streams import CopiedStreams, MuxOptions, describe, zero_us
from regard.media.encoding import EncodingChoice, configure, frame_rate
from regard.media.segments import packets_of, with_pictures
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from regard.media.video_opening import opened

__all__ = ["MuxOptions", "decoding_times", "mux"]

_MICRO = 1_000_000
_PACKETS_BETWEEN_NEWS = 10_000
# Tags of the container itself, which are the target's own.
_OF_CONTAINER = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "duration"})


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
    paths = with_pictures(segments)
    if not paths:
        raise VideoError(f"{source.name} has no frame")
    with opened(source, limits) as (container, shown):
        zero = zero_us(container, info, options)
        copied = CopiedStreams(container, zero)
        with av.open(str(draft), "w", format=choice.container, options=_flags(choice, options)) as target:
            stream = _film_stream(target, info, choice)
            describe(shown, stream, options)
            if options.keep_metadata:
                _keep_metadata(container, target, zero)
            copied.add_to(target, choice.container, info, options)
            target.start_encoding()
            film = _Film(paths, stream, choice.time_base, info.start_us - zero, on_progress)
            told = 0
            for time_us, packet in heapq.merge(film.packets(), copied.packets(), key=lambda timed: timed[0]):
                target.mux_one(packet)
                if time_us - told > _MICRO:
                    on_progress(told := time_us)
    return copied.left_out


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


@dataclass(frozen=True, slots=True)
class _Film:
    """The pictures of all segments as one stream."""

    paths: Sequence[Path]
    stream: VideoStream
    time_base: Fraction
    lead_us: int  # from the output's zero to the first frame
    on_progress: Callable[[int], None]

    def packets(self) -> "Iterator[tuple[int, Packet[Any]]]":
        """Each with its time in microseconds; decoding times are worked out over all segments."""
        stamps = self._stamps()
        ordered = np.sort(stamps)
        gaps = np.diff(ordered, append=ordered[-1:])
        gaps[-1] = np.median(gaps[:-1]) if len(gaps) > 1 else round(_MICRO / 25 / (_MICRO * self.time_base))
        durations = gaps[np.searchsorted(ordered, stamps)].tolist()
        lead = round(Fraction(self.lead_us, _MICRO) / self.time_base)
        shown = (stamps + lead).tolist()
        decoded = (decoding_times(stamps) + lead).tolist()
        for packet, pts, dts, duration in zip(self._read(), shown, decoded, durations, strict=True):
            packet.pts, packet.dts, packet.duration, packet.stream = pts, dts, duration, self.stream
            yield round(dts * self.time_base * _MICRO), packet

    def _stamps(self) -> NDArray[np.int64]:
        """(N,) when pictures are shown, in the order that they are decoded, all different."""
        found = []
        for packet in self._read():
            found.append(packet.pts)
            if len(found) % _PACKETS_BETWEEN_NEWS == 0:
                self.on_progress(0)
        stamps = np.array(found, np.int64)
        order = np.argsort(stamps, kind="stable")
        # Two that are one tick apart may have become one tick at the seam of two segments.
        index = np.arange(len(stamps))
        stamps[order] = np.maximum.accumulate(stamps[order] - index) + index
        return stamps

    def _read(self) -> "Iterator[Packet[Any]]":
        return packets_of(self.paths, self.time_base, self.stream.codec_context.extradata)


def _flags(choice: EncodingChoice, options: MuxOptions) -> dict[str, str]:
    flags = {"fflags": "+bitexact"}
    if choice.container in ("mp4", "mov"):
        flags["movflags"] = "+faststart+use_metadata_tags" if options.keep_metadata else "+faststart"
    return flags


def _film_stream(target: OutputContainer, info: VideoInfo, choice: EncodingChoice) -> VideoStream:
    """A stream as the segments' encoder makes it; the encoder itself is opened for its headers only."""
    stream = target.add_stream(choice.codec, frame_rate(info), options=dict(choice.options))
    assert isinstance(stream, VideoStream), stream
    configure(stream, info, choice)
    if choice.codec == "libx265" and choice.container in ("mp4", "mov"):
        stream.codec_context.codec_tag = "hvc1"  # what players of Apple ask for
    if choice.display_matrix is not None:
        stream.set_display_matrix(choice.display_matrix)
    return stream


def _keep_metadata(container: InputContainer, target: OutputContainer, zero: int) -> None:
    target.metadata.update({name: text for name, text in container.metadata.items() if name not in _OF_CONTAINER})
    chapters = container.chapters()
    for chapter in chapters:
        shift = round(Fraction(zero, _MICRO) / (chapter["time_base"] or Fraction(1)))
        chapter["start"], chapter["end"] = max(0, chapter["start"] - shift), max(0, chapter["end"] - shift)
    target.set_chapters(chapters)
