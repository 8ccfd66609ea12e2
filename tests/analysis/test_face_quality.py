"""Components of quality: the standard's numbers on faces made by hand, and reasons on a spoiled portrait."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.face_quality import NEEDS, QualityComponent, assess
from regard.analysis.face_search import FaceSearch
from regard.analysis.faces import FaceAnalyser, FaceNetworks
from regard.analysis.results import ArraySource, Box, Claim, Face, Pose, Quality
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine
from regard.models.face_mask import FaceMask
from regard.models.face_mesh import Blendshapes, FaceMesh
from regard.models.weights import WeightStore
from regard.models.yunet import YuNet

Image = NDArray[np.uint8]

# Landmarks where the standard's canonical frame of 616 pixels has them: eyes 113 apart, the chin 198 below them.
_LANDMARKS = (
    ("eyeLeft", 251.0, 272.0), ("eyeRight", 364.0, 272.0), ("nose", 308.0, 336.0),
    ("mouthLeft", 262.0, 402.0), ("mouthRight", 355.0, 402.0),
    ("leftEyeLeft", 226.0, 272.0), ("leftEyeRight", 276.0, 272.0),
    ("rightEyeLeft", 339.0, 272.0), ("rightEyeRight", 389.0, 272.0),
    ("leftEyeUp", 251.0, 267.0), ("leftEyeDown", 251.0, 277.0),
    ("rightEyeUp", 364.0, 262.0), ("rightEyeDown", 364.0, 282.0),
    ("leftEyeBrowUp", 251.0, 230.0), ("rightEyeBrowUp", 364.0, 230.0),
    ("upperJawlineLeft", 190.0, 280.0), ("upperJawlineRight", 425.0, 280.0),
    ("midJawlineLeft", 215.0, 400.0), ("midJawlineRight", 400.0, 400.0), ("chinBottom", 307.5, 470.0),
)  # fmt: skip
_FACE = Face(
    (180, 200, 430, 480),
    99.9,
    _LANDMARKS,
    Pose(0, 0, 0),
    Quality(60, 60),
    (("MouthOpen", Claim(False, 90)), ("FaceOccluded", Claim(True, 75))),
    five=tuple((x, y) for _, x, y in _LANDMARKS[:5]),
)


def _flat(value: int) -> Image:
    return np.full((616, 616, 3), value, np.uint8)


def _components(image: Image, face: Face = _FACE, others: tuple[Face, ...] = ()) -> dict[str, QualityComponent]:
    (components,) = assess(ArraySource(image), (face, *others), limit=1)
    return {component.name: component for component in components}


# Worked out by hand from OFIQ's formulas; sRGB 188 is half of white in linear light.
@pytest.mark.parametrize(
    ("name", "native", "scalar"),
    [
        ("IlluminationUniformity", 1.0, 100),
        ("LuminanceMean", 0.502, 100),
        ("LuminanceVariance", 0.0, 0),
        ("UnderExposurePrevention", 0.0, 100),
        ("OverExposurePrevention", 0.0, 100),
        ("DynamicRange", 0.0, 0),
        ("NaturalColour", 7.071, 66),
        ("SingleFacePresent", 0.0, 100),
        ("EyesOpen", 10 / 198, 95),
        ("MouthClosed", 0.1, 90),
        ("MouthOcclusionPrevention", 0.75, 25),
        ("InterEyeDistance", 113.0, 90),
        ("HeadSize", 198 / 616, 14),
        ("HeadPoseYaw", 0.0, 100),
    ],
)
def test_grey_face_has_the_values_of_the_standard(name: str, native: float, scalar: int) -> None:
    component = _components(_flat(188))[name]
    assert component.native == pytest.approx(native, abs=0.01)
    assert component.scalar == scalar


@pytest.mark.parametrize(
    ("name", "native", "scalar", "value"),
    [("OverExposurePrevention", 1.0, 1, 255), ("UnderExposurePrevention", 1.0, 0, 20), ("LuminanceMean", 0.0, 2, 0)],
)
def test_white_and_black_faces_are_badly_exposed(name: str, native: float, scalar: int, value: int) -> None:
    component = _components(_flat(value))[name]
    assert component.native == pytest.approx(native, abs=0.01)
    assert component.scalar == scalar


def test_two_shades_are_one_bit_and_share_nothing_between_the_cheeks() -> None:
    image = _flat(0)
    image[:, 308:] = 255
    components = _components(image)
    assert components["DynamicRange"].native == pytest.approx(1, abs=0.01)
    assert components["LuminanceVariance"].native == pytest.approx(0.25, abs=0.01)
    assert components["IlluminationUniformity"].scalar == 0


@pytest.mark.parametrize(
    ("colour", "distance"),
    [((224, 172, 150), 0.0), ((60, 120, 220), 100.0), ((40, 160, 60), 100.0)],
    ids=["skin", "blue", "green"],
)
def test_colour_of_skin_is_natural_and_blue_and_green_are_not(colour: tuple[int, int, int], distance: float) -> None:
    image = np.full((616, 616, 3), colour, np.uint8)
    assert _components(image)["NaturalColour"].native == pytest.approx(distance)


@pytest.mark.parametrize(
    ("pose", "name", "scalar"),
    [
        (Pose(0, 60, 0), "HeadPoseYaw", 25),
        (Pose(0, -30, 0), "HeadPoseYaw", 75),
        (Pose(0, 0, 45), "HeadPosePitch", 50),
        (Pose(-120, 0, 0), "HeadPoseRoll", 0),
    ],
)
def test_turned_head_is_the_squared_cosine(pose: Pose, name: str, scalar: int) -> None:
    assert _components(_flat(128), replace(_FACE, pose=pose))[name].scalar == scalar


def test_distance_of_the_eyes_is_that_of_the_head_turned_back() -> None:
    turned = _components(_flat(128), replace(_FACE, pose=Pose(0, 60, 0)))["InterEyeDistance"]
    assert turned.native == pytest.approx(226)  # the cosine of 60 degrees is a half


@pytest.mark.parametrize(
    ("box", "native", "is_reason"),
    [((0, 0, 125, 140), 0.5, False), ((0, 0, 250, 280), 1.0, True)],
    ids=["half as large", "as large"],
)
def test_second_face_counts_by_its_size(box: Box, native: float, is_reason: bool) -> None:
    component = _components(_flat(128), others=(replace(_FACE, box=box),))["SingleFacePresent"]
    assert component.native == pytest.approx(native)
    assert bool(component.reason) == is_reason


def test_face_without_a_mesh_is_measured_by_its_eyes_and_pose_alone() -> None:
    small = replace(_FACE, landmarks=_LANDMARKS[:5], claims=())
    names = set(_components(_flat(128), small))
    pose = {"HeadPoseYaw", "HeadPosePitch", "HeadPoseRoll"}
    assert names == {"Sharpness", "SingleFacePresent", "InterEyeDistance", *pose}


@pytest.mark.parametrize(("strength", "is_reason"), [(12.0, False), (8.0, True)])
def test_weak_embedding_is_a_low_unified_quality_score(strength: float, is_reason: bool) -> None:
    ((first, *_),) = assess(ArraySource(_flat(128)), [_FACE], [strength])
    assert (first.name, first.native, bool(first.reason)) == ("UnifiedQualityScore", strength, is_reason)
    assert not first.is_standard


def test_landmarks_far_outside_the_picture_are_no_crash() -> None:
    away = replace(_FACE, landmarks=tuple((name, x + 5000, y - 3000) for name, x, y in _LANDMARKS))
    assert _components(_flat(200), away)["LuminanceMean"].native == 0


def test_landmarks_that_fall_into_one_point_are_no_crash() -> None:
    point = replace(_FACE, landmarks=tuple((name, 300.0, 300.0) for name, _, _ in _LANDMARKS))
    assert _components(_flat(200), point)["InterEyeDistance"].scalar == 3  # a sigmoid at (0 - 70) / 20


def test_no_faces_have_no_components() -> None:
    assert assess(ArraySource(_flat(0)), []) == []


@pytest.fixture(scope="module")
def analyser(engine: Engine, store: WeightStore) -> FaceAnalyser:
    mesh, expressions, cover = FaceMesh(engine, store), Blendshapes(engine, store), FaceMask(engine, store)
    search = FaceSearch(YuNet(engine, store))
    tags = EfficientNet
    return FaceAnalyser(
        FaceNetworks(search, lambda: mesh, lambda: expressions, lambda: cover, lambda: tags(engine, store))
    )


def _reasons(analyser: FaceAnalyser, image: Image) -> set[str]:
    source = ArraySource(image)
    (components,) = assess(source, analyser.analyse(source, NEEDS, has_all_landmarks=True), limit=1)
    return {component.name for component in components if component.reason}


@pytest.mark.weights
def test_good_portrait_gives_no_reason(analyser: FaceAnalyser, astronaut: Image) -> None:
    assert _reasons(analyser, astronaut) == set()


def _mask(image: Image) -> Image:
    outline = np.array([(182, 122), (222, 112), (268, 122), (262, 160), (224, 182), (188, 160)], np.int32)
    return np.asarray(cv2.fillPoly(image.copy(), [outline], (150, 190, 225)), np.uint8)


def _bright(image: Image) -> Image:
    return np.clip(image.astype(np.int32) * 17 // 10, 0, 255).astype(np.uint8)


def _faint(image: Image) -> Image:
    return (image // 7 + 110).astype(np.uint8)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("image_of", "reason"),
    [
        (lambda image: cv2.GaussianBlur(image, (0, 0), 4), "Sharpness"),
        (lambda image: cv2.blur(image, (21, 1)), "Sharpness"),
        (lambda image: cv2.resize(image, (112, 112), interpolation=cv2.INTER_AREA), "InterEyeDistance"),
        (lambda image: image // 6, "LuminanceMean"),
        (_bright, "OverExposurePrevention"),
        (_faint, "LuminanceVariance"),
        (_mask, "MouthOcclusionPrevention"),
        (lambda image: np.concatenate([image, image], axis=1), "SingleFacePresent"),
    ],
    ids=["blurred", "moved sideways", "20 pixels", "dark", "over-exposed", "faint", "masked", "two equal faces"],
)
def test_spoiled_portrait_is_called_what_it_is(
    analyser: FaceAnalyser, astronaut: Image, image_of: Callable[[Image], Image], reason: str
) -> None:
    assert reason in _reasons(analyser, np.ascontiguousarray(image_of(astronaut), np.uint8))
