"""A plan: what will be covered in one video, when and where. People and programs may edit it before it is rendered.

Times are integer microseconds from the video's first frame, as `media/video.py` counts them; boxes are pixels of the
upright frame. As JSON a plan is what `to_json` says; `docs/concepts/redaction.md` describes it for its editors.
"""

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from regard.redaction.settings import RedactionSettings, SettingsFault, Span

FORMAT = "regard-plan-1"
TRACK_KINDS = frozenset({"face", "plate", "person", "text", "screen", "region"})
Floats = NDArray[np.float64]


class PlanFault(ValueError):
    """A plan cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A while in which a cover may be wrong."""

    begin_us: int
    end_us: int
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class PlannedTrack:
    """Something that is covered from its first position to its last, both included."""

    track: int  # several pieces may share a number: the same thing within one shot
    kind: str  # of TRACK_KINDS
    positions: Floats  # (N, 5): microseconds, left, top, right, bottom; N >= 1, times rise; linear between
    outlines: tuple[Floats | None, ...] | None = None  # one a position: (M, 2) corners, or None for the box
    uncertain: tuple[Uncertainty, ...] = ()
    visible: tuple[Span, ...] = ()  # in which it is not covered after all

    @property
    def begin_us(self) -> int:
        """When it is first covered."""
        return int(self.positions[0, 0])

    @property
    def end_us(self) -> int:
        """When it is last covered."""
        return int(self.positions[-1, 0])

    def box_at(self, time_us: int) -> Floats | None:
        """(4,) the box at a moment, None where nothing is covered then."""
        if not self.begin_us <= time_us <= self.end_us or any(begin <= time_us <= end for begin, end in self.visible):
            return None
        times = self.positions[:, 0]
        after = int(np.searchsorted(times, time_us))
        if times[after] == time_us:
            return np.array(self.positions[after, 1:])
        before = after - 1
        share = (time_us - times[before]) / (times[after] - times[before])
        return np.asarray((1 - share) * self.positions[before, 1:] + share * self.positions[after, 1:])

    def from_then_on(self, time_us: int) -> "PlannedTrack | None":
        """What of it is at `time_us` or later; None where nothing is."""
        if self.begin_us >= time_us or self.end_us < time_us:
            return self if self.begin_us >= time_us else None
        later = self.positions[:, 0] > time_us
        first = int(np.searchsorted(self.positions[:, 0], time_us, "right")) - 1
        times = self.positions[:, 0]
        share = 0.0 if times[first] == time_us else (time_us - times[first]) / (times[first + 1] - times[first])
        start = (1 - share) * self.positions[first] + share * self.positions[min(first + 1, len(times) - 1)]
        start[0] = time_us
        outlines = None
        if self.outlines is not None:
            outlines = (
                self.outlines[first],
                *(one for one, is_later in zip(self.outlines, later, strict=True) if is_later),
            )
        return replace(self, positions=np.concatenate([start[None], self.positions[later]]), outlines=outlines)

    def outline_at(self, time_us: int) -> Floats | None:
        """(M, 2) the outline of the nearest position, moved and scaled with the box; None where there is none."""
        box = self.box_at(time_us)
        if self.outlines is None or box is None:
            return None
        near = int(np.argmin(np.abs(self.positions[:, 0] - time_us)))
        outline, then = self.outlines[near], self.positions[near, 1:]
        if outline is None:
            return None
        scale = (box[2:] - box[:2]) / np.maximum(then[2:] - then[:2], 1e-6)
        return np.asarray((outline - then[:2]) * scale + box[:2])

    def to_json(self) -> dict[str, Any]:
        """Of JSON's types only."""
        told: dict[str, Any] = {"track": self.track, "kind": self.kind}
        told["positions"] = [[int(row[0]), *(round(float(side), 1) for side in row[1:])] for row in self.positions]
        if self.outlines is not None:
            told["outlines"] = [None if one is None else np.round(one, 1).tolist() for one in self.outlines]
        if self.uncertain:
            told["uncertain"] = [{"begin_us": u.begin_us, "end_us": u.end_us, "why": u.why} for u in self.uncertain]
        if self.visible:
            told["visible"] = [list(span) for span in self.visible]
        return told

    @classmethod
    def from_json(cls, members: Any, where: str) -> "PlannedTrack":
        """What `to_json` wrote, perhaps edited. Raises PlanFault, which begins with `where`."""
        try:
            track = cls(
                int(members["track"]),
                str(members["kind"]),
                np.array(members["positions"], np.float64),
                _outlines(members.get("outlines")),
                tuple(
                    Uncertainty(*_span(u["begin_us"], u["end_us"]), str(u["why"])) for u in members.get("uncertain", ())
                ),
                tuple(_span(*span) for span in members.get("visible", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlanFault(f"{where} cannot be read: {_said(error)}") from error
        _check_track(track, where)
        return track


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """The video that a plan is for."""

    name: str  # without its folders
    sha256: str
    bytes: int
    width: int  # upright, in pixels
    height: int
    frames: int
    duration_us: int  # to the last frame's time


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be covered in one video."""

    input: PlannedInput
    settings: RedactionSettings
    tracks: tuple[PlannedTrack, ...]
    cuts: tuple[int, ...] = ()  # times of the first frames of shots
    damaged: tuple[Span, ...] = ()  # in which the file could not be decoded soundly; frames are covered whole
    networks: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of the files of networks, by name
    version: str = ""  # of Regard
    notes: tuple[str, ...] = ()  # what the maker of the plan saw: a file that ends early, streams left out

    def to_bytes(self) -> bytes:
        """JSON, a line for each track, so that two plans can be compared line by line."""
        members = {
            "format": FORMAT,
            "version": self.version,
            "input": {name: getattr(self.input, name) for name in PlannedInput.__slots__},
            "settings": self.settings.to_json(),
            "networks": dict(self.networks),
            "cuts": list(self.cuts),
            "damaged": [list(span) for span in self.damaged],
            "notes": list(self.notes),
        }
        head = orjson.dumps(members, option=orjson.OPT_INDENT_2).rstrip(b"}\n ")
        tracks = b",\n".join(b"    " + orjson.dumps(track.to_json()) for track in self.tracks)
        return head + b',\n  "tracks": [\n' + tracks + b"\n  ]\n}\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> "Plan":
        """A plan out of its JSON. Raises PlanFault, which names the member."""
        try:
            members = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise PlanFault(f"The plan is not JSON: {error}") from error
        if not isinstance(members, dict) or members.get("format") != FORMAT:
            raise PlanFault(f'This is no plan: it has no member "format" that says {FORMAT}')
        try:
            plan = cls(
                _input(members["input"]),
                RedactionSettings.from_json(members["settings"]),
                tuple(
                    PlannedTrack.from_json(one, f"tracks[{at}]") for at, one in enumerate(_tracks(members["tracks"]))
                ),
                tuple(int(cut) for cut in members.get("cuts", ())),
                tuple(_span(*span) for span in members.get("damaged", ())),
                dict(members.get("networks", {})),
                str(members.get("version", "")),
                tuple(str(note) for note in members.get("notes", ())),
            )
        except SettingsFault as error:
            raise PlanFault(str(error)) from error
        except PlanFault:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlanFault(f"The plan cannot be read: {_said(error)}") from error
        return plan


@dataclass(frozen=True, slots=True)
class PlacedArea:
    """What a track covers in one frame, its margin included."""

    track: int
    kind: str
    box: Floats  # (4,)
    outline: Floats | None  # (M, 2)


class Timeline:
    """What is covered at each moment of a walk from the beginning to the end; tracks may come while it goes on."""

    def __init__(self, margin: float) -> None:
        self._margin = margin
        self._coming: list[PlannedTrack] = []
        self._now: list[PlannedTrack] = []

    def add(self, tracks: list[PlannedTrack]) -> None:
        """More tracks. Those that begin before the last moment asked for are late, and covered from then on."""
        for track in tracks:
            bisect.insort(self._coming, track, key=lambda one: one.begin_us)

    def areas_at(self, time_us: int) -> list[PlacedArea]:
        """What is covered at a moment; moments must rise."""
        started = bisect.bisect_right(self._coming, time_us, key=lambda one: one.begin_us)
        self._now = [track for track in [*self._now, *self._coming[:started]] if track.end_us >= time_us]
        del self._coming[:started]
        return [area for track in self._now if (area := self._area(track, time_us)) is not None]

    def _area(self, track: PlannedTrack, time_us: int) -> PlacedArea | None:
        box = track.box_at(time_us)
        if box is None:
            return None
        margin = 0.0 if track.kind == "region" else self._margin
        outline = track.outline_at(time_us)
        grow = np.tile(box[2:] - box[:2], 2) * np.array([-margin, -margin, margin, margin])
        if outline is not None:
            centre = (box[:2] + box[2:]) / 2
            outline = (outline - centre) * (1 + 2 * margin) + centre
        return PlacedArea(track.track, track.kind, box + grow, outline)


def _outlines(listed: Any) -> tuple[Floats | None, ...] | None:
    if listed is None:
        return None
    return tuple(None if one is None else np.array(one, np.float64).reshape(-1, 2) for one in listed)


def _tracks(listed: Any) -> list[Any]:
    if not isinstance(listed, list):
        raise PlanFault("The member tracks of the plan is a list")
    return listed


def _input(members: Any) -> PlannedInput:
    made = PlannedInput(**members)
    for name in PlannedInput.__slots__:
        value = getattr(made, name)
        is_text = name in ("name", "sha256")
        is_right = isinstance(value, str) if is_text else type(value) is int and value >= 0
        if not is_right:
            wanted = "text" if is_text else "a whole number from 0 on"
            raise PlanFault(f"The member {name} of the plan's input is {value!r}; it is {wanted}")
    return made


def _span(begin: Any, end: Any) -> Span:
    """Both ends included, so that they may be the same. Raises ValueError."""
    if not 0 <= int(begin) <= int(end):
        raise ValueError(f"a span of damaged, visible or uncertain is {begin} to {end}; it begins before it ends")
    return int(begin), int(end)


def _check_track(track: PlannedTrack, where: str) -> None:
    positions = track.positions
    if track.kind not in TRACK_KINDS:
        raise PlanFault(f"{where} has the kind '{track.kind}'; it is one of {', '.join(sorted(TRACK_KINDS))}")
    if positions.ndim != 2 or positions.shape[1] != 5 or not len(positions):
        raise PlanFault(f"{where}: positions are a list of [microseconds, left, top, right, bottom], and not empty")
    if not all(map(math.isfinite, positions.ravel())):
        raise PlanFault(f"{where}: a position has a number that is not finite")
    if np.any(np.diff(positions[:, 0]) <= 0) or positions[0, 0] < 0:
        raise PlanFault(f"{where}: the times of positions must rise, from 0 on")
    if np.any(positions[:, 1] >= positions[:, 3]) or np.any(positions[:, 2] >= positions[:, 4]):
        raise PlanFault(f"{where}: a position is empty: left is less than right, and top less than bottom")
    if track.outlines is not None and len(track.outlines) != len(positions):
        raise PlanFault(f"{where}: {len(track.outlines)} outlines for {len(positions)} positions")


def _said(error: Exception) -> str:
    return f"no member {error}" if isinstance(error, KeyError) else str(error)
