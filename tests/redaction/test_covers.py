"""Covers on planes and pictures: what they hide, what they leave alone, and what they depend on."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.redaction.cover_shapes import Shape
from regard.redaction.cover_tones import Tone
from regard.redaction.covers import CoveredArea, CoverStyle, Way, cover_planes

WAYS: tuple[Way, ...] = ("blur", "pixelate", "fill")
SHAPES: tuple[Shape, ...] = ("oval", "box", "outline")
BOX = (20.0, 16.0, 60.0, 64.0)
DIAMOND = np.array(((40.0, 16.0), (60.0, 40.0), (40.0, 64.0), (20.0, 40.0)))
AREA = CoveredArea(BOX, DIAMOND)
Planes = list[NDArray[Any]]


def noise(bits: int, *shapes: tuple[int, int], seed: int = 0) -> Planes:
    made = np.random.default_rng(seed)
    kind = np.uint8 if bits == 8 else np.uint16
    return [made.integers(0, 1 << bits, shape).astype(kind) for shape in shapes]


def drawn(shape: Shape) -> NDArray[np.bool_]:
    """(96, 80) pixels whose middle is in the shape, drawn independently of the code under test."""
    y, x = np.mgrid[0.5:96, 0.5:80]
    if shape == "box":
        return np.asarray((x > 20) & (x < 60) & (y > 16) & (y < 64))
    across, down = np.abs(x - 40) / 20, np.abs(y - 40) / 24
    return np.asarray(across**3 + down**3 <= 1 if shape == "oval" else across + down <= 1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("way", WAYS)
def test_no_pixel_of_the_shape_depends_on_more_than_the_cells(way: Way, shape: Shape) -> None:
    """Under the shape lie the same cells in two arrangements of pixels that have nothing else in common."""
    first = np.kron(np.array(((60, 100), (140, 180), (200, 90))), np.ones((16, 20))).astype(np.uint8)
    pattern = np.where(np.add.outer(np.arange(48), np.arange(40)) % 2, 11, -11)
    outside = noise(8, (96, 80))[0]
    pictures = [outside.copy(), outside.copy()]
    pictures[0][16:64, 20:60], pictures[1][16:64, 20:60] = first, first + pattern
    for picture in pictures:
        cover_planes([picture], (1, 1), [AREA], CoverStyle(way, shape), 0, 8)
    assert np.array_equal(pictures[0][drawn(shape)], pictures[1][drawn(shape)])


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_away_from_the_area_is_left_as_it_was(shape: Shape) -> None:
    planes = noise(8, (96, 80), (48, 40), (48, 40))
    before = [plane.copy() for plane in planes]
    cover_planes(planes, (2, 2), [AREA], CoverStyle("blur", shape), 0, 8)
    away = np.ones((96, 80), bool)
    away[8:72, 12:68] = False
    assert np.array_equal(planes[0][away], before[0][away])
    assert all(np.array_equal(planes[at][away[::2, ::2]], before[at][away[::2, ::2]]) for at in (1, 2))


@pytest.mark.parametrize(
    ("subsampling", "shape"), [((2, 2), (48, 40)), ((2, 1), (96, 40)), ((1, 1), (96, 80)), ((4, 1), (96, 20))]
)
def test_chroma_samples_that_touch_the_area_are_covered(subsampling: tuple[int, int], shape: tuple[int, int]) -> None:
    """The same samples in another order, so with the same mean, leave no difference."""
    across, down = subsampling
    touched = slice(17 // down, -(-63 // down)), slice(20 // across, -(-60 // across))
    planes = noise(10, (96, 80), shape, shape)
    others = [plane.copy() for plane in planes]
    for plane in others[1:]:
        plane[touched] = plane[touched][::-1, ::-1]
    for one in (planes, others):
        area = CoveredArea((20.5, 17.5, 59.5, 62.5))
        cover_planes(one, subsampling, [area], CoverStyle("blur", "box"), 0, 10)
    assert all(np.array_equal(plane, other) for plane, other in zip(planes, others, strict=True))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(("way", "most"), [("fill", 0.0), ("blur", 6.0)])
def test_areas_stand_upright_where_planes_lie_on_their_side(way: Way, most: float, rotation: int) -> None:
    """A blur takes in its surroundings from small pictures, which differ a little when turned."""
    upright = noise(8, (96, 80))[0]
    lying = np.ascontiguousarray(np.rot90(upright, rotation // 90))  # rot90 turns back what the player turns clockwise
    cover_planes([upright], (1, 1), [AREA], CoverStyle(way), 0, 8)
    cover_planes([lying], (1, 1), [AREA], CoverStyle(way), rotation, 8)
    turned = np.rot90(lying, -(rotation // 90))
    assert np.abs(turned[drawn("oval")].astype(int) - upright[drawn("oval")]).mean() <= most


@pytest.mark.parametrize("shape", SHAPES)
def test_alpha_is_left_alone(shape: Shape) -> None:
    planes = noise(8, *[(96, 80)] * 4)
    alpha = planes[3].copy()
    cover_planes(planes, (1, 1), [AREA], CoverStyle("fill", shape), 0, 8, is_rgb=True)
    assert np.array_equal(planes[3], alpha)
    assert all((plane[drawn(shape)] == 0).all() for plane in planes[:3])


@pytest.mark.parametrize("way", ["blur", "pixelate"])
def test_a_cover_shows_one_lightness_and_one_tint_in_steps(way: Way) -> None:
    planes = noise(8, (96, 80), (48, 40), (48, 40))
    (tone,) = cover_planes(planes, (2, 2), [CoveredArea(BOX)], CoverStyle(way, "box"), 0, 8)
    assert tone is not None
    assert tone.lightness in range(16)
    assert len(tone.tints) == 2
    assert all(tint in range(-8, 9) for tint in tone.tints)


def test_fill_shows_nothing() -> None:
    planes = noise(8, (96, 80))
    assert cover_planes(planes, (1, 1), [AREA], CoverStyle("fill"), 0, 8) == [None]


def test_tone_is_held_while_it_nearly_fits() -> None:
    """94 is the fifth step of sixteen, 98 the sixth, but near."""
    tones: list[Tone | None] = []
    for value in (94, 98, 120):
        before = tones[-1] if tones else None
        area = CoveredArea(BOX, tone=before)
        tones += cover_planes([np.full((96, 80), value, np.uint8)], (1, 1), [area], CoverStyle(shape="box"), 0, 8)
    assert [tone and tone.lightness for tone in tones] == [5, 5, 7]


# Source: the integer forms of ITU-R BT.709 and BT.601; red at 8 bits in limited range.
@pytest.mark.parametrize(
    ("space", "bits", "expected"), [(1, 8, (63, 102, 240)), (5, 8, (81, 90, 240)), (1, 10, (250, 409, 960))]
)
def test_fill_has_the_colour_asked_for(space: int, bits: int, expected: tuple[int, int, int]) -> None:
    planes = noise(bits, (96, 80), (48, 40), (48, 40))
    cover_planes(planes, (2, 2), [AREA], CoverStyle("fill", colour=(255, 0, 0)), 0, bits, color_space=space)
    assert tuple(int(plane[plane.shape[0] * 4 // 10, plane.shape[1] // 2]) for plane in planes) == expected


@pytest.mark.parametrize(
    "box",
    [(-30.0, -30.0, 12.0, 12.0), (70.0, 80.0, 200.0, 200.0), (-50.0, -50.0, 500.0, 500.0), (3.2, 3.2, 3.6, 3.6)],
    ids=["over the corner", "over the far corner", "all of it", "less than a pixel"],
)
@pytest.mark.parametrize("way", WAYS)
def test_areas_may_reach_over_the_edge_and_be_tiny(way: Way, box: tuple[float, float, float, float]) -> None:
    planes = noise(8, (96, 80), (48, 40), (48, 40))
    before = planes[0].copy()
    cover_planes(planes, (2, 2), [CoveredArea(box)], CoverStyle(way), 0, 8)
    assert not np.array_equal(planes[0], before)


def test_an_area_outside_the_picture_changes_nothing() -> None:
    planes = noise(8, (96, 80))
    before = planes[0].copy()
    cover_planes(planes, (1, 1), [CoveredArea((300.0, 10.0, 340.0, 50.0))], CoverStyle(), 0, 8)
    assert np.array_equal(planes[0], before)


def test_rows_with_padding_are_covered_in_place() -> None:
    whole = noise(8, (96, 128))[0]
    padding = whole[:, 80:].copy()
    cover_planes([whole[:, :80]], (1, 1), [AREA], CoverStyle("fill"), 0, 8)
    assert whole[40, 40] == 16
    assert np.array_equal(whole[:, 80:], padding)


def test_edge_falls_off_outside_the_oval_only() -> None:
    plane = np.full((96, 80), 200, np.uint8)
    cover_planes([plane], (1, 1), [CoveredArea(BOX)], CoverStyle("fill"), 0, 8)
    assert (plane[drawn("oval")] == 16).all()
    ring = plane[cv2.dilate(drawn("oval").astype(np.uint8), np.ones((9, 9))) > drawn("oval")]
    assert len(np.unique(ring)) > 4
