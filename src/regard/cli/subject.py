"""`regard subject`: what is held of a person, erasing it, and checking the receipt of that."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.attempt import DEFAULT_URL
from regard.cli.log_places import VKey, key_of, log_folder
from regard.cli.remote import CommandError, Json, Remote, Url, errors_told, write_new

if TYPE_CHECKING:
    from regard.people.erasure_receipts import ErasureStory

app = typer.Typer(no_args_is_help=True, help="What is held of a person: read it, export it, erase it with a receipt.")

Subject = Annotated[str, typer.Argument(metavar="SUBJECT", help="The person's id.")]
Collection = Annotated[str | None, typer.Option(help="Only in this governed collection; else in all.")]


@app.command()
def report(
    subject: Subject,
    collection: Collection = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page to print.")] = None,
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:
    """Show everything held of a person and every act that concerned them. The reading is an act too."""
    with errors_told():
        found = Remote(url).get(_path(subject), collection=collection)
        if html is not None:
            write_new(html, _page(found).encode())
            typer.echo(html)
    if is_json:
        typer.echo(json.dumps(found, indent=2))
    elif html is None:
        for held in found["collections"]:
            _show(held)


@app.command()
def export(
    subject: Subject,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Where it goes. It holds biometrics.")],
    collection: Collection = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Write all of it as JSON, with the templates and the pictures, for the person to take along."""
    with errors_told():
        write_new(out, b"")  # before it is asked for, since asking is an act
        try:
            data = Remote(url).download(f"{_path(subject)}/export", {"collection": collection})
        except CommandError:
            out.unlink()
            raise
        out.write_bytes(data)
    typer.echo(out)


@app.command()
def erase(
    subject: Subject,
    collection: Collection = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the receipts go; the screen if nowhere.")
    ] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Erase faces, vectors, pictures, user and key of a person. The receipts are theirs; the server keeps no copy."""
    where = f"collection {collection}" if collection is not None else "every governed collection"
    if not is_sure:
        typer.confirm(f"Erase everything of {subject} in {where}? It cannot be taken back", abort=True)
    with errors_told():
        if receipt is not None:
            write_new(receipt, b"")  # a receipt that cannot be written is lost
        try:
            receipts = Remote(url).post(f"{_path(subject)}/erasure", {"collection": collection})
        except CommandError:
            if receipt is not None:
                receipt.unlink()
            raise
        text = json.dumps(receipts, indent=2)
        if receipt is None:
            typer.echo(text)
            return
        _keep(receipt, text)
    erased = ", ".join(one["collection"] for one in receipts["receipts"])
    typer.echo(f"{subject} was erased in {erased}; the proof is in {receipt}, and nowhere else")


@app.command()
def verify(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="What `regard subject erase` gave.")],
    log: Annotated[Path, typer.Option(metavar="DIR", help="The log's files: a copy of DATA/ledger, or a data folder.")],
    vkey: VKey = None,
    is_json: Json = False,
) -> None:
    """Say what a receipt of an erasure shows. Needs neither server nor data folder. Exit code 1 if it is wrong."""
    from regard.ledger.errors import LedgerError
    from regard.ledger.reader import LogFiles
    from regard.people.erasure_receipts import verify_erasure_receipt
    from regard.people.receipts import ReceiptError

    key = key_of(vkey)
    with errors_told():
        try:
            files = LogFiles(log_folder(log))
            stories = [_checked(one, verify_erasure_receipt(one[0], files, None, key)) for one in _receipts_in(receipt)]
        except (ReceiptError, LedgerError) as error:
            raise CommandError(f"{receipt}: {error}") from error
    if is_json:
        typer.echo(json.dumps([asdict(story) for story in stories], indent=2))
    else:
        typer.echo("\n\n".join(story.text for story in stories))
    typer.echo("the signatures and the proofs are right", err=True)


def _path(subject: str) -> str:
    return f"/subjects/{quote(subject, safe='')}"


def _page(found: Any) -> str:
    # Only here: the server's answers take longer to import than the rest of the command together.
    from regard.server.rest_subjects import SubjectAnswer
    from regard.server.subject_page import subject_page

    return subject_page(SubjectAnswer.model_validate(found).root)


def _show(held: dict[str, Any]) -> None:
    faces, crops = len(held["faces"]), sum(face["has_crop"] for face in held["faces"])
    typer.echo(f"{held['collection']}: {held['purpose']}, for {held['controller']}")
    typer.echo(f"  faces    {faces}, with a picture kept {crops}")
    if held["user"] is not None:
        typer.echo(f"  user     {held['user']}")
    if held["erased_by"] is not None:
        typer.echo(f"  erased   at the latest {held['erased_by']} ({held['erased_why']})")
    for one in held["consents"]:
        typer.echo(f"  consent  {one['id']} {one['state']}, until {one['expires']}, evidence {one['evidence_sha256']}")
    table = Table("Entry", "When (UTC)", "What", "By")
    for heading in table.columns:
        heading.overflow = "fold"
    for act in held["acts"]:
        table.add_row(*(Text(str(act[name])) for name in ("index", "ended", "says", "principal")))
    Console().print(table)


def _keep(receipt: Path, text: str) -> None:
    """Raises OSError; then the receipts are on the screen."""
    try:
        receipt.write_text(text + "\n", encoding="utf-8")
    except OSError:
        typer.echo(text)
        raise


def _receipts_in(file: Path) -> list[tuple[str, Any]]:
    """What is signed, and beside it what it is said to say; None where it is said nowhere. Raises CommandError."""
    try:
        text = file.read_text("utf-8").strip()
        content = json.loads(text) if text.startswith("{") else {"receipt": text, "says": None}
        found = [(one["receipt"], one["says"]) for one in content.get("receipts", [content])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{file} holds no receipt") from error
    if not found or not all(isinstance(signed, str) for signed, _ in found):
        raise CommandError(f"{file} holds no receipt")
    return found


def _checked(given: tuple[str, Any], story: "ErasureStory") -> "ErasureStory":
    """Raises CommandError where the readable part is not what was signed."""
    from regard.people.receipts import content_of

    signed, shown = given
    if shown is not None and shown != content_of(signed):
        raise CommandError("what the receipt says is not what was signed; the readable part was altered")
    return story
