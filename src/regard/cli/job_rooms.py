"""What the commands of `regard jobs` share: the queue of a data folder, ids, and how faults are told.

Exit codes: 0 done, 1 the job or the command failed, 2 there is no such job.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from regard.cli.remote import CommandError
from regard.errors import ResourceInUse, ResourceNotFound
from regard.jobs.queue import JobQueue
from regard.settings import Settings, SettingsError
from regard.storage.errors import StorageError
from regard.storage.job_store import JOB_DATABASE, JobStore

Data = Annotated[Path | None, typer.Option(metavar="DIR", help="The data folder; a server may be using it.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of jobs, or as many first digits as it takes.")]


@dataclass(frozen=True, slots=True)
class JobRooms:
    """The jobs of one data folder."""

    store: JobStore
    queue: JobQueue

    def id_of(self, beginning: str) -> str:
        """The id that begins so. Raises ResourceNotFound, CommandError where several do."""
        found = self.queue.ids(beginning) if beginning else []
        if not found:
            raise ResourceNotFound(f"There is no job {beginning}")
        if len(found) > 1:
            raise CommandError(f"several jobs begin with {beginning}, as {' and '.join(found)}; give more digits")
        return found[0]

    def ids_of(self, beginnings: Sequence[str]) -> list[str]:
        """Each id once. Raises as `id_of`, before anything is done."""
        return list(dict.fromkeys(map(self.id_of, beginnings)))


@contextmanager
def opened(data: Path | None) -> Iterator[JobRooms]:
    """Beside a running server too. Faults become a sentence and an exit code."""
    with _errors_told():
        settings = Settings.read(os.environ, data=data)
        if not (settings.data / "jobs" / JOB_DATABASE).exists():
            raise StorageError(f"{settings.data} holds no jobs; `regard serve` and `regard worker` make them")
        from regard.app import App

        app = App(settings, os.environ)
        try:
            yield JobRooms(app.job_store(), app.jobs())
        finally:
            app.stored.close()


@contextmanager
def _errors_told() -> Iterator[None]:
    try:
        yield
    except (ResourceNotFound, CommandError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(2) from error
    except (ResourceInUse, StorageError, SettingsError) as error:
        typer.echo(f"regard: {error}", err=True)
        raise typer.Exit(1) from error
