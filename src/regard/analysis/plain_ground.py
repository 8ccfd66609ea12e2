"""Whether a picture is mostly one plain ground, as title cards, slates and credits are."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_WITHIN = 12  # gray levels of the commonest one that are the ground's
_MARKED = 25  # gray levels from the ground that thin letters still reach in a thumb
LEAST_GROUND = 0.6
"""Share of a picture from which its ground makes it a card."""
LEAST_MARKS = 0.004
"""Share of a picture that a line of text takes at least."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Of one picture."""

    share: float  # of the pixels that are its ground
    level: int  # gray
    marks: float  # share of the pixels that stand out from it

    @property
    def is_card(self) -> bool:
        """Whether there may be text on a plain ground, and nothing much else."""
        return self.share >= LEAST_GROUND and self.marks >= LEAST_MARKS


def ground_of(gray: NDArray[np.uint8]) -> Ground:
    """Of an (H, W) picture."""
    counts = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    around = np.convolve(counts, np.ones(2 * _WITHIN + 1), "same")
    level = int(around.argmax())
    total = gray.size
    low, high = max(0, level - _MARKED), min(256, level + _MARKED + 1)
    return Ground(float(around[level]) / total, level, 1 - float(counts[low:high].sum()) / total)
