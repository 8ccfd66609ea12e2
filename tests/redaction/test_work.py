"""Redacting whole videos: nothing blinks, nothing is half-written, and what was begun is gone on with."""

import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from regard.media.video_errors import VideoError
from regard.redaction.plan import Plan, PlanFault
from regard.redaction.settings import Mark, RedactionSettings, Region
from regard.redaction.work import Cancelled, Progress, Watch, plan_video, redact_video, render_video
from tests.media.made_videos import MadeVideo, make_video, truncate
from tests.redaction.red_squares import RedSquares, frames_of, is_red, red_pixels

ROOT = Path(__file__).parents[2]
SLOW = MadeVideo(frames=32, rate=1, audio=1)  # 32 seconds, four segments
SETTINGS = RedactionSettings(way="fill", fill="#00ff00")


def test_what_is_found_is_covered_in_every_frame(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", MadeVideo(audio=1))
    done = redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares())
    assert min(red_pixels(source)) > 100
    assert red_pixels(done.target) == [0] * 30
    assert done.frames == 30
    assert hashlib.sha256(done.target.read_bytes()).hexdigest() == done.sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


def test_the_rest_of_the_picture_stays(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    done = redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares())
    for before, after in zip(frames_of(source), frames_of(done.target), strict=True):
        assert np.abs(before[:32].astype(int) - after[:32]).mean() < 2


def test_long_video_is_covered_across_its_segments(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", SLOW)
    done = redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares())
    assert red_pixels(done.target) == [0] * 32


def test_plan_and_render_give_the_bytes_of_redact(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", SLOW)
    at_once = redact_video(source, tmp_path / "once.mp4", SETTINGS, RedSquares())
    plan = plan_video(source, SETTINGS, RedSquares())
    assert plan.to_bytes() == at_once.plan.to_bytes()
    later = render_video(source, Plan.from_bytes(plan.to_bytes()), tmp_path / "later.mp4")
    assert later.sha256 == at_once.sha256


def test_edited_plan_is_what_is_rendered(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    plan = plan_video(source, SETTINGS, RedSquares())
    done = render_video(source, replace(plan, tracks=()), tmp_path / "out.mp4")
    assert min(red_pixels(done.target)) > 100


def test_plan_of_another_video_is_refused(tmp_path: Path) -> None:
    plan = plan_video(make_video(tmp_path / "a.mp4"), SETTINGS, RedSquares())
    other = make_video(tmp_path / "b.mp4", MadeVideo(frames=5))
    with pytest.raises(PlanFault, match=rf"for a\.mp4 with the SHA-256 {plan.input.sha256}; b\.mp4 has [0-9a-f]{{64}}"):
        render_video(other, plan, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_region_is_covered_while_it_is_to_be(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    region = Region((0, 0.4, 1, 1), 0, 400_000)
    settings = RedactionSettings(what=(), regions=(region,), way="fill")
    done = redact_video(source, tmp_path / "out.mp4", settings, RedSquares())
    assert [count == 0 for count in red_pixels(done.target)] == [True] * 11 + [False] * 19


def test_marked_one_stays_visible(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    settings = replace(SETTINGS, marks=(Mark(600_000, 72 / 128, 0.6),))
    done = redact_video(source, tmp_path / "out.mp4", settings, RedSquares())
    assert red_pixels(done.target)[15] > 100


def test_cancelled_work_leaves_no_output_and_is_gone_on_with(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "in.mp4", SLOW), tmp_path / "out.mp4"
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        redact_video(
            source, target, SETTINGS, RedSquares(), Watch(seen.append, lambda: bool(seen) and seen[-1].frames > 28)
        )
    assert not target.exists()
    finder = RedSquares()
    done = redact_video(source, target, SETTINGS, finder)
    assert red_pixels(target) == [0] * 32
    assert finder.searched < 25
    assert done.frames == 32
    assert not list(tmp_path.glob(".*"))


def test_killed_work_is_gone_on_with_and_gives_the_same_video(tmp_path: Path) -> None:
    source, target = make_video(tmp_path / "in.mp4", replace(SLOW, frames=60)), tmp_path / "out.mp4"
    code = (
        "import sys; from pathlib import Path; from tests.redaction.red_squares import RedSquares\n"
        "from regard.redaction.settings import RedactionSettings; from regard.redaction.work import redact_video\n"
        f"settings = RedactionSettings.from_json({SETTINGS.to_json()})\n"
        "redact_video(Path(sys.argv[1]), Path(sys.argv[2]), settings, RedSquares())"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(source), str(target)], cwd=ROOT)
    while process.poll() is None and not list(tmp_path.glob(".out.mp4.regard/*.nut")):
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not target.exists()
    done = redact_video(source, target, SETTINGS, RedSquares())
    assert red_pixels(target) == [0] * 60
    assert done.frames == 60
    assert not list(tmp_path.glob(".*"))


def test_progress_rises_to_the_whole(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4", SLOW)
    seen: list[Progress] = []
    redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares(), Watch(seen.append))
    shares = [progress.share for progress in seen if progress.share is not None]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9
    assert seen[-1].frames == 32


def test_file_that_ends_early_is_told(tmp_path: Path) -> None:
    source = truncate(make_video(tmp_path / "in.mkv", replace(SLOW, audio=0)), 0.5)
    done = redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares())
    assert "The file says that it is 32.0 s long" in done.plan.notes[0]
    assert set(red_pixels(done.target)) == {0}


def test_file_that_changes_meanwhile_gives_no_output(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    is_changed: list[bool] = []

    def change(progress: Progress) -> None:
        if progress.frames > 10 and not is_changed:
            is_changed.append(True)
            shutil.copy(make_video(tmp_path / "other.mp4", MadeVideo(frames=5)), source)

    with pytest.raises(VideoError, match=r"in\.mp4"):
        redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares(), Watch(change))
    assert not (tmp_path / "out.mp4").exists()


def test_missing_folder_of_the_output_is_named(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    with pytest.raises(VideoError, match=r"missing.* cannot be written: No such file or directory"):
        redact_video(source, tmp_path / "missing" / "out.mp4", SETTINGS, RedSquares())


def test_ending_that_cannot_be_written_is_named_with_those_that_can(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    with pytest.raises(VideoError, match=r"as '\.avi'; choose one of \.mp4, \.m4v, \.mov, \.mkv, \.webm"):
        redact_video(source, tmp_path / "out.avi", SETTINGS, RedSquares())
    assert not list(tmp_path.glob(".*"))


def test_frames_that_cannot_be_decoded_whole_are_covered_whole(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    plan = plan_video(source, SETTINGS, RedSquares())
    damaged = replace(plan, tracks=(), damaged=((200_000, 400_000),))
    done = render_video(source, damaged, tmp_path / "out.mp4")
    covered = [float(np.std(frame, axis=(0, 1)).max()) < 3 for frame in frames_of(done.target)]
    assert covered == [5 <= number <= 10 for number in range(30)]
    assert not is_red(frames_of(done.target)[7]).any()


def test_long_gap_between_frames_stays(tmp_path: Path) -> None:
    times = (0, 40, 80, 35_000, 35_040, 61_000)
    source = make_video(tmp_path / "in.mp4", MadeVideo(frames=6, times_ms=times))
    done = redact_video(source, tmp_path / "out.mp4", SETTINGS, RedSquares())
    assert red_pixels(done.target) == [0] * 6
    with av.open(str(done.target)) as container:
        stamps = [round((frame.time or 0) * 1000) for frame in container.decode(video=0)]
    assert stamps == list(times)
