"""`regard collections`: what there is, and moving a collection to another server."""

import base64
import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.attempt import DEFAULT_URL
from regard.cli.remote import CommandError, Json, Remote, Url, errors_told, write_new

app = typer.Typer(no_args_is_help=True, help="List collections, and move one with its consents to another server.")

PassphraseFile = Annotated[
    Path | None, typer.Option(help="A file whose first line is the passphrase; asked for if none is given.")
]


@app.command("list")
def list_collections(url: Url = DEFAULT_URL, is_json: Json = False) -> None:
    """Show every collection of the server's region, its purpose and its size."""
    with errors_told():
        found = Remote(url).page_all("/collections", "collections")
    if is_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("Name", "Kind", "Purpose", "Controller", "Faces", "Users", "Model", "Erased")
    for one in found:
        table.add_row(*map(Text, _cells(one)))
    Console().print(table)


@app.command()
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    out: Annotated[Path, typer.Option(help="The file to write; there must be none yet.")],
    passphrase_file: PassphraseFile = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Write a governed collection, its faces and its consents to one encrypted file."""
    with errors_told():
        passphrase = _passphrase(passphrase_file, is_new=True)
        data = Remote(url).download(f"/collections/{quote(name, safe='')}/export", {"passphrase": passphrase})
        write_new(out, data)
    typer.echo(f"{out}: {len(data):,} bytes")


@app.command("import")
def import_collection(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What export wrote.")],
    name: Annotated[str | None, typer.Option(help="Another name for the collection.")] = None,
    passphrase_file: PassphraseFile = None,
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:
    """Take a collection from such a file; one without consents is refused."""
    with errors_told():
        sent: dict[str, Any] = {"data": base64.b64encode(file.read_bytes()).decode()}
        sent["passphrase"] = _passphrase(passphrase_file, is_new=False)
        if name is not None:
            sent["name"] = name
        made = Remote(url).post("/collections/import", sent)
    typer.echo(json.dumps(made, indent=2) if is_json else f"{made['name']}: {made['faces']} faces")


def _passphrase(file: Path | None, *, is_new: bool) -> str:
    """Never from the command line, where every process of the machine can read it. Raises CommandError, OSError."""
    if file is None:
        return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True))
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is no text") from error
    if not text.strip():
        raise CommandError(f"{file} holds no passphrase")
    return text.splitlines()[0]


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    kind = "verify-only" if one["verify_only"] else one["kind"]
    counts = (str(one["faces"]), str(one["users"]))
    return (
        one["name"], kind, one["purpose"] or "", one["controller"] or "", *counts, one["model_version"],
        one["expires"] or "",
    )  # fmt: skip
