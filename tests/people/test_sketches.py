"""Sketches: bits that differ as often as the angle says, and a window that forgets."""

import numpy as np
import pytest

from regard.people.sketches import BITS, NEAR_DUPLICATE, SAME_FACE, Sketcher, Sketches, Window, differing_bits
from tests.people.rooms import another_picture, person


@pytest.fixture(scope="module")
def sketcher() -> Sketcher:
    return Sketcher(7)


@pytest.fixture
def window() -> Window:
    return Window(600)


def sketch(sketcher: Sketcher, number: int) -> Sketches:
    return sketcher.sketches(person(number)[None])


# 256 * acos(cosine) / pi by hand.
@pytest.mark.parametrize(("cosine", "bits"), [(0.98, 16.3), (0.95, 25.9), (0.9, 36.8), (0.67, 68.2), (0.5, 85.3)])
def test_bits_differ_as_the_angle_says(sketcher: Sketcher, cosine: float, bits: float) -> None:
    pairs = [(person(number), another_picture(number, number, cosine)) for number in range(300)]
    first, second = (sketcher.sketches(np.array(side)) for side in zip(*pairs, strict=True))
    assert np.diag(differing_bits(first, second)).mean() == pytest.approx(bits, abs=1.5)


@pytest.mark.parametrize(("distance", "cosine"), [(NEAR_DUPLICATE, 0.83), (SAME_FACE, 0.56)])
def test_distances_are_those_expected_at_their_cosines(distance: int, cosine: float) -> None:
    assert distance == pytest.approx(BITS * np.arccos(cosine) / np.pi, abs=0.5)


def test_sketches_of_two_processes_have_nothing_in_common() -> None:
    vector = person(1)[None]
    bits = differing_bits(Sketcher().sketches(vector), Sketcher().sketches(vector))[0, 0]
    assert 80 < bits < 176  # 128, six standard deviations to either side


def test_threads_that_come_first_together_have_the_same_planes() -> None:
    one, other = Sketcher(7), Sketcher(7)
    assert (sketch(one, 1) == sketch(other, 1)).all()


def test_others_are_counted_once_each(sketcher: Sketcher, window: Window) -> None:
    for other in ("b", "c", "c"):
        window.add(0, "a", other, sketch(sketcher, 1))
    assert window.others("a", sketch(sketcher, 1), NEAR_DUPLICATE) == 2


def test_a_face_is_known_again_in_another_picture(sketcher: Sketcher, window: Window) -> None:
    window.add(0, "a", "b", sketch(sketcher, 1))
    window.add(0, "c", "d", sketch(sketcher, 2))
    again = sketcher.sketches(another_picture(1, 1, 0.95)[None])
    assert window.others("e", again, NEAR_DUPLICATE) == 1


def test_a_picture_is_known_again_by_its_digest(sketcher: Sketcher, window: Window) -> None:
    window.add(0, "a", "b", sketch(sketcher, 1))
    assert window.others("a", sketch(sketcher, 2), NEAR_DUPLICATE) == 1


@pytest.mark.parametrize(("seconds", "held"), [(599.9, 2), (600.0, 1)])
def test_what_is_older_than_the_window_is_gone(sketcher: Sketcher, window: Window, seconds: float, held: int) -> None:
    window.add(0, "a", "b", sketch(sketcher, 1))
    window.add(seconds, "c", "d", sketch(sketcher, 2))
    assert len(window) == held


def test_a_flood_does_not_fill_the_memory(window: Window) -> None:
    faces = np.zeros((1500, 4), np.uint64)
    for number in range(4):
        window.add(0, str(number), str(number), faces)
    assert len(window) == 4096
