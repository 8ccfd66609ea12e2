"""Looking at an output again: which frames are wanted, what counts as found, and that no picture shows it."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from regard.redaction.plan import Plan
from regard.redaction.report import uncertain_spans
from regard.redaction.report_pictures import Seen, Thumbnail
from regard.redaction.report_review import MOST_PICTURES, MOST_UNCERTAIN_FRAMES, Review, Reviewer
from regard.redaction.report_sightings import Detected
from regard.redaction.settings import RedactionSettings
from tests.redaction.plans import SECOND, doubt, plan, track

FACE = (60.0, 40.0, 80.0, 70.0)  # of the 100 x 80 pixels of the video
GREY, SKIN = 128, 255


def detector(*boxes: tuple[float, float, float, float], score: float = 90.0, scale: float = 1.0) -> Any:
    """Finds the same faces in every picture."""

    def found(image: NDArray[np.uint8]) -> Sequence[Detected]:
        return [Detected("face", tuple(side * scale for side in box), score) for box in boxes]  # type: ignore[arg-type]  # of four

    return found


def image(scale: float = 1.0) -> NDArray[np.uint8]:
    """Grey, with a bright face."""
    made = np.full((round(80 * scale), round(100 * scale), 3), GREY, np.uint8)
    left, top, right, bottom = (round(side * scale) for side in FACE)
    made[top:bottom, left:right] = SKIN
    return made


def reviewed(made: Plan, found: Any, times: Iterable[int], *, is_all: bool = False, scale: float = 1.0) -> Review:
    reviewer = Reviewer(made, uncertain_spans(made), found, is_all=is_all)
    moments = list(times)
    for time_us, until_us in zip(moments, [*moments[1:], moments[-1] + SECOND], strict=True):
        reviewer.add(Seen(time_us, image(scale)), until_us)
    return reviewer.finish()


def opened(thumbnail: Thumbnail) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(thumbnail.jpeg)))


TENTHS = range(0, 10 * SECOND + 1, 100_000)
DOUBTFUL = plan(track(1, 0, 10, box=(5, 5, 25, 25), uncertain=(doubt(2, 3),)))


def test_the_frames_of_doubts_and_of_the_ends_of_tracks_are_wanted() -> None:
    made = plan(track(1, 1, 4, uncertain=(doubt(2, 3),)), track(2, 6, 7))
    request = Reviewer(made, uncertain_spans(made), detector()).request
    assert request.spans == tuple(
        (round(a * SECOND), round(b * SECOND)) for a, b in ((1, 1), (2, 3), (4, 4), (6, 6), (7, 7))
    )
    assert not request.is_all
    only_pictures = Reviewer(made, uncertain_spans(made), None, is_all=True).request
    assert (only_pictures.spans[1], only_pictures.is_all) == ((2_500_000, 2_500_000), False)
    assert Reviewer(made, (), detector(), is_all=True).request.is_all


def test_a_picture_is_of_the_middle_of_a_doubt_and_frames_its_place() -> None:
    made = reviewed(DOUBTFUL, None, TENTHS)
    assert made.check is None
    assert made.uncertain[0].time_us == 2_500_000
    picture = opened(made.uncertain[0])
    assert picture.shape == (80, 100, 3)
    assert abs(picture[15, 15].astype(int) - GREY).max() < 25  # inside of the frame
    assert abs(picture[3, 3:26].astype(int) - GREY).max(axis=1).mean() > 60  # the frame, the box and a tenth
    assert {place: one.time_us for (place, end), one in made.tracks.items() if end == "last"} == {0: 10 * SECOND}


def test_what_is_found_outside_of_the_covers_is_a_sighting_and_covered_in_every_picture() -> None:
    made = reviewed(DOUBTFUL, detector(FACE), TENTHS)
    assert made.check is not None
    sighting, *of_ends = made.check.found
    assert [(one.begin_us, one.frames) for one in of_ends] == [(0, 1), (10 * SECOND, 1)]
    assert (sighting.kind, sighting.box, sighting.score) == ("face", FACE, 90.0)
    assert (sighting.begin_us, sighting.end_us, sighting.frames) == (2 * SECOND, 3 * SECOND, 11)
    everything = [*made.sightings.values(), *made.uncertain.values(), *made.tracks.values()]
    assert len(everything) == 3 + 1 + 2
    assert max(int(opened(one)[42:68, 62:78].max()) for one in everything) < 100


@pytest.mark.parametrize(("confidence", "score", "count"), [(50, 49, 0), (50, 50, 3), (90, 50, 3), (20, 30, 3)])
def test_what_is_hardly_found_is_no_sighting(confidence: float, score: float, count: int) -> None:
    asked = plan(*DOUBTFUL.tracks, settings=RedactionSettings(margin=0.0, shape="box", confidence=confidence))
    made = reviewed(asked, detector(FACE, score=score), TENTHS)
    assert made.check is not None
    assert len(made.check.found) == count


def test_what_is_found_under_a_cover_is_none() -> None:
    made = reviewed(DOUBTFUL, detector((5, 5, 25, 25), (8, 8, 30, 25)), TENTHS)
    assert made.check is not None
    assert (made.check.found, made.check.under_covers) == ((), 2 * made.check.frames)


def test_half_a_cover_is_no_cover() -> None:
    made = reviewed(DOUBTFUL, detector((15, 5, 35, 25)), TENTHS)
    assert made.check is not None
    assert len(made.check.found) > 0


def test_the_one_who_is_kept_visible_is_no_sighting_and_only_while_they_are() -> None:
    kept = plan(track(1, 0, 10, box=FACE, visible=((0, 5 * SECOND),)))
    made = reviewed(kept, detector(FACE), TENTHS, is_all=True)
    assert made.check is not None
    assert (made.check.kept_visible, made.check.under_covers, made.check.found) == (51, 50, ())


def test_damaged_parts_are_covered_whole() -> None:
    made = reviewed(plan(damaged=((0, 10 * SECOND),)), detector(FACE), TENTHS, is_all=True)
    assert made.check is not None
    assert (made.check.found, made.check.under_covers) == ((), 101)


def test_all_frames_are_looked_at_when_all_are_asked_for() -> None:
    made = reviewed(DOUBTFUL, detector(), TENTHS, is_all=True)
    assert made.check is not None
    assert (made.check.which, made.check.frames, made.check.skipped) == ("all", 101, 0)


def test_of_very_many_uncertain_frames_some_are_passed_over_and_told() -> None:
    made = plan(track(1, 0, 10, uncertain=(doubt(0, 10),)))
    many = np.linspace(0, 10 * SECOND, 2_001).astype(int).tolist()
    whole = plan(*made.tracks, input=made.input.__class__("a", "ab" * 32, 1, 100, 80, 2_001, 10 * SECOND))
    told = reviewed(whole, detector(), many).check
    assert told is not None
    assert told.frames <= MOST_UNCERTAIN_FRAMES
    assert told.frames + told.skipped in (2_001, 2_002)  # the middle's picture may be of a frame that is passed over


def test_of_very_many_doubts_the_riskiest_are_looked_at() -> None:
    short = [track(at, at / 50, at / 50 + 0.02, uncertain=(doubt(at / 50, at / 50),)) for at in range(400)]
    made = plan(*short, track(999, 9, 10, uncertain=(doubt(9, 10),)))
    reviewer = Reviewer(made, uncertain_spans(made), detector())
    moments = {span for span in reviewer.request.spans if span[0] == span[1]}
    assert (9 * SECOND, 10 * SECOND) in reviewer.request.spans
    assert len(moments) < 250


def test_boxes_are_of_the_video_whatever_the_size_of_the_pictures() -> None:
    made = reviewed(DOUBTFUL, detector(FACE, scale=4.0), TENTHS, scale=4.0)
    assert made.check is not None
    assert (made.check.found[0].box, made.check.longer_side) == (FACE, 400)
    assert max(made.sightings[0].width, made.sightings[0].height) == 360
    assert int(opened(made.sightings[0])[160:240, 225:280].max()) < 100


def test_sightings_far_apart_in_time_or_place_are_several() -> None:
    made = plan(track(1, 0, 10, box=(5, 5, 25, 25), uncertain=(doubt(2, 3), doubt(6, 7))))
    told = reviewed(made, detector(FACE, (30, 40, 50, 70)), TENTHS).check
    assert told is not None
    assert len([one for one in told.found if one.frames == 11]) == 4


def test_a_plan_with_very_many_doubts_gets_some_pictures_of_the_riskiest() -> None:
    many = plan(*(track(at, at / 50, at / 50 + 0.1, uncertain=(doubt(at / 50, at / 50 + 0.1),)) for at in range(400)))
    made = reviewed(many, None, TENTHS)
    assert sorted(made.uncertain) == list(range(MOST_PICTURES))


@pytest.mark.parametrize("rounding_us", [-600, 600])
def test_times_that_a_container_rounded_give_the_same_frames(rounding_us: int) -> None:
    thirds = [round(at * SECOND / 30) for at in range(300)]
    made = plan(track(1, thirds[50] / SECOND, thirds[60] / SECOND))
    told = reviewed(made, None, [max(0, time + rounding_us) for time in thirds])
    assert [told.tracks[0, end].time_us - rounding_us for end in ("first", "last")] == [thirds[50], thirds[60]]
