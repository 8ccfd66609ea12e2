"""Opens a video file so that nothing in it can open another file or reach a network, and says what is in it.

Only in a child process (`media/sandbox.py`): FFmpeg is C, and the file may be hostile.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import cast, get_args

import av
import av.error
import av.logging
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData, SideDataContainer
from av.stream import Disposition, Stream

from regard.media.video_errors import VideoError
from regard.media.video_info import StreamInfo, StreamKind, VideoInfo
from regard.media.video_limits import VideoLimits

# Containers of video and, so that it can be told that there is only sound, of sound. Left out are above all the lists
# that name other files or addresses (HLS, DASH, concat, SDP) and single pictures.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,gif,mxf,gxf,nut,ivf,dv,rm,"
    "h264,hevc,obu,m4v,h263,vc1,av1,mjpeg,dhav,ipmovie,swf,wtv,nsv,yuv4mpegpipe,nuv,dirac,cavsvideo,viv,roq,amv,"
    "mp3,wav,flac,aac,ac3,eac3,aiff,caf,amr,au,w64,ape,wv,tta,dts,opus"
)
_PICTURES = (
    (b"\xff\xd8\xff", 0, "JPEG"),
    (b"\x89PNG", 0, "PNG"),
    (b"BM", 0, "BMP"),
    (b"WEBP", 8, "WebP"),
    (b"II*\0", 0, "TIFF"),
    (b"MM\0*", 0, "TIFF"),
    (b"ftypheic", 4, "HEIF"),
    (b"ftypheix", 4, "HEIF"),
    (b"ftypmif1", 4, "HEIF"),
    (b"ftypavif", 4, "AVIF"),
)
_TOP_DISPLAYED_FIRST = (2, 5)  # AVFieldOrder: TT, and BT that is shown top first
_INTERLACED = (2, 3, 4, 5)
_CLAIMED_SIZE = re.compile(r"[Pp]icture size (\d+)x(\d+)")


@contextmanager
def opened(path: Path, limits: VideoLimits) -> Iterator[tuple[InputContainer, av.VideoStream]]:
    """The container and the video stream that a player would show, its decoder limited and not yet open.

    Raises VideoError where there is no such file, it is no video, or has too many streams or too large frames.
    """
    _check_file(path)
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file", "max_streams": "1000"}
    codec_options = {"max_pixels": str(limits.max_pixels)}
    try:
        container = av.open(f"file:{path}", options=codec_options, container_options=options, metadata_errors="replace")
    except MemoryError:
        raise
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(f"{path.name} is not a video that can be read{_why(error)}") from error
    with container:
        yield container, _shown(container, path, limits)


@contextmanager
def logged() -> Iterator[list[tuple[int, str, str]]]:
    """What FFmpeg logs as errors meanwhile. No decoder that has threads may be at work."""
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture(local=False) as messages:
            yield messages
    finally:
        av.logging.set_level(None)


def claimed_size(messages: list[tuple[int, str, str]]) -> tuple[int, int] | None:
    """The width and height that a decoder refused, out of what it logged."""
    found = [match for _, _, text in messages if (match := _CLAIMED_SIZE.search(text))]
    return (int(found[0][1]), int(found[0][2])) if found else None


def check_size(path: Path, width: int, height: int, limits: VideoLimits) -> None:
    """Raises VideoError where a frame has more pixels than it may."""
    if width * height > limits.max_pixels:
        raise VideoError(
            f"{path.name} has frames of {width} x {height} = {width * height:,} pixels; "
            f"the limit is {limits.max_pixels:,}"
        )


def described(
    path: Path, container: InputContainer, stream: av.VideoStream, frame: av.VideoFrame, start_us: int
) -> VideoInfo:
    """What a file's header, and its first frame in stream order, say."""
    rotation = _rotation(frame)
    context = stream.codec_context
    size = (frame.width, frame.height)
    width, height = size if rotation in (0, 180) else size[::-1]
    aspect = stream.sample_aspect_ratio
    return VideoInfo(
        container=container.format.name,
        codec=context.name,
        width=width,
        height=height,
        coded_width=frame.width,
        coded_height=frame.height,
        rotation=rotation,
        sample_aspect=aspect if aspect is not None and aspect > 0 else Fraction(1),
        pixel_format=frame.format.name,
        bit_depth=max(component.bits for component in frame.format.components),
        color_range=int(frame.color_range),
        color_primaries=int(frame.color_primaries),
        color_transfer=int(frame.color_trc),
        color_space=int(frame.colorspace),
        is_interlaced=bool(frame.interlaced_frame) or int(context.field_order) in _INTERLACED,
        top_field_first=int(context.field_order) in _TOP_DISPLAYED_FIRST,
        average_rate=stream.average_rate if stream.average_rate else None,
        duration_us=_claimed_duration_us(container, stream),
        start_us=start_us,
        file_bytes=path.stat().st_size,
        stream_index=stream.index,
        streams=tuple(_described_stream(other) for other in container.streams if other.index != stream.index),
    )


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise VideoError(f"{path.name} is a folder, not a video")
        if not stat.S_ISREG(mode):  # a pipe would be waited for, for ever
            raise VideoError(f"{path.name} is not a file")
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise VideoError(f"{path.name} cannot be read: {error.strerror}") from error
    if not head:
        raise VideoError(f"{path.name} is empty")
    for mark, place, name in _PICTURES:
        if head[place:].startswith(mark):
            raise VideoError(f"{path.name} is a picture ({name}), not a video")


