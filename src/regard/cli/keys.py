"""`regard keys`: the master key that a data folder opens with."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from regard.settings import Settings, SettingsError
from regard.storage.errors import StorageError
from regard.storage.master_key import default_file, find_master_key
from regard.storage.rekeying import rotate_master_key

app = typer.Typer(no_args_is_help=True, help="Show and replace the master key.")

KeyFile = Annotated[Path | None, typer.Option("--master-key-file", metavar="FILE", help="The file of the present key.")]


@app.command()
def show(master_key: KeyFile = None) -> None:
    """Say where the master key is found, and a fingerprint that tells it from others; never the key."""
    with _errors_told():
        settings = Settings.read(os.environ, master_key_file=master_key)
        found = find_master_key(settings.master_key_file, settings.master_key, os.environ)
        if found is None:
            typer.echo(f"There is no master key yet; `regard serve` makes one in {default_file(os.environ)}")
            raise typer.Exit(1)
        typer.echo(f"source       {found.source}\nfingerprint  {found.fingerprint}")


@app.command()
def rotate(
    data: Annotated[Path | None, typer.Option(help="The data folder.")] = None,
    master_key: KeyFile = None,
    new_key_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file for the new key, or with it; else the present file gets a new key."),
    ] = None,
) -> None:
    """Seal everything in a data folder under another master key; stop the server first."""
    with _errors_told():
        settings = Settings.read(os.environ, data=data, master_key_file=master_key)
        done = rotate_master_key(
            settings.data, settings.master_key_file, settings.master_key, os.environ, new_file=new_key_file
        )
    sealed = "1 key of {} is" if done.values == 1 else f"{done.values:,} keys of {{}} are"
    typer.echo(f"{sealed.format(settings.data)} sealed under the new master key in {done.file}")
    if done.old_file is None:
        typer.echo(f"Start the server with REGARD_MASTER_KEY_FILE={done.file}; the old key opens nothing there now")
    else:
        typer.echo(f"The old key opens nothing there now; delete {done.old_file} once no backup needs it")


@contextmanager
def _errors_told() -> Iterator[None]:
    """The sentence without a traceback, and exit code 1."""
    try:
        yield
    except (StorageError, SettingsError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(1) from error
