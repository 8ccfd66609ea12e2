"""The child of `media/small_frames.py`: decodes, scales, and writes into the shared ring."""

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from regard.media.sandbox_child import Channel
from regard.media.shared_ring import SharedRing
from regard.media.video_limits import VideoLimits

if TYPE_CHECKING:
    from regard.media.frame_scaling import FrameScaler
    from regard.media.video import Decoding

SHAPE = struct.Struct("<III")  # slots, width, height
FRAME = struct.Struct("<qq?")  # index, time_us, is_damaged


def decode_small(channel: Channel, path: Path, limits: VideoLimits, descriptor: int, from_us: int) -> None:
    """Sends the info, receives the shape, then sends every frame as soon as a slot is free."""
    import cv2

    from regard.media.frame_scaling import FrameScaler
    from regard.media.video import Decoding

    cv2.setNumThreads(1)
    with Decoding(path, limits) as decoding:
        channel.send(decoding.info.to_json())
        slots, width, height = SHAPE.unpack(channel.receive())
        ring = SharedRing(descriptor)
        ring.attach(slots, width, height)
        _write(channel, decoding, FrameScaler(decoding.info, (width, height)), ring, slots, from_us)


def _write(
    channel: Channel, decoding: "Decoding", scaler: "FrameScaler", ring: SharedRing, slots: int, from_us: int
) -> None:
    free = slots
    for number, decoded in enumerate(decoding.frames(from_us)):
        while free == 0 or not channel.is_empty():
            channel.receive()
            free += 1
        scaler.write(decoded.frame, ring.slot(number))
        channel.send(FRAME.pack(decoded.index, decoded.time_us, decoded.is_damaged))
        free -= 1
