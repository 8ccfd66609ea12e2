"""`regard reviews`: searches of sensitive collections that wait until two reviewers agree."""

import json
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.attempt import DEFAULT_URL
from regard.cli.remote import Json, Remote, Url, errors_told

app = typer.Typer(no_args_is_help=True, help="List the searches that wait for reviewers, and agree to them.")

_COLUMNS = {
    "id": "Id", "state": "State", "collection": "Collection", "purpose": "Purpose", "search": "Search",
    "asked_by": "Asked by", "expires": "Expires (UTC)", "approved_by": "Approved by",
}  # fmt: skip


@app.command("list")
def list_reviews(url: Url = DEFAULT_URL, is_json: Json = False) -> None:
    """Show reviews, used ones too: a reviewer sees all that its key may touch, others those of their own searches."""
    with errors_told():
        found = Remote(url).page_all("/reviews", "reviews")
    if is_json:
        typer.echo(json.dumps(found, indent=2))
        return
    if not found:
        typer.echo("nothing waits for a review")
        return
    table = Table(*_COLUMNS.values())
    for heading in table.columns:
        heading.overflow = "fold"
    for one in found:
        cells = one | {"approved_by": " ".join(one["approved_by"])}
        table.add_row(*(Text(cells[name]) for name in _COLUMNS))
    Console().print(table)


@app.command()
def approve(
    review_id: Annotated[str, typer.Argument(metavar="ID", help="The review's id, as the refused search named it.")],
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:
    """Agree to one search, with the key of this environment. It can be asked once two reviewers have agreed."""
    with errors_told():
        review = Remote(url).post(f"/reviews/{quote(review_id, safe='')}/approval", {})
    if is_json:
        typer.echo(json.dumps(review, indent=2))
        return
    left = f"{review['missing']} more approval is needed" if review["missing"] else "the search can be asked again now"
    typer.echo(f"approved by {' and '.join(review['approved_by'])}; {left}, until {review['expires']}")
