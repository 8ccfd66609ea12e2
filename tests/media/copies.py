"""Test help: a video encoded anew and joined, without anything covered; and what two videos have in common."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from regard.media.encoding import choice_for
from regard.media.muxing import MuxOptions, mux
from regard.media.picture_facts import picture_facts
from regard.media.segments import SegmentEncoder
from regard.media.video import Decoding
from regard.media.video_limits import VideoLimits

LIMITS = VideoLimits()


def encoded_anew(
    source: Path, target: Path, options: MuxOptions | None = None, cuts_us: tuple[int, ...] = (400_000,)
) -> list[str]:
    """Writes `target`; returns what was left out."""
    decoding = Decoding(source, LIMITS)
    choice = choice_for(decoding.info, target.suffix, picture_facts(next(decoding.frames()).frame))
    segments = []
    for begin, end in pairwise((0, *cuts_us, 2**60)):
        encoder = SegmentEncoder(target.parent / f"{target.name}.{begin}.nut", decoding.info, choice)
        for decoded in decoding.frames(begin):
            if decoded.time_us < end:
                encoder.encode(decoded.frame, decoded.time_us)
        segments.append(encoder.close())
    return mux(segments, source, target, decoding.info, choice, options or MuxOptions(), LIMITS, lambda time_us: None)


def times_us(path: Path) -> list[int]:
    """When the frames are shown."""
    return [decoded.time_us for decoded in Decoding(path, LIMITS).frames()]


def least_psnr(first: Path, second: Path) -> float:
    """Of lightness, in dB, of the frame that differs most."""
    pairs = zip(_lightness(first), _lightness(second), strict=True)
    return min(-10 * math.log10(max(float(((one - other) ** 2).mean()), 1e-12)) for one, other in pairs)


def payloads(path: Path, kind: str) -> list[list[bytes]]:
    """The packets of each stream of a kind."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        found: dict[int, list[bytes]] = {stream.index: [] for stream in streams}
        for packet in container.demux(streams) if streams else ():
            if packet.size:
                found[packet.stream.index].append(bytes(packet))
    return list(found.values())


def _lightness(path: Path) -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    for decoded in Decoding(path, LIMITS).frames():
        plane = decoded.frame.planes[0]
        bits = decoded.frame.format.components[0].bits
        kind = np.dtype("<u2" if bits > 8 else "u1")
        rows = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]
        yield rows / float((1 << bits) - 1)
