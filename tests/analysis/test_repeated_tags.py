"""What the classifier of whole pictures is asked, and what it need not be asked again."""

import threading
from concurrent.futures import ThreadPoolExecutor

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


class HeldNetwork(CountingNetwork):
    """Answers when it is let."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean, or the error."""
        self.is_asked.set()
        assert self.may_answer.wait(30)
        answer = super().classify(image)
        if self.error is not None:
            raise self.error
        return answer


def test_who_asks_second_gets_the_first_ones_answer() -> None:
    network = HeldNetwork()
    tags = RepeatedTags(network)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(tags.classify, picture(7)) for _ in range(2)]
        assert network.is_asked.wait(30)
        network.may_answer.set()

        assert [answer.result()[0] for answer in answers] == [7, 7]
    assert len(network.asked) == 1


def test_an_error_is_told_and_not_remembered() -> None:
    network = HeldNetwork(ValueError("no memory"))
    network.may_answer.set()
    tags = RepeatedTags(network)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"^no memory$"):
            tags.classify(picture(7))

    network.error = None
    assert tags.classify(picture(7))[0] == 7
    assert len(network.asked) == 3


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
