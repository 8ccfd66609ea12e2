"""Colours and quality of drawn pictures, whose shares and values are known."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageColor

from regard.analysis.colours import Colour, ColourAnalyser, load_palette, quality, separated, to_lab
from regard.models.engine import Engine
from regard.models.u2net import U2Net
from regard.models.weights import WeightStore

# The words seen in recorded answers are black, green and grey; AWS says there are twelve.
SIMPLIFIED = {"black", "blue", "brown", "cyan", "green", "grey", "orange", "pink", "purple", "red", "white", "yellow"}


class StubSaliency:
    """Says that the left half, or a share of the columns, is what a picture is about."""

    def __init__(self, columns: float, strength: float = 1.0) -> None:
        self.columns = columns
        self.strength = strength

    def saliency(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        mask = np.zeros(image.shape[:2], dtype=np.float32)
        mask[:, : round(image.shape[1] * self.columns)] = self.strength
        return mask


def drawn(*bands: tuple[str, int]) -> NDArray[np.uint8]:
    """Upright bands of CSS colours, each so many pixels wide, 90 high."""
    columns = [np.full((90, width, 3), ImageColor.getrgb(name), dtype=np.uint8) for name, width in bands]
    return np.concatenate(columns, axis=1)


def colours(image: NDArray[np.uint8], limit: int = 10) -> list[tuple[str, float]]:
    found = ColourAnalyser(StubSaliency(0)).colours(image, limit)
    return [(colour.css, round(colour.percent, 1)) for colour in found]


def test_the_palette_is_that_of_css() -> None:
    palette = load_palette()

    assert len(palette.names) == len(set(palette.names)) == 138
    assert [tuple(rgb) for rgb in palette.rgb] == [ImageColor.getrgb(name) for name in palette.names]
    assert set(palette.simplified) == SIMPLIFIED


@pytest.mark.parametrize(
    ("name", "red", "green", "blue", "hex_code", "simplified"),
    [
        ("darkslategrey", 47, 79, 79, "#2f4f4f", "grey"),
        ("darkolivegreen", 85, 107, 47, "#556b2f", "green"),
        ("gray", 128, 128, 128, "#808080", "grey"),
        ("dimgrey", 105, 105, 105, "#696969", "grey"),
        ("black", 0, 0, 0, "#000000", "black"),
    ],
)
def test_colours_are_named_as_in_recorded_answers(
    name: str, red: int, green: int, blue: int, hex_code: str, simplified: str
) -> None:
    # From an answer of label model 3.0, quoted in a public test of another client.
    picture = np.full((10, 10, 3), (red, green, blue), dtype=np.uint8)

    (colour,) = ColourAnalyser(StubSaliency(0)).colours(picture, 10)

    assert colour == Colour(red, green, blue, name, simplified, 100.0)
    assert colour.hex_code == hex_code


def test_shares_are_of_the_pixels_and_the_largest_comes_first() -> None:
    assert colours(drawn(("red", 10), ("navy", 25), ("white", 15))) == [("navy", 50.0), ("white", 30.0), ("red", 20.0)]


def test_what_covers_little_does_not_dominate() -> None:
    assert colours(drawn(("navy", 48), ("red", 2))) == [("navy", 96.0)]


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_no_more_colours_than_asked_for(limit: int) -> None:
    assert len(colours(drawn(("red", 10), ("navy", 25), ("white", 15)), limit)) == limit


def test_shades_of_one_colour_count_as_one() -> None:
    rng = np.random.default_rng(1)
    grass = np.clip(np.array([34, 139, 34]) + rng.integers(-6, 7, (80, 80, 3)), 0, 255).astype(np.uint8)

    assert colours(grass) == [("forestgreen", 100.0)]


def test_equal_pictures_give_equal_answers(astronaut: NDArray[np.uint8]) -> None:
    assert colours(astronaut) == colours(astronaut.copy())


def test_large_pictures_are_drawn_smaller_without_changing_the_shares() -> None:
    large = cv2.resize(drawn(("navy", 60), ("white", 40)), (1600, 1440), interpolation=cv2.INTER_NEAREST)

    assert dict(colours(np.asarray(large, dtype=np.uint8))) == pytest.approx({"navy": 60, "white": 40}, abs=1)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    # sRGB primaries in CIE L*a*b* under D65, as any table has them.
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.2, 80.1, 67.2)),
        ((0, 0, 255), (32.3, 79.2, -107.9)),
    ],
    ids=["white", "black", "red", "blue"],
)
def test_colour_space_is_cie_lab(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    assert to_lab(np.array([rgb], dtype=np.uint8))[0] == pytest.approx(lab, abs=0.3)


@pytest.mark.parametrize(("name", "brightness"), [("black", 0.0), ("gray", 53.6), ("white", 100.0)])
def test_brightness_is_lightness(name: str, brightness: float) -> None:
    # L* of sRGB 128 is 53.6.
    measured = quality(drawn((name, 90)), None)

    assert measured.brightness == pytest.approx(brightness, abs=0.1)
    assert measured.contrast == pytest.approx(0, abs=0.1)
    assert measured.sharpness == pytest.approx(0, abs=0.1)


def test_half_black_half_white_has_full_contrast() -> None:
    assert quality(drawn(("black", 40), ("white", 40)), None).contrast == pytest.approx(100, abs=0.1)


def test_blurring_lowers_sharpness_step_by_step(astronaut: NDArray[np.uint8]) -> None:
    blurred = [np.asarray(cv2.GaussianBlur(astronaut, (0, 0), s), dtype=np.uint8) for s in (1, 2, 4)]

    steps = [quality(image, None).sharpness for image in (astronaut, *blurred)]

    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 60
    assert steps[-1] < 15


def test_foreground_and_background_are_measured_apart() -> None:
    picture = drawn(("navy", 40), ("white", 40))

    properties = ColourAnalyser(StubSaliency(0.5)).properties(picture, 10)

    assert properties.foreground is not None
    assert properties.background is not None
    assert [(c.css, c.percent) for c in properties.foreground.colours] == [("navy", 100.0)]
    assert [(c.css, c.percent) for c in properties.background.colours] == [("white", 100.0)]
    assert properties.background.quality.brightness == pytest.approx(100, abs=0.1)
    assert [(c.css, c.percent) for c in properties.whole.colours] == [("navy", 50.0), ("white", 50.0)]


@pytest.mark.parametrize(
    "saliency",
    [StubSaliency(0), StubSaliency(1), StubSaliency(0.01)],
    ids=["nothing stands out", "everything does", "a speck does"],
)
def test_parts_that_cannot_be_told_apart_are_absent(saliency: StubSaliency) -> None:
    properties = ColourAnalyser(saliency).properties(drawn(("navy", 100), ("white", 100)), 10)

    assert properties.foreground is None
    assert properties.background is None


def test_a_vague_difference_is_no_foreground() -> None:
    vague = np.full((100, 100), 0.45, dtype=np.float32)
    vague[:, :50] = 0.55

    assert separated(vague) is None


@pytest.mark.weights
def test_the_astronaut_stands_in_the_foreground(
    engine: Engine, store: WeightStore, astronaut: NDArray[np.uint8]
) -> None:
    properties = ColourAnalyser(U2Net(engine, store)).properties(astronaut, 10)

    assert properties.foreground is not None
    # She wears orange; the flag and the shuttle behind her do not.
    assert {"orange", "red", "brown"} & {colour.simplified for colour in properties.foreground.colours}


def test_all_colours_of_a_photograph_are_named(testdata: Path) -> None:
    picture = cv2.cvtColor(
        np.asarray(cv2.imread(str(testdata / "recorded" / "detect_labels_older_model.jpg"))), cv2.COLOR_BGR2RGB
    )

    found = ColourAnalyser(StubSaliency(0)).colours(np.asarray(picture, dtype=np.uint8), 20)

    # A road under trees: seen by a person to be grey first.
    assert found[0].simplified == "grey"
    assert "green" in {colour.simplified for colour in found}
    assert sum(colour.percent for colour in found) <= 100
