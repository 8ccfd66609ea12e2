"""Pictures of a timeline: no face that was found is open in them, and where that cannot be done there is no picture.

The red square of made videos stands for a face; it moves four pixels a frame, 100 pixels a second.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from regard.app import App
from regard.cli.redact_rooms import Stopped, Watch
from regard.cli.video_pictures import Covering, covered_pictures, face_finder, wanted_pictures
from regard.cli.video_rooms import Box, CoveredPicture, WantedPicture
from regard.cli.video_summary import segments_of
from regard.errors import InvalidImageFormat
from regard.media.images import ALL_FORMATS, Budget
from regard.media.small_frames import SmallFrames
from regard.media.video_limits import VideoLimits
from regard.models.weights import WeightStore
from regard.redaction.pictures import RedactedPicture, redact_picture
from regard.redaction.settings import RedactionSettings
from regard.settings import Settings
from tests.cli.video_rows import HandMade, shot
from tests.media.made_videos import MadeVideo, cut_out, make_video
from tests.redaction.red_squares import RedSquares, is_red

WATCH = Watch(lambda progress: None, lambda: False)
TWO_SECONDS = (0, 2_000_000)


@dataclass
class Redactor:
    """Covers red squares, in a colour to be told from theirs, and keeps what it was asked."""

    asked: list[RedactionSettings] = field(default_factory=list)
    fails: bool = False

    def redact(self, data: bytes, settings: RedactionSettings) -> RedactedPicture:
        self.asked.append(settings)
        if self.fails:
            raise InvalidImageFormat("no")
        return redact_picture(data, RedSquares(), replace(settings, way="fill"), Budget(ALL_FORMATS))


def see_nothing(image: NDArray[np.uint8]) -> list[Box]:
    return []


def at(time_ms: int, shot_us: tuple[int, int] = TWO_SECONDS, faces: Sequence[Box] = ()) -> WantedPicture:
    return WantedPicture(time_ms * 1_000, shot_us, tuple(faces))


def pixels_of(picture: CoveredPicture) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(picture.jpeg)))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds of a moving red square."""
    return make_video(tmp_path / "film.mp4", MadeVideo(width=640, height=360, frames=50))


def test_face_in_a_picture_is_covered(film: Path) -> None:
    redactor = Redactor()
    made = covered_pictures(film, [at(400), at(1_000)], Covering(see_nothing, redactor.redact), WATCH)
    assert [one.time_us for one in made] == [400_000, 1_000_000]
    assert [(one.width, one.height) for one in made.values()] == [(360, 203), (360, 203)]
    assert [int(is_red(pixels_of(one)).sum()) for one in made.values()] == [0, 0]


def test_where_a_face_was_shortly_before_and_behind_is_covered_too(film: Path) -> None:
    redactor = Redactor()
    covered_pictures(film, [at(1_000)], Covering(face_finder(RedSquares()), redactor.redact), WATCH)
    before, behind = (region.box for region in redactor.asked[0].regions)
    # 400 ms are 40 pixels of 640 each way.
    assert behind[0] - before[0] == pytest.approx(80 / 640, abs=0.01)


def test_what_was_there_in_another_shot_is_not_covered(film: Path) -> None:
    redactor = Redactor()
    covered_pictures(
        film, [at(1_000, (800_000, 1_400_000))], Covering(face_finder(RedSquares()), redactor.redact), WATCH
    )
    assert redactor.asked[0].regions == ()


def test_faces_that_the_analysis_saw_are_covered_with_a_margin(film: Path) -> None:
    redactor = Redactor()
    wanted = at(1_000, (1_000_000, 1_000_001), [(0.4, 0.2, 0.5, 0.4), (0.95, 0.9, 1.0, 1.0)])
    covered_pictures(film, [wanted], Covering(see_nothing, redactor.redact), WATCH)
    assert [region.box for region in redactor.asked[0].regions] == [
        pytest.approx((0.37, 0.14, 0.53, 0.46)),
        pytest.approx((0.935, 0.87, 1.0, 1.0)),
    ]


def test_where_redaction_fails_there_is_no_picture(film: Path) -> None:
    assert covered_pictures(film, [at(400)], Covering(see_nothing, Redactor(fails=True).redact), WATCH) == {}


def test_damaged_frame_gives_no_picture(film: Path) -> None:
    cut_out(film, begin=0.4, length=600)
    with SmallFrames(film, 64, VideoLimits()) as frames:
        is_damaged = {frame.time_us: frame.is_damaged for frame in frames}
    assert set(is_damaged.values()) == {True, False}
    wanted = [WantedPicture(time_us, (time_us, time_us + 1), ()) for time_us in is_damaged]
    made = covered_pictures(film, wanted, Covering(see_nothing, Redactor().redact), WATCH)
    assert [one.time_us for one in made] == [time_us for time_us, is_bad in is_damaged.items() if not is_bad]


def test_what_is_no_video_gives_no_picture(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video")
    assert covered_pictures(tmp_path / "no.mp4", [at(0)], Covering(see_nothing, Redactor().redact), WATCH) == {}


def test_pictures_can_be_stopped(film: Path) -> None:
    with pytest.raises(Stopped):
        covered_pictures(
            film, [at(0)], Covering(see_nothing, Redactor().redact), Watch(lambda progress: None, lambda: True)
        )


def test_of_very_many_shots_evenly_chosen_ones_have_a_picture() -> None:
    shots = segments_of(shot(index, index * 40, index * 40 + 40) for index in range(360)).shots
    wanted = wanted_pictures(shots, HandMade(), has_faces=False)
    assert list(wanted)[:3] == ["Shot 1", "Shot 4", "Shot 7"]
    assert len(wanted) == 120


@pytest.mark.weights
def test_face_of_a_portrait_is_covered(tmp_path: Path, astronaut: NDArray[np.uint8], store: WeightStore) -> None:
    Image.fromarray(astronaut).save(tmp_path / "portrait.gif")
    environ = {"REGARD_WEIGHTS": str(store.folder)}
    app = App(Settings.read(environ, limits="relaxed"), environ)
    find = face_finder(app.redactor(RedactionSettings()))
    made = covered_pictures(tmp_path / "portrait.gif", [at(0)], Covering(find, app.redact_picture), WATCH)
    left, top, right, bottom = (round(side * 360 / 512) for side in (177, 64, 271, 181))  # as someone looked it up
    face = pixels_of(made[at(0)])[top:bottom, left:right]
    assert face.std(axis=(0, 1)).max() < 12  # the portrait has 60 there
    assert astronaut[64:181, 177:271].std(axis=(0, 1)).max() > 40
