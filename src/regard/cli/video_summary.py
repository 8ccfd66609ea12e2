"""What was found in a video, put together for people: what was seen from when to when, never who."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from regard.cli.video_rooms import VIEWS, Answer, Row

SAME_RUN_MS = 2_100  # a video is looked at every 2 s at least: what is seen at two such instants was there between

Span = tuple[int, int]  # milliseconds, both ends included
Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: a label, a text, unsafe content."""

    name: str
    detail: str
    confidence: float  # per cent, the highest
    spans: tuple[Span, ...]  # rising and apart

    @property
    def total_ms(self) -> int:
        """Of all spans together."""
        return sum(end - begin for begin, end in self.spans)


@dataclass(frozen=True, slots=True)
class FaceRun:
    """For how long there were so many faces. Whose is not known, nor whether they are the same."""

    begin_ms: int
    end_ms: int
    faces: int


@dataclass(frozen=True, slots=True)
class TextRun:
    """For how long these lines were read together."""

    begin_ms: int
    end_ms: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A shot or a technical cue."""

    name: str
    begin_ms: int
    end_ms: int
    begin_timecode: str
    end_timecode: str
    duration_timecode: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Texts:
    """What was read."""

    lines: tuple[Finding, ...]  # by their first instant
    runs: tuple[TextRun, ...]


@dataclass(frozen=True, slots=True)
class Segments:
    """How the video is cut."""

    shots: tuple[Segment, ...]
    cues: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one video; None for what was not asked."""

    facts: Mapping[str, Any]
    labels: tuple[Finding, ...] | None = None  # what was seen longest first
    faces: tuple[FaceRun, ...] | None = None
    text: Texts | None = None
    moderation: tuple[Finding, ...] | None = None  # by their first instant
    segments: Segments | None = None


def summary(answer: Answer, kinds: Collection[str]) -> Summary:
    """Of the kinds that were asked."""

    def rows(kind: str) -> Iterator[Row]:
        return answer.rows(kind, VIEWS[kind].spans)

    segments = segments_of(rows("segments")) if "segments" in kinds else None
    cuts_ms = [shot.begin_ms for shot in segments.shots] if segments is not None else []
    return Summary(
        answer.facts,
        labels=labels_of(rows("labels")) if "labels" in kinds else None,
        faces=faces_of(rows("faces"), cuts_ms) if "faces" in kinds else None,
        text=text_of(rows("text"), cuts_ms) if "text" in kinds else None,
        moderation=moderation_of(rows("moderation")) if "moderation" in kinds else None,
        segments=segments,
    )


