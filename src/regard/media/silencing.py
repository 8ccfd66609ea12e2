"""Silences stretches of a stream of sound, which is decoded and encoded anew for that."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
from av.container import OutputContainer
from av.packet import Packet

Span = tuple[int, int]  # microseconds, both ends included

# What stands in for codecs that can be read and not written.
_STAND_IN = {"mp4": "aac", "mov": "aac", "matroska": "aac", "webm": "libopus"}
_SILENCE_OF_UNSIGNED = 128


class Silencer:
    """One stream of sound on its way from the source into the target."""

    def __init__(self, source: av.AudioStream, target: OutputContainer, mute: tuple[Span, ...], start_us: int) -> None:
        """mute: on the clock of the first frame, which is at `start_us` of the source's.

        Raises ValueError and FFmpegError where the target cannot carry it.
        """
        self._source, self._mute, self._start_us = source, mute, start_us
        context = source.codec_context
        stream = target.add_stream(_codec(context.name, target), rate=context.sample_rate)
        assert isinstance(stream, av.AudioStream), stream
        self._stream = stream
        self._stream.codec_context.layout = context.layout
        if context.bit_rate:
            self._stream.codec_context.bit_rate = context.bit_rate
        if source.language:
            self._stream.metadata["language"] = source.language

    def packets(self, packet: "Packet[Any]") -> "Iterator[Packet[Any]]":
        """What becomes of one packet; the empty one at the end flushes. What cannot be decoded is left out."""
        try:
            frames = self._source.codec_context.decode(packet if packet.size else None)
        except av.error.FFmpegError:
            frames = []
        for frame in frames:
            yield from self._stream.encode(self._silenced(frame))
        if not packet.size:
            yield from self._stream.encode(None)

    def _silenced(self, frame: av.AudioFrame) -> av.AudioFrame:
        """The frame on the new clock, without what is to be silent."""
        if frame.pts is None or frame.time_base is None:
            return frame
        begin_us = round(frame.pts * frame.time_base * 1_000_000) - self._start_us
        frame.pts -= round(Fraction(self._start_us, 1_000_000) / frame.time_base)
        spans = [span for span in self._mute if span[0] <= begin_us + _length_us(frame) and span[1] >= begin_us]
        if not spans:
            return frame
        samples = frame.to_ndarray().copy()
        across = samples if frame.format.is_planar else samples.reshape(-1, len(frame.layout.channels)).T
        for begin, end in spans:
            first = max(0, int((begin - begin_us) * frame.sample_rate / 1_000_000))
            last = max(0, int(np.ceil((end - begin_us) * frame.sample_rate / 1_000_000)))
            across[:, first:last] = _SILENCE_OF_UNSIGNED if samples.dtype == np.uint8 else 0
        silent = av.AudioFrame.from_ndarray(samples, frame.format.name, frame.layout.name)
        silent.sample_rate, silent.pts, silent.time_base = frame.sample_rate, frame.pts, frame.time_base
        return silent


def _codec(name: str, target: OutputContainer) -> str:
    try:
        codec = av.Codec(name, "w")
    except (ValueError, av.error.FFmpegError):
        return _STAND_IN[target.format.name.split(",")[0]]
    return name if codec.name == name else _STAND_IN[target.format.name.split(",")[0]]


def _length_us(frame: av.AudioFrame) -> int:
    return round(frame.samples * 1_000_000 / frame.sample_rate)
