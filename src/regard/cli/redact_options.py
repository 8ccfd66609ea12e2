"""What a person types after `regard redact`, as settings.

times       12.5, 1:02.5 or 1:02:03 from the beginning
spans       BEGIN-END, as 0:10-0:12.5
places      0.25 (a ratio of the frame, 0 to 1), 25% or 480px
"""

import re
from dataclasses import dataclass

from regard.redaction.settings import KINDS, Mark, Region, Span

_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)")
_PLACE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(px|%|)")
_SLACK = 1e-9  # by which the sum of two ratios may be over 1


class OptionFault(ValueError):
    """An option's value cannot be used; the message says which and how it is written."""


@dataclass(frozen=True, slots=True)
class Place:
    """A number along one side of the frame."""

    number: float
    unit: str  # "px", "%" or "" for a ratio

    def ratio(self, side: int | None) -> float:
        """Of a side of so many pixels, which may be None where the unit is not px."""
        if self.unit == "px":
            assert side is not None, "pixels are turned into ratios of a frame whose size is known"
            return self.number / side
        return self.number / 100 if self.unit == "%" else self.number


@dataclass(frozen=True, slots=True)
class DrawnRegion:
    """What --region says."""

    left: Place
    top: Place
    width: Place
    height: Place
    begin_us: int = 0
    end_us: int | None = None

    @property
    def needs_size(self) -> bool:
        """Whether it is told in pixels."""
        return any(place.unit == "px" for place in (self.left, self.top, self.width, self.height))

    def region(self, size: tuple[int, int] | None) -> Region:
        """In ratios of an upright frame of this (width, height). Raises OptionFault where it leaves the frame."""
        width, height = size or (None, None)
        left, top = self.left.ratio(width), self.top.ratio(height)
        right, bottom = left + self.width.ratio(width), top + self.height.ratio(height)
        if right > 1 + _SLACK or bottom > 1 + _SLACK:
            shown = f"{left:.4g},{top:.4g} to {right:.4g},{bottom:.4g}"
            of = f" of {width} x {height} pixels" if size is not None else ""
            raise OptionFault(f"--region reaches from {shown} of the frame{of}; it must stay within 0 to 1")
        return Region((left, top, min(right, 1.0), min(bottom, 1.0)), self.begin_us, self.end_us)


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """What --keep-region says."""

    time_us: int
    x: Place
    y: Place

    @property
    def needs_size(self) -> bool:
        """Whether it is told in pixels."""
        return "px" in (self.x.unit, self.y.unit)

    def mark(self, size: tuple[int, int] | None) -> Mark:
        """In ratios of an upright frame of this (width, height). Raises OptionFault where it is outside."""
        width, height = size or (None, None)
        x, y = self.x.ratio(width), self.y.ratio(height)
        if x > 1 or y > 1:
            raise OptionFault(f"--keep-region points to {x:.4g},{y:.4g} of the frame; it must stay within 0 to 1")
        return Mark(self.time_us, x, y)


def kinds_of(values: list[str]) -> tuple[str, ...]:
    """What --cover says, in the order of the settings, each once; none is nothing. Raises OptionFault."""
    named = [name.strip().lower() for value in values for name in value.split(",")]
    if named == ["none"]:
        return ()
    for name in named:
        if name not in KINDS:
            raise OptionFault(f"--cover says '{name}'; it can be {', '.join(KINDS)}, or none")
    return tuple(name for name in KINDS if name in named)


def region_of(text: str) -> DrawnRegion:
    """What --region says: L,T,W,H[@BEGIN-END]. Raises OptionFault."""
    places, at, times = text.partition("@")
    numbers = places.split(",")
    if len(numbers) != 4:
        raise OptionFault(f"--region is '{text}'; it is written LEFT,TOP,WIDTH,HEIGHT[@BEGIN-END]")
    left, top, width, height = (_place("--region", one) for one in numbers)
    if at and times.endswith("-"):
        return DrawnRegion(left, top, width, height, time_of("--region", times[:-1]), None)
    begin, end = span_of("--region", times) if at else (0, None)
    return DrawnRegion(left, top, width, height, begin, end)


def mark_of(text: str) -> DrawnMark:
    """What --keep-region says: TIME,X,Y. Raises OptionFault."""
    parts = text.split(",")
    if len(parts) != 3:
        raise OptionFault(f"--keep-region is '{text}'; it is written TIME,X,Y")
    return DrawnMark(
        time_of("--keep-region", parts[0]), _place("--keep-region", parts[1]), _place("--keep-region", parts[2])
    )


def span_of(option: str, text: str) -> Span:
    """BEGIN-END in microseconds. Raises OptionFault."""
    begin, dash, end = text.partition("-")
    if not dash:
        raise OptionFault(f"{option} has the time '{text}'; it is written BEGIN-END, as 0:10-0:12.5")
    span = time_of(option, begin), time_of(option, end)
    if span[0] >= span[1]:
        raise OptionFault(f"{option} has the time '{text}', which ends before it begins")
    return span


def time_of(option: str, text: str) -> int:
    """Microseconds of seconds, M:SS or H:MM:SS. Raises OptionFault."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise OptionFault(f"{option} has the time '{text}'; it is written in seconds, or as H:MM:SS")
    hours, minutes, seconds = int(found[1] or 0), int(found[2] or 0), float(found[3])
    if found[2] is not None and (seconds >= 60 or (found[1] is not None and minutes >= 60)):
        raise OptionFault(f"{option} has the time '{text}'; minutes and seconds after a colon are less than 60")
    return round((hours * 3600 + minutes * 60 + seconds) * 1_000_000)


def _place(option: str, text: str) -> Place:
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        raise OptionFault(f"{option} has '{text}' in it; a place is a ratio from 0 to 1, as 25% or as 480px")
    place = Place(float(found[1]), found[2])
    if place.unit != "px" and place.ratio(None) > 1:
        raise OptionFault(
            f"{option} has {text} in it, which is outside of the frame; "
            f"without px or % it is a ratio from 0 to 1 (for pixels write {found[1]}px)"
        )
    return place
