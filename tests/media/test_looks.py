import contextlib
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from regard.media.looks import Look, Looks, shrunk
from regard.media.video import Decoding
from regard.media.video_errors import VideoError
from regard.media.video_facts import video_facts
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import MadeVideo, cut_out, make_video, number_of, skip_begin

LIMITS = VideoLimits()
LONG = MadeVideo(frames=80)
MADE = {
    "plain.mp4": LONG,
    "plain.mkv": LONG,
    "plain.ts": LONG,
    "open.mp4": replace(LONG, is_open=True, b_frames=3),
    "variable.mp4": replace(LONG, times_ms=tuple(number * number + 7 * number for number in range(80))),
    "h265.mp4": replace(LONG, codec="libx265"),
    "plain.webm": replace(LONG, codec="libvpx-vp9"),
    "hiding.webm": replace(LONG, codec="libvpx"),
    "plain.mpg": replace(LONG, codec="mpeg2video", key_every=6),
    "ten_bits.mp4": replace(LONG, pixel_format="yuv420p10le"),
    "plain.mov": replace(LONG, codec="prores_ks", pixel_format="yuv422p10le"),
    "plain.gif": replace(LONG, codec="gif", pixel_format="rgb8"),
    "hdr.mp4": replace(LONG, codec="libx265", pixel_format="yuv420p10le", is_hdr=True),
    "interlaced.mp4": replace(LONG, is_interlaced=True),
}
EXACT = [name for name in MADE if name not in ("hdr.mp4", "plain.mpg", "plain.gif")]  # of whose brightness much is left


def _made(folder: Path, name: str) -> Path:
    return make_video(folder / name, MADE[name])


def _walked(path: Path, *, from_us: int = 0, starts_us: tuple[int, ...] = (), table: Path | None = None) -> list[Look]:
    with Looks(path, 64, LIMITS, from_us, starts_us, table) as looks:
        return list(looks)


def _bare(looks: list[Look]) -> list[tuple[int, int, bool, bytes, bytes | None]]:
    return [
        (
            look.index,
            look.time_us,
            look.is_damaged,
            look.thumb.tobytes(),
            None if look.image is None else look.image.tobytes(),
        )
        for look in looks
    ]


@pytest.mark.parametrize("name", MADE)
def test_every_frame_comes_with_its_time_and_a_thumb(tmp_path: Path, name: str) -> None:
    path = _made(tmp_path, name)

    looks = _walked(path)

    assert [look.time_us for look in looks] == [decoded.time_us for decoded in Decoding(path, LIMITS).frames()]
    assert [look.index for look in looks] == list(range(80))
    assert {look.thumb.shape for look in looks} == {(72, 128, 3)}


@pytest.mark.parametrize("name", EXACT)
def test_thumb_and_picture_show_the_frame(tmp_path: Path, name: str) -> None:
    looks = _walked(_made(tmp_path, name))

    assert [number_of(look.thumb) for look in looks] == [number % 32 for number in range(80)]
    seen = [(look.index, number_of(look.image)) for look in looks if look.image is not None]
    assert seen == [(index, index % 32) for index, _ in seen]


@pytest.mark.parametrize("name", ["plain.mp4", "plain.webm", "ten_bits.mp4", "plain.mov", "interlaced.mp4"])
def test_thumb_has_the_colours_of_the_frame(tmp_path: Path, name: str) -> None:
    look = _walked(_made(tmp_path, name))[8]

    assert look.thumb[45, 42].tolist() == pytest.approx([230, 60, 60], abs=12)


@pytest.mark.parametrize(("rotation", "corner"), [(0, (5, 5)), (90, (5, 122)), (180, (66, 122)), (270, (66, 5))])
def test_thumb_is_upright(tmp_path: Path, rotation: int, corner: tuple[int, int]) -> None:
    look = _walked(make_video(tmp_path / "a.mp4", MadeVideo(frames=2, rotation=rotation)))[0]

    assert look.thumb[corner].tolist() == pytest.approx([27, 27, 27], abs=12)  # where the gradient is darkest


def test_large_frame_gives_the_thumb_that_a_small_one_gives(tmp_path: Path) -> None:
    small = _walked(make_video(tmp_path / "small.mp4", MadeVideo(frames=1, width=256, height=144)))[0]
    large = _walked(make_video(tmp_path / "large.mp4", MadeVideo(frames=1, width=1920, height=1080)))[0]

    assert np.abs(small.thumb.astype(int) - large.thumb).mean() < 3


