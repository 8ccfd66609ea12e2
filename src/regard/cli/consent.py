"""`regard consent`: who agreed to be in a collection, and taking it back."""

import base64
import binascii
import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.attempt import DEFAULT_URL
from regard.cli.consent_rows import grant_of, read_rows
from regard.cli.remote import CommandError, Json, Remote, Url, errors_told, write_new

app = typer.Typer(no_args_is_help=True, help="Record, show and withdraw consents, and check their receipts.")

Collection = Annotated[str, typer.Option(help="A governed collection.")]
ConsentId = Annotated[str, typer.Argument(metavar="ID", help="The consent's id.")]

_WORDS = {True: "yes", False: "no"}


@app.command()
def grant(
    collection: Collection,
    subject: Annotated[str, typer.Option(help="The person's id in this collection.")],
    purpose: Annotated[str, typer.Option(help="What they agreed to; the collection's purpose.")],
    expires: Annotated[str, typer.Option(metavar="DATE", help="Until when: a date, or a time with its zone.")],
    evidence: Annotated[Path, typer.Option(metavar="FILE", help="The notice they signed; only its hash is sent.")],
    guardian: Annotated[str | None, typer.Option(help="Who gave it for them, where they did not.")] = None,
    keep_crops: Annotated[bool, typer.Option("--keep-crops", help="They agreed to a picture being kept.")] = False,
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:
    """Record one person's consent."""
    with errors_told():
        sent = grant_of(subject, purpose, expires, evidence, guardian, keep_crops)
        made = Remote(url).post("/consents", {"collection": collection, **sent})
    _show(made, is_json)


@app.command()
def show(consent_id: ConsentId, url: Url = DEFAULT_URL, is_json: Json = False) -> None:
    """Show one consent as it stands."""
    with errors_told():
        found = Remote(url).get(f"/consents/{quote(consent_id, safe='')}")
    _show(found, is_json)


@app.command("list")
def list_consents(
    collection: Annotated[str | None, typer.Option(help="Only of this collection.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only of this person.")] = None,
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:
    """Show all consents, ended ones too."""
    with errors_told():
        found = Remote(url).page_all("/consents", "consents", collection=collection, subject=subject)
    if is_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("Id", "Collection", "Subject", "Purpose", "State", "Expires (UTC)")
    for heading in table.columns:
        heading.overflow = "fold"
    for one in found:
        table.add_row(*(Text(one[name]) for name in ("id", "collection", "subject", "purpose", "state", "expires")))
    Console().print(table)


@app.command()
def withdraw(
    consent_id: ConsentId,
    out: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", help="Where the receipt of the erasure goes; the screen if nowhere."),
    ] = None,
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:
    """Withdraw a consent: the person's faces, vectors, pictures and key are erased. The receipt is theirs; the server
    keeps no copy."""
    with errors_told():
        if out is not None:
            write_new(out, b"")  # before anything is erased: a receipt that cannot be written is lost
        try:
            ended = Remote(url).post(f"/consents/{quote(consent_id, safe='')}/withdrawal", {})
        except CommandError:
            if out is not None:
                out.unlink()
            raise
        if out is not None:
            out.write_text((ended.pop("erasure_receipt") or "") + "\n", encoding="utf-8")
    _show(ended, is_json)


@app.command()
def receipt(
    consent_id: ConsentId,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where it goes; the screen if nowhere.")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Fetch the signed receipt, for the person to keep (ISO/IEC TS 27560)."""
    with errors_told():
        _put(Remote(url).get(f"/consents/{quote(consent_id, safe='')}/receipt"), out)


@app.command("receipt-key")
def receipt_key(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where it goes; the screen if nowhere.")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Fetch the public key that this server's receipts are checked with (JWK, RFC 8037)."""
    with errors_told():
        _put(Remote(url).get("/receipt-key"), out)


@app.command("verify-receipt")
def verify_receipt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A receipt.")],
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The public key; needs no server.")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Say whether a receipt is as the server signed it, and what it says. Exit code 1 where it is not."""
    from regard.people.receipts import ReceiptError, verify

    with errors_told():
        signed, shown = _receipt_in(file)
        public = _public_key(_json_in(key) if key is not None else Remote(url).get("/receipt-key"))
        try:
            says = verify(signed, public)
        except ReceiptError as error:
            raise CommandError(f"{file}: {error}") from error
        if shown is not None and shown != says:
            raise CommandError(f"{file}: what it says is not what was signed; the readable part was altered")
    typer.echo(json.dumps(says, indent=2))
    typer.echo("the signature is right", err=True)


@app.command("import")
def import_consents(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns subject, purpose, expires, evidence; "
                                         "where wanted guardian, keep_crops.")],
    collection: Collection,
    url: Url = DEFAULT_URL,
    is_json: Json = False,
) -> None:  # fmt: skip
    """Record many consents, all or none: one row a person, each with a signed notice of their own."""
    with errors_told():
        grants = read_rows(file)
        made = Remote(url).post("/consents/batch", {"collection": collection, "grants": grants})["consents"]
    typer.echo(json.dumps(made, indent=2) if is_json else f"{len(made)} consents recorded in {collection}")


def _show(consent: dict[str, Any], is_json: bool) -> None:
    if is_json:
        typer.echo(json.dumps(consent, indent=2))
        return
    for name, value in consent.items():
        if value is not None:
            typer.echo(f"{name.replace('_', ' '):16} {_WORDS.get(value, value)}")


def _put(content: dict[str, Any], out: Path | None) -> None:
    text = json.dumps(content, indent=2) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_new(out, text.encode())
        typer.echo(out)


def _receipt_in(file: Path) -> tuple[str, dict[str, Any] | None]:
    """What is signed, and beside it what it is said to say; None in a file that holds the signed part alone.

    Raises CommandError, OSError.
    """
    text = _text_in(file).strip()
    if not text.startswith("{"):
        return text, None
    content = _json_in(file)
    if not isinstance(content.get("receipt"), str) or not isinstance(content.get("says"), dict):
        raise CommandError(f"{file} is no receipt")
    return content["receipt"], content["says"]


def _public_key(jwk: dict[str, Any]) -> bytes:
    """The 32 bytes of an Ed25519 key. Raises CommandError."""
    problem = CommandError("the key is no Ed25519 key in the form of RFC 8037; `regard consent receipt-key` gives it")
    if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519") or not isinstance(jwk.get("x"), str):
        raise problem
    try:
        public = base64.b64decode(jwk["x"] + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise problem from error
    if len(public) != 32:
        raise problem
    return public


def _json_in(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(_text_in(file))
    except ValueError as error:
        raise CommandError(f"{file} is no JSON") from error
    if not isinstance(content, dict):
        raise CommandError(f"{file} is no JSON object")
    return content


def _text_in(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is no text") from error
