"""What the commands of `regard log` share: where the log is, its key, and how problems are told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from regard.cli.remote import CommandError
from regard.ledger.errors import LedgerError, ProofError
from regard.ledger.notes import NoteVerifier
from regard.ledger.opening import VKEY
from regard.settings import Settings, SettingsError

LOG_FOLDER = "ledger"

Data = Annotated[Path | None, typer.Option(metavar="DIR", help="The data folder, or a copy of its log.")]
VKey = Annotated[
    str | None, typer.Option("--vkey", metavar="KEY", help="The log's verifier key from elsewhere, or a file with it.")
]


def log_folder(data: Path | None) -> Path:
    """The folder of the log: `data` itself where that is one. Raises SettingsError."""
    folder = Settings.read(os.environ, data=data).data
    return folder if (folder / VKEY).exists() else folder / LOG_FOLDER


def key_of(vkey: str | None) -> str | None:
    """What --vkey says, read from its file where it names one. Exit code 2 for a key that is none."""
    if vkey is None:
        return None
    with usage():
        file = Path(vkey)
        key = file.read_text("utf-8").strip() if file.is_file() else vkey
        NoteVerifier(key)
        return key


@contextmanager
def problems_told() -> Iterator[None]:
    """The sentence without a traceback, and exit code 1."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads has read enough; Typer ends without a word
    except (LedgerError, CommandError, SettingsError, OSError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(1) from error


@contextmanager
def usage() -> Iterator[None]:
    """The sentence without a traceback, and exit code 2: the command was given wrongly."""
    try:
        yield
    except (ValueError, ProofError, CommandError, OSError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(2) from error