def test_only_some_frames_are_looked_at(tmp_path: Path) -> None:
    looks = _walked(_made(tmp_path, "plain.mp4"))

    seen = [look.index for look in looks if look.image is not None]
    assert seen[0] == 0
    assert {later - sooner for sooner, later in pairwise(seen)} <= {5, 6, 13, 25}


def test_picture_is_as_small_as_was_asked(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(frames=2, rotation=90))

    with Looks(path, 64, LIMITS) as looks:
        assert looks.size == (48, 64)
        assert next(iter(looks)).thumb.shape == (72, 128, 3)
    first = _walked(path)[0]
    assert first.image is not None
    assert first.image.shape == (64, 48, 3)


def test_without_a_size_there_are_no_pictures(tmp_path: Path) -> None:
    with Looks(_made(tmp_path, "plain.mp4"), 0, LIMITS) as looks:
        assert {look.image is None for look in looks} == {True}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("place", [1, 30, 37])
def test_chunk_begun_in_the_middle_is_the_chunk_walked_into(tmp_path: Path, name: str, place: int) -> None:
    path = _made(tmp_path, name)
    table = tmp_path / "frames"
    is_sequential = video_facts(path, LIMITS, table).is_sequential
    known = None if is_sequential else table
    start = _walked(path)[place].time_us

    whole = _walked(path, starts_us=(start,), table=known)
    begun = _walked(path, from_us=start, table=known)

    assert begun[0].image is not None
    assert _bare(begun) == _bare(whole[place:])


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_chunk_behind_damage_is_the_same_wherever_the_walk_began(tmp_path: Path, name: str) -> None:
    path = cut_out(make_video(tmp_path / name, replace(LONG, frames=120, b_frames=0, key_every=20)), 0.3, 3000)
    table = tmp_path / "frames"
    found = video_facts(path, LIMITS, table)

    whole = _walked(path, starts_us=(3_200_000,), table=None if found.is_sequential else table)
    begun = _walked(path, from_us=3_200_000, table=None if found.is_sequential else table)

    assert any(look.is_damaged for look in whole)
    assert _bare(begun) == _bare([look for look in whole if look.time_us >= 3_200_000])


def test_frames_before_an_edit_list_begins_are_left_out(tmp_path: Path) -> None:
    path = skip_begin(make_video(tmp_path / "a.mp4", LONG), 0.4)

    looks = _walked(path)

    assert [(look.time_us, number_of(look.thumb)) for look in looks[:3]] == [(0, 10), (40_000, 11), (80_000, 12)]
    assert looks[0].image is not None


def test_looks_can_be_kept(tmp_path: Path) -> None:
    looks = _walked(make_video(tmp_path / "a.mp4", replace(LONG, frames=200)))

    assert [number_of(look.thumb) for look in looks] == [number % 32 for number in range(200)]


def test_facts_tell_what_the_video_is(tmp_path: Path) -> None:
    with Looks(_made(tmp_path, "plain.mp4"), 64, LIMITS) as looks:
        assert (looks.facts["codec"], looks.facts["frames"]) == ("h264", 80)


def test_walk_that_waits_in_a_thread_can_be_ended(tmp_path: Path) -> None:
    errors: list[VideoError] = []

    def walk(looks: Looks) -> None:
        try:
            list(looks)
        except VideoError as error:
            errors.append(error)

    with contextlib.ExitStack() as stack:
        looks = stack.enter_context(Looks(make_video(tmp_path / "a.mp4", replace(LONG, frames=400)), 64, LIMITS))
        thread = threading.Thread(target=walk, args=(looks,))
        looks.kill()
        thread.start()
        thread.join()

    assert len(errors) == 1


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), (1, 1)),
        ((200, 100), (200, 100)),
        ((640, 360), (320, 180)),
        ((90, 640), (45, 320)),
        ((6400, 2), (320, 1)),
    ],
    ids=["a pixel", "small enough", "wide", "high", "a line"],
)
def test_a_picture_is_made_as_small_as_is_needed(size: tuple[int, int], expected: tuple[int, int]) -> None:
    width, height = size
    smaller = shrunk(np.zeros((height, width, 3), np.uint8), 320)

    assert (smaller.shape[1], smaller.shape[0]) == expected
