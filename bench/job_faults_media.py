"""Short videos for bench/job_faults.py, so cheap that a job takes about a second once networks are loaded."""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

Image = NDArray[np.uint8]  # (H, W, 3) RGB

SIDE = 320
_RATE = 10
_FRAMES = 30


def make_clips(folder: Path) -> list[str]:
    """Three videos of 320x320 and 3 seconds in the folder; their names."""
    person = _squared(data.astronaut())  # type: ignore[no-untyped-call]  # scikit-image has no types
    words = _squared(np.repeat(data.text()[..., None], 3, axis=2))  # type: ignore[no-untyped-call]  # the same
    clips = {
        "person.mp4": _closer(person, _FRAMES),
        "words.mp4": _closer(words, _FRAMES),
        "cut.mp4": (picture for one in (person, words) for picture in _closer(one, _FRAMES // 2)),
    }
    for name, pictures in clips.items():
        _write(folder / name, pictures)
    return list(clips)


def _squared(image: Image) -> Image:
    return np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _closer(image: Image, count: int) -> Iterator[Image]:
    """A camera that goes nearer, so that frames differ."""
    for number in range(count):
        edge = number * SIDE // (8 * count)
        yield _squared(image[edge : SIDE - edge, edge : SIDE - edge])


def _write(path: Path, pictures: Iterator[Image]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
