"""How faces are looked for in the frames of a video: with a detector that returns what it is told."""

from dataclasses import dataclass, field
from typing import NoReturn

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.face_search import FaceDetector
from regard.models.yunet import FaceBoxes, YuNet
from regard.redaction.finding import Finder, FinderNetworks
from regard.redaction.finding_beat import Beat
from regard.redaction.finding_faces import FaceRates, VideoFaces
from regard.redaction.finding_second import SecondOpinion
from regard.redaction.finding_turned import TURNS, turned_back, turned_faces

SECOND_US = 1_000_000


@dataclass
class Detector:
    """Notes the sizes searched, and finds one small face from a size on."""

    shown_from: int = 10_000
    score: float = 0.9
    looks: list[int] = field(default_factory=list)

    def detect(self, image: NDArray[np.uint8], longer_side: int, min_score: float) -> FaceBoxes:
        self.looks.append(longer_side)
        count = int(longer_side >= self.shown_from)
        boxes = np.array([[100, 100, 120, 120]] * count, np.float32).reshape(-1, 4)
        return FaceBoxes(boxes, np.zeros((count, 5, 2), np.float32), np.full(count, self.score, np.float32))


def _networks(detector: FaceDetector) -> FinderNetworks:
    """Of which only the detectors of faces may be asked for; the second one finds nothing."""
    return FinderNetworks(lambda: detector, Detector, *(_not_to_be_made,) * 3)


def _not_to_be_made() -> NoReturn:
    raise AssertionError("a network that is not needed was made")


def _frame(width: int = 1920, height: int = 1080) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def test_every_frame_is_looked_at_coarsely_and_finely_at_a_beat() -> None:
    detector = Detector()
    faces = VideoFaces(
        lambda: detector, Detector, FaceRates(coarse_side=640, fine_side=1920, fine_us=100_000, idle_us=100_000)
    )
    faces.find(_frame(), 0, is_new_shot=False)
    detector.looks.clear()

    for time_us in (40_000, 80_000, 120_000):
        faces.find(_frame(), time_us, is_new_shot=False)

    assert detector.looks == [640, 640, 640, 1920]


def test_a_new_shot_is_looked_at_finely_and_turned_every_way() -> None:
    detector = Detector()
    rates = FaceRates(coarse_side=640, fine_side=1920, turned_side=512)
    faces = VideoFaces(lambda: detector, Detector, rates)
    faces.find(_frame(), 0, is_new_shot=False)
    detector.looks.clear()

    faces.find(_frame(), 40_000, is_new_shot=True)

    assert detector.looks == [640, 1920, 512, 512, 512]


def test_a_small_frame_is_looked_at_as_it_is_and_enlarged_by_half() -> None:
    detector = Detector()
    faces = VideoFaces(lambda: detector, Detector, FaceRates(native_side=800, most_enlargement=1.5, turned_side=100))

    faces.find(_frame(320, 180), 0, is_new_shot=False)

    assert detector.looks[:2] == [320, 480]


@pytest.mark.parametrize(("shown_from", "fine_looks"), [(1000, 4), (10_000, 2)], ids=["small faces", "nothing more"])
def test_fine_looks_are_fewer_where_they_show_nothing_more(shown_from: int, fine_looks: int) -> None:
    detector = Detector(shown_from=shown_from)
    rates = FaceRates(fine_us=100, idle_us=300, turned_us=10**9, turned_stay_us=0)
    faces = VideoFaces(lambda: detector, Detector, rates)

    for time_us in (0, 100, 200, 300):
        faces.find(_frame(), time_us, is_new_shot=False)

    assert detector.looks.count(1920) == fine_looks


@pytest.mark.parametrize(
    ("times", "due"),
    [
        pytest.param([0, 40, 80, 120, 160], [True, False, False, True, False], id="at its beat"),
        pytest.param([0, 500, 510], [True, True, False], id="after a gap"),
        pytest.param([900, 0, 40], [True, True, False], id="another walk"),
    ],
)
def test_a_beat_is_due_when_its_time_has_passed(times: list[int], due: list[bool]) -> None:
    beat = Beat(100)

    assert [beat.is_due(time_us, is_new_shot=False) for time_us in times] == due


