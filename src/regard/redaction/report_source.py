"""The frames of an output that its review wants, out of a child process."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from regard.media.sandbox import Child
from regard.media.video_limits import VideoLimits
from regard.redaction.report_child import HEAD, send_frames
from regard.redaction.report_frames import Request
from regard.redaction.report_pictures import Seen

_LIMITS = VideoLimits()


def output_frames(
    path: Path, request: Request, longer_side: int, limits: VideoLimits = _LIMITS
) -> Iterator[tuple[Seen, int]]:
    """Each with the time at which the next one is shown, in order. longer_side: of the pictures. Raises VideoError."""
    if not request.is_all and not request.spans:
        return
    with Child(
        send_frames, path, limits, request.is_all, request.spans, longer_side, limits=limits, about=path.name
    ) as child:
        for message in child.messages():
            time_us, until_us, width, height = HEAD.unpack_from(message)
            image = np.frombuffer(message, np.uint8, offset=HEAD.size).reshape(height, width, 3)
            yield Seen(time_us, image), until_us
