"""Videos that are none, that lie, or cannot be written: told in a line, and nothing gets the output's name.

What changes while it is read, plans for other files, cancelled and killed work are in `test_work.py`; full disks and
killed children in `test_rendering.py`.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.media.video_errors import VideoError
from regard.redaction.settings import RedactionSettings
from regard.redaction.work import plan_video, redact_video, render_video
from tests.media.made_videos import (
    MadeVideo,
    claim_duration,
    claim_size,
    huge_gif,
    make_many_streams,
    make_video,
    truncate,
)
from tests.redaction.red_squares import RedSquares, red_pixels

SETTINGS = RedactionSettings(way="fill", fill="#00ff00")


def _text(path: Path) -> Path:
    path.write_text("Once upon a time there was no video.\n" * 100)
    return path


def _sound_of_a_video(path: Path) -> Path:
    return make_video(path, MadeVideo(frames=0, audio=1, times_ms=(500,)))


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        pytest.param(_text, "in.mp4", r"in\.mp4 is not a video", id="not a video"),
        pytest.param(
            lambda path: truncate(make_video(path)),
            "in.mp4",
            r"in\.mp4 is not a video that can be read",
            id="truncated",
        ),
        pytest.param(_sound_of_a_video, "in.mkv", r"in\.mkv has no frame", id="zero frames"),
        pytest.param(huge_gif, "in.gif", r"16384 x 16384 .* 36,000,000", id="16k x 16k"),
        pytest.param(make_many_streams, "in.mkv", r"100 streams.* 32", id="100 streams"),
    ],
)
def test_what_cannot_be_redacted_is_told_and_leaves_nothing(
    tmp_path: Path, make: Callable[[Path], Path], name: str, message: str
) -> None:
    source = make(tmp_path / name)
    with pytest.raises(VideoError, match=message):
        plan_video(source, SETTINGS, RedSquares())
    with pytest.raises(VideoError, match=message):
        redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares())
    assert not (tmp_path / "out.mp4").exists()


def test_truncated_video_that_can_be_read_is_covered_as_far_as_it_goes(tmp_path: Path) -> None:
    source = truncate(make_video(tmp_path / "in.mkv"))
    done = redact_video(source, tmp_path / "out.mkv", SETTINGS, RedSquares())
    assert 5 < done.frames < 30
    assert red_pixels(done.target) == [0] * done.frames


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda folder: claim_size(make_video(folder / "in.mp4"), 4096, 16), id="size"),
        pytest.param(lambda folder: claim_size(make_video(folder / "in.mp4"), 65_535, 65_535), id="size beyond limits"),
        pytest.param(lambda folder: claim_duration(make_video(folder / "in.mkv"), 0.001), id="too short"),
        pytest.param(lambda folder: claim_duration(make_video(folder / "in.mkv"), 1e9), id="too long"),
        pytest.param(
            lambda folder: make_video(folder / "in.mp4", MadeVideo(times_ms=tuple(range(30)))), id="rate of a thousand"
        ),
    ],
)
def test_video_that_lies_about_itself_is_covered_in_every_frame(tmp_path: Path, source: Callable[[Path], Path]) -> None:
    done = redact_video(source(tmp_path), tmp_path / "out.mkv", SETTINGS, RedSquares())
    assert red_pixels(done.target) == [0] * 30


@pytest.mark.parametrize("name", ["in.mp4", "link.mp4", "hard.mp4"])
def test_output_that_is_the_input_is_refused_and_the_input_stays(tmp_path: Path, name: str) -> None:
    source = make_video(tmp_path / "in.mp4")
    (tmp_path / "link.mp4").symlink_to(source)
    (tmp_path / "hard.mp4").hardlink_to(source)
    before, plan = source.read_bytes(), plan_video(source, SETTINGS, RedSquares())
    message = rf"^{re.escape(name)} is the input itself; choose another name for the output$"
    with pytest.raises(VideoError, match=message):
        redact_video(source, tmp_path / name, SETTINGS, RedSquares())
    with pytest.raises(VideoError, match=message):
        render_video(source, plan, tmp_path / name)
    assert source.read_bytes() == before
