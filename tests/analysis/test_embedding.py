"""Face crops as the embedding networks expect them, and versions as sums of networks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.embedding import DIMENSIONS, EmbeddingNetwork, FaceEmbedder
from regard.analysis.face_crops import TEMPLATE, aligned_crops, crops_of_faces
from regard.analysis.face_search import FaceSearch
from regard.analysis.results import ArraySource, Face, Pose, Quality
from regard.models.engine import Engine
from regard.models.mobilefacenet import MobileFaceNet
from regard.models.sface import SFace
from regard.models.weights import WeightStore
from regard.models.yunet import YuNet

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@pytest.fixture
def noise() -> Pixels:
    """(112, 112, 3)."""
    return np.random.default_rng(3).integers(0, 256, (112, 112, 3), np.uint8)


@dataclass
class Scaled:
    """A picture that can be had at half and at a quarter of its size, and keeps what was asked for."""

    image: Pixels
    asked: list[int | None]

    @property
    def size(self) -> tuple[int, int]:
        return self.image.shape[1], self.image.shape[0]

    def pixels(self, at_least: int | None = None) -> Pixels:
        self.asked.append(at_least)
        image = self.image
        while at_least and max(image.shape[:2]) // 2 >= at_least and max(image.shape[:2]) > max(self.size) // 4:
            image = image[::2, ::2]
        return image


def _face(five: Floats, landmarks: Sequence[tuple[str, float, float]] = ()) -> Face:
    points = tuple((float(x), float(y)) for x, y in five)
    return Face((0, 0, 1, 1), 99.0, tuple(landmarks), Pose(0, 0, 0), Quality(50, 50), five=points)


def test_a_face_that_lies_on_the_template_is_cut_unchanged(noise: Pixels) -> None:
    assert np.array_equal(aligned_crops(noise, TEMPLATE[None]), noise[None])


def test_a_turned_face_is_cut_upright(noise: Pixels) -> None:
    # A quarter turn counter-clockwise: the pixel (x, y) comes to (y, 111 - x).
    turned = np.stack([TEMPLATE[:, 1], 111 - TEMPLATE[:, 0]], axis=1)

    assert np.array_equal(aligned_crops(np.rot90(noise).copy(), turned[None])[0], noise)


def test_what_lies_outside_the_picture_is_black(noise: Pixels) -> None:
    crop = aligned_crops(noise, TEMPLATE[None] + np.float32(-40))[0]

    assert np.array_equal(crop[40:, 40:], noise[:72, :72])
    assert not crop[:40].any()
    assert not crop[:, :40].any()


def test_a_large_face_is_averaged_not_sampled() -> None:
    stripes = np.zeros((896, 896, 3), np.uint8)
    stripes[:, ::2] = 200

    crop = aligned_crops(stripes, TEMPLATE[None] * 8)[0]

    assert crop[2:-2, 2:-2].min() >= 99
    assert crop[2:-2, 2:-2].max() <= 101


def test_no_faces_give_no_crops(noise: Pixels) -> None:
    assert aligned_crops(noise, np.empty((0, 5, 2), np.float32)).shape == (0, 112, 112, 3)
    assert crops_of_faces(ArraySource(noise), []).shape == (0, 112, 112, 3)


@pytest.mark.parametrize(("times", "asked"), [(8, 112), (4, 224), (2, 448), (1, 896), (0.5, 896)])
def test_a_picture_is_decoded_as_large_as_the_smallest_face_needs(noise: Pixels, times: float, asked: int) -> None:
    picture = Scaled(np.zeros((896, 896, 3), np.uint8), [])

    crops_of_faces(picture, [_face(TEMPLATE * 8), _face(TEMPLATE * times)])

    assert picture.asked == [pytest.approx(asked, abs=1)]


def test_a_crop_is_cut_from_the_smaller_decode_where_it_was_cut_from_the_whole(noise: Pixels) -> None:
    picture = Scaled(noise.repeat(4, axis=0).repeat(4, axis=1), [])

    assert np.array_equal(crops_of_faces(picture, [_face(TEMPLATE * 4)])[0], noise)


def test_crops_are_cut_by_the_detectors_points_though_the_face_has_the_meshs(noise: Pixels) -> None:
    names = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
    astray = [(name, float(x) + 9, float(y) - 9) for name, (x, y) in zip(names, TEMPLATE, strict=True)]

    assert np.array_equal(crops_of_faces(ArraySource(noise), [_face(TEMPLATE, astray)])[0], noise)


class _LeftHalf:
    """Stands for a network: an angle that grows with the brightness of a crop's left half."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    def embed(self, crops: Pixels) -> Floats:
        rows = np.zeros((len(crops), self.dimension), np.float32)
        rows[:, 0] = 1
        rows[:, 1] = crops[:, :, :56].mean(axis=(1, 2, 3)) / 255
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture
def stand_ins() -> dict[str, Callable[[], EmbeddingNetwork]]:
    return {"sface": lambda: _LeftHalf(128), "mobilefacenet": lambda: _LeftHalf(512)}


