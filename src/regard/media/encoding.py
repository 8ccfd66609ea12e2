"""How a redacted video is encoded: the same kind of picture in the container that was asked for.

Nothing in a choice depends on the machine, so that the same pictures give the same bytes wherever they are encoded.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import av
import cv2
from av.video.stream import VideoStream

from regard.media.picture_facts import DisplayMatrix, PictureFacts
from regard.media.video_errors import VideoError
from regard.media.video_info import PQ, VideoInfo

Codec = Literal["libx264", "libx265", "libvpx-vp9"]

# FFmpeg's names of the containers that can be written.
CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
_FINEST = 1_000_000  # ticks a second
_USUAL_DENOMINATORS, _MOST_NUMERATOR = (1, 1001), 240_000
_FULL_RANGE, _LIMITED_RANGE, _BT709 = 2, 1, 1

# Pixels across and down for one sample of colour, and the layout with at least as many that encoders take.
_LAYOUTS = {(2, 2): "420", (2, 1): "422", (1, 1): "444", (1, 2): "444", (4, 1): "422", (4, 2): "422", (4, 4): "420"}
_GREY = "420"  # players know no H.264 without colours

# At these the clips of the test data come out at 0.7 to 1.4 times their size, luma at 43 to 54 dB (PSNR) of the source.
_CRF, _VP9_CRF = 20, 24
# A film that was compressed hard would grow many times at that quality: with fewer bits a pixel than these it is given
# up step by step, six steps for half the bits, and no further than to where flaws can be seen, for a header may claim a
# length that is not. Not a limit of the rate: with that x264 does not give the same bytes twice.
_FEW_BITS, _STEPS_TO_HALF, _WORST_CRF = 0.03, 6, 25
_THREADS = "6"
_AVX_512F = 13  # OpenCV's number


@dataclass(frozen=True, slots=True)
class Colours:
    """FFmpeg's numbers of what code values mean, as in VideoInfo."""

    range: int
    primaries: int
    transfer: int
    space: int


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoder and what it is told."""

    codec: Codec
    pixel_format: str  # planar, of 8 or 10 bits
    container: str
    time_base: Fraction
    colours: Colours
    options: dict[str, str] = field(default_factory=dict)
    display_matrix: DisplayMatrix | None = None


def choice_for(info: VideoInfo, suffix: str, facts: PictureFacts | None = None) -> EncodingChoice:
    """How `info`'s video goes into a file with this ending.

    facts: of its first frame. Raises VideoError for an ending that cannot be written, or not with such a video.
    """
    container = CONTAINERS.get(suffix.lower())
    if container is None:
        raise VideoError(f"A video cannot be written as '{suffix}'; choose one of {', '.join(CONTAINERS)}")
    facts = facts or PictureFacts()
    codec, options = _encoder(info, container, facts)
    pixels = _pixel_format(info, codec)
    return EncodingChoice(
        codec, pixels, container, time_base(info), _colours(info), options | {"flags": _flags(info)}, facts.matrix
    )


def configure(stream: VideoStream, info: VideoInfo, choice: EncodingChoice) -> None:
    """Makes a new stream the one that is chosen."""
    stream.width, stream.height, stream.pix_fmt = info.coded_width, info.coded_height, choice.pixel_format
    context = stream.codec_context
    context.time_base = stream.time_base = choice.time_base
    context.sample_aspect_ratio = info.sample_aspect
    context.color_range, context.color_primaries = choice.colours.range, choice.colours.primaries
    context.color_trc, context.colorspace = choice.colours.transfer, choice.colours.space


def frame_rate(info: VideoInfo) -> Fraction:
    """What an encoder is told, for spreading bits; times do not come from it."""
    rate = info.average_rate
    return rate if rate is not None and float(rate) == info.fps else Fraction(round(info.fps))


def time_base(info: VideoInfo) -> Fraction:
    """One tick: a microsecond, or where the rate is a usual one a bit more, so that frames are whole ticks apart."""
    rate = info.average_rate
    if rate is None or rate.denominator not in _USUAL_DENOMINATORS or not 0 < rate.numerator <= _MOST_NUMERATOR:
        return Fraction(1, _FINEST)
    return Fraction(1, rate.numerator * (_FINEST // rate.numerator))


def is_rgb(pixel_format: str) -> bool:
    """Whether frames are red, green and blue, or a palette of these."""
    layout = av.VideoFormat(pixel_format)
    return layout.is_rgb or layout.has_palette


def _encoder(info: VideoInfo, container: str, facts: PictureFacts) -> tuple[Codec, dict[str, str]]:
    if container == "webm":
        if info.bit_depth > 8:
            raise VideoError(
                f"A video of {info.bit_depth} bits cannot be written as .webm, which has 8 here; choose .mkv or .mp4"
            )
        speed = {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "threads": _THREADS}
        return "libvpx-vp9", speed | {"crf": str(_VP9_CRF), "b": "0"}
    if info.bit_depth > 8 and not info.is_interlaced:  # x265 knows no fields within a frame
        params = ["log-level=none", "info=0", "pools=4", "frame-threads=2", *facts.x265_parameters()]
        if info.color_transfer == PQ:
            params.append("hdr10-opt=1")
        return "libx265", {"preset": "fast", "crf": _quality(info), "x265-params": ":".join(params)}
    return "libx264", {"preset": "fast", "crf": _quality(info), "threads": _THREADS} | _x264_parameters()


def _x264_parameters() -> dict[str, str]:
    """x264 165's macroblock tree reads memory that nobody wrote where it uses AVX-512 and sizes are no multiples of 16.

    The same frames then give other bytes now and then (tests/media/test_segments.py). Without AVX-512 they do not, and
    it was as fast.
    """
    return {"x264-params": "asm=AVX2"} if cv2.checkHardwareSupport(_AVX_512F) else {}


def _quality(info: VideoInfo) -> str:
    """Constant rate factor of x264 and x265."""
    if not info.duration_us:
        return str(_CRF)
    bits = info.file_bytes * 8_000_000 / info.duration_us / (info.width * info.height * info.fps)
    less = _STEPS_TO_HALF * math.log2(_FEW_BITS / bits) if 0 < bits < _FEW_BITS else 0
    return str(min(_WORST_CRF, _CRF + round(less)))


def _flags(info: VideoInfo) -> str:
    return "+bitexact+ildct+ilme" if info.is_interlaced else "+bitexact"


def _pixel_format(info: VideoInfo, codec: Codec) -> str:
    layout = av.VideoFormat(info.pixel_format)
    if is_rgb(info.pixel_format):
        sampling = "444" if info.pixel_format.startswith("gbr") else "420"
    elif len(layout.components) < 3:
        sampling = _GREY
    else:
        sampling = _LAYOUTS.get((16 // layout.chroma_width(16), 16 // layout.chroma_height(16)), "444")
    if codec != "libvpx-vp9":
        sampling = _even(sampling, info)
    if info.bit_depth > 8:
        return f"yuv{sampling}p10le"
    is_full = codec == "libx264" and info.pixel_format.startswith("yuvj")
    return f"yuv{'j' if is_full else ''}{sampling}p"


def _even(sampling: str, info: VideoInfo) -> str:
    """x264 and x265 want whole samples of colour."""
    if info.coded_width % 2 and sampling != "444":
        return "444"
    return "444" if sampling == "420" and info.coded_height % 2 else sampling


def _colours(info: VideoInfo) -> Colours:
    if is_rgb(info.pixel_format):
        return Colours(_LIMITED_RANGE, info.color_primaries, info.color_transfer, _BT709)
    is_full = info.pixel_format.startswith("yuvj")
    return Colours(
        _FULL_RANGE if is_full else info.color_range, info.color_primaries, info.color_transfer, info.color_space
    )
