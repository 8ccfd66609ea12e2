"""The timeline of a video as one page: no script, nothing from elsewhere, pictures in it, faces in them covered."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

from regard.cli.video_lanes import Bar, Lane, lanes_of, ticks_of
from regard.cli.video_reports import Report, clock, facts_words, reports_of, span_words
from regard.cli.video_rooms import CoveredPicture
from regard.cli.video_summary import Segment, Summary
from regard.cli.video_timeline_style import TIMELINE_STYLE, ZOOMS
from regard.redaction.report_html import STYLE, table
from regard.redaction.report_words import plural

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MOST_ROWS = 300  # of a table

Pictures = Mapping[str, CoveredPicture]  # by the names of shots


def timeline_page(name: str, told: Summary, pictures: Pictures, made: str) -> str:
    """The page. name: of the video; made: when and by what, in words."""
    title = f"Timeline of {name}"
    parts = (
        f"<h1>{escape(title)}</h1><p class='quiet'>{escape(facts_words(told))}</p>",
        _figures(told),
        _held(pictures),
        _timeline(told, pictures),
        *(_section(report) for report in reports_of(told) if report.title != "Shots"),
        _shots(told.segments.shots if told.segments else (), pictures),
        f"<p class='quiet'>{escape(made)}</p>",
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        "<meta name='viewport' content='width=device-width'><meta name='referrer' content='no-referrer'>"
        f"<title>{escape(title)}</title><style>{STYLE}{TIMELINE_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _figures(told: Summary) -> str:
    boxes: list[tuple[int, str]] = []
    if told.segments is not None:
        boxes.append((len(told.segments.shots), plural("shot", len(told.segments.shots))))
    if told.labels is not None:
        boxes.append((len(told.labels), plural("label", len(told.labels))))
    if told.faces is not None:
        boxes.append((max((run.faces for run in told.faces), default=0), "faces at once, at most"))
    if told.text is not None:
        boxes.append((len(told.text.lines), "different lines of text"))
    if told.moderation is not None:
        boxes.append((len(told.moderation), "kinds of unsafe content"))
    shown = "".join(f"<div><b>{number:,}</b><span>{escape(what)}</span></div>" for number, what in boxes)
    return f"<div class='figures'>{shown}</div>"


def _held(pictures: Pictures) -> str:
    """The pictures, once; the timeline and the list of shots refer to them."""
    images = "".join(
        f"<image id='{_id(name)}' width='{one.width}' height='{one.height}' "
        f"href='data:image/jpeg;base64,{base64.b64encode(one.jpeg).decode()}'/>"
        for name, one in pictures.items()
    )
    return f"<svg class='held' aria-hidden='true'><defs>{images}</defs></svg>" if images else ""


def _timeline(told: Summary, pictures: Pictures) -> str:
    """For the eyes: what it shows is in the tables too, in words."""
    duration_ms = max(1, told.facts["duration_ms"])
    choices = "".join(
        f"<input type='radio' name='zoom' id='zoom{zoom}'{' checked' if zoom == 1 else ''}>"
        f"<label for='zoom{zoom}'>{'whole' if zoom == 1 else f'{zoom} times'}</label>"
        for zoom in ZOOMS
    )
    ticks = "".join(
        f"<i class='from{zoom}' style='left:{_share(time_ms, duration_ms)}'>{clock(time_ms)[:-3]}</i>"
        for zoom in ZOOMS
        for time_ms in ticks_of(duration_ms, zoom)
    )
    lanes = "".join(_lane(lane, duration_ms, pictures) for lane in lanes_of(told))
    return (
        f"<h2 id='timeline'>Timeline</h2><div class='zoom'><span>Zoom:</span>{choices}"
        "<div class='scroll' tabindex='0' role='img' aria-label='The timeline as a drawing; the tables below say the "
        f"same in words'><div class='lanes'><div class='lane ruler'><b></b><div>{ticks}</div></div>{lanes}</div></div>"
        "<p class='quiet hint'>Point at something to read what it is. Zoom, then scroll sideways.</p></div>"
    )


def _lane(lane: Lane, duration_ms: int, pictures: Pictures) -> str:
    bars = "".join(_bar(bar, duration_ms, pictures) for bar in lane.bars)
    return f"<div class='lane {lane.look}'><b>{escape(lane.name)}</b><div>{bars}</div></div>"


def _bar(bar: Bar, duration_ms: int, pictures: Pictures) -> str:
    place = f"left:{_share(bar.begin_ms, duration_ms)};width:{_share(bar.end_ms - bar.begin_ms, duration_ms)}"
    strength = f";--strength:{bar.strength:.2f}" if bar.strength < 1 else ""
    picture = pictures.get(bar.picture)
    inside = (_drawn(bar.picture, picture, "xMidYMid slice") if picture else "") + escape(bar.name)
    larger = _drawn(bar.picture, picture, "xMidYMid meet") if picture else ""
    when = span_words((bar.begin_ms, bar.end_ms))
    tip = f"<span class='tip'>{larger}<b>{escape(bar.says)}</b> {when}</span>"
    return f"<span class='bar {bar.look}' style='{place}{strength}'><em>{inside}</em>{tip}</span>"


def _drawn(name: str, picture: CoveredPicture, fit: str) -> str:
    return (
        f"<svg viewBox='0 0 {picture.width} {picture.height}' preserveAspectRatio='{fit}' "
        f"style='--aspect:{picture.width / picture.height:.4f}'>"
        f"<use href='#{_id(name)}'/></svg>"
    )


def _section(report: Report) -> str:
    if not report.rows:
        return f"<h2>{escape(report.title)}</h2><p>{escape(_sentence(report.nothing))}</p>"
    said = f"<p>{escape(_sentence(report.said))}</p>" if report.said else ""
    left = len(report.rows) - _MOST_ROWS
    more = f"<p class='quiet'>and {left:,} more; <code>--json</code> gives all</p>" if left > 0 else ""
    return f"<h2>{escape(report.title)}</h2>{said}{table(report.columns, report.rows[:_MOST_ROWS])}{more}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _shots(shots: Sequence[Segment], pictures: Pictures) -> str:
    """With their pictures, where there are any."""
    if not shots:
        return "<h2>Shots</h2><p>None.</p>"
    shown = shots[:_MOST_ROWS]
    left = len(shots) - len(shown)
    more = f"<p class='quiet'>and {left:,} more; <code>--json</code> gives all</p>" if left > 0 else ""
    return (
        "<h2>Shots</h2><p>Each picture is of the middle of its shot. Faces that were found in it are covered; one that "
        "no network finds would not be.</p>"
        f"<div class='cards'>{''.join(_card(shot, pictures.get(shot.name)) for shot in shown)}</div>{more}"
    )


def _card(shot: Segment, picture: CoveredPicture | None) -> str:
    drawn = _drawn(shot.name, picture, "xMidYMid meet") if picture else "<span class='none'>no picture</span>"
    return (
        f"<div class='card'>{drawn}<div><b>{escape(shot.name)}</b><br>{escape(shot.begin_timecode)} to "
        f"{escape(shot.end_timecode)}</div></div>"
    )


def _id(name: str) -> str:
    return escape(name.lower().replace(" ", "-"))


def _share(time_ms: int, duration_ms: int) -> str:
    return f"{max(0.0, min(100.0, 100 * time_ms / duration_ms)):.3f}%"
