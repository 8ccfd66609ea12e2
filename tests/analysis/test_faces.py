"""Faces: found, described, and nothing said that cannot be seen."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis import face_geometry
from regard.analysis.face_confidence import confidence, score
from regard.analysis.face_search import FaceSearch
from regard.analysis.faces import ATTRIBUTES, FaceAnalyser, FaceNetworks
from regard.analysis.quality import face_quality
from regard.analysis.results import ArraySource, Face
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine
from regard.models.face_mask import FaceMask
from regard.models.face_mesh import Blendshapes, FaceMesh
from regard.models.weights import WeightStore
from regard.models.yunet import FaceBoxes, YuNet

Image = NDArray[np.uint8]


@pytest.fixture(scope="module")
def analyser(engine: Engine, store: WeightStore) -> FaceAnalyser:
    mesh, expressions, cover = FaceMesh(engine, store), Blendshapes(engine, store), FaceMask(engine, store)
    tags = EfficientNet(engine, store)
    search = FaceSearch(YuNet(engine, store))
    return FaceAnalyser(FaceNetworks(search, lambda: mesh, lambda: expressions, lambda: cover, lambda: tags))


@pytest.fixture(scope="module")
def astronaut_face(analyser: FaceAnalyser, astronaut: Image) -> Face:
    (face,) = analyser.analyse(ArraySource(astronaut), ATTRIBUTES, has_all_landmarks=True)
    return face


@pytest.mark.weights
class TestAstronaut:
    """One picture that a person has looked at; coordinates read off it by hand."""

    def test_box_is_where_the_face_is(self, astronaut_face: Face) -> None:
        assert astronaut_face.box == pytest.approx((179, 64, 270, 176), abs=8)

    def test_confidence_is_high(self, astronaut_face: Face) -> None:
        assert astronaut_face.confidence > 99

    @pytest.mark.parametrize(
        ("name", "x", "y"),
        [
            ("eyeLeft", 202, 101),
            ("eyeRight", 248, 102),
            ("nose", 222, 125),
            ("mouthLeft", 203, 142),
            ("mouthRight", 243, 142),
            ("chinBottom", 223, 177),
        ],
    )
    def test_landmark_is_where_it_is_seen(self, astronaut_face: Face, name: str, x: float, y: float) -> None:
        found = {landmark: (left, top) for landmark, left, top in astronaut_face.landmarks}
        assert found[name] == pytest.approx((x, y), abs=7)

    def test_all_thirty_landmarks_are_named_once(self, astronaut_face: Face) -> None:
        names = [name for name, _, _ in astronaut_face.landmarks]
        assert len(names) == len(set(names)) == 30

    def test_she_smiles_with_open_eyes_and_nothing_before_her_face(self, astronaut_face: Face) -> None:
        seen = {name: claim.value for name, claim in astronaut_face.claims}
        assert seen == {"Smile": True, "EyesOpen": True, "MouthOpen": True, "Sunglasses": False, "FaceOccluded": False}

    def test_she_faces_the_camera(self, astronaut_face: Face) -> None:
        pose = astronaut_face.pose
        assert abs(pose.yaw) < 10
        assert abs(pose.roll) < 8
        assert abs(pose.pitch) < 20


@pytest.mark.weights
def test_without_attributes_only_the_default_set_is_said(analyser: FaceAnalyser, astronaut: Image) -> None:
    (face,) = analyser.analyse(ArraySource(astronaut))
    assert (face.claims, face.eye_direction, len(face.landmarks)) == ((), None, 5)


@pytest.mark.weights
@pytest.mark.parametrize("degrees", [-25, 25])
def test_roll_follows_a_turned_picture(analyser: FaceAnalyser, astronaut: Image, degrees: int) -> None:
    # OpenCV turns anticlockwise for a positive angle; roll counts clockwise.
    turned = cv2.warpAffine(astronaut, cv2.getRotationMatrix2D((225, 120), -degrees, 1), (512, 512))
    upright, tilted = (analyser.analyse(ArraySource(image))[0] for image in (astronaut, turned.astype(np.uint8)))
    assert tilted.pose.roll - upright.pose.roll == pytest.approx(degrees, abs=5)


@pytest.mark.weights
def test_yaw_changes_its_sign_in_the_mirror(analyser: FaceAnalyser, astronaut: Image) -> None:
    (face,), (mirrored,) = (
        analyser.analyse(ArraySource(np.ascontiguousarray(image))) for image in (astronaut, astronaut[:, ::-1])
    )
    assert mirrored.pose.yaw == pytest.approx(-face.pose.yaw, abs=4)


@pytest.mark.weights
def test_painted_mask_covers_the_face(analyser: FaceAnalyser, astronaut: Image) -> None:
    masked = astronaut.copy()
    mask = np.array([(182, 122), (222, 112), (268, 122), (262, 160), (224, 182), (188, 160)], np.int32)
    cv2.fillPoly(masked, [mask], (150, 190, 225))
    (face,) = analyser.analyse(ArraySource(masked), frozenset({"FACE_OCCLUDED"}))
    assert dict(face.claims)["FaceOccluded"].value


@pytest.mark.weights
def test_painted_dark_lenses_are_sunglasses(analyser: FaceAnalyser, astronaut: Image) -> None:
    shaded = astronaut.copy()
    for x in (202, 247):
        cv2.ellipse(shaded, (x, 104), (20, 14), 0, 0, 360, (12, 12, 14), -1, cv2.LINE_AA)
    cv2.line(shaded, (182, 98), (268, 98), (10, 10, 10), 3, cv2.LINE_AA)
    (face,) = analyser.analyse(ArraySource(shaded), frozenset({"SUNGLASSES"}))
    assert dict(face.claims)["Sunglasses"].value


@pytest.mark.weights
@pytest.mark.parametrize("side", [12, 16, 24])
def test_crowd_of_small_faces_is_found(analyser: FaceAnalyser, astronaut: Image, side: int) -> None:
    face = astronaut[20:220, 125:325]  # the face is 92 pixels wide in it
    tile = cv2.resize(face, None, fx=side / 92, fy=side / 92, interpolation=cv2.INTER_AREA)
    rows = np.concatenate([np.concatenate([tile] * 15, axis=1)] * 10, axis=0)
    canvas = np.full((900, 1200, 3), 128, np.uint8)
    canvas[: rows.shape[0], : rows.shape[1]] = rows[:900, :1200]
    assert len(analyser.analyse(ArraySource(canvas))) >= 0.9 * 150


@pytest.mark.weights
def test_limit_keeps_the_largest(analyser: FaceAnalyser, astronaut: Image) -> None:
    small = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    both = np.zeros((512, 768, 3), np.uint8)
    both[:, :512], both[:256, 512:] = astronaut, small
    (largest,) = analyser.analyse(ArraySource(both), limit=1)
    assert largest.box[0] == pytest.approx(179, abs=8)


@pytest.mark.weights
def test_picture_without_a_face_has_none(analyser: FaceAnalyser) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert analyser.analyse(ArraySource(noise), ATTRIBUTES) == []


@pytest.mark.weights
def test_blurred_face_is_less_sharp_and_darkened_face_less_bright(astronaut: Image) -> None:
    box = np.array([179, 64, 270, 176], np.float32)
    as_it_is = face_quality(astronaut, box)
    blurred = face_quality(cv2.GaussianBlur(astronaut, (0, 0), 3).astype(np.uint8), box)
    darkened = face_quality(astronaut // 4, box)
    assert blurred.sharpness < as_it_is.sharpness / 4
    assert darkened.brightness < as_it_is.brightness / 2


def test_box_outside_the_picture_has_no_quality() -> None:
    quality = face_quality(np.zeros((50, 50, 3), np.uint8), np.array([60, 60, 80, 80], np.float32))
    assert (quality.brightness, quality.sharpness) == (0, 0)


class _Recorder:
    """A detector that finds one face of `side` pixels in the searched frame, and remembers what it searched."""

    def __init__(self, side: float) -> None:
        self.side = side
        self.searched: list[int] = []

    def detect(self, image: Image, longer_side: int, min_score: float) -> FaceBoxes:
        self.searched.append(longer_side)
        side = self.side * max(image.shape[:2]) / longer_side
        box = np.array([[10, 10, 10 + side, 10 + side]], np.float32)
        return FaceBoxes(box, np.zeros((1, 5, 2), np.float32), np.array([0.9], np.float32))


@pytest.mark.parametrize(
    ("side", "longer", "searched"),
    [(100, 4000, [640]), (15, 4000, [640, 1280, 2048, 4096]), (15, 1024, [640, 1280, 2048]), (15, 400, [640])],
    ids=["large face", "small face", "small face in a small picture", "nothing to gain by enlarging"],
)
def test_larger_sizes_are_searched_only_where_they_can_help(side: float, longer: int, searched: list[int]) -> None:
    detector = _Recorder(side)
    FaceSearch(detector).find(ArraySource(np.zeros((longer // 2, longer, 3), np.uint8)))
    assert detector.searched == searched


def test_one_face_seen_at_two_sizes_is_one() -> None:
    class Twice(_Recorder):
        def detect(self, image: Image, longer_side: int, min_score: float) -> FaceBoxes:
            self.side = 20 * longer_side / 640
            return super().detect(image, longer_side, min_score)

    assert len(FaceSearch(Twice(20)).find(ArraySource(np.zeros((700, 1400, 3), np.uint8)))) == 1


def _turned(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """A rotation written out by hand: roll after pitch after yaw, y up, z towards the viewer."""
    y, p, r = (math.radians(angle) for angle in (yaw, pitch, -roll))
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
    about_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, 0, 0), (0, 20, 0), (0, 0, 15), (-40, 0, 0), (0, -15, 0)])
def test_pose_reads_back_a_rotation(angles: tuple[float, float, float]) -> None:
    pose = face_geometry.pose(_turned(*angles))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=0.01)


@pytest.mark.parametrize("angles", [(0, 0, 0), (25, 0, 0), (0, 15, 0), (0, 0, -20)])
def test_rotation_is_found_from_five_points(angles: tuple[float, float, float]) -> None:
    shape = np.array([(-3.345, 2.725, 3.466), (3.345, 2.725, 3.466), (0, -1.029, 7.587), (-2.961, -4.063, 4.284), (2.961, -4.063, 4.284)])  # fmt: skip  # noqa: E501
    seen = (shape @ _turned(*angles).T)[:, :2] * (4, -4) + (100, 100)
    pose = face_geometry.pose(face_geometry.rotation_from_five(seen.astype(np.float32)))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=0.5)


def test_confidence_and_score_are_inverse() -> None:
    assert [confidence(score(percent)) for percent in (10, 50, 90)] == pytest.approx([10, 50, 90])


@pytest.mark.weights
def test_recorded_answer_of_rekognition_is_met(analyser: FaceAnalyser, testdata: "object") -> None:
    import json
    from pathlib import Path

    from PIL import Image as Pillow

    folder = Path(str(testdata)) / "recorded"
    recorded = json.loads((folder / "detect_faces_all.json").read_text())["FaceDetail"]
    picture = np.asarray(Pillow.open(folder / "detect_faces_all.jpg").convert("RGB"))
    height, width = picture.shape[:2]
    (face,) = analyser.analyse(ArraySource(picture), ATTRIBUTES, has_all_landmarks=True)
    ours = {name: (x / width, y / height) for name, x, y in face.landmarks}
    theirs = {point["Type"]: (point["X"], point["Y"]) for point in recorded["Landmarks"]}
    distances = [math.dist(ours[name], theirs[name]) for name in theirs]
    assert np.mean(distances) < 0.02  # of the picture; the face is half as wide
    assert face.pose.yaw == pytest.approx(recorded["Pose"]["Yaw"], abs=5)
    assert face.pose.roll == pytest.approx(recorded["Pose"]["Roll"], abs=5)
    for name, claim in face.claims:
        assert name == "FaceOccluded" or claim.value == recorded[name]["Value"]
