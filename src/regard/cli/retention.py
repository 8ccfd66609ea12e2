"""`regard retention`: what the server will erase and when."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.attempt import DEFAULT_URL
from regard.cli.remote import Json, Remote, Url, errors_told


def retention(
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what will be erased, and when.")] = False,
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:
    """Erase now whatever is due. The server does so by itself; this does not wait for it."""
    with errors_told():
        answer = Remote(url).get("/retention") if is_dry_run else Remote(url).post("/retention/sweep", {})
    if is_json:
        typer.echo(json.dumps(answer, indent=2))
    elif is_dry_run:
        _show(answer["due"])
    else:
        typer.echo(f"{answer['erased']} erased")


def _show(due: list[dict[str, Any]]) -> None:
    if not due:
        typer.echo("nothing is to be erased")
        return
    table = Table("When (UTC)", "Why", "Collection", "Subject", "Faces")
    for one in due:
        cells = (one["at"], one["what"], one["collection"], one["subject"] or "all", str(one["faces"]))
        table.add_row(*map(Text, cells))
    Console().print(table)
