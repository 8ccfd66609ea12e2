"""When a frame is looked at, on thumbs at 25 frames a second."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.media.sampling import Sampler

Thumb = NDArray[np.uint8]
_FRAMES = 101  # four seconds


def _gray(level: int) -> Thumb:
    return np.full((72, 128, 3), level, np.uint8)


def _still(number: int) -> Thumb:
    return _gray(90)


def _noisy(number: int) -> Thumb:
    return np.random.default_rng(number).integers(80, 100, (72, 128, 3)).astype(np.uint8)


def _someone_far_away(number: int) -> Thumb:
    thumb = _gray(90)
    thumb[30:42, number : number + 8] = 200
    return thumb


def _someone_who_passed_at_once(number: int) -> Thumb:
    return _someone_far_away(number) if 10 <= number < 12 else _gray(90)


def _moving(number: int) -> Thumb:
    return np.roll(_texture(1), 2 * number, 1)


def _cut(number: int) -> Thumb:
    return _texture(1 if number < 40 else 2)


def _fading(number: int) -> Thumb:
    return _gray(40 + number)


def _flashing(number: int) -> Thumb:
    return _gray(250 if number % 8 == 7 else 40)


def _texture(seed: int) -> Thumb:
    cells = np.random.default_rng(seed).integers(0, 255, (9, 16, 1)).astype(np.uint8)
    return np.repeat(np.repeat(np.repeat(cells, 8, 0), 8, 1), 3, 2)


@pytest.mark.parametrize(
    ("thumb", "times_ms"),
    [
        pytest.param(_still, [0, 2000, 4000], id="still"),
        pytest.param(_noisy, [0, 2000, 4000], id="noise"),
        pytest.param(_someone_far_away, [0, 1000, 2000, 3000, 4000], id="a little"),
        pytest.param(_someone_who_passed_at_once, [0, 1000, 3000], id="a little that passed"),
        pytest.param(_moving, [0, 520, 1040, 1560, 2080, 2600, 3120, 3640], id="much"),
        pytest.param(_cut, [0, 1600, 3600], id="cut"),
        pytest.param(_fading, [0, 520, 1040, 1560, 2080, 2600, 3120, 3640], id="fade"),
    ],
)
def test_how_often_is_told_by_what_changes(thumb: Callable[[int], Thumb], times_ms: list[int]) -> None:
    sampler = Sampler()

    assert [40 * n for n in range(_FRAMES) if sampler.wants(40_000 * n, thumb(n))] == times_ms


def test_flashes_are_no_reason_to_look_at_every_frame() -> None:
    sampler = Sampler()

    times_ms = [40 * n for n in range(_FRAMES) if sampler.wants(40_000 * n, _flashing(n))]

    assert min(np.diff(times_ms)) >= 200


def test_frames_that_are_far_apart_are_all_looked_at() -> None:
    sampler = Sampler()

    assert [sampler.wants(3_000_000 * number, _gray(90)) for number in range(3)] == [True, True, True]


def test_first_frame_is_looked_at_wherever_it_is() -> None:
    assert Sampler().wants(123_456_789, _gray(0))
