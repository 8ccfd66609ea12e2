"""The leak report of one redacted video: what was covered, where the covers may be wrong, what was found afterwards.

    OUT.report.json      this, for programs
    OUT.report.html      the same as a page (`report_page.py`), for people

A report holds no picture, no face vector and no text that stood in the video. Times are microseconds from the first
frame, boxes pixels of the upright frame.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from regard import __version__
from regard.redaction.plan import Plan, PlannedInput
from regard.redaction.report_figures import Figures, KindFigures, Times, figures
from regard.redaction.report_tracks import Pieces, TrackFacts, merged
from regard.redaction.report_words import risk_of
from regard.redaction.settings import RedactionSettings, Span

FORMAT = "regard-redaction-report-1"
_CHUNK = 1 << 20


class ReportFault(ValueError):
    """A report cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file, by what it holds."""

    name: str  # without its folders
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class UncertainSpan:
    """A while in which a cover may be wrong, the riskiest first."""

    begin_us: int
    end_us: int
    why: str  # as the plan says it
    kind: str
    track: int
    risk: float  # only for comparing: how bad it would be, times how long it lasts and how large it is


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that the check still found in the output, outside of the covers, for a while."""

    begin_us: int
    end_us: int
    frames: int
    score: float  # the highest, per cent
    kind: str
    box: tuple[float, float, float, float]  # where it was when the score was highest
    at_us: int  # when that was


@dataclass(frozen=True, slots=True)
class Check:
    """What looking at the output once more came to."""

    which: str  # "all": every frame; "uncertain": those of uncertain spans and of the page's pictures
    frames: int  # that were looked at
    skipped: int  # of the uncertain ones, for there were too many
    longer_side: int  # pixels of the pictures looked at
    least_score: float  # per cent, from which something counted as found
    under_covers: int  # findings that lie under a cover; a cover can look like a face to a network
    kept_visible: int  # findings of the one who is kept visible
    found: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it."""

    made: str  # UTC, ISO 8601
    version: str  # of the Regard that made the report
    plan_version: str  # of the one that made the plan
    input: PlannedInput
    output: FileFacts
    plan_sha256: str  # of the plan as `Plan.to_bytes` writes it
    settings: RedactionSettings
    networks: Mapping[str, str]  # SHA-256 of their files, by name
    figures: Figures
    tracks: tuple[TrackFacts, ...]
    uncertain: tuple[UncertainSpan, ...]
    cuts: tuple[int, ...]
    damaged: tuple[Span, ...]
    notes: tuple[str, ...]
    check: Check | None = None

    @property
    def kept_visible(self) -> tuple[TrackFacts, ...]:
        """The tracks that are not covered all the time."""
        return tuple(track for track in self.tracks if track.visible)

    def members(self) -> dict[str, Any]:
        """Of JSON's types only, without the integrity."""
        return {"format": FORMAT, **asdict(self), "networks": dict(self.networks)}

    @property
    def sha256(self) -> str:
        """Of the content in one canonical form: keys sorted, no spaces. Whitespace in a file does not matter."""
        return content_sha256(orjson.loads(orjson.dumps(self.members())))

    def to_bytes(self, page_sha256: str | None = None) -> bytes:
        """JSON with the report's own hash in it. page_sha256: of the page that was made of it."""
        integrity = {"content_sha256": self.sha256, "page_sha256": page_sha256}
        return orjson.dumps({**self.members(), "integrity": integrity}, option=orjson.OPT_INDENT_2) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> "Report":
        """A report out of its JSON; its hashes are not compared (`verifying.py` does). Raises ReportFault."""
        members = read_members(data)
        try:
            return cls(**{name: _MADE_BY.get(name, _as_it_is)(members[name]) for name in (f.name for f in fields(cls))})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            said = f"no member {error}" if isinstance(error, KeyError) else str(error)
            raise ReportFault(f"The report cannot be read: {said}") from error


