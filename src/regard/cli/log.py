"""`regard log`: read, verify and prove the log, from its files alone; no server is asked and no key is needed.

Exit codes: 0 sound, 1 a problem was found, 2 the command was given wrongly.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.cli.log_entries import Filter, as_line, details_of, matching, moment_text_of
from regard.cli.log_places import Data, VKey, key_of, log_folder, problems_told, usage
from regard.cli.progress import counting
from regard.cli.remote import Json
from regard.ledger.auditing import Auditor, Round
from regard.ledger.copying import copy_log
from regard.ledger.errors import ProofError
from regard.ledger.proof_files import check_json, consistency_json, inclusion_json
from regard.ledger.reader import LogFiles
from regard.ledger.verifying import Report, verify_log

app = typer.Typer(no_args_is_help=True, help="Read, verify and prove the log of every biometric act.")

_SHOWN = 100  # rows of a table, unless more are asked for


@app.command()
def verify(data: Data = None, vkey: VKey = None, is_json: Json = False) -> None:
    """Check every signature, hash and entry, and name the place of whatever was changed."""
    key = key_of(vkey)
    console = Console(stderr=True)
    with problems_told(), counting(console, "Verifying", is_shown=not is_json) as progress:
        report = verify_log(log_folder(data), key, progress)
    if is_json:
        typer.echo(json.dumps(_report(report), indent=2))
    else:
        _show_report(report)
    raise typer.Exit(0 if report.is_sound else 1)


@app.command()
def show(
    data: Data = None,
    act: Annotated[str | None, typer.Option(help="Only this act, as 'search faces'.")] = None,
    collection: Annotated[str | None, typer.Option(help="Only this collection.")] = None,
    principal: Annotated[str | None, typer.Option(help="Only this access key.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Ended then or later; a date or a time.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Ended then or earlier.")] = None,
    first: Annotated[int, typer.Option("--from", min=0, metavar="INDEX", help="From this entry on.")] = 0,
    stop: Annotated[int | None, typer.Option("--to", min=0, metavar="INDEX", help="Before this entry.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows of the table, the last ones; 0 is all.")] = _SHOWN,
    is_json: Annotated[bool, typer.Option("--json", help="Every entry as a line of JSON.")] = False,
) -> None:
    """Show entries. Nothing is verified here."""
    with usage():
        wanted = Filter(act, collection, principal, moment_text_of(since), moment_text_of(until, is_end=True))
    with problems_told():
        found = matching(LogFiles(log_folder(data)), wanted, first, stop)
        if is_json:
            for index, entry in found:
                typer.echo(as_line(index, entry))
            return
        rows = list(found)
    shown = rows[-limit:] if limit else rows
    table = Table("Index", "Ended (UTC)", "Act", "Collection", "Principal", "Details")
    for index, entry in shown:
        table.add_row(*map(Text, details_of(index, entry)))
    Console().print(table)
    if len(shown) < len(rows):
        typer.echo(f"the last {len(shown):,} of {len(rows):,} entries; --limit 0 shows all", err=True)


@app.command()
def prove(
    index: Annotated[int | None, typer.Argument(metavar="INDEX", min=0, help="The entry.")] = None,
    old: Annotated[
        int | None, typer.Option(min=0, metavar="SIZE", help="Prove that nothing before was changed.")
    ] = None,
    data: Data = None,
) -> None:
    """Print a proof, as JSON that `regard log check` verifies offline: of an entry, or with --old of consistency."""
    with usage():
        if (index is None) == (old is None):
            raise ValueError("give either the index of an entry or --old SIZE")
    with problems_told():
        log = LogFiles(log_folder(data))
        proof = inclusion_json(log, index) if index is not None else consistency_json(log, old or 0)
    typer.echo(json.dumps(proof, indent=2))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="PROOF", help="What `prove` printed.")],
    vkey: VKey = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A checkpoint that you kept, for a proof with --old.")
    ] = None,
    is_json: Json = False,
) -> None:
    """Check a proof on any machine; the log is not needed."""
    key = key_of(vkey)
    with problems_told():
        text = file.read_bytes()
        older = checkpoint.read_bytes() if checkpoint is not None else None
        try:
            shows, is_sound = check_json(text, key, older), True
        except ProofError as error:
            shows, is_sound = str(error), False
    if is_json:
        typer.echo(json.dumps({"sound": is_sound, "shows": shows, "key_given": key is not None}, indent=2))
    elif is_sound:
        typer.echo(f"It holds: {shows}")
        if key is None:
            typer.echo("The key is the proof's own word; compare it with one from elsewhere, or give --vkey", err=True)
    else:
        typer.echo(f"It does not hold: {shows}")
    raise typer.Exit(0 if is_sound else 1)


@app.command()
def checkpoint(data: Data = None, is_json: Json = False) -> None:
    """Print the newest signed checkpoint. Whoever keeps it can tell later that nothing before was changed."""
    with problems_told():
        log = LogFiles(log_folder(data))
    if is_json:
        head = {"origin": log.checkpoint.origin, "size": log.size, "root": log.checkpoint.root.hex()}
        typer.echo(json.dumps(head | {"vkey": log.vkey, "note": log.note.decode()}, indent=2))
    else:
        typer.echo(log.note, nl=False)


@app.command()
def export(
    data: Data = None,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Copy the log's files into this new folder.")] = None,
) -> None:
    """Print every entry as a line of JSON, or with --to copy the log, as it is now, to verify it elsewhere."""
    with problems_told():
        folder = log_folder(data)
        if to is None:
            log = LogFiles(folder)
            for index, entry in enumerate(log.entries()):
                typer.echo(as_line(index, entry))
            return
        with counting(Console(stderr=True), "Copying") as progress:
            size = copy_log(folder, to, progress)
    typer.echo(f"{to}: {size:,} entries; check them with `regard log verify --data {to}`")


@app.command()
def audit(
    source: Annotated[str, typer.Argument(metavar="URL|DIR", help="A running server, or a data folder.")],
    state: Annotated[Path, typer.Option(metavar="FILE", help="What this auditor remembers; made at the first look.")],
    vkey: VKey = None,
    every: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How often to look.")] = 60,
    is_once: Annotated[bool, typer.Option("--once", help="Look once; exit code 1 if there is a complaint.")] = False,
    stale_after: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Complain of a log that has not grown for so long.")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Every look as a line of JSON.")] = False,
) -> None:
    """Look at a log from outside, again and again, and complain if it shrinks, forks or changes its key."""
    key = key_of(vkey)
    place = source if "://" in source else str(log_folder(Path(source)))
    has_complained = False
    with problems_told():
        with usage():
            auditor = Auditor(place, state, key, stale_after)
        with _until_interrupted():
            while True:
                seen = auditor.look()
                has_complained |= bool(seen.complaints)
                _show_round(seen, is_json)
                if is_once:
                    break
                time.sleep(every)
    raise typer.Exit(1 if has_complained else 0)


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)


def _report(report: Report) -> dict[str, Any]:
    return {
        "sound": report.is_sound,
        "size": report.size,
        "root": report.root.hex(),
        "vkey": report.vkey,
        "key_given": report.is_pinned,
        "problems": [asdict(problem) for problem in report.problems],
        "untold": report.untold,
    }


def _show_report(report: Report) -> None:
    for problem in report.problems:
        typer.echo(f"{problem.place}: {problem.what}")
    if report.untold:
        typer.echo(f"and {report.untold:,} more")
    if not report.problems:
        typer.echo(f"The log is sound: {report.size:,} entries, root {report.root.hex()}")
    if not report.is_pinned:
        typer.echo(f"The key is the folder's own word; compare it or give --vkey: {report.vkey}", err=True)


def _show_round(seen: Round, is_json: bool) -> None:
    if is_json:
        typer.echo(json.dumps(asdict(seen)))
    for complaint in seen.complaints if not is_json else []:
        typer.echo(f"{seen.at} the log {complaint.name}: {complaint.what}")
    if not seen.complaints and not is_json:
        typer.echo(f"{seen.at} {seen.size:,} entries, {seen.added:,} new, root {seen.root}")
    if seen.evidence and not is_json:
        typer.echo(f"{seen.at} checkpoints that contradict each other: {', '.join(seen.evidence)}")
    sys.stdout.flush()
