"""How `regard redact` does its work: a bar or lines of JSON, Ctrl-C, and faults in one line."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import orjson
import typer
from rich import progress as bars_of
from rich.console import Console

from regard.cli.redact_files import BadPath
from regard.cli.redact_options import OptionFault
from regard.cli.redact_rooms import Fault, Progress, Stopped, Watch
from regard.redaction.plan import PlanFault
from regard.redaction.report import ReportFault
from regard.redaction.settings import SettingsFault

STOPPED = 130  # as a shell says of a program that Ctrl-C ended
_EVERY_SECONDS = 1.0  # at most one line of progress
_STAGES = {
    "reading": "Reading",
    "planning": "Finding and covering",
    "rendering": "Covering",
    "joining": "Joining",
    "checking": "Checking",
}


class StoppedLate(Exception):
    """The work was cancelled when the output was whole already; the message says what is missing."""


class Run:
    """One command at work."""

    def __init__(self, console: Console, *, is_json: bool) -> None:
        self.console = console
        self.is_json = is_json
        self._is_cancelled = threading.Event()
        self._told_at = 0.0

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Asks the work to end at its next step; the second time, it is broken off."""
        if self._is_cancelled.is_set():
            raise KeyboardInterrupt
        self._is_cancelled.set()

    @property
    def is_stopped(self) -> bool:
        """Whether somebody asked it to end."""
        return self._is_cancelled.is_set()

    @contextmanager
    def watching(self, what: str) -> Iterator[Watch]:
        """For one file: a bar on a terminal, a line a second with --json, nothing else."""
        text = bars_of.TextColumn("{task.description}")
        columns = (bars_of.SpinnerColumn(), text, bars_of.BarColumn(), bars_of.TaskProgressColumn())
        is_off = self.is_json or not self.console.is_terminal
        left = bars_of.TimeRemainingColumn()
        with bars_of.Progress(*columns, left, console=self.console, transient=True, disable=is_off) as bars:
            bar = bars.add_task(what, total=None)

            def show(progress: Progress) -> None:
                if self.is_json:
                    self._tell_progress(what, progress)
                    return
                stage = _STAGES.get(progress.stage, progress.stage)
                total = None if progress.share is None else 1.0
                bars.update(bar, description=f"{what}: {stage}", total=total, completed=progress.share or 0)

            yield Watch(show, self._is_cancelled.is_set)

    def tell(self, event: str, **members: Any) -> None:
        """A line of JSON, with --json alone."""
        if self.is_json:
            sys.stdout.buffer.write(orjson.dumps({"event": event, **members}) + b"\n")
            sys.stdout.buffer.flush()

    def say(self, sentence: str) -> None:
        """For people alone."""
        if not self.is_json:
            typer.echo(sentence)

    def complain(self, sentence: str) -> None:
        """On standard error, and as a line with --json."""
        self.console.print(f"regard: {sentence}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        self.tell("fault", message=sentence)

    def _tell_progress(self, what: str, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told_at < _EVERY_SECONDS:
            return
        self._told_at = now
        share = None if progress.share is None else round(progress.share, 4)
        self.tell("progress", file=what, stage=progress.stage, share=share, frames=progress.frames)


@contextmanager
def running(*, is_json: bool, resumes: bool = True) -> Iterator[Run]:
    """Catches Ctrl-C and SIGTERM, and turns every fault into a line and an exit code.

    resumes: whether the same command goes on where it was stopped.
    """
    run = Run(Console(stderr=True), is_json=is_json)
    with _signals(run):
        try:
            yield run
        except StoppedLate as error:
            run.complain(str(error))
            raise typer.Exit(STOPPED) from error
        except (Stopped, KeyboardInterrupt) as error:
            _end_stopped(run, error, resumes)
        except (BadPath, OptionFault, SettingsFault, PlanFault, ReportFault) as error:
            run.complain(str(error))
            raise typer.Exit(2) from error
        except Fault as error:
            if run.is_stopped:  # Ctrl-C reaches child processes too, and what died of it is no fault
                _end_stopped(run, error, resumes)
            run.complain(str(error))
            raise typer.Exit(2 if error.is_usage else 1) from error
        except BrokenPipeError:
            raise  # whoever reads has read enough; Typer ends without a word
        except OSError as error:
            run.complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            raise typer.Exit(1) from error


def _end_stopped(run: Run, error: BaseException, resumes: bool) -> NoReturn:
    run.complain("stopped" + ("; the same command goes on from here" if resumes else ""))
    raise typer.Exit(STOPPED) from error


@contextmanager
def _signals(run: Run) -> Iterator[None]:
    before = {number: signal.signal(number, run.stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
