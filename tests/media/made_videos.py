"""Small videos of every awkward kind, made with PyAV for the tests that read, cover and write videos.

    make_video(path, MadeVideo(frames=30, rotation=90, audio=2))
    make_many_streams(path, 100)
    truncate(path), cut_out(path), claim_size(path, ...), claim_duration(path, ...), huge_gif(path)

Each frame is grey with a gradient on top and a red square that moves four pixels a frame, and carries its number in its
brightness, so that a test can tell which frame it sees: `number_of(image)`.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import SubtitleSet
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc
from numpy.typing import NDArray

_TIME_BASE = Fraction(1, 12800)
_SAMPLE_RATE = 48_000
_NUMBER_STEP = 5  # of brightness from one frame to the next
_NUMBERS = 32  # frame numbers are told apart modulo this


@dataclass(frozen=True, slots=True)
class MadeVideo:
    """What a made video is like."""

    width: int = 128
    height: int = 96
    frames: int = 30
    rate: int = 25
    times_ms: tuple[int, ...] | None = None  # of every frame, for a variable frame rate; else even
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    rotation: int = 0  # degrees clockwise that a player turns it
    sample_aspect: Fraction | None = None
    is_interlaced: bool = False
    is_hdr: bool = False  # PQ and BT.2020 tags; wants a 10-bit pixel format
    audio: int = 0  # streams of a sine, AAC or Opus as the container wants
    subtitles: int = 0  # streams with one line of text
    key_every: int = 12  # frames from one key frame to the next
    b_frames: int = 2
    is_open: bool = False  # pictures before a key frame lean on what is before it (H.264)
    metadata: tuple[tuple[str, str], ...] = ()


PLAIN = MadeVideo()


def make_video(path: Path, made: MadeVideo = PLAIN) -> Path:
    """Writes the video in the container of the path's suffix; returns the path."""
    with av.open(str(path), "w") as container:
        container.metadata.update(dict(made.metadata))
        video = _video_stream(container, made)
        audio = [_audio_stream(container, path) for _ in range(made.audio)]
        subtitles = [_subtitle_stream(container, path) for _ in range(made.subtitles)]
        container.start_encoding()
        for number in range(made.frames):
            container.mux(video.encode(_frame(number, made)))
        container.mux(video.encode(None))
        for number, stream in enumerate(audio):
            _add_sine(container, stream, _seconds(made), 220 * (number + 1))
        for subtitle in subtitles:
            _add_line(container, subtitle)
    return path


def make_audio(path: Path, seconds: float = 0.5) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        _add_sine(container, _audio_stream(container, path), seconds, 440)
    return path


def make_many_streams(path: Path, count: int = 100) -> Path:
    """A short Matroska video with `count` streams, all but one of them sound."""
    return make_video(path, MadeVideo(frames=2, audio=count - 1))


