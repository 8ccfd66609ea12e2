"""The child of `media/looks.py`: decodes, makes thumbs and pictures, and writes them into the shared rings."""

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regard.media.sandbox_child import Channel
from regard.media.shared_ring import SharedRing
from regard.media.video_limits import VideoLimits

if TYPE_CHECKING:
    from regard.media.video import Decoded, Decoding

SHAPE = struct.Struct("<IIII")  # slots for thumbs, slots for pictures, width and height of pictures, 0 for none
FRAME = struct.Struct("<qqB")  # index, time_us, flags; a message has those of several frames, or of none
FREED = struct.Struct("<II")  # how many thumbs and pictures were taken
IS_DAMAGED: Final = 1
IS_LOOKED_AT: Final = 2  # there is a picture

_BATCH: Final = 16  # frames that are told of at once
_LONGEST_S: Final = 2.0  # after which something is told, so that the parent knows that there is progress


def decode_looks(
    channel: Channel,
    path: Path,
    limits: VideoLimits,
    thumbs: int,
    images: int,
    from_us: int,
    starts_us: list[int],
    table: str | None,
) -> None:
    """Sends the info, receives the shape, then sends every frame as soon as there is room. thumbs, images: the rings'
    descriptors.
    """
    import cv2

    from regard.media.video import Decoding
    from regard.media.video_facts import read_table

    cv2.setNumThreads(1)
    with Decoding(path, limits, read_table(Path(table)) if table is not None else None) as decoding:
        channel.send(decoding.info.to_json())
        _Sender(channel, decoding, thumbs, images).send_all(from_us, starts_us)


class _Sender:
    def __init__(self, channel: Channel, decoding: "Decoding", thumbs: int, images: int) -> None:
        from regard.media.frame_scaling import FrameScaler
        from regard.media.thumbs import THUMB_HEIGHT, THUMB_WIDTH, ThumbMaker

        self._channel, self._decoding = channel, decoding
        self._free_thumbs, self._free_images, width, height = SHAPE.unpack(channel.receive())
        self._thumbs, self._images = SharedRing(thumbs), SharedRing(images)
        self._thumbs.attach(self._free_thumbs, THUMB_WIDTH, THUMB_HEIGHT)
        self._scaler = FrameScaler(decoding.info, (width, height)) if width > 0 else None
        if self._scaler is not None:
            self._images.attach(self._free_images, width, height)
        self._maker = ThumbMaker(decoding.info)
        self._thumb_number = self._image_number = 0
        self._batch: list[bytes] = []
        self._told = time.monotonic()

    def send_all(self, from_us: int, starts_us: list[int]) -> None:
        from regard.media.sampling import Sampler

        sampler = Sampler()
        starts = iter([*starts_us, 2**62])
        start_us = next(starts)
        for decoded in self._frames(from_us):
            if decoded.time_us >= start_us:
                sampler = Sampler()
                start_us = next(later for later in starts if later > decoded.time_us)
            self._wait_for_thumb()
            thumb = self._thumbs.slot(self._thumb_number)
            self._maker.write(decoded.frame, thumb)
            self._add(decoded, sampler.wants(decoded.time_us, thumb) and self._scaler is not None)
        self._flush()

    def _frames(self, from_us: int) -> "Iterator[Decoded]":
        return self._decoding.frames(from_us, self._tell_of_progress)

    def _add(self, decoded: "Decoded", is_looked_at: bool) -> None:
        if is_looked_at:
            assert self._scaler is not None
            while self._free_images == 0:
                self._flush()
                self._receive()
            self._scaler.write(decoded.frame, self._images.slot(self._image_number))
            self._image_number += 1
            self._free_images -= 1
        self._thumb_number += 1
        self._free_thumbs -= 1
        flags = IS_DAMAGED * decoded.is_damaged | IS_LOOKED_AT * is_looked_at
        self._batch.append(FRAME.pack(decoded.index, decoded.time_us, flags))
        if len(self._batch) >= _BATCH:
            self._flush()
        self._tell_of_progress()

    def _wait_for_thumb(self) -> None:
        while not self._channel.is_empty():
            self._receive()
        while self._free_thumbs == 0:
            self._flush()
            self._receive()

    def _receive(self) -> None:
        thumbs, images = FREED.unpack(self._channel.receive())
        self._free_thumbs += thumbs
        self._free_images += images

    def _tell_of_progress(self) -> None:
        if time.monotonic() - self._told > _LONGEST_S:
            self._tell()

    def _flush(self) -> None:
        if self._batch:
            self._tell()

    def _tell(self) -> None:
        self._channel.send(b"".join(self._batch))
        self._batch.clear()
        self._told = time.monotonic()
