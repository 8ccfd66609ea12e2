"""A classifier of whole pictures that remembers what it said of the last few.

Labels and moderation ask the same network about the same look at a video, one after the other.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from regard.analysis.labels import TagNetwork

_MOST: Final = 16  # pictures: two of each look (the whole and its square), for as many workers as a machine has


class RepeatedTags:
    """As the network it is given, `TagNetwork`. Threads may share it; two at once may ask twice."""

    def __init__(self, network: TagNetwork) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._answers: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def classify(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(1000,) probabilities for a (H, W, 3) RGB picture, not to be written to."""
        key = _digest(image)
        with self._lock:
            answer = self._answers.get(key)
        if answer is None:
            answer = self._network.classify(image)
            answer.setflags(write=False)
            with self._lock:
                self._answers[key] = answer
                while len(self._answers) > _MOST:
                    self._answers.popitem(last=False)
        return answer


def _digest(image: NDArray[np.uint8]) -> bytes:
    """A millisecond for the pictures at hand, where the network takes twenty."""
    return hashlib.sha256(np.ascontiguousarray(image).data).digest() + str(image.shape).encode()
