"""The frames of a video for analysis: a thumb of each, and pictures of those that are looked at.

    with Looks(path, 960, limits) as looks:
        for look in looks:
            look.time_us, look.thumb, look.image

A child process decodes, makes the thumbs, and decides what is looked at (`media/sampling.py`). It is about a second of
frames ahead and then waits, so that memory does not depend on who is slower.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.media.looks_child import FRAME, FREED, IS_DAMAGED, IS_LOOKED_AT, SHAPE, decode_looks
from regard.media.sandbox import Child
from regard.media.shared_ring import SharedRing
from regard.media.small_sizes import small_size
from regard.media.thumbs import THUMB_HEIGHT, THUMB_WIDTH
from regard.media.video_errors import VideoError
from regard.media.video_facts import video_facts
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits

_THUMBS: Final = 64  # that the child may be ahead
_IMAGES: Final = 6


@dataclass(frozen=True, slots=True)
class Look:
    """One frame. The arrays stay as they are; several may hold them, so nobody writes into them."""

    index: int
    time_us: int
    is_damaged: bool
    thumb: NDArray[np.uint8]  # (72, 128, 3) RGB, upright, the whole frame stretched to it
    image: NDArray[np.uint8] | None  # (H, W, 3) RGB, upright; None where the frame is not looked at


class Looks:
    """A walk over a video; iterate once. Threads may take turns.

    Raises VideoError: from `__enter__` what is wrong with the file, while iterating what becomes wrong later.
    """

    info: VideoInfo
    size: tuple[int, int]  # (width, height) of the pictures; (0, 0) where there are none

    def __init__(
        self,
        path: Path,
        longer_side: int,
        limits: VideoLimits,
        from_us: int = 0,
        starts_us: Sequence[int] = (),
        table: Path | None = None,
    ) -> None:
        """longer_side: of the pictures, in pixels; 0 for none at all. from_us: the first frame's time, at the least.

        starts_us: where else the choice of frames begins anew, ascending, so that one walk through several chunks
        gives what walks of their own would give. table: a file that `video_facts` wrote, without which a walk that
        does not begin at the start reads the file twice.
        """
        self._path, self._longer_side, self._limits = path, longer_side, limits
        self._from_us, self._starts_us, self._table = from_us, list(starts_us), table

    def __enter__(self) -> "Looks":
        """Itself, with `info` and `size`."""
        self._thumbs, self._images = SharedRing(), SharedRing()
        try:
            self._child = self._started()
        except VideoError:
            self._close_rings()
            raise
        try:
            self._agree()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the child."""
        self._child.close()
        self._close_rings()

    def kill(self) -> None:
        """Ends the child; an iteration in another thread raises VideoError."""
        self._child.kill()

    @property
    def facts(self) -> dict[str, Any]:
        """What `video_facts` says of the file, as JSON; reads it through. Raises VideoError."""
        return dict(video_facts(self._path, self._limits).facts)

    def __iter__(self) -> Iterator[Look]:
        """All frames in turn."""
        thumb_number = image_number = 0
        for message in self._child.messages():
            looks = []
            for index, time_us, flags in FRAME.iter_unpack(message):
                image = None
                if flags & IS_LOOKED_AT:
                    image = self._images.slot(image_number).copy()
                    image_number += 1
                thumb = self._thumbs.slot(thumb_number).copy()
                thumb_number += 1
                looks.append(Look(index, time_us, bool(flags & IS_DAMAGED), thumb, image))
            if looks:
                self._child.send(FREED.pack(len(looks), sum(look.image is not None for look in looks)))
            yield from looks

    def _started(self) -> Child:
        rings = self._thumbs.descriptor, self._images.descriptor
        return Child(
            decode_looks,
            self._path,
            self._limits,
            *rings,
            self._from_us,
            self._starts_us,
            str(self._table) if self._table is not None else None,
            limits=self._limits,
            about=self._path.name,
            files=rings,
        )

    def _agree(self) -> None:
        described = self._child.receive()
        try:
            self.info = VideoInfo.from_json(described or b"")
        except (ValueError, KeyError, TypeError) as error:
            raise VideoError(f"{self._path.name} cannot be described") from error
        self._thumbs.allot(_THUMBS, THUMB_WIDTH, THUMB_HEIGHT)
        self.size = small_size(self.info, self._longer_side) if self._longer_side > 0 else (0, 0)
        if self._longer_side > 0:
            self._images.allot(_IMAGES, *self.size)
        self._child.send(SHAPE.pack(_THUMBS, _IMAGES, *self.size))

    def _close_rings(self) -> None:
        self._thumbs.close()
        self._images.close()


def shrunk(image: NDArray[np.uint8], longer_side: int) -> NDArray[np.uint8]:
    """An (H, W, 3) picture with a longer side of at most so many pixels; itself where it is no larger."""
    height, width = image.shape[:2]
    scale = longer_side / max(width, height)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