def test_a_beat_begins_anew_with_a_shot() -> None:
    beat = Beat(100)
    beat.is_due(0, is_new_shot=False)

    assert [beat.is_due(60, True), beat.is_due(120, False), beat.is_due(160, False)] == [True, False, True]


@pytest.mark.parametrize("degrees", TURNS)
def test_points_of_a_turned_picture_go_back_to_where_they_were(degrees: int) -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[10, 50] = 255
    codes = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    row, column = np.argwhere(cv2.rotate(picture, codes[degrees])[..., 0])[0]

    # The middle of a pixel, whose coordinates count from its corner.
    x, y = turned_back(np.array([column + 0.5, row + 0.5], np.float32), degrees, 60, 40)

    assert (x, y) == (50.5, 10.5)


@pytest.fixture(scope="module")
def yunet(request: pytest.FixtureRequest) -> YuNet:
    return YuNet(request.getfixturevalue("engine"), request.getfixturevalue("store"))


@pytest.mark.weights
@pytest.mark.parametrize("degrees", TURNS)
def test_a_face_that_lies_is_found_where_it_is(yunet: YuNet, astronaut: NDArray[np.uint8], degrees: int) -> None:
    back = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
    lying = np.ascontiguousarray(cv2.rotate(astronaut, back[degrees]), dtype=np.uint8)
    upright = yunet.detect(astronaut, 512, 0.7).boxes[0].reshape(2, 2)

    found = turned_faces(yunet, lying, degrees, 512, 0.7)

    expected = {
        90: [upright[0, 1], 512 - upright[1, 0], upright[1, 1], 512 - upright[0, 0]],
        180: [*(512 - upright[1]), *(512 - upright[0])],
        270: [512 - upright[1, 1], upright[0, 0], 512 - upright[0, 1], upright[1, 0]],
    }[degrees]
    assert found.boxes[0] == pytest.approx(expected, abs=1)


@pytest.mark.weights
def test_a_face_is_found_in_full_size_pixels(yunet: YuNet, astronaut: NDArray[np.uint8]) -> None:
    finder = Finder(_networks(yunet), frozenset({"face"}))
    finder.begin(25.0, 3.0)

    best = max(finder.find(astronaut, 0, is_new_shot=True), key=lambda found: found.score)

    assert best.kind == "face"
    assert best.box == pytest.approx([177 * 3, 64 * 3, 271 * 3, 181 * 3], abs=40)
    assert best.score > 0.8


def test_the_networks_are_named_with_their_hashes() -> None:
    finder = Finder(_networks(Detector()), frozenset({"face"}))

    assert finder.networks() == {
        "centerface": "77e394b51108381b4c4f7b4baf1c64ca9f4aba73e5e803b2636419578913b5fe",
        "yunet": "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    }


def test_a_second_network_looks_at_its_own_beat_and_where_a_shot_begins() -> None:
    second = Detector()
    faces = VideoFaces(Detector, lambda: second, FaceRates(second_side=512, second_us=500_000))

    for time_us, is_new_shot in ((0, False), (40_000, False), (80_000, True), (480_000, False), (580_000, False)):
        faces.find(_frame(), time_us, is_new_shot)

    assert second.looks == [512, 512, 512]


def test_what_the_second_network_alone_sees_is_found() -> None:
    faces = VideoFaces(Detector, lambda: Detector(shown_from=512), FaceRates(second_side=512))

    assert faces.find(_frame(), 0, is_new_shot=False).boxes.tolist() == [[100, 100, 120, 120]]


def test_scores_of_the_second_network_are_brought_to_the_scale_of_the_first() -> None:
    found = SecondOpinion(lambda: Detector(shown_from=512, score=0.4)).detect(_frame(), 512, 0.5)

    assert found.scores == pytest.approx([0.6])
