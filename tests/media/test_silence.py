"""Where there is sound: in real files, with seeking, several streams, and none."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from regard.media.silence import loud_spans
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import MadeVideo, image_of, make_video

LIMITS = VideoLimits()
WHOLE = (0, 6_000_000)
RATE = 48_000


def beeping(path: Path, loud: list[tuple[float, float]], level: float = 0.3, silent_streams: int = 0) -> Path:
    """Six seconds of video with a tone in the stretches (seconds) that are loud; other streams say nothing."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 128, 96, "yuv420p"
        video.gop_size = 12
        codec = "pcm_s16le" if path.suffix in (".mov", ".avi") else "aac"
        streams = [container.add_stream(codec, rate=RATE, layout="mono") for _ in range(1 + silent_streams)]
        container.start_encoding()
        for number in range(150):
            container.mux(video.encode(av.VideoFrame.from_ndarray(image_of(number, 128, 96), format="rgb24")))
        container.mux(video.encode(None))
        for number, stream in enumerate(streams):
            assert isinstance(stream, av.AudioStream), stream
            _add_tone(container, stream, loud if number == silent_streams else [], level)
    return path


def _add_tone(
    container: av.container.OutputContainer, stream: av.AudioStream, loud: list[tuple[float, float]], level: float
) -> None:
    times = np.arange(6 * RATE) / RATE
    is_loud = np.zeros(len(times), bool)
    for begin, end in loud:
        is_loud |= (times >= begin) & (times < end)
    samples = np.where(is_loud, level * np.sin(2 * np.pi * 440 * times), 0).astype(np.float32)
    context = stream.codec_context
    resampler = av.AudioResampler(context.format.name, context.layout.name, RATE)
    for begin in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, begin : begin + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
    container.mux(stream.encode(None))


@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv", "ts"])
def test_sound_is_found_to_a_step_or_two(tmp_path: Path, suffix: str) -> None:
    ((begin_us, end_us),) = loud_spans(beeping(tmp_path / f"film.{suffix}", [(2, 3.5)]), [WHOLE], LIMITS)
    assert (begin_us, end_us) == pytest.approx((2_000_000, 3_500_000), abs=200_000)


def test_only_the_spans_asked_for_are_heard(tmp_path: Path) -> None:
    path = beeping(tmp_path / "film.mov", [(0, 6)])
    assert loud_spans(path, [(1_010_000, 1_190_000), (4_000_000, 4_500_000)], LIMITS) == [
        (1_000_000, 1_200_000),
        (4_000_000, 4_500_000),
    ]


def test_a_span_deep_in_the_file_is_heard_where_it_is(tmp_path: Path) -> None:
    path = beeping(tmp_path / "film.mov", [(4.2, 4.4)])
    assert loud_spans(path, [(1_000_000, 2_000_000), (4_000_000, 5_000_000)], LIMITS) == [(4_200_000, 4_400_000)]


def test_sound_in_any_of_the_streams_counts(tmp_path: Path) -> None:
    path = beeping(tmp_path / "film.mov", [(2, 3)], silent_streams=1)
    assert loud_spans(path, [WHOLE], LIMITS) == [(2_000_000, 3_000_000)]


# A sine's mean square is half of its level's: -60 dB are a level of 0.00141.
@pytest.mark.parametrize(("level", "spans"), [(0.0010, []), (0.0020, [(2_000_000, 3_000_000)])])
def test_noise_below_sixty_decibels_is_silence(tmp_path: Path, level: float, spans: list[tuple[int, int]]) -> None:
    assert loud_spans(beeping(tmp_path / "film.mov", [(2, 3)], level), [WHOLE], LIMITS) == spans


def test_a_video_without_sound_is_silent(tmp_path: Path) -> None:
    assert loud_spans(make_video(tmp_path / "film.mp4"), [WHOLE], LIMITS) == []


def test_broken_sound_is_silence(tmp_path: Path) -> None:
    path = make_video(tmp_path / "film.mkv", MadeVideo(frames=5, audio=1))
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half:] = np.random.default_rng(1).bytes(len(content) - half)
    path.write_bytes(content)
    assert loud_spans(path, [(5_000_000, 6_000_000)], LIMITS) == []


def test_a_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"nothing")
    with pytest.raises(VideoError, match=r"film\.mp4"):
        loud_spans(tmp_path / "film.mp4", [WHOLE], LIMITS)


def test_nothing_is_read_where_nothing_is_asked(tmp_path: Path) -> None:
    assert loud_spans(tmp_path / "missing.mp4", [], LIMITS) == []
