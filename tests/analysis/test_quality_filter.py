"""QualityFilter: what each level refuses, with AWS's words, on a portrait that is spoiled on purpose."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from botocore.session import get_session
from numpy.typing import NDArray
from PIL import Image as Pillow

from regard.analysis.face_crops import crops_of_faces
from regard.analysis.face_search import FaceSearch
from regard.analysis.face_sharpness import weakest_detail
from regard.analysis.faces import FaceAnalyser, FaceNetworks
from regard.analysis.quality_filter import NEEDS, QualityRules
from regard.analysis.results import ArraySource, Claim, Face, Pose, Quality
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine
from regard.models.face_mask import FaceMask
from regard.models.face_mesh import Blendshapes, FaceMesh
from regard.models.sface import SFace
from regard.models.weights import WeightStore
from regard.models.yunet import YuNet

Image = NDArray[np.uint8]

_SIZE = (640, 480)
_SHARP = np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8)
_GOOD = Face((200, 100, 300, 220), 99.95, (), Pose(0, 0, 0), Quality(65, 60), (("FaceOccluded", Claim(False, 99)),))


def _rules(level: str) -> QualityRules:
    rules = QualityRules.of(level)
    assert rules is not None
    return rules


@pytest.mark.parametrize("level", ["LOW", "AUTO", "MEDIUM", "HIGH"])
def test_good_face_passes_every_level(level: str) -> None:
    assert _rules(level).reasons(_GOOD, _SIZE, _SHARP, 13.0) == ()


def test_none_has_no_rules() -> None:
    assert QualityRules.of("NONE") is None


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (replace(_GOOD, pose=Pose(0, -70, 0)), "EXTREME_POSE"),
        (replace(_GOOD, pose=Pose(0, 0, 60)), "EXTREME_POSE"),
        (replace(_GOOD, quality=Quality(8, 60)), "LOW_BRIGHTNESS"),
        (replace(_GOOD, confidence=70.0), "LOW_CONFIDENCE"),
        (replace(_GOOD, box=(200, 100, 216, 120)), "SMALL_BOUNDING_BOX"),
        (replace(_GOOD, quality=Quality(98, 60)), "LOW_FACE_QUALITY"),
        (replace(_GOOD, claims=(("FaceOccluded", Claim(True, 95)),)), "LOW_FACE_QUALITY"),
        (replace(_GOOD, box=(-60, 100, 40, 220)), "LOW_FACE_QUALITY"),
    ],
    ids=["profile", "raised", "dark", "doubtful", "16 pixels", "over-exposed", "covered", "cut by the edge"],
)
@pytest.mark.parametrize("level", ["LOW", "AUTO", "MEDIUM", "HIGH"])
def test_worst_faces_are_refused_at_every_level(face: Face, reason: str, level: str) -> None:
    assert _rules(level).reasons(face, _SIZE, _SHARP, 13.0) == (reason,)


@pytest.mark.parametrize("level", ["LOW", "AUTO", "MEDIUM", "HIGH"])
def test_weak_embedding_is_low_face_quality_where_it_is_known(level: str) -> None:
    assert _rules(level).reasons(_GOOD, _SIZE, _SHARP, 6.0) == ("LOW_FACE_QUALITY",)
    assert _rules(level).reasons(_GOOD, _SIZE, _SHARP) == ()


def test_several_reasons_come_in_the_order_of_the_service_model() -> None:
    worst = Face((0, 0, 10, 10), 20.0, (), Pose(0, 80, 0), Quality(2, 0), (("FaceOccluded", Claim(True, 99)),))
    known = get_session().get_service_model("rekognition").shape_for("Reason").enum
    flat = np.full((112, 112, 3), 9, np.uint8)
    assert _rules("AUTO").reasons(worst, _SIZE, flat, 3.0) == tuple(known[1:])


@pytest.mark.parametrize("side", [24, 48, 100])
def test_stricter_level_refuses_whatever_a_milder_one_does(side: int) -> None:
    faces = [
        replace(_GOOD, box=(0, 0, side, side), confidence=confidence, pose=Pose(0, yaw, 0), quality=Quality(bright, 50))
        for confidence in (70, 95, 99.6)
        for yaw in (0, 30, 50, 70)
        for bright in (10, 25, 40, 88, 95, 99)
    ]
    refused = [
        {index for index, face in enumerate(faces) if _rules(level).reasons(face, _SIZE, _SHARP)}
        for level in ("LOW", "AUTO", "MEDIUM", "HIGH")
    ]
    assert refused[0] <= refused[1] <= refused[2] <= refused[3]


def test_analyser_that_was_not_asked_for_cover_leaves_it_open() -> None:
    assert _rules("AUTO").reasons(replace(_GOOD, claims=()), _SIZE, _SHARP, 13.0) == ()


@pytest.mark.parametrize(("across", "down"), [(15, 1), (1, 15)], ids=["sideways", "upwards"])
def test_detail_is_missed_in_the_one_direction_of_a_movement(across: int, down: int) -> None:
    smeared = cv2.blur(_SHARP, (across, down)).astype(np.uint8)
    assert weakest_detail(smeared) < weakest_detail(_SHARP) - 0.5


class _Filter:
    """The filter behind the networks it is used with."""

    def __init__(self, engine: Engine, store: WeightStore) -> None:
        mesh, expressions, cover = FaceMesh(engine, store), Blendshapes(engine, store), FaceMask(engine, store)
        self._analyser = FaceAnalyser(
            FaceNetworks(
                FaceSearch(YuNet(engine, store)),
                lambda: mesh,
                lambda: expressions,
                lambda: cover,
                lambda: EfficientNet(engine, store),
            )
        )
        self._sface = SFace(engine, store)

    def reasons(self, image: Image, level: str, nearest_left: float = 0) -> tuple[str, ...]:
        """Of the face whose left edge is nearest to a column."""
        faces = self._analyser.analyse(ArraySource(image), NEEDS)
        face = min(faces, key=lambda found: abs(found.box[0] - nearest_left))
        crops = crops_of_faces(ArraySource(image), [face])
        strength = float(self._sface.strengths(crops)[0])
        return _rules(level).reasons(face, (image.shape[1], image.shape[0]), crops[0], strength)


@pytest.fixture(scope="module")
def quality_filter(engine: Engine, store: WeightStore) -> _Filter:
    return _Filter(engine, store)


@pytest.mark.weights
@pytest.mark.parametrize("level", ["LOW", "AUTO", "MEDIUM", "HIGH"])
def test_astronaut_passes_every_level(quality_filter: _Filter, astronaut: Image, level: str) -> None:
    assert quality_filter.reasons(astronaut, level) == ()


def _masked(image: Image) -> Image:
    outline = np.array([(182, 122), (222, 112), (268, 122), (262, 160), (224, 182), (188, 160)], np.int32)
    return np.asarray(cv2.fillPoly(image.copy(), [outline], (150, 190, 225)), np.uint8)


def _blindfolded(image: Image) -> Image:
    covered = image.copy()
    covered[60:122, 172:278] = (150, 190, 225)
    return covered


def _cartoon(image: Image) -> Image:
    flat = cv2.bilateralFilter(image, 9, 75, 75) // 43 * 43 + 21
    grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
    lines = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 4)
    return np.where(lines[..., None] > 0, flat, 0).astype(np.uint8)


def _twenty_pixels(image: Image) -> Image:
    return np.asarray(cv2.resize(image, (112, 112), interpolation=cv2.INTER_AREA), np.uint8)


def _moved(image: Image) -> Image:
    return np.asarray(cv2.blur(image, (19, 1)), np.uint8)


def _blurred(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 3.5), np.uint8)


def _darkened(image: Image) -> Image:
    return image // 12


@pytest.mark.weights
@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (_twenty_pixels, "SMALL_BOUNDING_BOX"),
        (_blurred, "LOW_SHARPNESS"),
        (_moved, "LOW_SHARPNESS"),
        (_darkened, "LOW_BRIGHTNESS"),
        (_masked, "LOW_FACE_QUALITY"),
        (_blindfolded, "LOW_FACE_QUALITY"),
        (_cartoon, "LOW_FACE_QUALITY"),
    ],
    ids=["20 pixels", "blurred", "moved", "dark", "masked", "blindfolded", "cartoon"],
)
def test_spoiled_face_is_refused_by_auto(
    quality_filter: _Filter, astronaut: Image, spoiled: Callable[[Image], Image], reason: str
) -> None:
    assert reason in quality_filter.reasons(spoiled(astronaut), "AUTO")


@pytest.mark.weights
@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("13_Interview_Interview_Sequences_13_929.jpg", 178),
        ("13_Interview_Interview_On_Location_13_521.jpg", 714),
        ("0_Parade_Parade_0_873.jpg", 449),
        ("13_Interview_Interview_On_Location_13_394.jpg", 699),
    ],
)
def test_profile_is_refused_for_its_pose(quality_filter: _Filter, testdata: Path, name: str, left: float) -> None:
    image = np.asarray(Pillow.open(testdata / "wider" / "images" / name).convert("RGB"))
    assert "EXTREME_POSE" in quality_filter.reasons(image, "AUTO", left)
