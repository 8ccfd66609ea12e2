"""What is no video, or is over a limit, and how that is said."""

import os
from pathlib import Path

import pytest

from regard.media.video import Decoding
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from tests.media.made_videos import MadeVideo, huge_gif, make_audio, make_many_streams, make_video, truncate

LIMITS = VideoLimits()


def _text(path: Path) -> Path:
    path.write_text("Once upon a time there was no video.\n" * 100)
    return path


def _playlist(path: Path) -> Path:
    make_video(path.with_name("secret.ts"))
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsecret.ts\n#EXT-X-ENDLIST\n")
    return path


def _concat(path: Path) -> Path:
    make_video(path.with_name("secret.mp4"))
    path.write_text("ffconcat version 1.0\nfile secret.mp4\n")
    return path


def _png(path: Path) -> Path:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return path


def _empty(path: Path) -> Path:
    path.touch()
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _without_index(path: Path) -> Path:
    return truncate(make_video(path), 0.5)


def _garbage(path: Path) -> Path:
    content = bytearray(make_video(path, MadeVideo(frames=5)).read_bytes())
    begin, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        pytest.param(lambda path: path, "a.mp4", r"cannot be read: No such file", id="missing"),
        pytest.param(_folder, "a.mp4", r"is a folder, not a video$", id="folder"),
        pytest.param(_pipe, "a.mp4", r"is not a file$", id="pipe"),
        pytest.param(_empty, "a.mp4", r"is empty$", id="empty"),
        pytest.param(_text, "a.mp4", r"is not a video that can be read", id="text"),
        pytest.param(_png, "a.mp4", r"is a picture \(PNG\), not a video$", id="picture"),
        pytest.param(_playlist, "a.m3u8", r"is not a video that can be read", id="playlist"),
        pytest.param(_concat, "a.mp4", r"is not a video that can be read", id="concat"),
        pytest.param(make_audio, "a.mp4", r"has no video in it that can be decoded, only audio$", id="sound"),
        pytest.param(make_audio, "a.wav", r"has no video in it that can be decoded, only audio$", id="wav"),
        pytest.param(_without_index, "a.mp4", r"is not a video that can be read", id="without its index"),
        pytest.param(_garbage, "a.mp4", r"has no frame that can be decoded$", id="garbage"),
        pytest.param(make_many_streams, "a.mkv", r"has 100 streams; the limit is 32$", id="100 streams"),
        pytest.param(
            huge_gif, "a.gif", r"16384 x 16384 = 268,435,456 pixels; the limit is 36,000,000$", id="16k x 16k"
        ),
        pytest.param(
            lambda path: make_video(path, MadeVideo(frames=0)), "a.mp4", r"has no video in it", id="no frames"
        ),
    ],
)
def test_what_is_no_video_is_refused_by_name(tmp_path: Path, make: object, name: str, message: str) -> None:
    assert callable(make)
    path = make(tmp_path / name)

    with pytest.raises(VideoError, match=rf"^{name} .*{message}" if "cannot" not in message else message):
        list(Decoding(path, LIMITS).frames())


def test_frames_over_the_limit_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4")

    with pytest.raises(VideoError, match=r"^a\.mp4 has frames of 128 x 96 = 12,288 pixels; the limit is 12,000$"):
        Decoding(path, VideoLimits(max_pixels=12_000))


def test_video_over_the_limit_of_time_is_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", MadeVideo(frames=3, times_ms=(0, 40, 90_000)))

    with pytest.raises(VideoError, match=r"^a\.mp4 has a frame at 90 seconds; the limit is 60$"):
        list(Decoding(path, VideoLimits(max_seconds=60)).frames())


def test_name_that_looks_like_an_address_is_a_file(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4").rename(tmp_path / "concat:b %03d.mp4")

    assert len(list(Decoding(path, LIMITS).frames())) == 30
