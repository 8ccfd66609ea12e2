"""Videos for bench/video.py: a 1080p one joined from test clips, and longer ones that repeat another."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from bench.long_video import repeated

SIZE = (1920, 1080)
RATE = 25
# Clip, and its share of the whole: faces that talk; all sorts of pictures; people who walk; shots of 1 to 3 seconds.
PARTS = (("talk_show.mp4", 1 / 6), ("moderation.mp4", 1 / 4), ("pedestrians.avi", 1 / 4), ("edited_20_cuts.mp4", 1 / 3))
# Scaled pictures have little detail, and at x264's usual quality would be decoded more quickly than real ones; so they
# are given more bits than they need. How many is our choice, and decides how much of a walk is decoding.
BITS_PER_SECOND = 8_000_000
_OPTIONS = {"preset": "medium"}  # and x264's own distance of key frames, 250 at most


def joined(testdata: Path, folder: Path, seconds: float) -> Path:
    """An H.264 video of 1920x1080 and 25 frames a second without sound, stretched from the parts, each from its start
    and again from there where it is too short. Made once.
    """
    target = folder / f"joined-{seconds:g}s.mp4"
    if target.is_file():
        return target
    draft = target.with_suffix(".draft.mp4")
    with av.open(str(draft), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, "yuv420p", BITS_PER_SECOND
        number = 0
        for name, share in PARTS:
            for frame in _at_rate(testdata / "clips" / name, round(seconds * share * RATE)):
                scaled = frame.reformat(*SIZE, "yuv420p")
                scaled.pts, scaled.time_base, scaled.pict_type = number, Fraction(1, RATE), 0
                container.mux(stream.encode(scaled))
                number += 1
        container.mux(stream.encode(None))
    return draft.replace(target)


def longer(clip: Path, folder: Path, seconds: float) -> Path:
    """A file of about so many seconds that shows the clip again and again. Made once."""
    target = folder / f"{clip.stem}-{seconds:g}s.mp4"
    if not target.is_file():
        repeated(clip, target.with_suffix(".draft.mp4"), seconds).replace(target)
    return target


def described(path: Path) -> str:
    """Size, frame rate, length and bytes in words."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate, seconds = float(stream.average_rate or 0), (container.duration or 0) / 1e6
        name = f"{stream.codec_context.name} {stream.width}x{stream.height}"
    return f"{path.name}: {name}, {rate:g} frames a second, {seconds:,.0f} s, {path.stat().st_size / 1e6:,.1f} MB"


def _at_rate(clip: Path, count: int) -> Iterator[av.VideoFrame]:
    """So many frames at `RATE`: each is the last one that had begun then."""
    made = 0
    while made < count:
        start = made
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            usual = Fraction(stream.average_rate or RATE)
            for number, frame in enumerate(container.decode(stream)):
                while made < count and Fraction(made - start, RATE) < (number + 1) / usual:
                    yield frame
                    made += 1
                if made == count:
                    break
