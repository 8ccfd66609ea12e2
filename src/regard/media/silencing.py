"""Silences stretches of a stream of sound, which is decoded and encoded anew for that."""

from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import av.error
import numpy as np
from av.container import OutputContainer
from av.packet import Packet

Span = tuple[int, int]  # microseconds, both ends included

# Encoders of codecs by the names of their decoders; of the other codecs the encoder has the decoder's name, or none.
_ENCODERS = {"opus": "libopus", "vorbis": "libvorbis", "mp3float": "libmp3lame", "mp3": "libmp3lame", "mp2float": "mp2"}
_STAND_IN = {"mp4": "aac", "mov": "aac", "matroska": "aac", "webm": "libopus"}
_RATES_OF_OPUS = (48_000, 24_000, 16_000, 12_000, 8_000)
_SILENCE_OF_UNSIGNED = 128
_GAP_SECONDS = 0.05  # from here on sound that is missing is filled up
_PIECE = 48_000  # samples of silence at once
_MICRO = 1_000_000


class Silencer:
    """One stream of sound on its way from the source into the target.

    Samples follow each other without gaps: what is missing or cannot be decoded becomes silence of the same length.
    """

    def __init__(
        self, source: av.AudioStream, target: OutputContainer, container: str, mute: tuple[Span, ...], zero_us: int
    ) -> None:
        """mute: on the target's clock, whose zero is at `zero_us` of the source's. container: FFmpeg's name.

        Raises ValueError where the target cannot carry it.
        """
        self._source, self._mute, self._zero_us = source, mute, zero_us
        codec, rate = _encoder(source, container)
        stream = target.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream), stream
        _configure(stream, source)
        self._stream, self._rate = stream, rate
        self._resampler = self._new_resampler()
        self._next: int | None = None  # the sample that comes next

    @property
    def stream(self) -> av.AudioStream:
        """The target's."""
        return self._stream

    def packets(self, packet: "Packet[Any] | None") -> "Iterator[Packet[Any]]":
        """What becomes of one packet; None at the end flushes."""
        try:
            frames = self._source.codec_context.decode(packet)
        except (av.error.FFmpegError, ValueError):
            frames = []
        for frame in frames:
            for placed in self._placed(frame):
                yield from self._stream.encode(self._silenced(placed))
        if packet is None:
            yield from self._stream.encode(None)

    def _placed(self, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
        """The frame in the encoder's format, after what is missing before it; not yet numbered."""
        begin = self._next or 0
        if frame.pts is not None and frame.time_base is not None:
            time_us = frame.pts * frame.time_base * _MICRO - self._zero_us
            begin = round(time_us * self._rate / _MICRO)
        if self._next is None:
            self._next = begin
        missing = begin - self._next
        while missing > _GAP_SECONDS * self._rate:
            piece = self._empty(min(_PIECE, missing))
            missing -= piece.samples
            yield piece
        yield from self._resampled(frame)

    def _resampled(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        try:
            return self._resampler.resample(frame)
        except ValueError:  # the stream changes its format on the way
            self._resampler = self._new_resampler()
            return self._resampler.resample(frame)

    def _new_resampler(self) -> av.AudioResampler:
        context = self._stream.codec_context
        return av.AudioResampler(context.format.name, context.layout.name, self._rate)

    def _empty(self, samples: int) -> av.AudioFrame:
        context = self._stream.codec_context
        frame = av.AudioFrame(context.format.name, context.layout.name, samples)
        frame.sample_rate = self._rate
        _silence(frame, 0, samples)
        return frame

    def _silenced(self, frame: av.AudioFrame) -> av.AudioFrame:
        """The frame with its place on the target's clock, without what is to be silent."""
        first = self._next or 0
        for begin_us, end_us in self._mute:
            begin = begin_us * self._rate // _MICRO - first
            end = -(-end_us * self._rate // _MICRO) + 1 - first
            if begin < frame.samples and end > 0:
                _silence(frame, max(0, begin), min(frame.samples, end))
        frame.pts, frame.time_base = first, Fraction(1, self._rate)
        self._next = first + frame.samples
        return frame


def _silence(frame: av.AudioFrame, begin: int, end: int) -> None:
    """Samples from `begin` to before `end`."""
    unsigned = frame.format.name.startswith("u8")
    size = frame.format.bytes * (1 if frame.format.is_planar else len(frame.layout.channels))
    for plane in frame.planes:
        values = np.frombuffer(memoryview(plane), np.uint8)
        values[begin * size : end * size] = _SILENCE_OF_UNSIGNED if unsigned else 0


def _encoder(source: av.AudioStream, container: str) -> tuple[str, int]:
    """The name of an encoder that can do it, the source's codec if possible, and its rate. Raises ValueError."""
    name = source.codec_context.name
    for codec in (_ENCODERS.get(name, name), _STAND_IN[container]):
        rate = _rate(codec, source.codec_context.sample_rate)
        try:
            with av.open(BytesIO(), "w", format=container) as trial:
                stream = trial.add_stream(codec, rate=rate)
                assert isinstance(stream, av.AudioStream), stream
                _configure(stream, source)
                trial.start_encoding()
        except (ValueError, av.error.FFmpegError):
            continue
        return codec, rate
    raise ValueError(f"no encoder of sound for {container}")


def _rate(codec: str, rate: int) -> int:
    return _RATES_OF_OPUS[0] if codec == "libopus" and rate not in _RATES_OF_OPUS else rate


def _configure(stream: av.AudioStream, source: av.AudioStream) -> None:
    stream.codec_context.layout = source.codec_context.layout
    if source.codec_context.bit_rate:
        stream.codec_context.bit_rate = source.codec_context.bit_rate