@pytest.fixture
def half_bright() -> Pixels:
    """(1, 112, 112, 3), white on the left."""
    crops = np.zeros((1, 112, 112, 3), np.uint8)
    crops[:, :, :56] = 255
    return crops


def test_version_1_is_one_network_on_the_crop_as_it_is(
    stand_ins: dict[str, Callable[[], EmbeddingNetwork]], half_bright: Pixels
) -> None:
    row = FaceEmbedder("1.0", stand_ins).embed(half_bright)[0]

    assert row.shape == (128,)
    assert row[:2] == pytest.approx([0.5**0.5, 0.5**0.5])


def test_version_2_averages_with_the_mirror_image_and_weighs_two_networks(
    stand_ins: dict[str, Callable[[], EmbeddingNetwork]], half_bright: Pixels
) -> None:
    row = FaceEmbedder("2.0", stand_ins).embed(half_bright)[0]

    # The crop gives (1, 1) / sqrt 2 and its mirror image (1, 0): half the angle, cos and sin of 22.5 degrees. The
    # networks' shares of the length are 1 and 0.7 over sqrt(1 + 0.49).
    assert row.shape == (640,)
    assert row[:2] == pytest.approx([0.92388 / 1.220656, 0.382683 / 1.220656], abs=1e-5)
    assert row[128:130] == pytest.approx([0.7 * 0.92388 / 1.220656, 0.7 * 0.382683 / 1.220656], abs=1e-5)
    assert np.linalg.norm(row) == pytest.approx(1)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_no_faces_give_no_rows(stand_ins: dict[str, Callable[[], EmbeddingNetwork]], version: str) -> None:
    embedder = FaceEmbedder(version, stand_ins)

    assert embedder.embed(np.empty((0, 112, 112, 3), np.uint8)).shape == (0, embedder.dimension)
    assert embedder.dimension == DIMENSIONS[version]


def test_an_unknown_version_is_refused(stand_ins: dict[str, Callable[[], EmbeddingNetwork]]) -> None:
    with pytest.raises(KeyError, match=r"7\.0"):
        FaceEmbedder("7.0", stand_ins)


@pytest.mark.weights
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_one_face_at_two_sizes_and_turned_over_stays_the_same_person(
    engine: Engine, store: WeightStore, astronaut: Pixels, version: str
) -> None:
    networks: dict[str, Callable[[], EmbeddingNetwork]] = {
        "sface": lambda: SFace(engine, store),
        "mobilefacenet": lambda: MobileFaceNet(engine, store),
    }
    search = FaceSearch(YuNet(engine, store))
    views = [np.ascontiguousarray(view) for view in (astronaut, astronaut[::2, ::2], astronaut[:, ::-1])]
    crops = [aligned_crops(view, search.find(ArraySource(view)).landmarks[:1])[0] for view in views]

    rows = FaceEmbedder(version, networks).embed(np.stack(crops))

    # OpenCV's own threshold for one person is 0.363; these are one photograph.
    assert (rows @ rows[0]).min() > 0.75
