"""`regard models`: which networks there are, and their files on this machine."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli import progress
from regard.models import cards
from regard.models.cards import Card
from regard.models.weights import Finding, State, WeightsError, WeightStore, default_folder

app = typer.Typer(no_args_is_help=True, help="List, fetch, check and bundle the networks' files.")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Names from the list; all when none.")]
_STYLES = {State.PRESENT: "green", State.MISSING: "yellow", State.ALTERED: "bold red"}


@app.command("list")
def list_networks(
    is_json: Annotated[bool, typer.Option("--json", help="One JSON array with everything on the cards.")] = False,
) -> None:
    """Show every network: name, task, licence, size, and whether its file is here."""
    with _errors_told():
        findings = _store().verify(cards.CARDS)
    if is_json:
        typer.echo(json.dumps([_row(finding) for finding in findings], indent=2))
        return
    table = Table()
    for heading in ("Name", "Task", "Licence", "MB", "File"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "MB" else "left")
    table.add_column("What it is")
    for finding in findings:
        card = finding.card
        state = f"[{_STYLES[finding.state]}]{finding.state}[/]"
        # The one column that Rich may narrow, since it alone could wrap; its cells are cut to one line instead.
        title = Text(card.title, no_wrap=True, overflow="ellipsis")
        table.add_row(card.name, card.task, card.licence, f"{card.size_bytes / 1e6:.1f}", state, title)
    Console().print(table)


@app.command()
def pull(
    names: Names = None,
    is_all: Annotated[bool, typer.Option("--all", help="Also those that are not fetched by default.")] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="A folder of weights or a bundle, instead of a network."),
    ] = None,
) -> None:
    """Fetch the files that are missing, and replace altered ones."""
    if is_all and names:
        raise typer.BadParameter("--all leaves nothing to name")
    chosen = cards.CARDS if is_all else _chosen(names)
    store = _store()
    with _errors_told():
        progress.pull(store, chosen, Console(stderr=True), source)
    typer.echo(f"{len(chosen)} networks are ready in {store.folder}")


@app.command()
def verify(names: Names = None) -> None:
    """Compare every file that is here with its card; exit code 1 when one is altered, or a named one missing."""
    with _errors_told():
        findings = _store().verify(_chosen(names))
    missing = [finding for finding in findings if finding.state is State.MISSING]
    bad = [finding for finding in findings if finding.state is State.ALTERED] + (missing if names else [])
    for finding in bad:
        typer.echo(f"{finding.card.name}: {finding.detail}", err=True)
    right = sum(finding.state is State.PRESENT for finding in findings)
    typer.echo(f"{right} right, {len(findings) - right - len(missing)} altered, {len(missing)} not fetched")
    if bad:
        typer.echo("`regard models pull` fetches them anew", err=True)
        raise typer.Exit(1)


@app.command()
def bundle(
    archive: Annotated[Path, typer.Argument(metavar="OUT.tar", help="The file to write.")],
    names: Names = None,
) -> None:
    """Write one archive for a machine without a network: `regard models pull --from OUT.tar` there."""
    chosen = _chosen(names)
    with _errors_told():
        _store().bundle(chosen, archive)
    typer.echo(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")


def _store() -> WeightStore:
    return WeightStore(default_folder(os.environ))


def _chosen(names: list[str] | None) -> tuple[Card, ...]:
    """The named cards, or the default ones."""
    try:
        return tuple(cards.by_name(name) for name in names) if names else cards.default_cards()
    except KeyError as error:
        known = ", ".join(card.name for card in cards.CARDS)
        raise typer.BadParameter(f"there is no network {error}; there are {known}") from error


def _row(finding: Finding) -> dict[str, object]:
    return {**asdict(finding.card), "path": str(finding.path), "state": str(finding.state)}


@contextmanager
def _errors_told() -> Iterator[None]:
    """The sentence without a traceback, and exit code 1."""
    try:
        yield
    except WeightsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
