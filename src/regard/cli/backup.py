"""`regard backup` and `regard restore`: a data folder in one file, and out of it again."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from regard import __version__
from regard.cli.remote import Json
from regard.settings import Settings, SettingsError
from regard.storage.errors import StorageError

Data = Annotated[Path | None, typer.Option(metavar="DIR", help="The data folder.")]


def backup(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to be made, a tar file.")],
    data: Data = None,
    has_buckets: Annotated[
        bool, typer.Option("--buckets", help="With the pictures and videos in its buckets.")
    ] = False,
    is_json: Json = False,
) -> None:
    """Back up a data folder into one file, without the master key; stop the server and workers first."""
    from regard.storage.backup import back_up

    with errors_told():
        folder = Settings.read(os.environ, data=data).data
        header = {
            "regard": __version__,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "buckets": has_buckets,
        }
        with _bar("Backing up", is_shown=not is_json) as progress:
            made = back_up(folder, out, header, progress, has_buckets=has_buckets)
    if is_json:
        told = {"file": str(out), "files": made.files, "bytes": made.size_bytes, "left_out": list(made.strangers)}
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(f"{out}: {made.files:,} files, {made.size_bytes:,} bytes")
    for name in made.strangers:
        typer.echo(f"{folder / name} is not Regard's, and is not in it", err=True)
    typer.echo(
        "The master key is not in it, and nothing opens without: keep that apart (`regard keys show`).", err=True
    )


def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="What `regard backup` made.")],
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Make a data folder out of a backup, in a folder that is empty or not there yet."""
    from regard.storage.restoring import restore as restored

    with errors_told():
        folder = Settings.read(os.environ, data=data).data
        with _bar("Restoring", is_shown=not is_json) as progress:
            done = restored(archive, folder, progress)
    if is_json:
        typer.echo(json.dumps({"folder": str(folder), "files": done.files, "backup": dict(done.header)}, indent=2))
        return
    typer.echo(
        f"{folder}: {done.files:,} files as they were on {done.header.get('made', 'an unknown day')}, "
        f"made by Regard {done.header.get('regard', 'of an unknown version')}"
    )
    typer.echo("Erase again what was erased since; it opens with the master key of that time.", err=True)


@contextmanager
def errors_told() -> Iterator[None]:
    """The sentence without a traceback, and exit code 1."""
    try:
        yield
    except (StorageError, SettingsError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(1) from error


@contextmanager
def _bar(what: str, *, is_shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; calling it says how many bytes are done, and of how many."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not is_shown or not console.is_terminal) as bars:
        task = bars.add_task(what)
        yield lambda done, total: bars.update(task, completed=done, total=total)
