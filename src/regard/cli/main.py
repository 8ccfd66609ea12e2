"""The `regard` command."""

import sys
from typing import Annotated

import typer

from regard import __version__
from regard.cli import (
    access,
    attempt,
    backup,
    collections,
    consent,
    detect,
    doctor,
    evaluate,
    jobs,
    keys,
    log,
    migrate,
    models,
    redact,
    retention,
    reviews,
    serve,
    subject,
    video,
    worker,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Image analysis on your own hardware over the Amazon Rekognition protocol.",
)
app.add_typer(models.app, name="models")
app.add_typer(detect.app, name="detect")
app.add_typer(consent.app, name="consent")
app.add_typer(collections.app, name="collections")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(keys.app, name="keys")
app.add_typer(access.app, name="access")
app.add_typer(reviews.app, name="reviews")
app.add_typer(log.app, name="log")
app.add_typer(jobs.app, name="jobs")
app.add_typer(subject.app, name="subject")
app.add_typer(redact.app, name="redact")
app.add_typer(video.app, name="video")
app.command("retention")(retention.retention)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("migrate")(migrate.migrate)
app.command("try")(attempt.attempt)
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context, is_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if is_version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """Entry point."""
    sys.exit(app())
