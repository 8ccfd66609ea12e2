"""The rendering walk by itself: covers lie where they are meant to, whatever the layout, and faults are told."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.media.video import Decoding
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from regard.redaction.plan import PlannedTrack
from regard.redaction.rendering import Published, Rendering
from regard.redaction.settings import RedactionSettings, Span
from regard.redaction.work_folder import segment_path
from tests.media.made_videos import MadeVideo, make_video

_GREEN = RedactionSettings(way="fill", shape="box", fill="#00ff00", margin=0.0)


def _track(
    left: float, top: float, right: float, bottom: float, begin_us: int = 0, end_us: int = 10**9
) -> PlannedTrack:
    box = left, top, right, bottom
    return PlannedTrack(1, "face", np.array([[begin_us, *box], [end_us, *box]], np.float64))


def _rendered(
    source: Path,
    target: Path,
    tracks: list[PlannedTrack],
    segments: tuple[tuple[int, int | None], ...] = ((0, None),),
    damaged: tuple[Span, ...] = (),
    settings: RedactionSettings = _GREEN,
) -> Published:
    folder = target.parent / "work"
    folder.mkdir(exist_ok=True)
    with Rendering(source, target, folder, settings, VideoLimits()) as rendering:
        for begin, end in segments:
            rendering.order(begin, end, tracks, damaged)
        for _ in rendering.finishing():
            pass
        return rendering.publish()


def _upright(path: Path) -> list[NDArray[np.uint8]]:
    decoding = Decoding(path, VideoLimits())
    turns = {0: 0, 90: 3, 180: 2, 270: 1}[decoding.info.rotation]
    return [np.rot90(decoded.frame.to_ndarray(format="rgb24"), turns) for decoded in decoding.frames()]


def _mean(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(image.reshape(-1, 3).mean(axis=0))


def _greenness(image: NDArray[np.uint8]) -> float:
    red, green, blue = _mean(image)
    return float(green - max(red, blue))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("upright.mp4", MadeVideo()),
        ("right.mp4", MadeVideo(rotation=90)),
        ("down.mov", MadeVideo(rotation=180, pixel_format="yuv422p")),
        ("left.mkv", MadeVideo(rotation=270, pixel_format="yuvj420p")),
        ("deep.mp4", MadeVideo(codec="libx265", pixel_format="yuv420p10le")),
        ("fields.mp4", MadeVideo(is_interlaced=True)),
        ("grey.mp4", MadeVideo(pixel_format="gray")),
        ("colours.gif", MadeVideo(codec="gif", pixel_format="rgb8")),
        ("odd.webm", MadeVideo(codec="libvpx-vp9", width=129, height=97)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_cover_lies_where_it_is_meant_to_in_every_layout(tmp_path: Path, name: str, made: MadeVideo) -> None:
    source = make_video(tmp_path / name, made)
    target = tmp_path / ("out.mp4" if name.endswith("gif") else f"out{Path(name).suffix}")
    _rendered(source, target, [_track(16, 16, 48, 40)])
    before, after = _upright(source), _upright(target)
    assert len(after) == len(before)
    assert min(_greenness(image[18:38, 18:46]) for image in after) > 150
    # Means: a palette's pixels are dithered.
    outside = [np.abs(_mean(a[44:, 52:]) - _mean(b[44:, 52:])).max() for a, b in zip(after, before, strict=True)]
    assert max(outside) < 3


def test_frames_in_a_damaged_span_are_covered_whole(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    _rendered(source, target, [], damaged=((200_000, 360_000),))
    whole = [_greenness(image) > 150 for image in _upright(target)]
    assert whole == [5 <= number <= 9 for number in range(30)]


def test_segment_in_which_nothing_is_shown_is_passed_over(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", MadeVideo(times_ms=(0, 40, 5000, 5040), frames=4))
    _rendered(source, tmp_path / "out.mp4", [], ((0, 1_000_000), (1_000_000, 2_000_000), (2_000_000, None)))
    times = [decoded.time_us for decoded in Decoding(tmp_path / "out.mp4", VideoLimits()).frames()]
    assert times == [0, 40_000, 5_000_000, 5_040_000]


def test_segment_that_is_there_is_not_rendered_again(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    segments = ((0, 400_000), (400_000, None))
    first = _rendered(source, target, [_track(16, 16, 48, 40)], segments)
    segment_path(tmp_path / "work", 400_000).unlink()
    stamp = segment_path(tmp_path / "work", 0).stat().st_mtime_ns
    second = _rendered(source, target, [_track(16, 16, 48, 40)], segments)
    assert second.sha256 == first.sha256
    assert segment_path(tmp_path / "work", 0).stat().st_mtime_ns == stamp


def test_cover_keeps_its_tone_within_a_segment(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    settings = RedactionSettings(way="pixelate", shape="box", margin=0.0)
    _rendered(source, target, [_track(16, 8, 48, 24)], settings=settings)
    means = [image[12:20, 20:44].mean() for image in _upright(target)]
    assert np.ptp(means) < 4


def test_full_disk_is_told_and_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "in.mp4", MadeVideo(width=320, height=240)), tmp_path / "out.mp4"
    with _files_of_at_most(4096), pytest.raises(VideoError, match=r"cannot be written: File too large"):
        _rendered(source, target, [])
    assert not target.exists()


def test_ending_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    with pytest.raises(VideoError, match=r"'\.avi'"):
        _rendered(source, tmp_path / "out.avi", [])


def test_child_that_is_killed_is_told(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", MadeVideo(frames=200))
    (tmp_path / "work").mkdir()
    with Rendering(source, tmp_path / "out.mp4", tmp_path / "work", _GREEN, VideoLimits()) as rendering:
        rendering._child.kill()
        rendering.order(0, None, [], ())
        with pytest.raises(VideoError, match="SIGKILL"):
            list(rendering.finishing())


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """As a full disk, for this process and the children that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
