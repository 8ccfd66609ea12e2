"""Which videos are taken, and how it is told what is wrong with the others."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from regard.jobs.kinds import JobFault, StepStopped, StepWatch
from regard.jobs.video_rules import AWS_RULES
from regard.jobs.videos import VideoWalker
from regard.media.looks import Look
from tests.jobs.films import KINDS, LIMITS, LONG, SHORT, Film, NewFilm
from tests.jobs.video_kinds import NEVER, FrameKind, NumberKind
from tests.media.made_videos import MadeVideo, encrypt, make_audio, make_video

RELAXED = {
    "h264.mp4": MadeVideo(),
    "h264.mov": MadeVideo(),
    "h264.mkv": MadeVideo(),
    "h264.ts": MadeVideo(),
    "h265.mp4": MadeVideo(codec="libx265"),
    "vp9.webm": MadeVideo(codec="libvpx-vp9"),
    "av1.mp4": MadeVideo(codec="libsvtav1"),
    "mpeg2.ts": MadeVideo(codec="mpeg2video", key_every=6),
    "prores.mov": MadeVideo(codec="prores_ks", pixel_format="yuv422p10le"),
    "mpeg4.avi": MadeVideo(codec="mpeg4"),
}


@pytest.mark.parametrize("name", RELAXED)
def test_relaxed_rules_take_whatever_can_be_decoded(new_film: NewFilm, name: str) -> None:
    film = new_film(name=name)
    make_video(film.object, RELAXED[name])

    film.do(*film.planned())

    assert [row["Index"] for row in film.rows(0, "frames")] == list(range(30))


@pytest.mark.parametrize("name", ["h264.mp4", "h264.mov"])
def test_aws_rules_take_what_amazon_takes(new_film: NewFilm, name: str) -> None:
    film = new_film(rules=AWS_RULES, name=name)
    make_video(film.object, RELAXED[name])

    assert film.planned()[1].facts["codec"] == "h264"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("h265.mp4", "h265.mp4 is encoded as hevc; allowed: h264"),
        ("h264.mkv", "h264.mkv is in the container Matroska / WebM; allowed: avi, mov, mp4"),
        ("mpeg4.avi", "mpeg4.avi is encoded as mpeg4; allowed: h264"),
    ],
)
def test_aws_rules_refuse_the_rest(new_film: NewFilm, name: str, message: str) -> None:
    film = new_film(rules=AWS_RULES, name=name)
    make_video(film.object, RELAXED[name])

    with pytest.raises(JobFault) as caught:
        film.planned()

    assert str(caught.value) == message


def test_video_of_six_hours_and_a_second_is_refused_under_aws_rules(new_film: NewFilm) -> None:
    film = new_film(rules=AWS_RULES)
    times_ms = (0, 3_600_000, 6 * 3_600_000 + 1000)
    make_video(film.object, MadeVideo(frames=3, times_ms=times_ms, b_frames=0))

    with pytest.raises(JobFault, match=r"^in/clip\.mp4 is 21,601\.\d+ seconds long; the limit is 21,600$"):
        film.planned()


def test_video_of_exactly_six_hours_is_taken_under_aws_rules(new_film: NewFilm) -> None:
    film = new_film(rules=AWS_RULES)
    times_ms = (0, 3_600_000, 6 * 3_600_000 - 40)  # the last picture is shown for 40 ms
    make_video(film.object, MadeVideo(frames=3, times_ms=times_ms, b_frames=0))

    assert film.planned()[1].facts["duration_ms"] == 21_600_000


def test_video_of_ten_gibibytes_and_a_byte_is_refused_before_it_is_read(new_film: NewFilm) -> None:
    film = new_film(rules=AWS_RULES)
    film.object.touch()
    os.truncate(film.object, 10 * 1024**3 + 1)

    with pytest.raises(JobFault, match=r"^in/clip\.mp4 is 10,737,418,241 bytes; the limit is 10,737,418,240$"):
        film.planned()


def _nothing(path: Path) -> Path:
    return path


def _empty(path: Path) -> Path:
    path.touch()
    return path


def _text(path: Path) -> Path:
    path.write_text("no video")
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(_nothing, r"Unable to get object metadata.*'in/clip\.mp4': no such object", id="missing"),
        pytest.param(_empty, r"Unable to get object metadata.*the object is empty", id="empty"),
        pytest.param(_text, r"^in/clip\.mp4 is not a video that can be read", id="text"),
        pytest.param(make_audio, r"^in/clip\.mp4 has no video in it that can be decoded, only audio$", id="sound only"),
        pytest.param(lambda path: encrypt(make_video(path)), r"^in/clip\.mp4 is encrypted \(cenc\)$", id="encrypted"),
        pytest.param(lambda path: make_video(path, MadeVideo(frames=0)), r"^in/clip\.mp4 has no video", id="0 s"),
    ],
)
def test_what_cannot_be_walked_is_told_by_its_name(film: Film, make: Callable[[Path], Path], message: str) -> None:
    make(film.object)

    with pytest.raises(JobFault, match=message):
        film.planned()

    left = [path for path in (film.folder / "jobs").rglob("*") if path.is_file() and path.name.startswith(".")]
    assert left == []


def test_without_buckets_nothing_can_be_read(film: Film) -> None:
    walker = VideoWalker(film.folder / "jobs", None, KINDS, LIMITS)

    with pytest.raises(JobFault, match=r"^in/clip\.mp4 cannot be read: no buckets are configured$"):
        walker.plan(film.walk(), NEVER)


def test_video_that_changes_while_it_is_read_is_refused(long_film: Film) -> None:
    walk, planned = long_film.planned()
    long_film.do(walk, planned, 0)
    os.utime(long_film.object, ns=(0, 0))

    with pytest.raises(JobFault, match=r"^in/clip\.mp4 was changed while it was read$"):
        long_film.do(walk, planned, 1)


def test_unknown_kind_is_named(film: Film) -> None:
    make_video(film.object, SHORT)

    with pytest.raises(JobFault, match="There is no analysis of videos called 'people'"):
        film.do(*film.planned("people"))


def test_what_an_analyser_raises_comes_out(new_film: NewFilm) -> None:
    def fail(look: Look) -> None:
        raise ZeroDivisionError(str(look.index))

    film = new_film(kinds={"numbers": NumberKind(on_look=fail), "frames": FrameKind()})
    make_video(film.object, SHORT)

    with pytest.raises(ZeroDivisionError, match=r"^0$"):
        film.do(*film.planned())
    assert film.chunk_files() == {}


def test_chunk_ends_when_it_is_to_stop_and_can_be_done_again(new_film: NewFilm) -> None:
    is_stopping, goes_on = threading.Event(), threading.Event()

    def stop_once(look: Look) -> None:
        if look.index == 20 and not goes_on.is_set():
            is_stopping.set()

    film = new_film(kinds={"numbers": NumberKind(on_look=stop_once), "frames": FrameKind()})
    make_video(film.object, replace(LONG, frames=2000, width=640, height=480))
    walk, planned = film.planned()

    with pytest.raises(StepStopped):
        film.do(walk, planned, watch=StepWatch(lambda share: None, is_stopping.is_set))
    goes_on.set()
    film.do(walk, planned, 0)

    assert len(film.rows(0, "frames")) == 300


def test_plan_ends_when_it_is_to_stop(new_film: NewFilm) -> None:
    film = new_film()
    make_video(film.object, SHORT)

    with pytest.raises(StepStopped):
        film.planned(watch=StepWatch(lambda share: None, lambda: True))