def truncate(path: Path, share: float = 0.6) -> Path:
    """The file with its end cut off."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def cut_out(path: Path, begin: float = 0.5, length: int = 400) -> Path:
    """The file with `length` bytes overwritten by noise, at a share of its length."""
    content = bytearray(path.read_bytes())
    first = int(len(content) * begin)
    content[first : first + length] = np.random.default_rng(1).bytes(length)
    path.write_bytes(content)
    return path


def claim_size(path: Path, width: int, height: int) -> Path:
    """An H.264 MP4 whose header claims another size than its frames have."""
    content = bytearray(path.read_bytes())
    entry = content.index(b"avc1", content.index(b"stsd"))
    content[entry + 28 : entry + 32] = struct.pack(">HH", width, height)
    path.write_bytes(content)
    return path


def claim_duration(path: Path, seconds: float) -> Path:
    """A Matroska file whose header claims another length than it has."""
    content = bytearray(path.read_bytes())
    duration = content.index(b"\x44\x89\x88")  # the element's name, and that eight bytes follow
    content[duration + 3 : duration + 11] = struct.pack(">d", seconds * 1000)
    path.write_bytes(content)
    return path


def skip_begin(path: Path, seconds: float) -> Path:
    """An MP4 whose edit list begins later than its frames do."""
    content = bytearray(path.read_bytes())
    entry = content.index(b"elst") + 16  # the name, version and flags, how many entries, and the first one's length
    [begin] = struct.unpack_from(">i", content, entry)
    struct.pack_into(">i", content, entry, begin + int(seconds / _TIME_BASE))
    path.write_bytes(content)
    return path


def encrypt(path: Path) -> Path:
    """An MP4 with its frames encrypted by a key that nobody has (Common Encryption)."""
    target = path.with_name(f"encrypted_{path.name}")
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    with av.open(str(path)) as source, av.open(str(target), "w", options=options) as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                container.mux(packet)
    return target.replace(path)


def huge_gif(path: Path, width: int = 16_384, height: int = 16_384) -> Path:
    """A GIF of a few hundred bytes whose header claims a canvas of this size."""
    make_video(path, MadeVideo(frames=2, codec="gif", pixel_format="rgb8"))
    content = bytearray(path.read_bytes())
    content[6:10] = struct.pack("<HH", width, height)
    path.write_bytes(content)
    return path


def image_of(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """(H, W, 3) RGB of a frame, before it is encoded."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = 40 + _NUMBER_STEP * (number % _NUMBERS)
    image[: height // 3] = np.linspace(20, 200, width, dtype=np.uint8)[
        None, :, None
    ]  # the upper third tells which way is up
    side = height // 4
    left = (4 * number) % max(1, width - side)
    image[height // 2 : height // 2 + side, left : left + side] = (230, 60, 60)
    return image


def number_of(image: NDArray[np.uint8]) -> int:
    """Which frame an (H, W, 3) upright RGB picture of any size shows, modulo 32."""
    height, width = image.shape[:2]
    strip = image[int(height * 0.9) : int(height * 0.97), width // 8 : -width // 8]
    return round((float(np.median(strip)) - 40) / _NUMBER_STEP) % _NUMBERS


def _seconds(made: MadeVideo) -> float:
    return made.times_ms[-1] / 1000 if made.times_ms else made.frames / made.rate


def _video_stream(container: OutputContainer, made: MadeVideo) -> av.VideoStream:
    stream = container.add_stream(made.codec, rate=made.rate)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = made.width, made.height, made.pixel_format
    context = stream.codec_context
    context.time_base = _time_base(made)
    context.thread_count = 1
    if made.codec != "gif":
        context.gop_size, context.max_b_frames = made.key_every, made.b_frames
    if made.sample_aspect is not None:
        context.sample_aspect_ratio = made.sample_aspect
    context.options = _encoder_options(made)
    if made.rotation:
        stream.set_display_rotation(-made.rotation)  # FFmpeg counts anti-clockwise
    if made.is_hdr:
        context.color_primaries, context.color_trc = ColorPrimaries.BT2020, ColorTrc.SMPTE2084
        context.colorspace = Colorspace.BT2020
    return stream


def _time_base(made: MadeVideo) -> Fraction:
    """AVI, the home of MPEG-4, counts frames, and so does MPEG-2."""
    frame = Fraction(1, made.rate)
    return {"gif": Fraction(1, 100), "mpeg4": frame, "mpeg2video": frame}.get(made.codec, _TIME_BASE)


def _encoder_options(made: MadeVideo) -> dict[str, str]:
    if made.codec == "libx264":
        options = {
            "preset": "ultrafast",
            "crf": "12",
            "x264-params": f"bframes={made.b_frames}:keyint={made.key_every}:open-gop={int(made.is_open)}",
        }
        return options | ({"flags": "+ildct+ilme"} if made.is_interlaced else {})
    if made.codec == "libx265":
        return {"preset": "ultrafast", "x265-params": f"log-level=none:keyint={made.key_every}"}
    if made.codec == "libvpx-vp9":
        return {"deadline": "realtime", "cpu-used": "8"}
    if made.codec == "libsvtav1":
        return {"preset": "12", "crf": "20"}
    return {}


def _frame(number: int, made: MadeVideo) -> av.VideoFrame:
    image = image_of(number, made.width, made.height)
    frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(
        format=made.pixel_format, dst_colorspace=Colorspace.BT2020 if made.is_hdr else None
    )
    base = _time_base(made)
    milliseconds = made.times_ms[number] if made.times_ms else Fraction(1000 * number, made.rate)
    frame.pts, frame.time_base = int(milliseconds / 1000 / base), base
    if made.is_hdr:
        frame.color_primaries, frame.color_trc = ColorPrimaries.BT2020, ColorTrc.SMPTE2084
        frame.colorspace = Colorspace.BT2020
    return frame


def _audio_stream(container: OutputContainer, path: Path) -> av.AudioStream:
    codec = {".webm": "libopus", ".avi": "mp2"}.get(path.suffix, "aac")
    stream = container.add_stream(codec, rate=_SAMPLE_RATE)
    assert isinstance(stream, av.AudioStream)
    stream.codec_context.layout = "mono"
    return stream


def _add_sine(container: OutputContainer, stream: av.AudioStream, seconds: float, hertz: int) -> None:
    times = np.arange(int(seconds * _SAMPLE_RATE)) / _SAMPLE_RATE
    samples = (0.2 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)
    wanted = stream.codec_context.format.name
    resampler = av.AudioResampler(format=wanted, layout="mono", rate=_SAMPLE_RATE)
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = _SAMPLE_RATE, 0
    for resampled in resampler.resample(frame):
        container.mux(stream.encode(resampled))
    container.mux(stream.encode(None))


def _subtitle_stream(container: OutputContainer, path: Path) -> SubtitleStream:
    codec = {".mp4": "mov_text", ".mov": "mov_text", ".webm": "webvtt"}.get(path.suffix, "srt")
    stream = container.add_stream(codec)
    assert isinstance(stream, SubtitleStream)
    context = stream.codec_context
    context.time_base = Fraction(1, 1000)
    context.subtitle_header = b"[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    return stream


def _add_line(container: OutputContainer, stream: SubtitleStream) -> None:
    line = SubtitleSet.create(text=b"0,0,Default,,0,0,0,,A line", start=0, end=500, pts=0)
    packet = stream.codec_context.encode_subtitle(line)
    packet.stream, packet.time_base, packet.pts, packet.dts, packet.duration = stream, Fraction(1, 1000), 0, 0, 500
    container.mux(packet)