def labels_of(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """rows: of label detection, a row each run."""
    found = _Findings()
    for row in rows:
        label = row["Label"]
        parents = ", ".join(parent["Name"] for parent in label.get("Parents", ()))
        found.add(label["Name"], parents, label["Confidence"], _span(row))
    return tuple(sorted(found.all(), key=lambda one: (-one.total_ms, -one.confidence, one.name)))


def moderation_of(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """rows: of content moderation, a row each run."""
    found = _Findings()
    for row in rows:
        label = row["ModerationLabel"]
        found.add(label["Name"], label.get("ParentName", ""), label["Confidence"], _span(row))
    return _by_time(found.all())


def faces_of(rows: Iterable[Row], cuts_ms: Sequence[int] = ()) -> tuple[FaceRun, ...]:
    """rows: of face detection. Instants with equally many faces are one run. cuts_ms: where shots begin, rising."""
    counts = ((time_ms, len(seen)) for time_ms, seen in _instants(rows))
    return tuple(FaceRun(begin_ms, end_ms, count) for begin_ms, end_ms, count in _runs(counts, cuts_ms))


def text_of(rows: Iterable[Row], cuts_ms: Sequence[int] = ()) -> Texts:
    """rows: of text detection. Lines count, words do not; one that is read again goes on, but for at cuts."""
    times: dict[str, list[int]] = {}
    confidences: dict[str, float] = {}
    together: list[tuple[int, tuple[str, ...]]] = []
    for time_ms, seen in _instants(row for row in rows if row["TextDetection"]["Type"] == "LINE"):
        lines = [row["TextDetection"] for row in seen]
        for line in lines:
            text = line["DetectedText"]
            times.setdefault(text, []).append(time_ms)
            confidences[text] = max(confidences.get(text, 0.0), line["Confidence"])
        together.append((time_ms, tuple(line["DetectedText"] for line in lines)))
    found = (Finding(text, "", confidences[text], tuple(_spans(instants, cuts_ms))) for text, instants in times.items())
    return Texts(_by_time(found), tuple(TextRun(*run) for run in _runs(together, cuts_ms)))


def segments_of(rows: Iterable[Row]) -> Segments:
    """rows: of segment detection."""
    shots, cues = list[Segment](), list[Segment]()
    for row in rows:
        if row["Type"] == "SHOT":
            shots.append(_segment(row, f"Shot {row['ShotSegment']['Index'] + 1}", row["ShotSegment"]["Confidence"]))
        else:
            cue = row["TechnicalCueSegment"]
            cues.append(_segment(row, cue["Type"], cue["Confidence"]))
    return Segments(tuple(shots), tuple(cues))


@dataclass(slots=True)
class _Finding:
    detail: str
    confidence: float
    spans: list[Span]


@dataclass(slots=True)
class _Findings:
    """Things by their names, as they are put together. Rows come by time."""

    _by_name: dict[str, _Finding] = field(default_factory=dict)

    def add(self, name: str, detail: str, confidence: float, span: Span) -> None:
        one = self._by_name.setdefault(name, _Finding(detail, confidence, [span]))
        one.confidence = max(one.confidence, confidence)
        begin, end = one.spans[-1]
        if span[0] <= end:
            one.spans[-1] = (begin, max(end, span[1]))
        else:
            one.spans.append(span)

    def all(self) -> Iterator[Finding]:
        for name, one in self._by_name.items():
            yield Finding(name, one.detail, one.confidence, tuple(one.spans))


def _by_time(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda one: (one.spans[0][0], -one.confidence, one.name)))


def _instants(rows: Iterable[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Rows with the same time, together."""
    held: list[Row] = []
    for row in rows:
        if held and held[0]["Timestamp"] != row["Timestamp"]:
            yield held[0]["Timestamp"], held
            held = []
        held.append(row)
    if held:
        yield held[0]["Timestamp"], held


def _runs(instants: Iterable[tuple[int, Seen]], cuts_ms: Sequence[int]) -> Iterator[tuple[int, int, Seen]]:
    """Begin, end and what was seen. It is taken to last until the next instant where that is near, or until a cut."""
    held: tuple[int, int, Seen] | None = None
    for time_ms, seen in instants:
        if held is not None:
            begin_ms, last_ms, before = held
            until_ms = min([time_ms, *cuts_ms[bisect_right(cuts_ms, last_ms) :][:1]])
            is_near = time_ms - last_ms <= SAME_RUN_MS
            if is_near and until_ms == time_ms and before == seen:
                held = (begin_ms, time_ms, seen)
                continue
            yield begin_ms, until_ms if is_near else last_ms, before
        held = (time_ms, time_ms, seen)
    if held is not None:
        yield held


def _spans(times_ms: Iterable[int], cuts_ms: Sequence[int]) -> Iterator[Span]:
    """Of something that was seen then."""
    for begin_ms, end_ms, _ in _runs(((time_ms, True) for time_ms in times_ms), cuts_ms):
        yield begin_ms, end_ms


def _span(row: Row) -> Span:
    return row["StartTimestampMillis"], row["EndTimestampMillis"]


def _segment(row: Row, name: str, confidence: float) -> Segment:
    return Segment(
        name,
        row["StartTimestampMillis"],
        row["EndTimestampMillis"],
        row["StartTimecodeSMPTE"],
        row["EndTimecodeSMPTE"],
        row["DurationSMPTE"],
        confidence,
    )
