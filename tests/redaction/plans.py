"""Plans that tests of several files share."""

from dataclasses import replace
from typing import Any

import numpy as np

from regard.redaction.plan import Plan, PlannedInput, PlannedTrack, Uncertainty
from regard.redaction.settings import RedactionSettings

SECOND = 1_000_000


def track(
    number: int, begin: float, end: float, kind: str = "face", box: Any = (10, 10, 30, 30), **members: Any
) -> PlannedTrack:
    """Something that stands still from a second to another."""
    positions = np.array([[begin * SECOND, *box], [end * SECOND, *box]], np.float64)
    return PlannedTrack(number, kind, positions[: 1 if begin == end else 2], **members)


def doubt(begin: float, end: float, why: str = "it was lost for a while") -> Uncertainty:
    """From a second to another."""
    return Uncertainty(round(begin * SECOND), round(end * SECOND), why)


def plan(*tracks: PlannedTrack, settings: RedactionSettings | None = None, **members: Any) -> Plan:
    """Of a video of 101 frames of 100 x 80 pixels in 10 seconds: one each 0.1 s."""
    video = PlannedInput("street.mp4", "ab" * 32, 123_456, 100, 80, 101, 10 * SECOND)
    made = Plan(video, settings or RedactionSettings(margin=0.0, shape="box"), tuple(tracks), version="0.1.0")
    return replace(made, **members)
