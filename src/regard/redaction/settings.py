"""What to cover and how: one frozen dataclass, the same in a command, a request and a plan."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

Kind = Literal["face", "plate", "person", "text", "screen"]
Way = Literal["blur", "pixelate", "fill"]
Shape = Literal["oval", "box", "outline"]
Sound = Literal["keep", "drop"]
Metadata = Literal["strip", "keep"]

# As a user says them.
KINDS: dict[str, Kind] = {"faces": "face", "plates": "plate", "people": "person", "text": "text", "screens": "screen"}
MOST_MARGIN = 2.0
MOST_STRIDE = 10
Span = tuple[int, int]  # microseconds, both ends included


class SettingsFault(ValueError):
    """A setting has a value that cannot be used; the message names setting, value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture that is covered whatever is there."""

    box: tuple[float, float, float, float]  # left, top, right, bottom as ratios of the upright frame
    begin_us: int = 0
    end_us: int | None = None  # None: to the end


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the person who asked for the footage is at a moment."""

    time_us: int
    x: float  # as a ratio of the upright frame's width
    y: float  # as a ratio of its height


@dataclass(frozen=True, slots=True)
class RedactionSettings:
    """Everything that decides what comes out."""

    what: tuple[str, ...] = ("faces",)  # keys of KINDS; empty where only regions are covered
    way: Way = "blur"
    shape: Shape = "oval"  # text, plates, screens and regions are covered as boxes; outlines are of people
    fill: str = "#000000"
    margin: float = 0.15  # by which a found box grows on each side, as a share of its width and height
    confidence: float = 50.0  # from which something found is covered, per cent
    stride: int = 1  # every how many frames of a video are looked at; the tracker bridges the others
    sound: Sound = "keep"
    mute: tuple[Span, ...] = ()  # in which all sound is silenced
    metadata: Metadata = "strip"
    regions: tuple[Region, ...] = ()
    marks: tuple[Mark, ...] = ()  # of the one who is kept visible

    def __post_init__(self) -> None:
        """Raises SettingsFault."""
        self._check_choices()
        self._check_numbers()

    @property
    def kinds(self) -> frozenset[Kind]:
        """What is looked for."""
        return frozenset(KINDS[name] for name in self.what)

    def to_json(self) -> dict[str, Any]:
        """Of JSON's types only."""
        return asdict(self)

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> "RedactionSettings":
        """What `to_json` wrote; members that are missing have their defaults. Raises SettingsFault."""
        if not isinstance(members, Mapping):
            raise SettingsFault(f"The settings are an object of names and values, not {members!r}")
        unknown = sorted(members.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise SettingsFault(
                f"There is no setting '{unknown[0]}'; there are {', '.join(f.name for f in fields(cls))}"
            )
        try:
            return cls(
                **{
                    **members,
                    **{name: tuple(members[name]) for name in ("what",) if name in members},
                    "mute": tuple((begin, end) for begin, end in members.get("mute", ())),
                    "regions": tuple(_region(region) for region in members.get("regions", ())),
                    "marks": tuple(Mark(**mark) for mark in members.get("marks", ())),
                }
            )
        except SettingsFault:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SettingsFault(f"The settings cannot be read: {error}") from error

    def _check_choices(self) -> None:
        for name in self.what:
            _check_one_of("what", name, tuple(KINDS))
        for setting, allowed in (("way", Way), ("shape", Shape), ("sound", Sound), ("metadata", Metadata)):
            _check_one_of(setting, getattr(self, setting), get_args(allowed))
        if not self.what and not self.regions:
            raise SettingsFault("Nothing is to be covered: name something in 'what', or regions")
        if (
            not isinstance(self.fill, str)
            or len(self.fill) != 7
            or self.fill[0] != "#"
            or not set(self.fill[1:].lower()) <= set("0123456789abcdef")
        ):
            raise SettingsFault(f"The colour 'fill' is '{self.fill}'; it is written as #RRGGBB")

    def _check_numbers(self) -> None:
        _check_between("margin", self.margin, 0, MOST_MARGIN)
        _check_between("confidence", self.confidence, 1, 100)
        _check_between("stride", self.stride, 1, MOST_STRIDE)
        _check_whole("stride", self.stride)
        for begin, end in self.mute:
            _check_span("mute", begin, end)
        for region in self.regions:
            _check_region(region)
        for mark in self.marks:
            _check_between("time_us of a mark", mark.time_us, 0, 2**53)
            _check_whole("time_us of a mark", mark.time_us)
            _check_between("x of a mark", mark.x, 0, 1)
            _check_between("y of a mark", mark.y, 0, 1)


def _region(members: Mapping[str, Any]) -> Region:
    left, top, right, bottom = members["box"]
    return Region(**{**members, "box": (left, top, right, bottom)})


def _check_region(region: Region) -> None:
    left, top, right, bottom = region.box
    for name, value in zip(("left", "top", "right", "bottom"), region.box, strict=True):
        _check_between(f"{name} of a region", value, 0, 1)
    if left >= right or top >= bottom:
        raise SettingsFault(f"The region {region.box} is empty: left is less than right, and top less than bottom")
    _check_span("a region", region.begin_us, 2**53 if region.end_us is None else region.end_us)


def _check_span(what: str, begin: int, end: int) -> None:
    _check_whole(f"begin of {what}", begin)
    _check_whole(f"end of {what}", end)
    if not 0 <= begin < end:
        raise SettingsFault(
            f"The time of {what} is {begin} to {end} microseconds; it begins at 0 or later, and before it ends"
        )


def _check_one_of(setting: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingsFault(f"The setting '{setting}' is '{value}'; it is one of {', '.join(allowed)}")


def _check_whole(setting: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingsFault(f"The setting '{setting}' is {value!r}; it is a whole number")


def _check_between(setting: str, value: float, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise SettingsFault(f"The setting '{setting}' is {value!r}; it is between {least:g} and {most:g}")
