import contextlib
import itertools
import threading
from pathlib import Path

import numpy as np
import pytest

from regard.media.small_frames import SmallFrames
from regard.media.video import Decoding
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import MadeVideo, huge_gif, make_video, number_of, truncate

LIMITS = VideoLimits()


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "a.mp4")


def test_every_frame_comes_small_with_the_times_of_the_large(video: Path) -> None:
    times = [decoded.time_us for decoded in Decoding(video, LIMITS).frames()]

    with SmallFrames(video, 64, LIMITS) as small:
        frames = [(frame.index, number_of(frame.image), frame.time_us, frame.image.shape) for frame in small]

    assert small.size == (64, 48)
    assert frames == [(number, number, time, (48, 64, 3)) for number, time in enumerate(times)]


def test_walk_may_begin_in_the_middle(video: Path) -> None:
    with SmallFrames(video, 64, LIMITS, from_us=800_000) as small:
        frames = [(frame.index, number_of(frame.image), frame.time_us) for frame in small]

    assert frames == [(number, number, number * 40_000) for number in range(20, 30)]


def test_size_may_depend_on_the_video(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(rotation=90))

    with SmallFrames(path, lambda width, height: min(width, height) // 2, LIMITS) as small:
        assert small.size == (36, 48)


def test_pictures_stay_while_half_the_ring_is_asked_for(video: Path) -> None:
    with SmallFrames(video, 64, LIMITS, ring=8) as small:
        frames = iter(small)
        held = [(frame.index, frame.image) for frame in itertools.islice(frames, 4)]

        assert [number_of(image) for _, image in held] == [index for index, _ in held]


def test_pictures_can_be_read_after_the_end(video: Path) -> None:
    with SmallFrames(video, 64, LIMITS) as small:
        last = list(small)[-1]

    assert number_of(last.image) == 29


def test_two_walks_at_once_do_not_mix(video: Path, tmp_path: Path) -> None:
    other = make_video(tmp_path / "b.mp4", MadeVideo(frames=30, rotation=90))
    with SmallFrames(video, 64, LIMITS) as one, SmallFrames(other, 64, LIMITS) as two:
        pairs = [(number_of(a.image), number_of(np.rot90(b.image))) for a, b in zip(one, two, strict=True)]

    assert pairs == [(number, number) for number in range(30)]


def test_walk_goes_on_when_the_thread_that_began_it_has_ended(video: Path) -> None:
    begun: list[SmallFrames] = []
    thread = threading.Thread(target=lambda: begun.append(SmallFrames(video, 64, LIMITS).__enter__()))
    thread.start()
    thread.join()

    with contextlib.ExitStack() as stack:
        stack.push(begun[0])
        assert sum(1 for _ in begun[0]) == 30


def test_walk_may_be_left_in_its_middle(video: Path) -> None:
    with SmallFrames(video, 64, LIMITS) as small:
        assert next(iter(small)).index == 0


@pytest.mark.parametrize("name", ["missing.mp4", "huge.gif", "text.mp4"])
def test_what_is_wrong_with_a_file_is_told_at_once(tmp_path: Path, name: str) -> None:
    huge_gif(tmp_path / "huge.gif")
    (tmp_path / "text.mp4").write_text("no video")

    with pytest.raises(VideoError, match=rf"^{name} "), SmallFrames(tmp_path / name, 64, LIMITS):
        pass


def test_broken_off_video_is_walked_as_far_as_it_goes(tmp_path: Path) -> None:
    path = truncate(make_video(tmp_path / "a.mkv", MadeVideo(b_frames=0)), 0.6)

    with SmallFrames(path, 64, LIMITS) as small:
        numbers = [number_of(frame.image) for frame in small]

    assert numbers == list(range(len(numbers)))
    assert 10 < len(numbers) < 30


def test_decoder_that_wants_too_much_memory_is_told(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(width=2000, height=1500, frames=2, b_frames=0))
    limits = VideoLimits(address_space_bytes=300 << 20)

    with (
        pytest.raises(VideoError, match=r"^a\.mp4 (needs more memory than the limit of 0\.3 GiB|cannot be)"),
        SmallFrames(path, 64, limits) as small,
    ):
        list(small)
