"""Decoding and encoding alone: the clip once through, with nothing looked for and nothing covered.

Usage: python -m bench.redaction_bare IN OUT     as `regard redact` encodes
       python bench/redaction_bare.py IN OUT --as-deface     in deface's environment, as deface 1.5.0 does it

Decoder and encoder have threads of their own, so the two overlap.
"""

import importlib
import sys
from pathlib import Path

_DEFACE_CODEC = {"codec": "libx264"}  # the default of its --ffmpeg-config


def as_regard(source: Path, target: Path) -> None:
    """In this process, with the encoder settings that Regard chooses for such a file."""
    import av
    from av.video.frame import PictureType

    from regard.media.encoding import choice_for, configure
    from regard.media.video import Decoding
    from regard.media.video_limits import VideoLimits

    info = Decoding(source, VideoLimits()).info
    choice = choice_for(info, target.suffix)
    with av.open(str(source)) as given, av.open(str(target), "w") as container:
        video = given.streams.video[0]
        video.thread_type = "AUTO"
        stream = container.add_stream(choice.codec, rate=info.average_rate or 25, options=dict(choice.options))
        configure(stream, info, choice)
        stream.codec_context.time_base = stream.time_base = video.time_base or choice.time_base
        for frame in given.decode(video):
            frame.pict_type = PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def as_deface(source: str, target: str) -> None:
    """With imageio's pipes to and from FFmpeg, as deface reads and writes."""
    # By name: this runs in another environment, whose packages this project's type checker does not look at.
    imageio = importlib.import_module("imageio")
    reader = imageio.get_reader(source)
    rate = reader.get_meta_data()["fps"]
    writer = imageio.get_writer(target, format="FFMPEG", mode="I", fps=rate, **_DEFACE_CODEC)
    for frame in reader.iter_data():
        writer.append_data(frame)
    reader.close()
    writer.close()


if __name__ == "__main__":
    if "--as-deface" in sys.argv:
        as_deface(sys.argv[1], sys.argv[2])
    else:
        as_regard(Path(sys.argv[1]), Path(sys.argv[2]))
