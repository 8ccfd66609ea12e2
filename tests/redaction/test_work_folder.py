"""What a run leaves for the next one."""

from pathlib import Path

import numpy as np
import pytest

from regard.media.video_errors import VideoError
from regard.redaction.plan import PlannedTrack
from regard.redaction.work_folder import Segment, WorkFolder

WORK = {"input": "a" * 64}


def _segment(begin_us: int, end_us: int | None) -> Segment:
    track = PlannedTrack(7, "face", np.array([[begin_us, 1.26, 2, 3, 4], [begin_us + 5, 2, 3, 4, 5]], np.float64))
    return Segment(begin_us, end_us, 50, begin_us + 5, [track], [begin_us], [(begin_us, begin_us + 1)])


def test_next_run_of_the_same_work_finds_what_was_settled(tmp_path: Path) -> None:
    with WorkFolder(tmp_path / "out.mp4", WORK) as first:
        kept = first.add(_segment(0, 10))
    with WorkFolder(tmp_path / "out.mp4", WORK) as again:
        assert [segment.to_line() for segment in again.segments] == [kept.to_line()]
        assert (again.settled_us, again.is_settled, again.last_track) == (10, False, 7)


def test_the_last_segment_settles_the_work(tmp_path: Path) -> None:
    with WorkFolder(tmp_path / "out.mp4", WORK) as folder:
        folder.add(_segment(0, None))
        assert folder.is_settled


def test_what_is_kept_is_rounded_as_it_will_be_read(tmp_path: Path) -> None:
    with WorkFolder(tmp_path / "out.mp4", WORK) as folder:
        assert folder.add(_segment(0, 10)).tracks[0].positions[0].tolist() == [0, 1.3, 2, 3, 4]


def test_other_work_begins_anew(tmp_path: Path) -> None:
    with WorkFolder(tmp_path / "out.mp4", WORK) as first:
        first.add(_segment(0, 10))
        (first.path / "segment").write_bytes(b"rendered")
    with WorkFolder(tmp_path / "out.mp4", {"input": "b" * 64}) as other:
        assert other.segments == []
        assert not (other.path / "segment").exists()


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    with WorkFolder(tmp_path / "out.mp4", WORK) as first:
        first.add(_segment(0, 10))
        lines = first.path / "settled.jsonl"
    whole = lines.read_bytes()
    lines.write_bytes(whole + whole[:20])
    with WorkFolder(tmp_path / "out.mp4", WORK) as again:
        again.add(_segment(10, None))
        assert [segment.begin_us for segment in again.segments] == [0, 10]
    assert len(lines.read_bytes().splitlines()) == 2


def test_two_runs_of_one_output_do_not_meet(tmp_path: Path) -> None:
    with (
        WorkFolder(tmp_path / "out.mp4", WORK),
        pytest.raises(VideoError, match=r"Another process is writing .*out\.mp4"),
    ):
        WorkFolder(tmp_path / "out.mp4", WORK)


def test_nothing_is_left_of_finished_work(tmp_path: Path) -> None:
    with WorkFolder(tmp_path / "out.mp4", WORK) as folder:
        folder.add(_segment(0, None))
        folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_of_the_output_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"missing.*No such file or directory"):
        WorkFolder(tmp_path / "missing" / "out.mp4", WORK)
