"""`/transparency`: what faces are kept for, for how long, and what was done, for everybody to read.

No signature is asked for; nothing on it is about one person.
"""

from html import escape

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from regard.people.transparency import ABOUT_ONE, EXACT, Month, PublicPage, Purpose, Transparency
from regard.server.pages import PAGE_HEADERS, document, facts, table

PATH = "/transparency"
_INTRODUCTION = (
    "<p>This server recognises faces only of people who agreed to it, for the purpose they agreed to, on single still "
    "pictures. It never searches video, follows people, or guesses age, gender or feelings: "
    "<a href='/refusals'>what it refuses</a>. This page is made from what it holds and from its log.</p>"
)
_COUNTED = (
    "<p class='quiet'>Counts of people, and of what single people had done, are given in tens, so that nobody can "
    "watch one person in them. The others are exact. Months are in UTC.</p>"
)
_CHECK = (
    "<p>Every act is an entry of a log that cannot be changed without its showing: a C2SP tlog-tiles log with signed "
    "checkpoints. Keep this key and this checkpoint. Whoever gets the log's files later can check with "
    "<code>regard log verify</code> that they are whole, and with <code>regard log prove --old SIZE</code> and "
    "<code>regard log check --checkpoint FILE</code> that they go on from what you kept; other programs that read such "
    "logs can do it too. Two people with different checkpoints of one size have caught the operator.</p>"
)


def transparency_routes(transparency: Transparency) -> list[Route]:
    """The page, and the same as JSON."""

    async def page(_: Request) -> Response:
        return HTMLResponse(transparency_page(await run_in_threadpool(transparency.page)), headers=PAGE_HEADERS)

    async def data(_: Request) -> Response:
        content = orjson.dumps(await run_in_threadpool(transparency.page))
        return Response(content, headers=PAGE_HEADERS, media_type="application/json")

    return [Route(PATH, page), Route(f"{PATH}.json", data)]


def transparency_page(page: PublicPage) -> str:
    """As HTML: no scripts, nothing from elsewhere."""
    return document(
        "What faces are kept for here",
        _INTRODUCTION,
        "<h2>Purposes</h2>",
        _purposes(page.purposes, page.sandboxes),
        "<h2>For how long</h2>",
        "<ul>" + "".join(f"<li>{escape(rule)}</li>" for rule in page.retention) + "</ul>",
        "<h2>What was done</h2>",
        _months(page.months),
        _COUNTED,
        "<h2>What was refused</h2>",
        _refusals(page.months),
        "<h2>How to check this</h2>",
        _CHECK,
        facts([("Log", page.log_name), ("Entries", f"{page.log_size:,}"), ("Key", page.log_vkey), ("Made", page.made)]),
        f"<p>Checkpoint:</p><pre>{escape(page.checkpoint)}</pre>",
    )


def _purposes(purposes: list[Purpose], sandboxes: int) -> str:
    trials = f"<p>Collections for trials, which end after a day: {sandboxes}.</p>"
    if not purposes:
        return f"<p>No faces of people are kept.</p>{trials}"
    head = ("Purpose", "Controller", "Who is asked about", "Searches", "Collections", "People", "Faces")
    rows = [
        (
            one.purpose,
            one.controller,
            "a person who is named (1:1 only)" if one.is_verify_only else "whom a picture shows (1:N and 1:1)",
            _searches(one),
            f"{one.collections}",
            one.subjects.text,
            one.faces.text,
        )
        for one in purposes
    ]
    return table(head, rows, numbers=3) + trials


def _searches(purpose: Purpose) -> str:
    if purpose.is_verify_only:
        return "none"
    return "each after two reviewers agreed" if purpose.is_sensitive else "by those with a key"


def _months(months: list[Month]) -> str:
    head = ("Month", *(name.capitalize() for name in [*EXACT, *ABOUT_ONE]))
    rows = [
        (
            one.month,
            *(f"{one.exact[name]:,}" for name in EXACT),
            *(one.about_one[name].text for name in ABOUT_ONE),
        )
        for one in months
    ]
    return table(head, rows, numbers=len(head) - 1)


def _refusals(months: list[Month]) -> str:
    rows = [(one.month, what, f"{count:,}") for one in months for what, count in one.refusals.items()]
    return table(("Month", "What", "Times"), rows, numbers=1) if rows else "<p>Nothing yet.</p>"
