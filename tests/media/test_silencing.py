from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.media.muxing import MuxOptions
from regard.media.video import Decoding
from tests.media.copies import LIMITS, encoded_anew, payloads
from tests.media.made_videos import MadeVideo, make_video

_SPAN = (400_000, 700_000)
_EDGE = 0.025  # seconds in which a codec blurs a sharp edge


def _loudness(path: Path, stream: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times from the first picture in seconds, and how loud the hundred samples from there on are."""
    start = Decoding(path, LIMITS).info.start_us / 1e6
    times, peaks = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=stream):
            samples = np.abs(frame.to_ndarray().astype(float)[0])
            for first in range(0, len(samples) - 99, 100):
                times.append((frame.time or 0.0) - start + first / frame.sample_rate)
                peaks.append(samples[first : first + 100].max())
    return np.array(times), np.array(peaks)


@pytest.mark.parametrize(
    ("first", "second"), [(".mp4", ".mp4"), (".mkv", ".mkv"), (".mp4", ".webm"), (".webm", ".webm"), (".ts", ".mov")]
)
def test_sound_is_silent_in_the_span_and_only_there(tmp_path: Path, first: str, second: str) -> None:
    codec = "libvpx-vp9" if first == ".webm" else "libx264"
    source = make_video(tmp_path / f"source{first}", MadeVideo(codec=codec, audio=1))
    target = tmp_path / f"target{second}"
    assert encoded_anew(source, target, MuxOptions(mute=(_SPAN,))) == []
    times, peaks = _loudness(target)
    inside = (times > 0.4 + _EDGE) & (times < 0.7 - _EDGE)
    outside = (times > _EDGE) & (times < 0.4 - _EDGE) | (times > 0.7 + _EDGE) & (times < 1.15)
    assert peaks[inside].max() < 0.01
    assert peaks[outside].min() > 0.15


def test_every_stream_of_sound_is_silenced(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "source.mp4", MadeVideo(audio=3)), tmp_path / "target.mp4"
    encoded_anew(source, target, MuxOptions(mute=(_SPAN,)))
    for stream in range(3):
        times, peaks = _loudness(target, stream)
        assert peaks[(times > 0.4 + _EDGE) & (times < 0.7 - _EDGE)].max() < 0.01


def test_span_is_counted_from_the_first_picture(tmp_path: Path) -> None:
    made = MadeVideo(times_ms=tuple(range(500, 1500, 40)), frames=25, audio=1)
    source, target = make_video(tmp_path / "source.mp4", made), tmp_path / "target.mp4"
    encoded_anew(source, target, MuxOptions(mute=(_SPAN,)))
    times, peaks = _loudness(target)
    silent = times[(peaks < 0.01) & (times < 0.9)]
    assert (silent.min(), silent.max()) == pytest.approx((0.4, 0.7), abs=_EDGE)
    assert times.min() == pytest.approx(-0.5, abs=_EDGE)


def test_sound_that_is_missing_becomes_silence_of_its_length(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "target.mkv"
    whole = make_video(tmp_path / "whole.mkv", MadeVideo(frames=50, audio=1))
    with av.open(str(whole)) as given, av.open(str(source), "w") as container:
        copies = [container.add_stream_from_template(stream, opaque=True) for stream in given.streams]
        for packet in given.demux():
            is_missing = packet.stream.type == "audio" and packet.pts is not None and 800 < packet.pts < 1300
            if packet.size and not is_missing:
                packet.stream = copies[packet.stream.index]
                container.mux(packet)
    encoded_anew(source, target, MuxOptions(mute=((0, 100_000),)))
    times, peaks = _loudness(target)
    silent = times[(peaks < 0.01) & (times > 0.2) & (times < 1.9)]
    assert (silent.min(), silent.max()) == pytest.approx((0.82, 1.3), abs=0.05)
    assert times.max() == pytest.approx(2.0, abs=0.05)


def test_sound_is_copied_where_nothing_is_silenced(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "source.mp4", MadeVideo(audio=1)), tmp_path / "target.mp4"
    encoded_anew(source, target, MuxOptions())
    assert payloads(target, "audio") == payloads(source, "audio")
