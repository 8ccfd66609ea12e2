from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from regard.media.video_errors import VideoError
from regard.media.video_facts import read_table, video_facts
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import MadeVideo, encrypt, make_audio, make_video, skip_begin, truncate

LIMITS = VideoLimits()
LOW = MadeVideo(width=64, height=64, frames=800, rate=5, b_frames=0, key_every=15)  # 160 s, a key frame every 3 s


def test_facts_of_a_plain_video(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(frames=50, audio=1))

    assert video_facts(path, LIMITS).facts == {
        "codec": "h264",
        "format": "QuickTime / MOV",
        "duration_ms": 2000,
        "frame_rate": 25.0,
        "width": 128,
        "height": 96,
        "color_range": "LIMITED",
        "frames": 50,
        "file_bytes": path.stat().st_size,
        "time_base_fps": [25, 1],
        "audio": [{"codec": "aac", "duration_ms": 2000, "sample_rate": 48000, "channels": 1}],
    }


@pytest.mark.parametrize(
    ("name", "made", "codec", "format_name"),
    [
        pytest.param("a.mov", MadeVideo(), "h264", "QuickTime / MOV", id="H.264 in MOV"),
        pytest.param("a.mkv", MadeVideo(), "h264", "Matroska / WebM", id="H.264 in Matroska"),
        pytest.param(
            "a.ts", MadeVideo(), "h264", "MPEG-TS (MPEG-2 Transport Stream)", id="H.264 in a transport stream"
        ),
        pytest.param("a.mp4", MadeVideo(codec="libx265"), "hevc", "QuickTime / MOV", id="H.265"),
        pytest.param("a.webm", MadeVideo(codec="libvpx-vp9"), "vp9", "Matroska / WebM", id="VP9"),
        pytest.param("a.mp4", MadeVideo(codec="libsvtav1"), "av1", "QuickTime / MOV", id="AV1"),
        pytest.param(
            "a.ts", MadeVideo(codec="mpeg2video"), "mpeg2video", "MPEG-TS (MPEG-2 Transport Stream)", id="MPEG-2"
        ),
        pytest.param("a.avi", MadeVideo(codec="mpeg4"), "mpeg4", "AVI (Audio Video Interleaved)", id="MPEG-4 in AVI"),
        pytest.param(
            "a.mov",
            MadeVideo(codec="prores_ks", pixel_format="yuv422p10le"),
            "prores",
            "QuickTime / MOV",
            id="ProRes",
        ),
    ],
)
def test_codecs_and_containers_have_their_names(
    tmp_path: Path, name: str, made: MadeVideo, codec: str, format_name: str
) -> None:
    facts = video_facts(make_video(tmp_path / name, made), LIMITS).facts

    assert (facts["codec"], facts["format"]) == (codec, format_name)
    assert (facts["frames"], facts["duration_ms"], facts["frame_rate"]) == (30, 1200, 25.0)


def test_width_and_height_are_upright(tmp_path: Path) -> None:
    facts = video_facts(make_video(tmp_path / "a.mp4", MadeVideo(rotation=90)), LIMITS).facts

    assert (facts["width"], facts["height"]) == (96, 128)


def test_full_range_is_told(tmp_path: Path) -> None:
    made = MadeVideo(pixel_format="yuvj420p")

    assert video_facts(make_video(tmp_path / "a.mkv", made), LIMITS).facts["color_range"] == "FULL"


def test_duration_ends_with_the_last_frame(tmp_path: Path) -> None:
    made = MadeVideo(frames=4, times_ms=(0, 10, 500, 540), b_frames=0)

    assert video_facts(make_video(tmp_path / "a.mp4", made), LIMITS).facts["duration_ms"] == pytest.approx(580, abs=40)


def test_one_frame_has_a_duration(tmp_path: Path) -> None:
    facts = video_facts(make_video(tmp_path / "a.mp4", MadeVideo(frames=1)), LIMITS).facts

    assert (facts["frames"], facts["duration_ms"]) == (1, 40)


@pytest.mark.parametrize(("rate", "fps"), [(Fraction(30000, 1001), [30000, 1001]), (Fraction(24), [24, 1])])
def test_broadcast_rates_are_exact(tmp_path: Path, rate: Fraction, fps: list[int]) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(60):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))

    facts = video_facts(path, LIMITS).facts

    assert (facts["time_base_fps"], facts["frame_rate"]) == (fps, round(float(rate), 6))


def test_what_an_edit_list_leaves_out_is_not_counted(tmp_path: Path) -> None:
    path = skip_begin(make_video(tmp_path / "a.mp4", MadeVideo(frames=50)), 0.4)

    facts = video_facts(path, LIMITS).facts

    assert (facts["frames"], facts["duration_ms"]) == (40, 1600)


def test_chunks_begin_at_key_frames_about_a_minute_apart(tmp_path: Path) -> None:
    found = video_facts(make_video(tmp_path / "a.mp4", LOW), LIMITS)

    assert (found.starts_us, found.is_sequential) == ((0, 60_000_000, 120_000_000), False)


def test_video_without_key_frames_is_one_chunk(tmp_path: Path) -> None:
    found = video_facts(make_video(tmp_path / "a.mp4", replace(LOW, key_every=10_000)), LIMITS)

    assert found.starts_us[:1] == (0,)
    assert len(found.starts_us) <= 2


def test_video_whose_packets_are_no_frames_is_walked_in_order(tmp_path: Path) -> None:
    found = video_facts(make_video(tmp_path / "a.webm", replace(LOW, codec="libvpx")), LIMITS, tmp_path / "frames")

    assert (found.is_sequential, found.facts["frames"]) == (True, None)
    assert found.facts["duration_ms"] == pytest.approx(160_000, abs=200)
    assert found.starts_us == (0, 60_000_000, 120_000_000)
    assert not (tmp_path / "frames").exists()


def test_list_of_frames_can_be_kept(tmp_path: Path) -> None:
    video_facts(make_video(tmp_path / "a.mp4", MadeVideo(frames=30)), LIMITS, tmp_path / "frames")

    table = read_table(tmp_path / "frames")

    assert (len(table.stamps), len(table.keys)) == (30, 3)


def test_list_of_frames_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frames").write_bytes(b"no list")

    with pytest.raises(VideoError, match=r"^The list of frames frames cannot be read"):
        read_table(tmp_path / "frames")


def test_broken_off_video_has_the_length_of_what_is_there(tmp_path: Path) -> None:
    path = truncate(make_video(tmp_path / "a.mkv", MadeVideo(frames=50, b_frames=0)), 0.5)

    facts = video_facts(path, LIMITS).facts

    assert facts["duration_ms"] == 40 * facts["frames"] < 2000


def _text(path: Path) -> Path:
    path.write_text("no video")
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(_text, r"^a\.mp4 is not a video that can be read", id="text"),
        pytest.param(make_audio, r"^a\.mp4 has no video in it that can be decoded, only audio$", id="sound only"),
        pytest.param(lambda path: make_video(path, MadeVideo(frames=0)), r"^a\.mp4 has no video in it", id="no frames"),
        pytest.param(lambda path: encrypt(make_video(path)), r"^a\.mp4 is encrypted \(cenc\)$", id="encrypted"),
        pytest.param(lambda path: path, r"^a\.mp4 cannot be read: No such file", id="missing"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, make: object, message: str) -> None:
    assert callable(make)

    with pytest.raises(VideoError, match=message):
        video_facts(make(tmp_path / "a.mp4"), LIMITS)
