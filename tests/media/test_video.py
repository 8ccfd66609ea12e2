"""`Decoding` in this process: the files are our own."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.media.video import Decoded, Decoding
from regard.media.video_info import StreamInfo, VideoInfo
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import (
    MadeVideo,
    claim_duration,
    claim_size,
    cut_out,
    make_video,
    number_of,
    truncate,
)

LIMITS = VideoLimits()
MADE = {
    "plain.mp4": MadeVideo(),
    "plain.mov": MadeVideo(),
    "plain.mkv": MadeVideo(),
    "plain.ts": MadeVideo(),
    "plain.avi": MadeVideo(codec="mpeg4"),
    "plain.webm": MadeVideo(codec="libvpx-vp9"),
    "plain.gif": MadeVideo(codec="gif", pixel_format="rgb8"),
    "audio.mp4": MadeVideo(audio=2),
    "variable.mp4": MadeVideo(frames=30, times_ms=tuple(number * number * 7 for number in range(30))),
    "ten_bits.mp4": MadeVideo(pixel_format="yuv420p10le"),
    "hdr.mp4": MadeVideo(codec="libx265", pixel_format="yuv420p10le", is_hdr=True),
    "plain.mpg": MadeVideo(codec="mpeg2video", key_every=6),
    "hiding.webm": MadeVideo(codec="libvpx"),
    "interlaced.mp4": MadeVideo(is_interlaced=True),
}


@pytest.fixture(params=MADE, ids=list(MADE))
def any_video(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_video(tmp_path / request.param, MADE[request.param])


def _shown(decoded: Decoded) -> tuple[int, int, bool, int]:
    image = cast("NDArray[np.uint8]", decoded.frame.to_ndarray(format="rgb24"))
    return decoded.index, decoded.time_us, decoded.is_damaged, number_of(image)


def test_every_frame_is_there_in_order(any_video: Path) -> None:
    shown = [_shown(decoded) for decoded in Decoding(any_video, LIMITS).frames()]

    assert [(index, is_damaged) for index, _, is_damaged, _ in shown] == [(number, False) for number in range(30)]
    assert [time_us for _, time_us, _, _ in shown] == sorted({time_us for _, time_us, _, _ in shown})


@pytest.mark.parametrize("place", [1, 14, 25, 29])
def test_walk_from_the_middle_gives_what_the_whole_walk_gives(any_video: Path, place: int) -> None:
    decoding = Decoding(any_video, LIMITS)
    whole = [_shown(decoded) for decoded in decoding.frames()]

    assert [_shown(decoded) for decoded in decoding.frames(whole[place][1])] == whole[place:]


@pytest.mark.parametrize("name", ["plain.mp4", "plain.webm", "ten_bits.mp4"])
def test_frames_come_as_they_are_shown(tmp_path: Path, name: str) -> None:
    path = make_video(tmp_path / name, MADE[name])

    assert [_shown(decoded)[3] for decoded in Decoding(path, LIMITS).frames()] == list(range(30))


def test_walk_may_begin_between_two_frames(tmp_path: Path) -> None:
    decoding = Decoding(make_video(tmp_path / "a.mp4"), LIMITS)

    assert next(decoding.frames(100_000)).time_us == 120_000


def test_walk_from_behind_the_end_is_empty(tmp_path: Path) -> None:
    assert list(Decoding(make_video(tmp_path / "a.mp4"), LIMITS).frames(9_000_000)) == []


def test_walks_do_not_disturb_each_other(tmp_path: Path) -> None:
    decoding = Decoding(make_video(tmp_path / "a.mp4"), LIMITS)

    pairs = zip(decoding.frames(), decoding.frames(), strict=True)

    assert all(one.time_us == other.time_us for one, other in pairs)


def test_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(frames=4, times_ms=(0, 10, 500, 540)))

    times = [decoded.time_us for decoded in Decoding(path, LIMITS).frames()]

    assert times == [0, 10_000, 500_000, 540_000]


@pytest.mark.parametrize(("rotation", "size"), [(0, (128, 96)), (90, (96, 128)), (180, (128, 96)), (270, (96, 128))])
def test_info_tells_how_a_video_is_turned(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    info = Decoding(make_video(tmp_path / "a.mp4", MadeVideo(rotation=rotation)), LIMITS).info

    assert (info.rotation, (info.width, info.height), (info.coded_width, info.coded_height)) == (
        rotation,
        size,
        (128, 96),
    )


def test_info_tells_what_is_in_a_file(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(audio=1, subtitles=1, sample_aspect=Fraction(4, 3)))

    assert Decoding(path, LIMITS).info == VideoInfo(
        container="mov,mp4,m4a,3gp,3g2,mj2",
        codec="h264",
        width=128,
        height=96,
        coded_width=128,
        coded_height=96,
        rotation=0,
        sample_aspect=Fraction(4, 3),
        pixel_format="yuv420p",
        bit_depth=8,
        color_range=0,
        color_primaries=2,
        color_transfer=2,
        color_space=2,
        is_interlaced=False,
        top_field_first=False,
        average_rate=Fraction(25),
        duration_us=1_200_000,
        start_us=0,
        file_bytes=path.stat().st_size,
        stream_index=0,
        streams=(StreamInfo(1, "audio", "aac", "und"), StreamInfo(2, "subtitle", "mov_text", "und")),
    )


def test_info_of_hdr_and_interlaced_videos_says_so(tmp_path: Path) -> None:
    hdr = Decoding(make_video(tmp_path / "hdr.mp4", MADE["hdr.mp4"]), LIMITS).info
    interlaced = Decoding(make_video(tmp_path / "interlaced.mp4", MADE["interlaced.mp4"]), LIMITS).info

    assert (hdr.is_hdr, hdr.bit_depth, hdr.color_primaries, hdr.color_transfer) == (True, 10, 9, 16)
    assert (interlaced.is_interlaced, interlaced.top_field_first) == (True, True)


def test_info_survives_its_way_between_processes(any_video: Path) -> None:
    info = Decoding(any_video, LIMITS).info

    assert VideoInfo.from_json(info.to_json()) == info


def test_header_that_lies_about_the_size_is_not_believed(tmp_path: Path) -> None:
    info = Decoding(claim_size(make_video(tmp_path / "a.mp4"), 4000, 3000), LIMITS).info

    assert (info.width, info.height) == (128, 96)


def test_header_that_lies_about_the_length_does_no_harm(tmp_path: Path) -> None:
    path = claim_duration(make_video(tmp_path / "a.mkv"), 1e9)

    assert [decoded.time_us for decoded in Decoding(path, LIMITS).frames()][-1] == 1_160_000


def test_rate_that_cannot_be_is_taken_as_usual(tmp_path: Path) -> None:
    info = Decoding(make_video(tmp_path / "a.mp4"), LIMITS).info

    assert replace(info, average_rate=Fraction(90_000)).fps == 25
    assert replace(info, average_rate=None).fps == 25


def test_broken_off_video_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = truncate(make_video(tmp_path / "a.mkv", MadeVideo(b_frames=0)), 0.6)

    times = [decoded.time_us for decoded in Decoding(path, LIMITS).frames()]

    assert times == [40_000 * number for number in range(len(times))]
    assert 10 < len(times) < 30


def test_frames_behind_damage_are_marked_until_the_next_key_frame(tmp_path: Path) -> None:
    path = cut_out(make_video(tmp_path / "a.mp4", MadeVideo(frames=60, key_every=20, b_frames=0)), 0.4, 300)

    damaged = [decoded.time_us // 40_000 for decoded in Decoding(path, LIMITS).frames() if decoded.is_damaged]

    assert damaged[0] >= 20
    assert damaged[-10:] == list(range(30, 40))


def test_frames_that_change_their_size_are_scaled_to_the_first(tmp_path: Path) -> None:
    first = make_video(tmp_path / "first.ts", MadeVideo(frames=10)).read_bytes()
    second = make_video(tmp_path / "second.ts", MadeVideo(frames=10, width=192, height=144)).read_bytes()
    path = tmp_path / "both.ts"
    path.write_bytes(first + second)

    decoded = list(Decoding(path, LIMITS).frames())

    assert {(one.frame.width, one.frame.height) for one in decoded} == {(128, 96)}
    assert [number for _, _, _, number in map(_shown, decoded)] == [*range(10), *range(10)]
    assert [one.time_us for one in decoded] == sorted({one.time_us for one in decoded})


CLIPS = Path(__file__).parents[2].parent / "shared" / "testdata" / "clips"
needs_clips = pytest.mark.skipif(not CLIPS.is_dir(), reason="the clips of ../shared/testdata are not here")


@needs_clips
@pytest.mark.parametrize(
    ("name", "frames", "last_us", "damaged", "size"),
    [
        pytest.param("rotated_90.mov", 3, 66_667, 0, (320, 568), id="turned"),
        pytest.param("rotated_180.mov", 3, 66_667, 0, (568, 320), id="upside down"),
        pytest.param("rotated_270.mov", 3, 66_667, 0, (320, 568), id="turned back"),
        pytest.param("no_duration.webm", 74, 4_872_000, 0, (1280, 720), id="no duration"),
        pytest.param("unordered.mov", 4, 93_750, 0, (50, 50), id="unordered"),
        pytest.param("corrupted.mp4", 49, 4_900_000, 21, (1280, 720), id="corrupted"),
        pytest.param("transparent.webm", 150, 4_967_000, 0, (200, 200), id="transparent"),
        pytest.param("classroom.gif", 45, 2_930_000, 0, (480, 270), id="gif"),
        pytest.param("pedestrians.avi", 835, 33_360_000, 0, (640, 480), id="avi"),
        pytest.param("person_signing.mkv", 109, 3_600_000, 0, (640, 480), id="starts late"),
        pytest.param("edited_20_cuts.mp4", 1026, 34_234_200, 0, (320, 180), id="sound first"),
    ],
)
def test_odd_clips_are_read(name: str, frames: int, last_us: int, damaged: int, size: tuple[int, int]) -> None:
    decoding = Decoding(CLIPS / name, LIMITS)

    shown = [(decoded.time_us, decoded.is_damaged) for decoded in decoding.frames()]

    assert (len(shown), shown[-1][0], sum(is_damaged for _, is_damaged in shown)) == (frames, last_us, damaged)
    assert (decoding.info.width, decoding.info.height) == size
