"""The options that `regard redact IN OUT` and `regard redact plan IN` share, as settings."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, cast

import typer

from regard.cli.redact_options import DrawnMark, DrawnRegion, kinds_of, mark_of, region_of, span_of
from regard.redaction.settings import MOST_MARGIN, MOST_STRIDE, RedactionSettings, Shape, Way

_DEFAULTS = RedactionSettings()

Cover = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KINDS",
        help="What to find and cover: faces, plates, people, text, screens; or none, for drawn regions alone. "
        "Several as a list with commas, or the option again. Faces if not given.",
    ),
]
RegionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="L,T,W,H[@BEGIN-END]",
        help="Always cover this part: left, top, width and height as ratios of the frame from 0 to 1, or as 25% or "
        "480px; the times in seconds or as H:MM:SS. May be given again.",
    ),
]
How = Annotated[str, typer.Option(metavar="WAY", help="blur, pixelate or fill. None of them can be undone.")]
ShapeOption = Annotated[
    str, typer.Option("--shape", metavar="SHAPE", help="oval, box or outline, of faces and people; others are boxes.")
]
Colour = Annotated[str, typer.Option(metavar="#RRGGBB", help="What --how fill fills with.")]
Margin = Annotated[
    float,
    typer.Option(help=f"How much larger than what was found: a share of its size on each side, 0 to {MOST_MARGIN:g}."),
]
Confidence = Annotated[float, typer.Option(metavar="PERCENT", help="Cover what is found with at least this, 1 to 100.")]
Stride = Annotated[
    int,
    typer.Option(
        help=f"Look at every STRIDE-th frame of a video, 1 to {MOST_STRIDE}; what is found is followed between them."
    ),
]
NoSound = Annotated[bool, typer.Option("--no-sound", help="Leave the sound out.")]
Mute = Annotated[
    list[str] | None,
    typer.Option(
        metavar="BEGIN-END", help="Silence the sound for this time, in seconds or H:MM:SS. May be given again."
    ),
]
KeepMetadata = Annotated[
    bool, typer.Option("--keep-metadata", help="Keep place, device, dates and the like; they go by default.")
]
KeepRegion = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TIME,X,Y",
        help="Keep the one visible who is at this place at this time, while they can be followed without doubt; "
        "X and Y as ratios, 25% or 480px. May be given again.",
    ),
]


@dataclass(frozen=True, slots=True)
class Wishes:
    """Settings whose regions and marks may be told in pixels of a file that is not known yet."""

    what: tuple[str, ...]
    make: Callable[..., RedactionSettings]  # of `regions` and `marks`
    regions: tuple[DrawnRegion, ...]
    marks: tuple[DrawnMark, ...]

    @property
    def needs_size(self) -> bool:
        """Whether something was told in pixels."""
        return any(one.needs_size for one in self.regions) or any(one.needs_size for one in self.marks)

    def settings(self, size: tuple[int, int] | None = None) -> RedactionSettings:
        """For a file of this upright (width, height). Raises OptionFault or SettingsFault."""
        return self.make(
            regions=tuple(one.region(size) for one in self.regions), marks=tuple(one.mark(size) for one in self.marks)
        )


def wishes_of(
    *,
    cover: list[str] | None,
    region: list[str] | None,
    how: str,
    shape: str,
    colour: str,
    margin: float,
    confidence: float,
    stride: int,
    no_sound: bool,
    mute: list[str] | None,
    keep_metadata: bool,
    keep_region: list[str] | None,
) -> Wishes:
    """What the options say. Raises OptionFault or SettingsFault."""
    what = kinds_of(cover) if cover else _DEFAULTS.what
    make = partial(
        RedactionSettings,
        what=what,
        way=cast(Way, how),  # which the settings check
        shape=cast(Shape, shape),
        fill=colour,
        margin=margin,
        confidence=confidence,
        stride=stride,
        sound="drop" if no_sound else "keep",
        mute=tuple(span_of("--mute", one) for one in mute or ()),
        metadata="keep" if keep_metadata else "strip",
    )
    wishes = Wishes(what, make, tuple(map(region_of, region or ())), tuple(map(mark_of, keep_region or ())))
    if not wishes.needs_size:
        wishes.settings()  # so that what is wrong is told before anything is opened
    return wishes
