"""The report of a real file: the right frames are looked at, and JSON and page stand beside it whole or not at all."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.track_parts import Found
from regard.media.video_errors import VideoError
from regard.redaction.plan import Plan, PlannedInput
from regard.redaction.report import Report, report_paths
from regard.redaction.report_frames import Request
from regard.redaction.report_source import output_frames
from regard.redaction.report_writing import ReportOptions, Stopped, another_side, write_report
from regard.redaction.verifying import verify_output
from tests.media.made_videos import MadeVideo, make_video, number_of
from tests.redaction.plans import SECOND, doubt, plan, track

MADE = MadeVideo(width=64, height=48, frames=100, rate=25, key_every=20)  # 4 seconds


@dataclass(frozen=True)
class Done:
    """What was redacted."""

    plan: Plan
    target: Path
    left_out: tuple[str, ...] = ()


@dataclass
class RedSquare:
    """Finds the red square."""

    sizes: set[tuple[int, int]] = field(default_factory=set)
    frames: list[int] = field(default_factory=list)

    def longer_side(self, width: int, height: int) -> int:
        return 40

    def begin(self, fps: float, scale: float) -> None:
        assert (round(fps), scale) == (25, 1.0)

    def find(self, image: NDArray[np.uint8], time_us: int, is_new_shot: bool) -> list[Found]:
        self.sizes.add((image.shape[1], image.shape[0]))
        self.frames.append(number_of(image))
        rows, columns = np.nonzero((image[..., 0] > 180) & (image[..., 2] < 120))
        if not len(rows):
            return []
        return [Found("face", np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float), 0.9)]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("videos") / "out.mp4", MADE)


@pytest.fixture
def done(video: Path, tmp_path: Path) -> Done:
    """With a doubt from 1 s to 1.2 s, and a track that covers nothing of the square from 0.4 s to 3.2 s."""
    target = tmp_path / "out.mp4"
    target.write_bytes(video.read_bytes())
    made = plan(track(1, 0.4, 3.2, box=(0, 0, 10, 10), uncertain=(doubt(1, 1.2),)))
    made = replace(made, input=PlannedInput("in.mp4", "ab" * 32, 1, 64, 48, 100, round(3.96 * SECOND)))
    return Done(made, target, ("stream 2: a timecode",))


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_the_frames_that_are_wanted_come_upright_and_small_out_of_a_child(tmp_path: Path, suffix: str) -> None:
    turned = make_video(
        tmp_path / f"turned.{suffix}", replace(MADE, width=128, height=96, rotation=90 if suffix == "mp4" else 0)
    )
    request = Request(False, ((0, 0), (SECOND, round(1.1 * SECOND)), (round(3.5 * SECOND), round(3.5 * SECOND))))
    seen = list(output_frames(turned, request, 64))
    size = (64, 48, 3) if suffix == "mp4" else (48, 64, 3)
    assert [one.image.shape for one, _ in seen] == [size] * 5
    assert [number_of(one.image) for one, _ in seen] == [at % 32 for at in (0, 25, 26, 27, 87)]
    assert [round(one.time_us / 40_000) for one, _ in seen] == [0, 25, 26, 27, 87]


def test_nothing_wanted_starts_no_child(tmp_path: Path) -> None:
    assert list(output_frames(tmp_path / "gone.mp4", Request(False, ()), 64)) == []


def test_an_output_that_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(VideoError, match=r"broken\.mp4"):
        list(output_frames(tmp_path / "broken.mp4", Request(True, ()), 64))


def test_json_and_page_are_written_and_belong_together(done: Done) -> None:
    finder = RedSquare()
    report = write_report(done, finder)
    place, page = report_paths(done.target)
    assert Report.from_bytes(place.read_bytes()) == report
    assert page.read_text("utf-8").count("data:image/jpeg") == 1 + 2 + len(report.check.found if report.check else ())
    verified = verify_output(done.target)
    assert [(one.what, one.is_right) for one in verified.findings] == [
        ("report", True),
        ("page", True),
        ("output", True),
    ]
    assert report.notes == ("Left out: stream 2: a timecode",)
    assert sorted(path.name for path in done.target.parent.iterdir()) == [
        done.target.name, page.name, place.name,
    ]  # fmt: skip


def test_frames_of_doubts_are_looked_at_at_another_size(done: Done) -> None:
    finder = RedSquare()
    report = write_report(done, finder)
    assert finder.sizes == {(60, 45)}
    assert [number % 32 for number in finder.frames] == [at % 32 for at in (10, *range(25, 31), 80)]
    assert report.check is not None
    assert (report.check.which, report.check.frames, len(report.check.found)) == ("uncertain", 8, 4)
    # at the 26th frame the square goes back to the left
    assert not report.figures.are_times_known


def test_all_frames_are_looked_at_and_counted_when_asked_for(done: Done) -> None:
    shares: list[float] = []
    report = write_report(done, RedSquare(), ReportOptions(is_all=True, on_progress=shares.append))
    assert report.check is not None
    assert (report.check.which, report.check.frames) == ("all", 100)
    assert (report.figures.frames, report.figures.are_times_known) == (100, True)
    assert report.figures.covered_frames == 71  # from the 10th to the 80th
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_without_a_finder_there_are_pictures_and_no_check(done: Done) -> None:
    report = write_report(done, None)
    assert report.check is None
    assert report_paths(done.target)[1].read_text("utf-8").count("data:image/jpeg") == 3


def test_one_that_is_stopped_writes_nothing(done: Done) -> None:
    with pytest.raises(Stopped):
        write_report(done, RedSquare(), ReportOptions(is_cancelled=lambda: True))
    assert list(done.target.parent.iterdir()) == [done.target]


@pytest.mark.parametrize(
    ("searched", "size", "side"),
    [
        (640, (1920, 1080), 960),
        (960, (1280, 720), 1280),
        (640, (768, 432), 768),
        (960, (960, 540), 672),
        (640, (720, 1280), 960),
    ],
)
def test_the_other_size_is_larger_where_there_is_more_to_see(searched: int, size: tuple[int, int], side: int) -> None:
    assert another_side(searched, *size) == side
