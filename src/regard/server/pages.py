"""Pages for people: HTML without scripts and without anything from elsewhere."""

from collections.abc import Iterable, Sequence
from html import escape

from regard.people.refusals import ATTRIBUTES, OPERATIONS

PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_SHORT, _LONG = 20, 40  # characters: a time or a count; a sentence
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:3rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    "td,th{padding:.4rem 1rem .4rem 0;vertical-align:top;border-top:1px solid #ddd;text-align:left}"
    "th{font-weight:600}td.number,th.number{text-align:right}td.short{white-space:nowrap}"
    "td.long{min-width:18em}"
    "code,pre{font-size:.9em;overflow-wrap:anywhere;white-space:pre-wrap}td code{display:block;min-width:12em}"
    ".wide{overflow-x:auto}h2{margin-top:2.5rem}.quiet{color:#555}"
    "@media print{body{margin:0;padding:0;max-width:none;font-size:10px}.wide{overflow:visible}"
    "td,th{padding:.2rem .6rem .2rem 0}td.short{white-space:normal}td.long{min-width:0}td code{min-width:9em}"
    "tr{break-inside:avoid}h2,h3{break-after:avoid}}"
)


def document(title: str, *parts: str) -> str:
    """A page. title: text; parts: HTML."""
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table of texts. numbers: how many of the last columns hold numbers."""
    kinds = ["number" if place >= len(head) - numbers else "" for place in range(len(head))]
    titles = "".join(
        f"<th class='{kind}' scope='col'>{escape(one)}</th>" for kind, one in zip(kinds, head, strict=True)
    )
    lines = "".join(f"<tr>{''.join(map(_cell, kinds, row))}</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"


def _cell(kind: str, text: str) -> str:
    """Short texts stay on one line; long words such as hashes are broken, so that a printed page has them whole."""
    if len(text) <= _SHORT:
        return f"<td class='{kind} short'>{escape(text)}</td>"
    shown = escape(text) if " " in text else f"<code>{escape(text)}</code>"
    return f"<td class='{kind} {'long' if len(text) > _LONG else ''}'>{shown}</td>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what they are, one a row."""
    rows = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in pairs)
    return f"<table>{rows}</table>"


def refusals_page() -> str:
    """What this server refuses and why, as HTML, made from the table that refuses."""
    rows = "".join(
        f"<tr id='{escape(name)}'><td><code>{escape(name)}</code></td><td>Regard does not {escape(refusal.what)}: "
        f"{escape(refusal.why)}.</td></tr>"
        for name, refusal in (OPERATIONS | ATTRIBUTES).items()
    )
    return document(
        "What Regard refuses",
        "<p>Regard finds that there is a face; it says who somebody is only as a single, "
        "deliberate act on a still picture, about a person who agreed. These calls are answered with "
        "<code>AccessDeniedException</code>. No setting changes that, and each refusal is entered in the log and "
        "counted in <a href='/metrics'>/metrics</a> and on <a href='/transparency'>/transparency</a>.</p>"
        f"<table>{rows}</table>",
    )
