"""All that a cover shows of what it hides: one lightness and one tint, each in coarse steps.

What cannot be told from a tone cannot be told from the cover: docs/concepts/redaction-strength.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8] | NDArray[np.uint16]

STEPS = 16  # of lightness, and of each of the two differences of colour
# Source: ITU-R BT.601; only for telling lightness from colour in RGB.
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
# By how much of a step a mean may leave its step before the tone changes: a tone that is kept from frame to frame
# does not flicker, and says less than one that is made anew in each.
_HOLD = 0.75


@dataclass(frozen=True, slots=True)
class Tone:
    """The numbers of one area."""

    lightness: int  # 0 to STEPS - 1
    tints: tuple[int, ...]  # steps from grey: blue and red differences; empty where there is no colour


@dataclass(frozen=True, slots=True)
class Means:
    """What is measured to find a tone, in steps."""

    lightness: float
    tints: tuple[float, ...]

    def tone(self, before: Tone | None) -> Tone:
        """The nearest tone, or the one before while that is near enough."""
        if before is not None and len(before.tints) == len(self.tints) and self._is_near(before):
            return before
        return Tone(min(max(int(self.lightness), 0), STEPS - 1), tuple(round(tint) for tint in self.tints))

    def _is_near(self, tone: Tone) -> bool:
        pairs = zip((self.lightness - 0.5, *self.tints), (tone.lightness, *tone.tints), strict=True)
        return all(abs(measured - kept) <= _HOLD for measured, kept in pairs)


def measured(parts: Sequence[Plane], bit_depth: int, is_rgb: bool) -> Means:
    """The means of an area's parts of the planes: grey; Y, U, V; or red, green, blue."""
    step = (1 << bit_depth) / STEPS
    means = [float(cv2.mean(part)[0]) / step for part in parts]
    if len(means) == 1:
        return Means(means[0], ())
    if not is_rgb:
        return Means(means[0], (means[1] - STEPS / 2, means[2] - STEPS / 2))
    red, green, blue = means
    lightness = _RED * red + _GREEN * green + _BLUE * blue
    return Means(lightness, (blue - lightness, red - lightness))


def plane_values(tone: Tone, bit_depth: int, is_rgb: bool) -> list[float]:
    """The tone as one value a plane."""
    whole = 1 << bit_depth
    step = whole / STEPS
    lightness = (tone.lightness + 0.5) * step
    if not tone.tints:
        return [lightness]
    first, second = (tint * step for tint in tone.tints)
    if not is_rgb:
        values = [lightness, whole / 2 + first, whole / 2 + second]
    else:
        values = [lightness + second, lightness - (_RED * second + _BLUE * first) / _GREEN, lightness + first]
    return [min(max(value, 0.0), whole - 1.0) for value in values]
