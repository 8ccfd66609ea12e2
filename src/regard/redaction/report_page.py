"""A leak report as a page that a person can read and print: no script, nothing from elsewhere, pictures in it."""

from collections.abc import Sequence
from html import escape

from regard.redaction.report import Report, Sighting, UncertainSpan
from regard.redaction.report_html import STYLE, card, facts, grid, listed, more, picture_of, table
from regard.redaction.report_review import MOST_PICTURES, Review, sheet_tracks
from regard.redaction.report_tracks import TrackFacts
from regard.redaction.report_words import (
    CANNOT_SHOW,
    KIND_WORDS,
    meanings,
    moment,
    plural,
    settings_words,
    size_words,
    span_words,
)

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def report_page(report: Report, review: Review) -> str:
    """The page. review: the pictures that there are; a page without them is a page all the same."""
    title = f"What was covered in {report.input.name}"
    parts = (
        f"<h1>{escape(title)}</h1>",
        f"<p class='quiet'>{escape(report.output.name)}, report made {escape(_date(report.made))}</p>",
        _verdict(report),
        _figures(report),
        _kinds(report),
        _sightings(report, review),
        _uncertain(report, review),
        _kept_visible(report.kept_visible),
        _damaged(report),
        _sheet(report, review),
        _moments("Cuts", "Where a new shot begins. No cover is carried over a cut.", report.cuts),
        "<h2>What this report cannot show</h2><ul>"
        + "".join(f"<li>{escape(one)}</li>" for one in CANNOT_SHOW)
        + "</ul>",
        "<h2>Settings</h2>" + facts(settings_words(report.settings)),
        _files(report),
        _networks(report),
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        "<meta name='viewport' content='width=device-width'><meta name='referrer' content='no-referrer'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _verdict(report: Report) -> str:
    """The first thing to read: what there is to do."""
    check, doubts = report.check, len(report.uncertain)
    kind, said = "", []
    if doubts:
        kind = "doubt"
        said.append(f"{doubts:,} {plural('moment', doubts)} to review: the covers may be wrong there.")
    else:
        said.append("No moment was told to be uncertain.")
    if report.damaged:
        kind = "doubt"
        count = len(report.damaged)
        were = "was" if count == 1 else "were"
        said.append(f"{count:,} damaged {plural('part', count)} could not be decoded soundly and {were} covered whole.")
    if check is None:
        said.append("The output was not looked at again.")
    elif check.found:
        kind = "bad"
        count = len(check.found)
        said.insert(
            0, f"<strong>{count:,} {plural('sighting', count)} still found in the output.</strong> Look at each."
        )
    else:
        extent = "all" if check.which == "all" else "the uncertain"
        said.append(f"A detector looked again at {check.frames:,} frames ({extent} ones) and found nothing uncovered.")
    for note in report.notes:
        said.append(escape(note))
    return f"<div class='verdict {kind}'>{''.join(f'<p>{one}</p>' for one in said)}</div>"


def _figures(report: Report) -> str:
    told, source = report.figures, report.input
    boxes = [
        (_percent(told.covered_frames, told.frames), "of the frames have a cover"),
        (f"{told.covered_area:.1%}", "of the pictures' area is covered"),
        (f"{sum(kind.tracks for kind in told.kinds):,}", "tracks: one thing within one shot"),
        (f"{len(report.uncertain):,}", "uncertain moments"),
        (moment(source.duration_us), f"long, {source.frames:,} frames of {source.width} x {source.height}"),
    ]
    return (
        "<div class='figures'>" + "".join(f"<div><b>{a}</b><span>{escape(b)}</span></div>" for a, b in boxes) + "</div>"
    )


def _kinds(report: Report) -> str:
    rows = [
        (KIND_WORDS[one.kind][1].capitalize(), f"{one.tracks:,}", f"{one.seconds:,.1f}", f"{one.frames:,}")
        for one in report.figures.kinds
    ]
    missing = sorted(report.settings.kinds - {one.kind for one in report.figures.kinds})
    rows += [(KIND_WORDS[kind][1].capitalize(), "none found", "", "") for kind in missing]
    notes = "Seconds and frames count each thing by itself: two faces in a frame are two."
    if not report.figures.are_times_known:
        notes += " Frames were counted as if evenly spaced."
    rows_told = table(("", "Tracks", "Seconds", "Frames"), rows, numbers=3)
    return f"<h2>What was covered</h2>{rows_told}<p class='quiet'>{notes}</p>"


def _sightings(report: Report, review: Review) -> str:
    check = report.check
    if check is None:
        return ""
    frames = "every frame" if check.which == "all" else "the frames of uncertain moments and of the pictures below"
    said = f"A detector looked at {frames} of the output again: {check.frames:,} {plural('frame', check.frames)}"
    said += f", with a longer side of {check.longer_side:,} pixels, for what is at least {check.least_score:g}% sure."
    if check.skipped:
        said += f" There were too many: {check.skipped:,} were passed over; --check looks at all."
    if check.under_covers:
        said += f" {check.under_covers:,} findings lie under a cover, which can look like a face to a network."
    if check.kept_visible:
        said += f" {check.kept_visible:,} are of the one who is kept visible."
    cards = [
        card(review.sightings.get(place), str(place + 1), span_words(one.begin_us, one.end_us), _sighting(one))
        for place, one in enumerate(check.found[:MOST_PICTURES])
    ]
    body = (
        grid(cards, len(check.found), "What was found is covered in these pictures with a plain colour.")
        if cards
        else "<p>Nothing was found outside of the covers.</p>"
    )
    return f"<h2>Still found in the output</h2><p>{said}</p>{body}"


def _uncertain(report: Report, review: Review) -> str:
    if not report.uncertain:
        return "<h2>Moments to review</h2><p>None.</p>"
    cards = [
        card(review.uncertain.get(place), str(place + 1), span_words(one.begin_us, one.end_us), _doubt(one))
        for place, one in enumerate(report.uncertain[:MOST_PICTURES])
    ]
    intro = (
        "<p>Where a cover may have been beside its thing, the riskiest first. The pictures are of the output, from the "
        "middle of each moment; the frame shows where to look.</p>"
    )
    told = "".join(
        f"<li><b>{escape(words)}</b>: {escape(meaning)}</li>"
        for words, meaning in meanings({s.why for s in report.uncertain})
    )
    legend = f"<p>What the reasons mean:</p><ul>{told}</ul>" if told else ""
    return f"<h2>Moments to review</h2>{intro}{grid(cards, len(report.uncertain), '')}{legend}"


def _kept_visible(kept: Sequence[TrackFacts]) -> str:
    if not kept:
        return ""
    rows = [
        (
            f"track {one.track}",
            "; ".join(span_words(*span) for span in one.visible),
            span_words(one.begin_us, one.end_us),
        )
        for one in kept
    ]
    intro = (
        "<p>The one who asked for the footage. They are covered wherever they could not be followed without doubt.</p>"
    )
    return f"<h2>Kept visible</h2>{intro}{table(('', 'Visible', 'Followed'), rows)}"


def _damaged(report: Report) -> str:
    if not report.damaged:
        return ""
    moments = listed([span_words(*span) for span in report.damaged])
    return f"<h2>Damaged parts</h2><p>These could not be decoded soundly. Whole frames are covered there.</p>{moments}"


def _sheet(report: Report, review: Review) -> str:
    places = [place for place in sheet_tracks(report.tracks, report.uncertain) if (place, "first") in review.tracks]
    if not places:
        return ""
    pairs = "".join(
        f"<div class='pair'><div>{picture_of(review.tracks.get((place, 'first')))}"
        f"{picture_of(review.tracks.get((place, 'last')))}</div><p>{escape(_track(report.tracks[place]))}</p></div>"
        for place in places
    )
    others = more(len(report.tracks), len(places), "tracks; those with doubts come before others")
    return (
        "<h2>First and last frames of the tracks</h2><p>Whether a cover begins early enough and ends late enough.</p>"
        f"<details><summary>{len(places):,} {plural('track', len(places))}</summary><div class='pairs'>{pairs}</div>"
        f"</details>{others}"
    )


def _moments(title: str, intro: str, times: Sequence[int]) -> str:
    if not times:
        return ""
    return f"<h2>{title}</h2><p>{intro}</p>{listed([moment(time) for time in times])}"


def _files(report: Report) -> str:
    source, output = report.input, report.output
    told = [
        ("Input", f"{source.name}, {size_words(source.bytes)}"),
        ("SHA-256 of the input", source.sha256),
        ("Output", f"{output.name}, {size_words(output.bytes)}"),
        ("SHA-256 of the output", output.sha256),
        ("SHA-256 of the plan", report.plan_sha256),
        ("SHA-256 of this report's content", report.sha256),
    ]
    check = (
        f"<p>Check the pair later with <code>regard redact verify {escape(output.name)}</code>. Keep the hash of the "
        "report's content elsewhere: it is what shows that nobody made the report anew.</p>"
    )
    return f"<h2>Files</h2>{facts(told)}{check}"


def _networks(report: Report) -> str:
    made = [("Regard", report.version)]
    if report.plan_version != report.version:
        made.append(("Regard that made the plan", report.plan_version or "not told"))
    return f"<h2>Versions and networks</h2>{facts([*made, *sorted(report.networks.items())])}"


def _sighting(one: Sighting) -> str:
    frames = f"{one.frames:,} {plural('frame', one.frames)}"
    return f"{KIND_WORDS[one.kind][0].capitalize()}, {one.score:.0f}% sure, in {frames}"


def _doubt(one: UncertainSpan) -> str:
    return f"{KIND_WORDS[one.kind][0].capitalize()}, track {one.track}: {one.why}"


def _track(one: TrackFacts) -> str:
    return f"{KIND_WORDS[one.kind][0].capitalize()}, track {one.track}: {span_words(one.begin_us, one.end_us)}"


def _percent(part: int, whole: int) -> str:
    """Never 100 % or 0 % where it is not."""
    if not whole or part in (0, whole):
        return "0%" if not part else "100%"
    return f"{min(max(part / whole, 0.001), 0.999):.1%}"


def _date(made: str) -> str:
    return made.replace("T", " ").replace("Z", " UTC")
