"""What the classifier of whole pictures is asked, and what it need not be asked again."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.repeated_tags import RepeatedTags


class CountingNetwork:
    """Answers with the picture's mean; keeps the shapes it was asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean."""
        self.asked.append(image.shape)
        return np.full(1000, image.mean(), np.float32)


def picture(number: int, shape: tuple[int, int] = (4, 6)) -> NDArray[np.uint8]:
    return np.full((*shape, 3), number, np.uint8)


def test_the_same_picture_is_asked_about_once() -> None:
    network = CountingNetwork()
    tags = RepeatedTags(network)

    assert [tags.classify(picture(7))[0] for _ in range(3)] == [7, 7, 7]
    assert len(network.asked) == 1


@pytest.mark.parametrize("other", [picture(8), picture(7, (6, 4))], ids=["pixels", "shape"])
def test_another_picture_is_asked_about(other: NDArray[np.uint8]) -> None:
    network = CountingNetwork()
    tags = RepeatedTags(network)
    tags.classify(picture(7))
    tags.classify(other)

    assert len(network.asked) == 2


def test_a_part_of_a_picture_is_a_picture() -> None:
    tags = RepeatedTags(CountingNetwork())
    whole = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)

    assert tags.classify(whole[:, 1:5])[0] == np.float32(whole[:, 1:5].mean())


def test_only_the_last_few_are_remembered() -> None:
    network = CountingNetwork()
    tags = RepeatedTags(network)
    for number in range(20):
        tags.classify(picture(number))
    tags.classify(picture(0))

    assert len(network.asked) == 21
