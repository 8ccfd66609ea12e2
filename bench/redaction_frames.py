"""Frames of clips and of what tools made of them, side by side, and clips made ready for all tools alike."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]  # (H, W, 3) RGB


def frames(path: Path) -> Iterator[tuple[float, Image]]:
    """Seconds from the first frame on, and the picture."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        start: float | None = None
        for number, frame in enumerate(container.decode(stream)):
            seconds = float(frame.time) if frame.time is not None else number / float(stream.average_rate or 25)
            start = seconds if start is None else start
            yield seconds - start, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def side_by_side(source: Path, others: Sequence[Path]) -> Iterator[tuple[Image, list[Image]]]:
    """Each frame of `source` with the frame of every other that is shown at the same moment, in the source's size.

    Tools may repeat or drop frames and may change the size: deface writes sides that are multiples of 16. Where another
    ends earlier its last frame stands still, as a player would show it.
    """
    walks = [_Standing(frames(other)) for other in others]
    rate = _rate(source)
    for seconds, image in frames(source):
        shown = [walk.at(seconds + 0.5 / rate) for walk in walks]
        yield image, [_sized(other, image) for other in shown]


def count_of(path: Path) -> int:
    """How many frames a video has, without decoding it."""
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def prepared(clip: Path, folder: Path, most_frames: int | None = None, size: tuple[int, int] | None = None) -> Path:
    """The clip as all tools get it: an MP4 or AVI as it is, shortened by leaving packets out; others encoded finely.

    size: (width, height) to scale to, for speed at 1080p.
    """
    suffix = ".mp4" if size or clip.suffix in (".gif", ".mkv") else clip.suffix
    target = folder / f"{clip.stem}-{most_frames or 'all'}-{size[1] if size else 'own'}{suffix}"
    if target.is_file():
        return target
    draft = target.with_suffix(f".draft{suffix}")
    if size or clip.suffix == ".gif":
        _encode(clip, draft, most_frames, size)
    else:
        _shorten(clip, draft, most_frames)
    return draft.replace(target)


class _Standing:
    """A walk over frames of which each stays until the next one's time."""

    def __init__(self, walk: Iterator[tuple[float, Image]]) -> None:
        self._walk = walk
        _, self._now = next(walk)
        self._next = next(walk, None)

    def at(self, seconds: float) -> Image:
        """What is shown then; moments must rise."""
        while self._next is not None and self._next[0] <= seconds:
            self._now = self._next[1]
            self._next = next(self._walk, None)
        return self._now


def _rate(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(container.streams.video[0].average_rate or 25)


def _sized(image: Image, like: Image) -> Image:
    height, width = like.shape[:2]
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _shorten(clip: Path, target: Path, most_frames: int | None) -> None:
    """The first packets of each stream, copied."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as container:
        streams = [one for one in source.streams if one.type in ("video", "audio")]
        copies = {one.index: container.add_stream_from_template(one) for one in streams}
        left, end = most_frames or 1 << 40, float("inf")
        for packet in source.demux(streams):
            if packet.dts is None:
                continue
            if packet.stream.type == "video":
                left -= 1
                end = float(packet.dts * packet.time_base) if left == 0 else end
            if left >= 0 and float(packet.dts * packet.time_base) <= end:
                packet.stream = copies[packet.stream.index]
                container.mux(packet)


def _encode(clip: Path, target: Path, most_frames: int | None, size: tuple[int, int] | None) -> None:
    """H.264 so fine that nothing is lost to the eye, with the clip's sound dropped."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as container:
        video = source.streams.video[0]
        rate = Fraction(video.average_rate or 25)
        options = {"crf": "14", "preset": "fast"}
        stream = container.add_stream("libx264", rate=rate, options=options)
        width, height = size or (video.width // 2 * 2, video.height // 2 * 2)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in enumerate(source.decode(video)):
            if number == most_frames:
                break
            scaled = frame.reformat(width, height, "yuv420p")
            scaled.pts, scaled.time_base = number, 1 / rate
            scaled.pict_type = 0
            container.mux(stream.encode(scaled))
        container.mux(stream.encode(None))
