"""Polygons around people: by a mask that is drawn, and by the network on a photograph."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.outlines import outline
from regard.models.engine import Engine
from regard.models.selfie_segmenter import SelfieSegmenter
from regard.models.weights import WeightStore

PICTURE = np.zeros((400, 400, 3), np.uint8)
BOX = np.array([100, 100, 300, 300], np.float32)  # its crop reaches from 80 to 320


@dataclass
class Mask:
    """Sees people where it is told."""

    mask: NDArray[np.float32]

    def people(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.mask


def _inside(corners: NDArray[np.float64], shape: tuple[int, int] = (400, 400)) -> NDArray[np.bool_]:
    filled = np.zeros(shape, np.uint8)
    cv2.fillPoly(filled, [np.round(corners).astype(np.int32)], (1,))
    return filled.astype(bool)


def test_an_outline_is_a_little_wider_than_the_person() -> None:
    mask = np.zeros((240, 240), np.float32)
    mask[40:200, 60:180] = 0.9

    corners = outline(Mask(mask), PICTURE, BOX)

    assert corners is not None
    # The mask's pixels are the picture's, 80 further right and down; 3 % of the crop's 240 are 7.
    assert corners.min(axis=0) == pytest.approx([80 + 60 - 7, 80 + 40 - 7], abs=1.5)
    assert corners.max(axis=0) == pytest.approx([80 + 180 + 7, 80 + 200 + 7], abs=1.5)


def test_parts_of_one_person_are_joined() -> None:
    mask = np.zeros((240, 240), np.float32)
    mask[20:90, 60:180] = 0.9
    mask[130:220, 60:180] = 0.9

    corners = outline(Mask(mask), PICTURE, BOX)

    assert corners is not None
    assert _inside(corners)[110:290, 150:250].all()


def test_where_hardly_anybody_is_seen_there_is_no_outline() -> None:
    mask = np.zeros((240, 240), np.float32)
    mask[:40, :40] = 0.9

    assert outline(Mask(mask), PICTURE, BOX) is None


@pytest.mark.parametrize("box", [(500, 500, 600, 600), (10, 10, 12, 12)], ids=["outside", "tiny"])
def test_a_box_without_pixels_has_no_outline(box: tuple[float, float, float, float]) -> None:
    assert outline(Mask(np.ones((240, 240), np.float32)), PICTURE, np.array(box, np.float32)) is None


@pytest.mark.weights
def test_the_astronaut_is_within_her_outline_and_the_rocket_is_not(
    engine: Engine, store: WeightStore, astronaut: NDArray[np.uint8]
) -> None:
    corners = outline(SelfieSegmenter(engine, store), astronaut, np.array([30, 0, 400, 512], np.float32))

    assert corners is not None
    inside = _inside(corners, (512, 512))
    assert inside[60:180, 180:265].all()  # her face
    assert inside[350:500, 150:300].all()  # her chest
    assert not inside[50:300, 400:].any()  # the shuttle behind her
