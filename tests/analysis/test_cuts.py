"""Cuts: what begins a new shot and what only looks so."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from regard.analysis.cuts import CutFinder
from tests.analysis.moving_faces import FRAME_US, ground, scene

Pixels = NDArray[np.uint8]
FIRST, SECOND = ground(1), ground(2)
WHITE, BLACK = np.full((180, 320, 3), 250, np.uint8), np.zeros((180, 320, 3), np.uint8)


def cuts(frames: Iterable[Pixels]) -> list[int]:
    finder = CutFinder()
    return [index for index, image in enumerate(frames) if finder.add(index * FRAME_US, image)]


def moving(background: Pixels, count: int, step: int = 2) -> list[Pixels]:
    return [scene(background, [(40 + 5 * index, 60)], (step * index, index)) for index in range(count)]


def dimmed(image: Pixels, share: float) -> Pixels:
    return np.asarray(np.clip(image * share, 0, 255), np.uint8)


def test_another_shot_is_a_cut_in_its_first_frame() -> None:
    assert cuts([*moving(FIRST, 10), *moving(SECOND, 10), *moving(FIRST, 10)]) == [10, 20]


def test_cut_to_black_and_back_to_another_shot_are_cuts() -> None:
    assert cuts([*moving(FIRST, 10), *[BLACK] * 5, *moving(SECOND, 10)]) == [10, 15]


def test_first_frame_is_no_cut() -> None:
    assert cuts(moving(FIRST, 1)) == []


def test_fast_pan_is_no_cut() -> None:
    assert cuts(moving(FIRST, 15, step=20)) == []


def test_flash_is_no_cut() -> None:
    frames = moving(FIRST, 20)
    assert cuts([*frames[:8], dimmed(frames[8], 1.8), *frames[9:12], WHITE, WHITE, *frames[14:]]) == []


def test_darkening_is_no_cut() -> None:
    assert cuts([dimmed(image, 1 - index / 30) for index, image in enumerate(moving(FIRST, 31))]) == []


def test_dissolve_is_no_cut() -> None:
    first, second = moving(FIRST, 40, 0), moving(SECOND, 40, 0)
    mixed = [np.asarray(second[at] * (at / 40) + first[at] * (1 - at / 40), np.uint8) for at in range(40)]
    assert cuts(mixed) == []


def test_flat_pictures_are_no_cuts() -> None:
    assert cuts([WHITE, BLACK, BLACK, WHITE]) == []


def test_cuts_of_portrait_videos_are_found() -> None:
    narrow = [np.ascontiguousarray(image[:, :90]) for image in [*moving(FIRST, 3), *moving(SECOND, 3)]]
    assert cuts(narrow) == [3]
