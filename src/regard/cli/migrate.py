"""`regard migrate`: a data folder of an earlier version, brought to the form of this one."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from regard.cli.backup import Data, errors_told
from regard.cli.keys import KeyFile
from regard.cli.remote import Json
from regard.settings import Settings
from regard.storage.upgrading import Form, forms_of, upgrade


def migrate(
    data: Data = None,
    master_key: KeyFile = None,
    is_check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 if there is something to be done.")
    ] = False,
    is_json: Json = False,
) -> None:
    """Bring a data folder to the form of this version, as `regard serve` would; stop the server and workers first.

    Each database is changed in one transaction. No copy is left in the folder, for it would keep what is erased later;
    `regard backup` makes one that you can keep and delete.
    """
    with errors_told():
        settings = Settings.read(os.environ, data=data, master_key_file=master_key)
        if is_check:
            forms = forms_of(settings.data)
        else:
            forms = upgrade(settings.data, settings.master_key_file, settings.master_key, os.environ)
    if is_json:
        told = [{"database": one.database, "from": one.revision, "to": one.newest} for one in forms]
        typer.echo(json.dumps({"folder": str(settings.data), "databases": told, "changed": not is_check}, indent=2))
    else:
        for form in forms:
            typer.echo(_sentence(settings.data, form, is_check))
    if is_check and not all(form.is_newest for form in forms):
        raise typer.Exit(1)


def _sentence(folder: Path, form: Form, is_check: bool) -> str:
    path = folder / form.database
    if form.is_newest:
        return f"{path} has the form {form.newest} already; nothing is to be done"
    return f"{path} {'would go' if is_check else 'went'} from the form {form.revision} to {form.newest}"