def report_of(
    plan: Plan, output: Path, check: Check | None = None, times: Times | None = None, left_out: Sequence[str] = ()
) -> Report:
    """The report of a video that was rendered from `plan` into `output`.

    times: of every frame; left_out: streams that the output does not have, each with the reason. Raises OSError.
    """
    return Report(
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        version=__version__,
        plan_version=plan.version,
        input=plan.input,
        output=file_facts(output),
        plan_sha256=plan_sha256(plan),
        settings=plan.settings,
        networks=dict(plan.networks),
        figures=figures(plan, times),
        tracks=Pieces(plan.tracks).facts(),
        uncertain=uncertain_spans(plan),
        cuts=plan.cuts,
        damaged=plan.damaged,
        notes=(*plan.notes, *(f"Left out: {one}" for one in left_out)),
        check=check,
    )


def uncertain_spans(plan: Plan) -> tuple[UncertainSpan, ...]:
    """All of the plan's, the riskiest first; one that goes on in the next piece of its track is one."""
    found: dict[tuple[int, str, str], list[Span]] = {}
    for piece in plan.tracks:
        for one in piece.uncertain:
            found.setdefault((piece.track, piece.kind, one.why), []).append((one.begin_us, one.end_us))
    pieces, area = Pieces(plan.tracks), max(1, plan.input.width * plan.input.height)
    spans = []
    for (track, kind, why), parts in found.items():
        for begin, end in merged(parts):
            left, top, right, bottom = pieces.box_near(track, kind, begin) or (0.0, 0.0, 0.0, 0.0)
            risk = risk_of(why, end - begin, (right - left) * (bottom - top) / area)
            spans.append(UncertainSpan(begin, end, why, kind, track, risk))
    return tuple(sorted(spans, key=lambda span: (-span.risk, span.begin_us)))


def report_paths(output: Path) -> tuple[Path, Path]:
    """Where the report of an output stands: its JSON and its page."""
    return output.with_name(f"{output.name}.report.json"), output.with_name(f"{output.name}.report.html")


def file_facts(path: Path) -> FileFacts:
    """Name, hash and size. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return FileFacts(path.name, digest.hexdigest(), size)


def plan_sha256(plan: Plan) -> str:
    """Of a plan as it writes itself, so that spaces in an edited file do not matter."""
    return hashlib.sha256(plan.to_bytes()).hexdigest()


def content_sha256(members: Mapping[str, Any]) -> str:
    """Of a report's members but `integrity`, in canonical form."""
    content = {name: value for name, value in members.items() if name != "integrity"}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_members(data: bytes) -> dict[str, Any]:
    """The members of a report's JSON. Raises ReportFault where it is none."""
    try:
        members = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ReportFault(f"The report is not JSON: {error}") from error
    if not isinstance(members, dict) or members.get("format") != FORMAT:
        raise ReportFault(f'This is no report: it has no member "format" that says {FORMAT}')
    return members


def _as_it_is(value: Any) -> Any:
    return value


def _spans(value: Any) -> tuple[Span, ...]:
    return tuple((int(begin), int(end)) for begin, end in value)


def _figures(value: Any) -> Figures:
    return Figures(**{**value, "kinds": tuple(KindFigures(**one) for one in value["kinds"])})


def _check(value: Any) -> Check | None:
    if value is None:
        return None
    return Check(**{**value, "found": tuple(Sighting(**{**one, "box": tuple(one["box"])}) for one in value["found"])})


_MADE_BY: Mapping[str, Any] = {
    "input": lambda value: PlannedInput(**value),
    "output": lambda value: FileFacts(**value),
    "settings": RedactionSettings.from_json,
    "figures": _figures,
    "tracks": lambda value: tuple(TrackFacts(**{**one, "visible": _spans(one["visible"])}) for one in value),
    "uncertain": lambda value: tuple(UncertainSpan(**one) for one in value),
    "cuts": tuple,
    "damaged": _spans,
    "notes": tuple,
    "check": _check,
}
