"""The child of `media/silence.py`: decodes sound around spans and tells which steps of it are loud."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from regard.media.sandbox_child import Channel
from regard.media.video_limits import VideoLimits

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

STEP_US = 100_000
_LOUD = 1e-6  # mean square of samples of full scale 1: -60 dB
_BEFORE_US = 500_000  # that decoders need to settle after a jump
_BEHIND_US = 1_000_000  # after a span's end, within which a packet of it may still come


def hear(channel: Channel, path: Path, limits: VideoLimits, spans: Sequence[Sequence[int]]) -> None:
    """Sends for each span, first and last step, a list of its loud steps."""
    from regard.media.video import Decoding
    from regard.media.video_opening import opened

    zero_us = Decoding(path, limits).info.start_us
    with opened(path, limits) as (container, _):
        ears = {stream.index: _Ear(stream) for stream in container.streams.audio}
        for first, last in spans if ears else ():
            begin_us = zero_us + first * STEP_US
            energies = [ear.listen_for(first, last, zero_us) for ear in ears.values()]
            for packet in _packets(container, begin_us - _BEFORE_US, zero_us + (last + 1) * STEP_US + _BEHIND_US):
                if packet.stream_index in ears:
                    ears[packet.stream_index].add(packet)
            loud = sorted({step for energy in energies for step in energy.loud()})
            channel.send(json.dumps(loud).encode())


class _Energy:
    """Mean squares of the steps from `first` to `last`, for each channel."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = first, last
        self._sums: dict[int, NDArray[np.float64]] = {}
        self._counts: dict[int, int] = defaultdict(int)

    def add(self, begin_us: float, rate: int, samples: NDArray[np.float32]) -> None:
        """samples: (channels, N) of full scale 1, the first of them at `begin_us`."""
        times_us = begin_us + np.arange(samples.shape[1]) * (1e6 / rate)
        steps = np.floor(times_us / STEP_US).astype(np.int64)
        for step in range(max(self._first, int(steps[0])), min(self._last, int(steps[-1])) + 1):
            inside = samples[:, steps == step].astype(np.float64)
            self._sums[step] = self._sums.get(step, np.zeros(1)) + (inside**2).sum(1)
            self._counts[step] += inside.shape[1]

    def loud(self) -> list[int]:
        """The steps above the limit."""
        return [step for step, sums in self._sums.items() if sums.max() > _LOUD * max(1, self._counts[step])]


class _Ear:
    """One stream of sound."""

    def __init__(self, stream: "av.AudioStream") -> None:
        self._stream = stream
        self._energy = _Energy(0, -1)
        self._zero_us = 0

    def listen_for(self, first: int, last: int, zero_us: int) -> _Energy:
        """Begins anew, after a jump."""
        import av

        context: av.AudioCodecContext | None = self._stream.codec_context
        if context is not None:
            with suppress(av.error.FFmpegError, ValueError):
                context.flush_buffers()
        self._energy, self._zero_us = _Energy(first, last), zero_us
        return self._energy

    def add(self, packet: "av.Packet[av.AudioStream]") -> None:
        """The next packet; one that cannot be decoded is silent."""
        import av

        frames: list[av.AudioFrame] = []
        with suppress(av.error.FFmpegError, ValueError):
            frames = self._stream.codec_context.decode(packet)
        for frame in frames:
            with suppress(av.error.FFmpegError, ValueError):
                self._measure(frame)

    def _measure(self, frame: "av.AudioFrame") -> None:
        import av

        if frame.pts is None or frame.time_base is None or frame.samples == 0:
            return
        begin_us = float(frame.pts * frame.time_base * 1_000_000) - self._zero_us
        plain = av.AudioResampler("fltp", frame.layout.name, frame.sample_rate).resample(frame)
        for part in plain:
            self._energy.add(begin_us, part.sample_rate, np.asarray(part.to_ndarray(), np.float32))


def _packets(container: "InputContainer", from_us: int, until_us: int) -> "Iterator[av.Packet[av.AudioStream]]":
    """Packets of sound from about one time to another on the file's clock; from the start where nobody can jump."""
    import av

    with suppress(av.error.FFmpegError):
        container.seek(max(0, from_us), backward=True, any_frame=False)
    with suppress(av.error.FFmpegError):
        for packet in container.demux(audio=tuple(range(len(container.streams.audio)))):
            if packet.pts is not None and packet.pts * packet.time_base * 1_000_000 > until_us:
                return
            if packet.size > 0:
                yield packet
