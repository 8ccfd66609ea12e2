"""How much detail a face shows in the direction in which it shows least.

`Quality.Sharpness` looks at all directions at once, and a face that moved sideways keeps its horizontal edges. Smeared
by a fifth of its width it still has a sharpness of 11, as a face of 30 pixels, which is recognised; of those smeared
three in four are not (bench/quality.py).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_ROWS, _COLUMNS = slice(20, 108), slice(20, 92)  # the face within an aligned crop
_STEPS = ((1, 0), (1, 1), (0, 1), (1, -1))  # right, down right, down, up right
_DIAGONAL = 0.5  # a diagonal second difference spans twice the area

# Medians over 130 LFW faces.
_USUAL = (-1.61, -1.67, -1.45, -1.70)
_NOISE = 25  # variance of noise in a flat crop, which must not pass for detail


def weakest_detail(crop: NDArray[np.uint8]) -> float:
    """log10 of the detail over that of a usual press photograph: 0 as much, -1 a tenth.

    crop: (112, 112, 3) RGB, aligned. Detail in a direction is the variance of second differences over that of the luma.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    contrast = luma[_ROWS, _COLUMNS].var() + _NOISE
    return min(_detail(luma, *step) - usual for step, usual in zip(_STEPS, _USUAL, strict=True)) - float(
        np.log10(contrast)
    )


def _detail(luma: NDArray[np.float32], right: int, down: int) -> float:
    """log10 of the variance of second differences."""
    ahead, behind = (np.roll(luma, (sign * down, sign * right), (0, 1)) for sign in (1, -1))
    differences = (ahead + behind - 2 * luma)[_ROWS, _COLUMNS] * (_DIAGONAL if right and down else 1)
    return float(np.log10(differences.var() + 1e-3))
