"""Walks over made videos, with kinds that need no network."""

from dataclasses import replace

import pytest

from regard.jobs.kinds import StepWatch
from regard.jobs.results import ResultReader
from regard.jobs.videos import analyse_video
from tests.jobs.films import KINDS, LIMITS, LONG, SHORT, Film, NewFilm
from tests.jobs.video_kinds import NEVER, NumberKind, SoundKind
from tests.media.made_videos import MadeVideo, cut_out, make_video, truncate


def test_plan_tells_the_facts_and_divides_at_key_frames(long_film: Film) -> None:
    _, planned = long_film.planned()

    assert (planned.facts["codec"], planned.facts["frames"], planned.facts["duration_ms"]) == ("h264", 1000, 200_000)
    assert planned.spans == (
        {"from_us": 0, "to_us": 60_000_000},
        {"from_us": 60_000_000, "to_us": 120_000_000},
        {"from_us": 120_000_000, "to_us": None},
    )


def test_video_of_a_local_bucket_is_not_copied(film: Film) -> None:
    make_video(film.object, SHORT)

    film.planned()

    assert (film.folder / "jobs" / "walks" / ("a" * 32) / "input.mp4").samefile(film.object)


def test_plan_made_twice_is_the_same(long_film: Film) -> None:
    assert long_film.planned()[1] == long_film.planned()[1]


