"""The frames of a video as small upright RGB pictures, decoded and scaled ahead in a child process.

    with SmallFrames(path, 960, limits) as small:
        for frame in small:
            frame.image, frame.time_us

Pictures come through shared memory and are not copied.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regard.media.sandbox import Child
from regard.media.shared_ring import SharedRing
from regard.media.small_frames_child import FRAME, SHAPE, decode_small
from regard.media.small_sizes import small_size
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits


@dataclass(frozen=True, slots=True)
class SmallFrame:
    """One frame."""

    image: NDArray[np.uint8]  # (H, W, 3) RGB, upright; in shared memory, see `SmallFrames`
    index: int
    time_us: int
    is_damaged: bool


class SmallFrames:
    """A walk over a video; iterate once.

    A picture stays as it is until `ring // 2` more are asked for; copy what is to last longer. The child decodes about
    as many ahead. Raises VideoError: from `__enter__` what is wrong with the file, while iterating what becomes wrong
    later.
    """

    info: VideoInfo
    size: tuple[int, int]  # (width, height) of the pictures

    def __init__(
        self,
        path: Path,
        longer_side: int | Callable[[int, int], int],
        limits: VideoLimits,
        ring: int = 8,
        from_us: int = 0,
    ) -> None:
        """longer_side: of the pictures, in pixels, or a function of the video's upright width and height.

        from_us: the first frame's time, at the least.
        """
        self._path, self._longer_side, self._limits, self._from_us = path, longer_side, limits, from_us
        self._slots = max(2, ring)

    def __enter__(self) -> "SmallFrames":
        """Itself, with `info` and `size`."""
        self._ring = SharedRing()
        try:
            self._child = Child(
                decode_small,
                self._path,
                self._limits,
                self._ring.descriptor,
                self._from_us,
                limits=self._limits,
                about=self._path.name,
                files=(self._ring.descriptor,),
            )
        except VideoError:
            self._ring.close()
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
        self._ring.close()

    def __iter__(self) -> Iterator[SmallFrame]:
        """All frames in turn."""
        held = self._slots // 2
        for number, message in enumerate(self._child.messages()):
            index, time_us, is_damaged = FRAME.unpack(message)
            yield SmallFrame(self._ring.slot(number), index, time_us, is_damaged)
            if number >= held - 1:
                self._child.send(b"")  # one slot may be written again

    def _agree(self) -> None:
        described = self._child.receive()
        try:
            self.info = VideoInfo.from_json(described or b"")
        except (ValueError, KeyError, TypeError) as error:
            raise VideoError(f"{self._path.name} cannot be described") from error
        side = self._longer_side
        side = side(self.info.width, self.info.height) if callable(side) else side
        self.size = small_size(self.info, side)
        self._ring.allot(self._slots, *self.size)
        self._child.send(SHAPE.pack(self._slots, *self.size))
