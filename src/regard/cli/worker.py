"""`regard worker`."""

import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from regard.settings import Settings, SettingsError

Option = typer.Option


def worker(
    data: Annotated[Path | None, Option(metavar="DIR", help="The data folder of the server.")] = None,
    limits: Annotated[str | None, Option(help="aws: Amazon's limits and formats; relaxed: wider ones.")] = None,
) -> None:
    """Work on the jobs of a data folder beside its server. There may be any number; SIGTERM ends one, and loses
    nothing.
    """
    from regard.models.weights import WeightsError
    from regard.storage.errors import StorageError

    console = Console(stderr=True)
    try:
        _run(Settings.read(os.environ, data=data, limits=limits), console)
    except (SettingsError, StorageError, WeightsError) as error:
        console.print(f"regard: {error}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _run(settings: Settings, console: Console) -> None:
    from regard.app import App
    from regard.cli.progress import pull_missing
    from regard.server.logs import start_logging

    if not settings.data.is_dir():
        raise SettingsError(f"there is no data folder {settings.data}; give that of the server with --data")
    app = App(settings, os.environ)
    made = app.make_worker()
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: made.stop())
        pull_missing(app.store, console)
        start_logging()
        console.print(f"Working on the jobs of {settings.data}", highlight=False, markup=False, soft_wrap=True)
        app.stored.deliverer().start()
        made.run()
    finally:
        made.close()
        app.stored.close()
