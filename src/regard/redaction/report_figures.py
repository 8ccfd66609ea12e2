"""How much of a video is covered: the figures of a report, from the plan and the times of its frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.redaction.plan import PlacedArea, Plan, Timeline
from regard.redaction.report_tracks import Pieces, covered_frames

Times = NDArray[np.int64]  # microseconds, rising: one a frame

_ROUND_KINDS = frozenset({"face", "person"})  # which an oval covers; everything else is a box
_SAMPLED = 2_000  # frames whose area is measured
_RASTER = 320  # cells along the longer side, on which area is measured


@dataclass(frozen=True, slots=True)
class KindFigures:
    """What was covered of one kind."""

    kind: str
    tracks: int
    seconds: float  # of all tracks together
    frames: int  # two things in one frame are two: of faces, the face-frames


@dataclass(frozen=True, slots=True)
class Figures:
    """What was covered, of all kinds."""

    frames: int
    are_times_known: bool  # else frames were taken to be evenly spaced
    covered_frames: int  # that have at least one cover
    covered_area: float  # share of all pictures together, 0 to 1, measured on a coarse raster
    sampled_frames: int  # on which the area was measured
    kinds: tuple[KindFigures, ...]


def figures(plan: Plan, times: Times | None = None) -> Figures:
    """times: of every frame; None takes the plan's number of frames, evenly spaced."""
    moments = even_times(plan) if times is None else times
    sampled = moments[:: max(1, -(-len(moments) // _SAMPLED))]
    is_covered = np.zeros(len(moments), bool)
    frames: dict[str, list[int]] = {}
    for kind, pieces in Pieces(plan.tracks).groups():
        first, covers = covered_frames(pieces, moments)
        is_covered[first : first + len(covers)] |= covers
        frames.setdefault(kind, []).append(int(covers.sum()))
    for begin, end in plan.damaged:
        is_covered |= (moments >= begin) & (moments <= end)
    frame_us = plan.input.duration_us / max(1, len(moments) - 1)
    return Figures(
        frames=len(moments),
        are_times_known=times is not None,
        covered_frames=int(is_covered.sum()),
        covered_area=round(_area(plan, sampled), 6),
        sampled_frames=len(sampled),
        kinds=tuple(_of_kind(kind, frames[kind], frame_us) for kind in sorted(frames)),
    )


def even_times(plan: Plan) -> Times:
    """(F,) the times of the plan's frames if they are evenly spaced."""
    return np.linspace(0, plan.input.duration_us, max(plan.input.frames, 1)).round().astype(np.int64)


def _of_kind(kind: str, frames: Sequence[int], frame_us: float) -> KindFigures:
    return KindFigures(kind, len(frames), round(sum(frames) * frame_us / 1e6, 3), sum(frames))


def _area(plan: Plan, moments: Times) -> float:
    """Share of the frames' area that is covered, overlaps once."""
    width, height = plan.input.width, plan.input.height
    scale = _RASTER / max(width, height, 1)
    raster = np.zeros((max(1, round(height * scale)), max(1, round(width * scale))), np.uint8)
    timeline = Timeline(plan.settings.margin)
    timeline.add(list(plan.tracks))
    shares = []
    for moment in moments.tolist():
        areas = timeline.areas_at(moment)
        if any(begin <= moment <= end for begin, end in plan.damaged):
            shares.append(1.0)
            continue
        raster[:] = 0
        for area in areas:
            _draw(raster, area, scale, plan.settings.shape)
        shares.append(float(raster.mean()))
    return float(np.mean(shares)) if shares else 0.0


def _draw(raster: NDArray[np.uint8], area: PlacedArea, scale: float, shape: str) -> None:
    left, top, right, bottom = (float(side) * scale for side in area.box)
    if area.outline is not None and shape == "outline":
        cv2.fillPoly(raster, [np.round(area.outline * scale).astype(np.int32)], (1,))
    elif area.kind in _ROUND_KINDS and shape == "oval":
        centre = (round((left + right) / 2), round((top + bottom) / 2))
        axes = (max(0, round((right - left) / 2)), max(0, round((bottom - top) / 2)))
        cv2.ellipse(raster, centre, axes, 0, 0, 360, (1,), -1)
    else:
        raster[max(0, round(top)) : max(0, round(bottom)), max(0, round(left)) : max(0, round(right))] = 1
