"""People, plates, screens and text: what is looked for when, with networks that return what they are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.plates import LINE_PROBABILITY
from regard.models import cards
from regard.models.efficientdet import Detections
from regard.models.ppocr_detection import TextQuad, TextSearch
from regard.redaction.finding import cards_for
from regard.redaction.finding_objects import objects_in
from regard.redaction.finding_things import ThingNetworks, ThingRates, Things

NAMES = ("person", "car", "tv", "cat")
Box = tuple[float, float, float, float]


@dataclass
class Objects:
    """Sees the same objects in each picture, and notes the pictures' sizes."""

    seen: Sequence[tuple[str, float, Box]] = ()
    looks: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def classes(self) -> Sequence[str]:
        return NAMES

    def detect(self, image: NDArray[np.uint8], threshold: float) -> Detections:
        self.looks.append(image.shape[:2])
        boxes = np.array([box for _, _, box in self.seen], np.float32).reshape(-1, 4)
        scores = np.array([score for _, score, _ in self.seen], np.float32)
        return Detections(boxes, scores, np.array([NAMES.index(name) for name, _, _ in self.seen], np.int64))


@dataclass
class Text:
    """Sees one line, at the same place of each picture."""

    looks: int = 0

    def detect(self, image: NDArray[np.uint8], search: TextSearch) -> list[TextQuad]:
        self.looks += 1
        corners = np.array([[60, 100], [100, 100], [100, 115], [60, 115]], np.float32)
        return [TextQuad(corners, LINE_PROBABILITY)]


class Masks:
    """Sees a person in every pixel."""

    def people(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.ones((64, 64), np.float32)


def _things(objects: Objects, text: Text, *kinds: str, has_outlines: bool = False) -> Things:
    networks = ThingNetworks(lambda: objects, lambda: text, Masks)
    rates = ThingRates(objects_us=250, plates_us=500, text_us=500)
    return Things(networks, frozenset(kinds), has_outlines, rates)


def _frame(width: int = 640, height: int = 360) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def test_people_and_screens_come_from_one_look_and_cats_are_neither() -> None:
    objects = Objects([("person", 0.9, (10, 10, 50, 90)), ("tv", 0.3, (200, 10, 300, 90)), ("cat", 0.9, (0, 0, 9, 9))])

    found = _things(objects, Text(), "person", "screen").find(_frame(), 0, is_new_shot=False)

    assert [one.kind for one in found] == ["person", "screen"]
    assert found[0].box == pytest.approx([10, 10, 50, 90])
    assert found[1].score == pytest.approx(0.5)  # just enough
    assert objects.looks == [(360, 640)]


def test_each_kind_is_looked_for_at_its_own_beat() -> None:
    objects, text = Objects([("car", 0.9, (50, 50, 250, 200))]), Text()
    things = _things(objects, text, "person", "plate", "text")

    looks = []
    for time_us in (0, 100, 250, 500):
        things.find(_frame(), time_us, is_new_shot=False)
        looks.append((len(objects.looks), text.looks))

    # Text twice each time: in the vehicle and in the whole frame.
    assert looks == [(1, 2), (1, 2), (2, 2), (3, 4)]


def test_faint_letters_on_a_car_are_just_enough_for_a_plate() -> None:
    things = _things(Objects([("car", 0.9, (50, 50, 250, 200))]), Text(), "plate")

    (plate,) = things.find(_frame(), 0, is_new_shot=False)

    assert plate.kind == "plate"
    assert plate.score == pytest.approx(0.5)


def test_people_have_outlines_where_they_are_asked_for() -> None:
    objects = Objects([("person", 0.9, (100, 100, 200, 300))])

    (person,) = _things(objects, Text(), "person", has_outlines=True).find(_frame(), 0, is_new_shot=False)

    assert person.outline is not None
    assert person.outline.min(axis=0) == pytest.approx([90, 80], abs=6)


def test_halves_of_a_large_frame_show_what_is_small_in_the_whole() -> None:
    objects = Objects([("person", 0.6, (300, 100, 340, 200))])

    found = objects_in(objects, _frame(1920, 1080))

    # Half is 1114 wide; the second begins at 806. The stand-in sees the person in each at the same place.
    assert objects.looks == [(1080, 1920), (1080, 1114), (1080, 1114)]
    assert sorted(found.named({"person"})[0][:, 0]) == pytest.approx([300, 1106])


def test_what_a_half_cuts_through_is_left_to_the_others() -> None:
    objects = Objects([("person", 0.6, (1060, 100, 1114, 200))])

    found = objects_in(objects, _frame(1920, 1080))

    assert sorted(found.named({"person"})[0][:, 0]) == pytest.approx([1060, 1866])


def test_the_cards_are_those_of_the_networks_that_are_used() -> None:
    assert cards_for(frozenset({"plate"})) == (cards.EFFICIENTDET_LITE2, cards.PPOCR_DET)
    assert cards_for(frozenset({"face", "person"}), has_outlines=True) == (
        cards.CENTERFACE,
        cards.EFFICIENTDET_LITE2,
        cards.SELFIE_SEGMENTER,
        cards.YUNET,
    )
