"""A finder for the made videos of `tests/media/made_videos.py`: their red square stands for a face."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from regard.analysis.results import PixelSource
from regard.analysis.tracks import Found


class RedSquares:
    """As `redaction.work.VideoFinder`."""

    looked_for = None  # all that there is, in every frame

    def __init__(self) -> None:
        self._scale = 1.0
        self.searched = 0

    def longer_side(self, width: int, height: int) -> int:
        """Half of the video's."""
        return max(width, height) // 2

    def begin(self, fps: float, scale: float) -> None:
        """A new video."""
        self._scale = scale

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[Found]:
        """The square."""
        self.searched += 1
        rows, columns = np.nonzero(is_red(image))
        if not len(rows):
            return []
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float64)
        return [Found("face", box * self._scale, 0.9)]

    def find_in_picture(self, source: PixelSource) -> list[Found]:
        """The square of a still picture."""
        return self.find(source.pixels(), 0, True)

    def networks(self) -> dict[str, str]:
        """Of no network."""
        return {"red-squares": "0" * 64}


def is_red(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(H, W) where it looks like the square."""
    red, green, blue = np.moveaxis(image.astype(np.int16), 2, 0)
    return np.asarray((red - green > 60) & (red - blue > 60))


def frames_of(path: Path) -> list[NDArray[np.uint8]]:
    """Every frame as RGB, not turned."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


def red_pixels(path: Path) -> list[int]:
    """How many pixels look like the square, frame by frame."""
    return [int(is_red(frame).sum()) for frame in frames_of(path)]
