"""The frames of a video for analysis: a thumb of each, and pictures of those that are looked at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Look:
    """One frame. The arrays are the receiver's own."""

    index: int
    time_us: int
    is_damaged: bool
    thumb: NDArray[np.uint8]  # (72, 128, 3) RGB, upright, the whole frame stretched to it
    image: NDArray[np.uint8] | None  # (H, W, 3) RGB, upright; None where the frame is not looked at
