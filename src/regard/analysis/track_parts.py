"""What goes into tracking and what comes out: things found in frames, short anonymous tracks, doubts about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Something that a network found in one frame."""

    kind: str  # face, plate, person, text or screen
    box: Floats  # (4,) left, top, right, bottom in pixels of the upright full frame; may reach over its edges
    score: float  # 0..1
    outline: Floats | None = None  # (M, 2) corners, in the same pixels


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A while, both ends included, in which a track's cover may be wrong."""

    begin_us: int
    end_us: int
    why: str  # for people to read


@dataclass(frozen=True, slots=True, eq=False)
class TrackPiece:
    """A stretch of one track, covered from its first position to its last and linear between.

    Pieces with one number belong to the same thing within one shot; the last position of one is the first of the next.
    Numbers mean nothing beyond that: what leaves and comes again is a new track.
    """

    track: int
    kind: str
    positions: Floats  # (N, 5): microseconds, left, top, right, bottom; N >= 1, times rise strictly
    outlines: tuple[Floats | None, ...] | None = None  # one a position, None for the box; None where there are none
    uncertain: tuple[Uncertain, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """How sure one must be, and for how long something is covered that is not seen."""

    start_score: float = 0.5  # from which something found begins a track
    keep_score: float = 0.2  # from which it continues one (Zhang et al., ByteTrack, 2022)
    lead_us: int = 500_000  # covered before the first detection of a track with enough evidence
    hold_us: int = 500_000  # covered after its last
    glimpse_us: int = 120_000  # both, where something was seen only once
    enough_evidence: float = 3.0  # the sum of scores from which lead and hold are whole
    bridge_us: int = 2_000_000  # the longest gap between two detections of one track that is filled
    piece_us: int = 1_000_000  # about how long emitted pieces are; what is settled lags by this and `bridge_us`
    smooth_us: int = 80_000  # half the window in which positions are smoothed
    doubtful_frames: int = 5  # missed in more searched frames than these between two detections is told as uncertain
