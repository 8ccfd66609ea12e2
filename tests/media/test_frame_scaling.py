from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.media.frame_scaling import FrameScaler, plane_of
from regard.media.small_sizes import small_size
from regard.media.video import Decoding
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import MadeVideo, image_of, make_video

PLAIN = MadeVideo(width=256, height=192, frames=3, b_frames=0)


def _scaled(path: Path, longer_side: int) -> NDArray[np.uint8]:
    """The first frame."""
    decoding = Decoding(path, VideoLimits())
    width, height = small_size(decoding.info, longer_side)
    out = np.empty((height, width, 3), np.uint8)
    FrameScaler(decoding.info, (width, height)).write(next(decoding.frames()).frame, out)
    return out


def _difference(image: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    """Mean of absolute differences, of values 0 to 255; chroma that is stored at half the size costs some."""
    return float(np.abs(image.astype(np.float64) - wanted).mean())


FORMATS = [
    pytest.param("libx264", "yuv420p", id="420"),
    pytest.param("libx264", "yuvj420p", id="full range"),
    pytest.param("libx264", "yuv422p", id="422"),
    pytest.param("libx264", "yuv444p", id="444"),
    pytest.param("libx264", "yuv420p10le", id="ten bits"),
    pytest.param("libx264", "nv12", id="nv12"),
    pytest.param("ffv1", "gray", id="gray"),
    pytest.param("ffv1", "bgr0", id="rgb"),
    pytest.param("ffv1", "yuv420p16le", id="sixteen bits"),
]


@pytest.mark.parametrize("longer_side", [256, 200, 128, 101, 64])
@pytest.mark.parametrize(("codec", "pixel_format"), FORMATS)
def test_small_pictures_look_as_the_large_ones(tmp_path: Path, codec: str, pixel_format: str, longer_side: int) -> None:
    path = make_video(
        tmp_path / "a.mkv", MadeVideo(256, 192, frames=3, b_frames=0, codec=codec, pixel_format=pixel_format)
    )
    size = (longer_side, round(longer_side * 0.75))
    wanted = cv2.resize(image_of(0, 256, 192), size, interpolation=cv2.INTER_AREA)
    if pixel_format == "gray":
        wanted = np.repeat(cv2.cvtColor(wanted, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)

    scaled = _scaled(path, longer_side)

    assert scaled.shape[1::-1] == size
    assert _difference(scaled, np.asarray(wanted, np.uint8)) < 2.5


@pytest.mark.parametrize(
    ("rotation", "turns"),
    [pytest.param(90, 3, id="90"), pytest.param(180, 2, id="180"), pytest.param(270, 1, id="270")],
)
def test_pictures_are_upright(tmp_path: Path, rotation: int, turns: int) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(256, 192, frames=3, b_frames=0, rotation=rotation))

    wanted = cv2.resize(image_of(0, 256, 192), (128, 96), interpolation=cv2.INTER_AREA)

    assert _difference(_scaled(path, 128), np.rot90(np.asarray(wanted, np.uint8), turns)) < 4


@pytest.mark.parametrize("longer_side", [256, 200, 128])
def test_interlaced_pictures_have_no_combs(tmp_path: Path, longer_side: int) -> None:
    """Every second line is white: two moments, of which the later is white."""
    path = make_video(tmp_path / "a.mp4", MadeVideo(256, 192, frames=3, b_frames=0, is_interlaced=True))
    decoding = Decoding(path, VideoLimits())
    frame = next(decoding.frames()).frame
    frame.make_writable()
    plane_of(frame, 0)[0::2] = 16
    plane_of(frame, 0)[1::2] = 235
    width, height = small_size(decoding.info, longer_side)
    out = np.empty((height, width, 3), np.uint8)

    FrameScaler(decoding.info, (width, height)).write(frame, out)

    grey = cv2.cvtColor(out, cv2.COLOR_RGB2GRAY)
    assert np.abs(np.diff(grey[height // 3 : height // 2].astype(int), axis=0)).max() < 10


@pytest.mark.parametrize("longer_side", [256, 128, 100])
def test_hdr_pictures_are_neither_dark_nor_burnt(tmp_path: Path, longer_side: int) -> None:
    """A grey of the PQ signal 0.5, 92 nits, is a little under half of paper white, which is 0.58."""
    made = MadeVideo(256, 192, frames=3, codec="libx265", pixel_format="yuv420p10le", is_hdr=True)
    decoding = Decoding(make_video(tmp_path / "a.mp4", made), VideoLimits())
    frame = next(decoding.frames()).frame
    frame.make_writable()
    plane_of(frame, 0)[:] = 64 + 876 // 2
    plane_of(frame, 1)[:] = 512
    plane_of(frame, 2)[:] = 512
    width, height = small_size(decoding.info, longer_side)
    out = np.empty((height, width, 3), np.uint8)

    FrameScaler(decoding.info, (width, height)).write(frame, out)

    assert 150 < out.mean() < 200
    assert out.std() < 1


def test_fine_pattern_is_averaged_and_not_aliased(tmp_path: Path) -> None:
    decoding = Decoding(make_video(tmp_path / "a.mp4", PLAIN), VideoLimits())
    frame = next(decoding.frames()).frame
    frame.make_writable()
    plane_of(frame, 0)[:, 0::2] = 16
    plane_of(frame, 0)[:, 1::2] = 235
    spread = []
    for longer_side in (128, 100, 85, 64):
        width, height = small_size(decoding.info, longer_side)
        out = np.empty((height, width, 3), np.uint8)
        FrameScaler(decoding.info, (width, height)).write(frame, out)
        spread.append(int(np.ptp(out[height // 3 : height // 2, 4:-4, 1])))

    assert spread == pytest.approx([0, 0, 0, 0], abs=40)


@pytest.mark.parametrize(("longer_side", "size"), [(960, (128, 96)), (128, (128, 96)), (64, (64, 48)), (1, (1, 1))])
def test_small_pictures_are_never_enlarged(tmp_path: Path, longer_side: int, size: tuple[int, int]) -> None:
    info = Decoding(make_video(tmp_path / "a.mp4"), VideoLimits()).info

    assert small_size(info, longer_side) == size
