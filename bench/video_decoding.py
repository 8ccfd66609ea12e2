"""Decodes a video in a child process and does nothing else. Imports little, since the child imports it too."""

import time
from pathlib import Path

from regard.media.sandbox import Child
from regard.media.sandbox_child import Channel
from regard.media.video_limits import VideoLimits


def decode(video: Path) -> None:
    """All frames, thrown away."""
    with Child(decode_all, video, VideoLimits(), limits=VideoLimits(), about=video.name) as child:
        for _ in child.messages():
            pass


def decode_all(channel: Channel, path: Path, limits: VideoLimits) -> None:
    """In the child. Tells of progress, so that it is not taken for one that hangs."""
    from regard.media.video import Decoding

    told = time.monotonic()
    with Decoding(path, limits) as decoding:
        for _ in decoding.frames():
            if time.monotonic() - told > 1:
                channel.send(b"")
                told = time.monotonic()
