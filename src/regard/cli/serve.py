"""`regard serve`."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from regard.settings import Settings, SettingsError

Option = typer.Option


def serve(
    host: Annotated[str | None, Option(help="Address to listen on; beyond loopback only with access keys.")] = None,
    port: Annotated[int | None, Option(help="Port to listen on.")] = None,
    data: Annotated[Path | None, Option(help="Folder for state and for local buckets.")] = None,
    limits: Annotated[str | None, Option(help="aws: Amazon's limits and formats; relaxed: wider ones.")] = None,
    master_key_file: Annotated[Path | None, Option(help="File of the key that all others are sealed under.")] = None,
    access_keys: Annotated[Path | None, Option(help="File of access keys, in the form of ~/.aws/credentials.")] = None,
    workers: Annotated[int | None, Option(help="Requests worked on at once; 0 is one for each processor.")] = None,
) -> None:
    """Serve the Rekognition protocol. Every option has an environment variable: docs/reference/settings.md."""
    from regard.ledger.errors import LedgerError
    from regard.models.weights import WeightsError
    from regard.storage.errors import StorageError

    began = time.perf_counter()
    console = Console(stderr=True)
    try:
        settings = Settings.read(
            os.environ,
            host=host,
            port=port,
            data=data,
            limits=limits,
            master_key_file=master_key_file,
            access_keys=access_keys,
            workers=workers,
        )
        _run(settings, console, began)
    except (LedgerError, SettingsError, StorageError, WeightsError) as error:
        console.print(f"regard: {error}", style="bold red", highlight=False, markup=False)
        raise typer.Exit(1) from error


def _run(settings: Settings, console: Console, began: float) -> None:
    from regard.app import App
    from regard.cli.progress import pull_missing
    from regard.server.http import bound_socket, make_asgi, make_server
    from regard.server.logs import start_logging

    app = App(settings, os.environ)
    settings.make_folders()
    server = make_server(app, make_asgi(app))  # first, for it refuses what must not start
    new_key_file = app.people().storage.new_key_file
    if new_key_file is not None:
        console.print(f"A master key was made in {new_key_file}: back it up, apart from the data.", soft_wrap=True)
    with bound_socket(settings) as listener:
        pull_missing(app.store, console)
        app.warm()
        port = listener.getsockname()[1]
        url = f"http://{'[' + settings.host + ']' if ':' in settings.host else settings.host}:{port}"
        console.print(
            _welcome(url, sys.argv[0], time.perf_counter() - began), highlight=False, markup=False, soft_wrap=True
        )
        start_logging()
        asyncio.run(server.serve(sockets=[listener]))
    sys.stderr.flush()


def _welcome(url: str, program: str, seconds: float) -> str:
    return (
        f"Regard is serving on {url} (ready in {seconds:.1f} s). Any AWS SDK: AWS_ENDPOINT_URL_REKOGNITION={url}\n"
        "A first answer, to paste into another terminal here:\n\n"
        f"    {program} try --url {url}\n"
    )
