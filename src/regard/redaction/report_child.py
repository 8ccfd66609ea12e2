"""The child of `report_source.py`: decodes what a review wants of an output, and sends it small and upright."""

import struct
from pathlib import Path

from regard.media.sandbox_child import Channel
from regard.media.video_limits import VideoLimits
from regard.redaction.report_frames import Request, wanted_frames

HEAD = struct.Struct("<qqII")  # time_us, until_us, width, height; the pixels follow


def send_frames(
    channel: Channel, path: Path, limits: VideoLimits, is_all: bool, spans: list[list[int]], longer_side: int
) -> None:
    """Every frame that is wanted, with its head."""
    import cv2
    import numpy as np

    from regard.media.frame_scaling import FrameScaler
    from regard.media.small_sizes import small_size
    from regard.media.video import Decoding

    cv2.setNumThreads(1)
    request = Request(is_all, tuple((begin_us, end_us) for begin_us, end_us in spans))
    with Decoding(path, limits) as decoding:
        width, height = small_size(decoding.info, longer_side)
        scaler = FrameScaler(decoding.info, (width, height))
        image = np.empty((height, width, 3), np.uint8)
        for decoded, until_us in wanted_frames(decoding.frames, request):
            scaler.write(decoded.frame, image)
            channel.send(HEAD.pack(decoded.time_us, until_us, width, height) + image.tobytes())
