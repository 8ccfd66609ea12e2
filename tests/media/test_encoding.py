from dataclasses import replace
from fractions import Fraction

import pytest

from regard.media.encoding import choice_for, time_base
from regard.media.picture_facts import PictureFacts
from regard.media.video import Decoding
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import make_video


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    path = make_video(tmp_path_factory.mktemp("plain") / "plain.mp4")
    return replace(Decoding(path, VideoLimits()).info, file_bytes=10**9)


@pytest.mark.parametrize(
    ("source", "bits", "suffix", "codec", "pixels"),
    [
        ("yuv420p", 8, ".mp4", "libx264", "yuv420p"),
        ("yuvj420p", 8, ".mov", "libx264", "yuvj420p"),
        ("yuv422p", 8, ".mkv", "libx264", "yuv422p"),
        ("yuv444p", 8, ".mp4", "libx264", "yuv444p"),
        ("gray", 8, ".mp4", "libx264", "yuv420p"),
        ("bgra", 8, ".mp4", "libx264", "yuv420p"),
        ("pal8", 8, ".mp4", "libx264", "yuv420p"),
        ("gbrp", 8, ".mp4", "libx264", "yuv444p"),
        ("yuv411p", 8, ".mp4", "libx264", "yuv422p"),
        ("yuv440p", 8, ".mp4", "libx264", "yuv444p"),
        ("nv12", 8, ".mp4", "libx264", "yuv420p"),
        ("yuv420p10le", 10, ".mp4", "libx265", "yuv420p10le"),
        ("yuv422p12le", 12, ".mov", "libx265", "yuv422p10le"),
        ("p010le", 10, ".mkv", "libx265", "yuv420p10le"),
        ("yuvj422p", 8, ".webm", "libvpx-vp9", "yuv422p"),
    ],
)
def test_layout_of_colours_stays(
    plain: VideoInfo, source: str, bits: int, suffix: str, codec: str, pixels: str
) -> None:
    choice = choice_for(replace(plain, pixel_format=source, bit_depth=bits), suffix)
    assert (choice.codec, choice.pixel_format) == (codec, pixels)


def test_odd_sizes_are_encoded_with_a_colour_for_each_pixel(plain: VideoInfo) -> None:
    assert choice_for(replace(plain, coded_width=101), ".mp4").pixel_format == "yuv444p"


def test_fields_of_ten_bits_go_to_the_encoder_that_knows_fields(plain: VideoInfo) -> None:
    deep = replace(plain, pixel_format="yuv422p10le", bit_depth=10, is_interlaced=True)
    assert choice_for(deep, ".mp4").codec == "libx264"


def test_full_range_stays_full(plain: VideoInfo) -> None:
    assert choice_for(replace(plain, pixel_format="yuvj420p"), ".webm").colours.range == 2


def test_ten_bits_as_webm_are_refused(plain: VideoInfo) -> None:
    with pytest.raises(VideoError, match=r"10 bits cannot be written as \.webm"):
        choice_for(replace(plain, pixel_format="yuv420p10le", bit_depth=10), ".webm")


def test_unknown_ending_is_refused_with_those_that_can_be(plain: VideoInfo) -> None:
    with pytest.raises(VideoError, match=r"'\.avi'; choose one of \.mp4, \.m4v, \.mov, \.mkv, \.webm"):
        choice_for(plain, ".avi")


def test_what_was_compressed_hard_is_not_blown_up(plain: VideoInfo) -> None:
    hard = replace(plain, width=1280, height=720, duration_us=60_000_000, file_bytes=300_000)
    assert choice_for(plain, ".mp4").options["crf"] == "20"
    assert choice_for(hard, ".mp4").options["crf"] == "25"


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (Fraction(25), Fraction(1, 1_000_000)),
        (Fraction(30_000, 1001), Fraction(1, 990_000)),
        (Fraction(5440, 591), Fraction(1, 1_000_000)),
        (None, Fraction(1, 1_000_000)),
    ],
)
def test_frames_of_a_usual_rate_are_whole_ticks_apart(
    plain: VideoInfo, rate: Fraction | None, expected: Fraction
) -> None:
    assert time_base(replace(plain, average_rate=rate)) == expected


def test_mastering_display_is_told_in_the_units_of_h265() -> None:
    facts = PictureFacts(None, (34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450, 50, 10000000), (1000, 400))
    assert facts.x265_parameters() == [
        "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)",
        "max-cll=1000,400",
    ]
