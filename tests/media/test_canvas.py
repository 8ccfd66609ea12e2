"""Drawing over pictures."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from regard.media.canvas import PALETTE, Mark, encoded, overlay

WHITE = np.full((400, 600, 3), 255, np.uint8)
BOX = ((0.25, 0.25), (0.75, 0.75))


def rgb(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def test_a_box_is_drawn_at_its_ratios_and_nothing_inside_it() -> None:
    drawn = np.asarray(overlay(WHITE, [Mark(BOX)]))
    assert drawn[200, 150].tolist() == rgb(PALETTE[0])
    assert drawn[100, 300].tolist() == rgb(PALETTE[0])
    assert drawn[200, 300].tolist() == [255, 255, 255]
    assert drawn[20, 20].tolist() == [255, 255, 255]


def test_the_picture_given_is_left_as_it_is() -> None:
    overlay(WHITE, [Mark(BOX, "label")])
    assert (WHITE == 255).all()


def test_a_polygon_is_closed() -> None:
    drawn = np.asarray(overlay(WHITE, [Mark(((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)), colour=2)]))
    assert drawn[200, 120].tolist() == rgb(PALETTE[2])


def test_points_are_dots() -> None:
    drawn = np.asarray(overlay(WHITE, [Mark(BOX, points=((0.5, 0.5),))]))
    assert drawn[200, 300].tolist() == rgb(PALETTE[0])


def test_colours_go_round() -> None:
    drawn = np.asarray(overlay(WHITE, [Mark(BOX, colour=len(PALETTE) + 1)]))
    assert drawn[200, 150].tolist() == rgb(PALETTE[1])


@pytest.mark.parametrize("top", [0.0, 0.5], ids=["at-the-edge", "with-room-above"])
def test_a_label_stands_inside_the_picture_and_can_be_read(top: float) -> None:
    drawn = np.asarray(overlay(WHITE, [Mark(((0.3, top), (0.6, 0.9)), "cat 97")]))
    plate = np.all(drawn == rgb(PALETTE[0]), axis=2)
    ink = np.all(drawn < 60, axis=2)
    rows = slice(0, 25) if top == 0 else slice(175, 200)
    assert plate[rows, 180:250].sum() > 300
    assert ink[rows, 180:250].sum() > 50


@pytest.mark.parametrize("box", [((-0.5, -0.5), (1.5, 1.5)), ((0.9, 0.9), (1.4, 1.4)), ((0.5, 0.5), (0.5, 0.5))])
def test_boxes_that_reach_over_the_edge_are_drawn_as_far_as_they_go(box: tuple[tuple[float, float], ...]) -> None:
    assert overlay(WHITE, [Mark(box, "label", box)]).size == (600, 400)


def test_letters_of_any_script_do_not_stop_the_drawing() -> None:
    assert overlay(WHITE, [Mark(BOX, "ねこ привет عربى 😀\n")]).size == (600, 400)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.png", "PNG"), ("a.psd", "JPEG"), ("a.JPG", "JPEG"), ("a.webp", "WEBP"), ("a", "JPEG"), ("a.xyz", "JPEG")],
)
def test_the_format_follows_the_ending(name: str, kind: str) -> None:
    data = encoded(Image.fromarray(WHITE), Path(name))
    assert Image.open(io.BytesIO(data)).format == kind
