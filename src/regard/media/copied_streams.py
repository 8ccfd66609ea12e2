"""The streams of a source that go along into the output: which, and their packets on the output's clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import av.error
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from regard.media.silencing import Silencer, Span
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo

_REASONS = {
    "audio": "sound is dropped",
    "data": "data is dropped",
    "attachment": "attachments are dropped",
    "video": "it is a second picture, which nobody looked at",
}
# What a stream is for; not that it is a picture of something, or timed metadata.
_KEPT_DISPOSITIONS = (
    Disposition.default
    | Disposition.dub
    | Disposition.original
    | Disposition.comment
    | Disposition.forced
    | Disposition.hearing_impaired
    | Disposition.visual_impaired
    | Disposition.captions
    | Disposition.descriptions
)
_MANY_FAULTS = 1000  # of reading in a row without a packet; then it is the end
_LEAD_US = 100_000  # sound that begins so much before the picture is there to be heard, and not a codec's run-up
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class MuxOptions:
    """What of the source goes along."""

    keep_sound: bool = True
    mute: tuple[Span, ...] = ()  # microseconds from the first frame
    keep_metadata: bool = False


def zero_us(container: InputContainer, info: VideoInfo, options: MuxOptions) -> int:
    """The moment of the source's clock that is 0 in the output: the first frame, or sound well before that."""
    starts = [
        round(stream.start_time * stream.time_base * _MICRO)
        for stream in container.streams.audio
        if options.keep_sound and stream.start_time is not None and stream.time_base is not None
    ]
    first = min(starts, default=info.start_us)
    return first if first < info.start_us - _LEAD_US else info.start_us


@dataclass(slots=True)
class _Copy:
    """A stream that is copied packet for packet."""

    stream: Stream
    last: int | None = None  # when its last packet is decoded


@dataclass(slots=True)
class CopiedStreams:
    """Of one source into one target."""

    container: InputContainer
    zero_us: int
    ways: dict[int, "_Copy | Silencer"] = field(default_factory=dict)  # by the stream's number in the source
    left_out: list[str] = field(default_factory=list)  # each with the reason

    def add_to(self, target: OutputContainer, form: str, info: VideoInfo, options: MuxOptions) -> None:
        """Makes the target's streams. form: FFmpeg's name of the target's container."""
        for stream in self.container.streams:
            if stream.index == info.stream_index:
                continue
            reason = self._way(stream, target, form, info, options)
            if reason is not None:
                codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
                self.left_out.append(f"stream {stream.index} ({stream.type}, {codec}): {reason}")

    def packets(self) -> "Iterator[tuple[int, Packet[Any]]]":
        """In the order of the file, each with its time in microseconds; the target's header must be written."""
        if not self.ways:
            return
        for packet in _read(self.container, [self.container.streams[index] for index in self.ways]):
            way = self.ways[packet.stream.index]
            if isinstance(way, Silencer):
                yield from ((_time_us(made), made) for made in way.packets(packet))
            elif (shifted := self._shifted(packet, way)) is not None:
                yield _time_us(shifted), shifted
        for way in self.ways.values():
            if isinstance(way, Silencer):
                yield from ((_time_us(made), made) for made in way.packets(None))

    def _way(
        self, stream: Stream, target: OutputContainer, form: str, info: VideoInfo, options: MuxOptions
    ) -> str | None:
        """Makes one stream, or says why it stays out."""
        if stream.type not in ("audio", "subtitle") or (stream.type == "audio" and not options.keep_sound):
            return _REASONS.get(stream.type, "it is of no use without the original")
        cannot = f"'{form}' cannot carry it"
        if isinstance(stream, av.AudioStream) and options.mute:
            lead = info.start_us - self.zero_us
            mute = tuple((begin + lead, end + lead) for begin, end in options.mute)
            try:
                way = Silencer(stream, target, form, mute, self.zero_us)
            except ValueError:
                return f"it cannot be silenced in part, and {cannot} otherwise"
            self.ways[stream.index] = way
            describe(stream, way.stream, options)
            return None
        if not _can_carry(stream, form):
            return cannot
        copy = target.add_stream_from_template(stream, opaque=True)
        self.ways[stream.index] = _Copy(copy)
        describe(stream, copy, options)
        return None

    def _shifted(self, packet: "Packet[Any]", copy: _Copy) -> "Packet[Any] | None":
        """The packet on the target's clock; decoding times rise, whatever the source says."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        base = copy.stream.time_base
        if packet.size == 0 or stamp is None or base is None:
            return None
        duration = round((packet.duration or 0) * packet.time_base / base)
        zero = Fraction(self.zero_us, _MICRO)
        dts = round((stamp * packet.time_base - zero) / base)
        if copy.last is not None:
            dts = max(dts, copy.last + 1)
        pts = round((packet.pts * packet.time_base - zero) / base) if packet.pts is not None else dts
        copy.last = dts
        packet.time_base = base
        packet.dts, packet.pts, packet.duration, packet.stream = dts, max(pts, dts), duration, copy.stream
        return packet


def _can_carry(stream: Stream, form: str) -> bool:
    """Tried on a header in memory, for a header that fails on one stream fails for the whole file."""
    try:
        with av.open(BytesIO(), "w", format=form) as trial:
            trial.add_stream_from_template(stream, opaque=True)
            trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def describe(stream: Stream, copy: Stream, options: MuxOptions) -> None:
    """Writes beside `copy` what may be told of `stream`: its language and what it is for; all where that is wanted."""
    if options.keep_metadata:
        copy.metadata.update(stream.metadata)
    if stream.language:
        copy.metadata["language"] = stream.language
    copy.disposition = stream.disposition & _KEPT_DISPOSITIONS


def _read(container: InputContainer, streams: list[Stream]) -> "Iterator[Packet[Any]]":
    """Packets as stored; reading goes on behind what is broken."""
    faults = 0
    while faults < _MANY_FAULTS:
        try:
            for packet in container.demux(streams):
                faults = 0
                if packet.size:
                    yield packet
            return
        except MemoryError:
            raise
        except (av.error.InvalidDataError, av.error.UnknownError):
            faults += 1
        except OSError as error:
            raise VideoError(f"The video cannot be read any further: {error.strerror}") from error


def _time_us(packet: "Packet[Any]") -> int:
    return round((packet.dts or 0) * packet.time_base * _MICRO)
