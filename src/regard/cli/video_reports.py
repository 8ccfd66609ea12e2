"""What was found in a video as tables: on a terminal, and in the page of a timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.video_summary import FaceRun, Finding, Segment, Span, Summary
from regard.redaction.report_words import moment, plural

_MOST_SPANS = 5  # named in one cell
_MOST_ROWS = 40  # of a table on a terminal


@dataclass(frozen=True, slots=True)
class Report:
    """One table. Cells are plain text: what was read in a video may look like markup."""

    title: str
    said: str  # the whole of it in one sentence, "" where there is nothing to add
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    nothing: str  # said where there is no row


def reports_of(told: Summary) -> list[Report]:
    """A table each for what was asked, two of segments."""
    made: list[Report] = []
    if told.labels is not None:
        made.append(_labels(told.labels))
    if told.faces is not None:
        made.append(_faces(told.faces))
    if told.text is not None:
        made.append(_text(told.text.lines))
    if told.moderation is not None:
        made.append(_moderation(told.moderation))
    if told.segments is not None:
        made += [_cues(told.segments.cues), _shots(told.segments.shots)]
    return made


def show(console: Console, name: str, told: Summary) -> None:
    """Prints one video's tables."""
    _print(console, f"{name}: {facts_words(told)}")
    for report in reports_of(told):
        if not report.rows:
            _print(console, f"{report.title}: {report.nothing}")
            continue
        _print(console, f"{report.title}: {report.said}" if report.said else report.title)
        table = Table(*report.columns)
        for row in report.rows[:_MOST_ROWS]:
            table.add_row(*map(Text, row))
        console.print(table)
        if len(report.rows) > _MOST_ROWS:
            _print(console, f"and {len(report.rows) - _MOST_ROWS:,} more; --json and --timeline have them")


def facts_words(told: Summary) -> str:
    """As "1:02.00, 1280 x 720, 25 frames a second, h264, sound"."""
    facts = told.facts
    sound = "sound" if facts.get("audio") else "no sound"
    rate = f"{facts['frame_rate']:.6g} frames a second"
    return f"{clock(facts['duration_ms'])}, {facts['width']} x {facts['height']}, {rate}, {facts['codec']}, {sound}"


def clock(time_ms: int) -> str:
    """As 0:07.25 or 1:02:03.50."""
    return moment(time_ms * 1_000)


def span_words(span: Span) -> str:
    """As 0:07.25-0:08.00, or one moment."""
    begin, end = clock(span[0]), clock(span[1])
    return begin if begin == end else f"{begin}-{end}"


def faces_words(count: int) -> str:
    """As "1 face"."""
    return f"{count:,} {plural('face', count)}"


def percent(value: float) -> str:
    """As 97.3 %."""
    return f"{value:.1f} %"


def _print(console: Console, sentence: str) -> None:
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _labels(found: Sequence[Finding]) -> Report:
    rows = tuple((one.name, one.detail, *_times(one)) for one in found)
    said = f"{len(rows):,} {plural('label', len(rows))}, what was seen longest first"
    return Report("Labels", said, ("Label", "Parents", "Seen for", "When", "Confidence"), rows, "no label")


def _text(found: Sequence[Finding]) -> Report:
    rows = tuple((one.name, *_times(one)) for one in found)
    return Report("Text", "", ("Line", "Seen for", "When", "Confidence"), rows, "no text")


def _moderation(found: Sequence[Finding]) -> Report:
    rows = tuple((one.name, one.detail, *_times(one)) for one in found)
    columns = ("Content", "Kind of", "Seen for", "When", "Confidence")
    return Report("Moderation", "", columns, rows, "nothing unsafe found")


def _times(one: Finding) -> tuple[str, str, str]:
    return _length(one.total_ms), _listed(one.spans), percent(one.confidence)


def _length(time_ms: int) -> str:
    return clock(time_ms) if time_ms else "an instant"


def _listed(spans: Sequence[Span]) -> str:
    shown = ", ".join(map(span_words, spans[:_MOST_SPANS]))
    left = len(spans) - _MOST_SPANS
    return f"{shown} and {left:,} more" if left > 0 else shown


def _faces(runs: Sequence[FaceRun]) -> Report:
    """The runs that last longest first."""
    columns = ("Faces", "When", "For")
    if not runs:
        return Report("Faces", "", columns, (), "no face")
    fullest = max(runs, key=lambda run: (run.faces, -run.begin_ms))
    total_ms = sum(run.end_ms - run.begin_ms for run in runs)
    said = f"at most {fullest.faces:,} at once, at {clock(fullest.begin_ms)}; for {_length(total_ms)} in all"
    longest = sorted(runs, key=lambda run: (run.begin_ms - run.end_ms, run.begin_ms))
    rows = tuple(
        (f"{run.faces:,}", span_words((run.begin_ms, run.end_ms)), _length(run.end_ms - run.begin_ms))
        for run in longest
    )
    return Report("Faces", f"{said}; the longest times first", columns, rows, "no face")


def _cues(cues: Iterable[Segment]) -> Report:
    return Report("Technical cues", "", ("Cue", *_TIMECODES), tuple(map(_timecodes, cues)), "none")


def _shots(shots: Sequence[Segment]) -> Report:
    return Report("Shots", f"{len(shots):,}", ("Shot", *_TIMECODES), tuple(map(_timecodes, shots)), "none")


_TIMECODES = ("From", "To", "Duration", "Confidence")


def _timecodes(one: Segment) -> tuple[str, ...]:
    return one.name, one.begin_timecode, one.end_timecode, one.duration_timecode, percent(one.confidence)
