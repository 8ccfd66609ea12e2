"""The rows of a timeline: which bars stand where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regard.cli.video_reports import faces_words, percent
from regard.cli.video_summary import Finding, Segment, Summary

_MOST_LABELS, _MOST_CONTENT = 30, 20  # lanes of labels and of unsafe content: what was seen longest
_TICKS = 12  # at most, in the width of a window
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400)


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts for a while."""

    name: str  # written in it where there is room
    says: str  # read when one points at it
    begin_ms: int
    end_ms: int
    look: str = ""
    strength: float = 1.0  # its height, 0 to 1
    picture: str = ""  # the name of the shot whose picture is in it


@dataclass(frozen=True, slots=True)
class Lane:
    """One row."""

    name: str
    look: str
    bars: tuple[Bar, ...]


def lanes_of(told: Summary) -> Iterator[Lane]:
    """From top to bottom."""
    if told.segments is not None:
        frame_ms = round(1_000 / max(1.0, told.facts["frame_rate"]))  # the last frame of a segment is shown so long
        shots = (_segment(one, frame_ms, picture=one.name) for one in told.segments.shots)
        yield Lane("Shots", "shots", tuple(shots))
        cues = (_segment(one, frame_ms) for one in told.segments.cues)
        yield Lane("Cues", "cues", tuple(cues))
    if told.faces is not None:
        yield Lane("Faces", "faces", _faces(told))
    if told.moderation is not None:
        yield from _findings(told.moderation[:_MOST_CONTENT], "content", "Moderation")
    if told.text is not None:
        runs = (
            Bar(run.texts[0], " \N{MIDDLE DOT} ".join(run.texts), run.begin_ms, run.end_ms) for run in told.text.runs
        )
        yield Lane("Text", "text", tuple(runs))
    if told.labels is not None:
        yield from _findings(told.labels[:_MOST_LABELS], "labels", "Labels")


def ticks_of(duration_ms: int, zoom: int) -> list[int]:
    """Times of the ruler's marks that a zoom adds to those of lower ones, in milliseconds."""
    step_ms = _step_ms(duration_ms, zoom)
    coarser = _step_ms(duration_ms, zoom // 2) if zoom > 1 else 0
    times = range(0, duration_ms, step_ms)
    return [time_ms for time_ms in times if not coarser or time_ms % coarser]


def _step_ms(duration_ms: int, zoom: int) -> int:
    fits = (step for step in _STEPS_S if duration_ms / zoom / (step * 1_000) <= _TICKS)
    return next(fits, _STEPS_S[-1]) * 1_000


def _segment(one: Segment, frame_ms: int, picture: str = "") -> Bar:
    return Bar(one.name, one.name, one.begin_ms, one.end_ms + frame_ms, one.name.split()[0], picture=picture)


def _faces(told: Summary) -> tuple[Bar, ...]:
    """As high as there are faces."""
    runs = told.faces or ()
    most = max((run.faces for run in runs), default=1)
    return tuple(
        Bar(f"{run.faces:,}", faces_words(run.faces), run.begin_ms, run.end_ms, strength=run.faces / most)
        for run in runs
    )


def _findings(found: Sequence[Finding], look: str, nothing: str) -> Iterator[Lane]:
    """A lane each; an empty one where nothing was found."""
    if not found:
        yield Lane(nothing, look, ())
    for one in found:
        says = f"{one.name}, up to {percent(one.confidence)}"
        yield Lane(one.name, look, tuple(Bar("", says, begin, end) for begin, end in one.spans))
