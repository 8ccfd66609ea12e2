"""What a report's page is put together from: how it looks on a screen and on paper, tables, cards with pictures."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

from regard.redaction.report_pictures import Thumbnail
from regard.redaction.report_words import moment

_MOST_LISTED = 200  # moments in a list; the JSON has all

STYLE = """
:root{--line:#d9dde3;--quiet:#5a6472;--soft:#f5f6f8;--ink:#16191d;--good:#1b6e3c;--bad:#b3123f;--doubt:#8a5a00}
*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.6rem 0 .5rem}
p{margin:.4rem 0 .8rem;max-width:46rem}.quiet{color:var(--quiet)}
code{font:.82em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
.verdict{border-left:.35rem solid var(--good);background:var(--soft);padding:.7rem 1rem;margin:1.2rem 0}
.verdict.doubt{border-color:#e0a100}.verdict.bad{border-color:var(--bad)}.verdict p{margin:.15rem 0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.8rem;margin:1.2rem 0}
.figures div{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem}
.figures b{display:block;font-size:1.45rem;line-height:1.25;font-variant-numeric:tabular-nums}
.figures span{color:var(--quiet);font-size:.88rem}
.wide{overflow-x:auto}table{border-collapse:collapse;margin:.5rem 0 1.2rem}
td,th{padding:.35rem 1.4rem .35rem 0;vertical-align:top;border-top:1px solid var(--line);text-align:left}
th{font-weight:600}tbody th{white-space:nowrap}
thead th{border-top:0;color:var(--quiet);font-weight:500;font-size:.88rem}
.number{text-align:right;font-variant-numeric:tabular-nums}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem;margin:1rem 0}
.card{border:1px solid var(--line);border-radius:.4rem;overflow:hidden;break-inside:avoid;background:#fff}
.card img,.pair img{display:block;width:100%;height:auto;background:#222}
.card div{padding:.5rem .7rem .6rem;font-size:.9rem;line-height:1.4}
.card b{font-variant-numeric:tabular-nums}.rank{float:right;color:var(--quiet)}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem;margin:1rem 0}
.pair{break-inside:avoid;font-size:.88rem}.pair div{display:grid;grid-template-columns:1fr 1fr;gap:.25rem}
.pair p{margin:.25rem 0 0}
details{margin:.8rem 0}summary{cursor:pointer;font-weight:600}
.none{display:block;aspect-ratio:16/9;background:var(--soft);color:var(--quiet);padding:1rem;font-size:.85rem}
@media print{
html{font-size:10px}body{margin:0;padding:0;max-width:none}h2{margin-top:1.4rem;break-after:avoid}
.cards{grid-template-columns:repeat(4,1fr);gap:.5rem}.pairs{grid-template-columns:repeat(3,1fr);gap:.5rem}
.figures{grid-template-columns:repeat(5,1fr)}
.wide{overflow:visible}tr,.verdict,.figures{break-inside:avoid}.figures b{font-size:1.2rem}
.verdict,.figures div,.card{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
"""


def grid(cards: Sequence[str], total: int, intro: str) -> str:
    """Cards side by side; total: how many there would be; intro: HTML."""
    said = f"<p>{intro}</p>" if intro else ""
    return f"{said}<div class='cards'>{''.join(cards)}</div>{more(total, len(cards), 'moments')}"


def card(picture: Thumbnail | None, rank: str, when: str, what: str) -> str:
    """A picture and what it is about."""
    return (
        f"<div class='card'>{picture_of(picture)}<div><span class='rank'>{rank}</span><b>{escape(when)}</b><br>"
        f"{escape(what)}</div></div>"
    )


def picture_of(picture: Thumbnail | None) -> str:
    """A picture inside the page."""
    if picture is None:
        return "<span class='none'>no picture</span>"
    data = base64.b64encode(picture.jpeg).decode()
    return (
        f"<img src='data:image/jpeg;base64,{data}' width='{picture.width}' height='{picture.height}' "
        f"alt='the output at {moment(picture.time_us)}'>"
    )


def more(total: int, shown: int, what: str) -> str:
    """That not all are shown; nothing where they are."""
    if total <= shown:
        return ""
    return f"<p class='quiet'>{shown:,} of {total:,} {what}; all of them are in the report's JSON.</p>"


def listed(texts: Sequence[str]) -> str:
    """Texts one after the other, the first of them where there are very many."""
    shown = ", ".join(escape(text) for text in texts[:_MOST_LISTED])
    return f"<p>{shown}</p>{more(len(texts), min(len(texts), _MOST_LISTED), 'moments')}"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what they are, one a row."""
    rows = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{_value(value)}</td></tr>" for name, value in pairs)
    return f"<table><tbody>{rows}</tbody></table>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table of texts. numbers: how many of the last columns hold numbers."""
    kinds = ["number" if place >= len(head) - numbers else "" for place in range(len(head))]
    titles = "".join(
        f"<th class='{kind}' scope='col'>{escape(one)}</th>" for kind, one in zip(kinds, head, strict=True)
    )
    lines = "".join(f"<tr>{''.join(map(_cell, kinds, row))}</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"


def _value(text: str) -> str:
    is_hash = len(text) == 64 and " " not in text
    return f"<code>{escape(text)}</code>" if is_hash else escape(text)


def _cell(kind: str, text: str) -> str:
    return f"<td class='{kind}'>{_value(text)}</td>"