def test_each_kind_sees_every_frame_once(long_film: Film) -> None:
    walk, planned = long_film.planned()

    long_film.do(walk, planned)

    frames = [row for number in range(3) for row in long_film.rows(number, "frames")]
    assert [(row["Index"], row["TimeUs"], row["Number"]) for row in frames] == [
        (number, 200_000 * number, number % 32) for number in range(1000)
    ]
    numbers = [row for number in range(3) for row in long_film.rows(number, "numbers")]
    assert [row["Number"] for row in numbers] == [row["Timestamp"] // 200 % 32 for row in numbers]
    assert {60_000, 120_000} <= {row["Timestamp"] for row in numbers}


@pytest.mark.parametrize(
    ("name", "made"),
    [
        pytest.param("a.mp4", LONG, id="mp4"),
        pytest.param("a.mp4", replace(LONG, b_frames=3, is_open=True), id="open groups of pictures"),
        pytest.param("a.ts", LONG, id="transport stream"),
        pytest.param("a.webm", replace(LONG, codec="libvpx"), id="in order only"),
    ],
)
def test_chunks_in_any_order_give_the_same_bytes(new_film: NewFilm, name: str, made: MadeVideo) -> None:
    film = new_film(name=name)
    make_video(film.object, made)
    film.do(*film.planned())
    in_order = film.chunk_files()
    walk, planned = film.planned(walk_id="b" * 32)

    for number in reversed(range(len(planned.spans))):
        film.walker.close()
        film.do(walk, planned, number)

    assert len(in_order) == 2 * len(planned.spans) >= 6
    assert film.chunk_files("b" * 32) == in_order


def test_rows_are_the_same_whoever_shares_the_walk(new_film: NewFilm) -> None:
    film = new_film(kinds={**KINDS, "sharp": NumberKind("sharp", 128)})
    make_video(film.object, SHORT)
    film.do(*film.planned("numbers"))
    film.do(*film.planned("numbers", "sharp", "frames", walk_id="b" * 32))

    assert film.rows(0, "numbers") == film.rows(0, "numbers", "b" * 32)
    assert [row["Sides"] for row in film.rows(0, "numbers")][:1] == [[48, 64]]
    assert [row["Sides"] for row in film.rows(0, "sharp", "b" * 32)][:1] == [[96, 128]]


def test_kind_that_several_jobs_want_runs_once_for_all_wishes(film: Film) -> None:
    make_video(film.object, SHORT)
    kind = NumberKind()
    film.kinds = {"numbers": kind}
    film.walker = film.new_walker()

    film.do(*film.planned("numbers", "numbers"))

    assert kind.begun == [[{"place": 0}, {"place": 1}]]


def test_chunk_that_is_done_is_not_done_again(film: Film) -> None:
    make_video(film.object, SHORT)
    kind = NumberKind()
    film.kinds = {"numbers": kind}
    film.walker = film.new_walker()
    walk, planned = film.planned("numbers")

    film.do(walk, planned, 0, 0)

    assert len(kind.begun) == 1


def test_result_has_the_rows_of_all_chunks(long_film: Film) -> None:
    walk, planned = long_film.planned("numbers")
    long_film.do(walk, planned)

    outcomes = long_film.walker.settle(walk, NEVER)

    reader = ResultReader(long_film.folder / "jobs" / "results" / walk.jobs[0].id)
    rows = list(reader.rows("ALL"))
    assert outcomes == {walk.jobs[0].id: {"Chunks": 3, "Wish": {"place": 0}}}
    assert [row["Timestamp"] for row in rows] == sorted(row["Timestamp"] for row in rows)
    assert list(reader.rows("NUMBER")) == sorted(rows, key=lambda row: int(row["Number"]))
    assert {path.name for path in (long_film.folder / "jobs" / "results").iterdir()} == {walk.jobs[0].id}


def test_settling_again_gives_the_same(film: Film) -> None:
    make_video(film.object, SHORT)
    walk, planned = film.planned()
    film.do(walk, planned)
    results = film.folder / "jobs" / "results" / walk.jobs[0].id

    first = film.walker.settle(walk, NEVER), {path.name: path.read_bytes() for path in results.iterdir()}
    again = film.walker.settle(walk, NEVER), {path.name: path.read_bytes() for path in results.iterdir()}

    assert first == again


def test_walk_that_is_forgotten_leaves_its_results_alone(film: Film) -> None:
    make_video(film.object, SHORT)
    walk, planned = film.planned()
    film.do(walk, planned)
    film.walker.settle(walk, NEVER)

    film.walker.forget(walk.id)

    assert list((film.folder / "jobs" / "walks").iterdir()) == []
    assert len(list((film.folder / "jobs" / "results").iterdir())) == 2
    assert film.object.exists()


def test_share_of_a_chunk_grows_to_the_whole(film: Film) -> None:
    make_video(film.object, SHORT)
    shares: list[float] = []
    walk, planned = film.planned()

    film.do(walk, planned, watch=StepWatch(shares.append, lambda: False))

    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_one_frame_is_a_video(film: Film) -> None:
    make_video(film.object, MadeVideo(frames=1))

    film.do(*film.planned())

    assert [row["TimeUs"] for row in film.rows(0, "frames")] == [0]
    assert [row["Timestamp"] for row in film.rows(0, "numbers")] == [0]


def test_damage_in_the_middle_is_walked_past_and_told(film: Film) -> None:
    cut_out(make_video(film.object, MadeVideo(frames=100, b_frames=0, key_every=20)), 0.4, 300)

    film.do(*film.planned())

    rows = film.rows(0, "frames")
    assert any(row["Damaged"] for row in rows)
    assert rows[-1] == {"Index": 99, "TimeUs": 3_960_000, "Number": 3, "Damaged": False}


def test_video_that_breaks_off_is_walked_as_far_as_it_goes(new_film: NewFilm) -> None:
    film = new_film(name="clip.mkv")
    truncate(make_video(film.object, MadeVideo(frames=100, b_frames=0)), 0.5)

    film.do(*film.planned())

    numbers = [row["Number"] for row in film.rows(0, "frames")]
    assert numbers == [number % 32 for number in range(len(numbers))]
    assert 30 < len(numbers) < 70


def test_file_is_analysed_without_a_queue_as_with_one(long_film: Film) -> None:
    walk, planned = long_film.planned()
    long_film.do(walk, planned)
    long_film.walker.settle(walk, NEVER)
    results = ResultReader(long_film.folder / "jobs" / "results" / walk.jobs[0].id)
    shares: list[float] = []
    out = long_film.folder / "out"

    facts = analyse_video(
        long_film.object, KINDS, {"numbers": {}}, out, LIMITS, StepWatch(shares.append, lambda: False)
    )

    assert facts == planned.facts
    assert list(ResultReader(out / "numbers").rows("ALL")) == list(results.rows("ALL"))
    assert (shares == sorted(shares), shares[-1]) == (True, 1.0)
    assert [path.name for path in out.iterdir()] == ["numbers"]


def test_analyser_that_wants_to_hear_is_told_the_file(new_film: NewFilm) -> None:
    film = new_film(kinds={"sounds": SoundKind()})
    make_video(film.object, SHORT)

    film.do(*film.planned("sounds"))

    assert film.rows(0, "sounds") == [{"File": "input.mp4", "MaxPixels": LIMITS.max_pixels}]