def _shown(container: InputContainer, path: Path, limits: VideoLimits) -> av.VideoStream:
    if len(container.streams) > limits.max_streams:
        raise VideoError(f"{path.name} has {len(container.streams)} streams; the limit is {limits.max_streams}")
    films = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic and _is_decodable(stream)
    ]
    if not films:
        kinds = " and ".join(sorted({stream.type for stream in container.streams} - {"video"}))
        raise VideoError(f"{path.name} has no video in it that can be decoded{f', only {kinds}' if kinds else ''}")
    stream = next((film for film in films if film.disposition & Disposition.default), films[0])
    context = stream.codec_context
    check_size(path, max(context.width, context.coded_width), max(context.height, context.coded_height), limits)
    context.options = {"max_pixels": str(limits.max_pixels)}
    context.thread_type = "AUTO"
    context.thread_count = min(limits.threads, _processors())
    return stream


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_decodable(stream: av.VideoStream) -> bool:
    context: object = stream.codec_context
    return context is not None


def _rotation(frame: av.VideoFrame) -> int:
    """Clockwise degrees, out of the display matrix; a mirrored picture is turned, and stays mirrored.

    The matrix sends (x, y) to (a x + c y, b x + d y): b and d tell where "down" goes, whatever is mirrored.
    """
    sides = cast(SideDataContainer, frame.side_data)
    for number in range(len(sides)):
        data: SideData = sides[number]
        if data.type.name == "DISPLAYMATRIX" and data.buffer_size >= 36:
            matrix = np.frombuffer(bytes(data), "<i4", 9)
            across, along = int(matrix[1]), int(matrix[4])
            if abs(across) > abs(along):
                return 90 if across > 0 else 270
            return 180 if along < 0 else 0
    return 0


def _claimed_duration_us(container: InputContainer, stream: av.VideoStream) -> int | None:
    if stream.duration is not None and stream.duration > 0 and stream.time_base:
        return round(stream.duration * stream.time_base * 1_000_000)
    return container.duration if container.duration is not None and container.duration > 0 else None


def _described_stream(stream: Stream) -> StreamInfo:
    kind: StreamKind = next((kind for kind in get_args(StreamKind) if kind == stream.type), "data")
    context: object = stream.codec_context
    codec = stream.codec_context.name if context is not None else "unknown"
    return StreamInfo(stream.index, kind, codec, stream.language or "und")


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None)
    return f": {said}" if said else ""
