"""`regard jobs watch`: a bar for each job until all have ended."""

import sys
import time
from collections.abc import Sequence

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from regard.cli.job_rooms import JobRooms
from regard.cli.job_tables import SHORT_DIGITS, duration_text, job_json, object_text, state_text
from regard.jobs.queue import JobProgress
from regard.jobs.records import ENDED, Job

_LOOK_SECONDS = 0.5


def watch_jobs(rooms: JobRooms, ids: Sequence[str], *, is_json: bool) -> bool:
    """Returns once all have ended: whether all have succeeded.

    Bars on a terminal; elsewhere a line at each change of a state, or with is_json at each change of anything.
    """
    console = Console()
    told: dict[str, object] = {}
    has_bars = console.is_terminal and not is_json
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=console, disable=not has_bars) as bars:
        tasks = {job_id: bars.add_task(job_id[:SHORT_DIGITS], total=1.0, left="") for job_id in ids}
        while True:
            seen = [(rooms.queue.get(job_id), rooms.queue.progress(job_id)) for job_id in ids]
            for job, progress in seen:
                left = f"{duration_text(progress.seconds_left)} left" if progress.seconds_left is not None else ""
                bars.update(tasks[job.id], description=_words(job), completed=progress.share, left=left)
                if not has_bars:
                    _tell(told, job, progress, is_json=is_json)
            if all(job.state in ENDED for job, _ in seen):
                return all(job.state == "succeeded" for job, _ in seen)
            time.sleep(_LOOK_SECONDS)


def _words(job: Job) -> str:
    why = f": {job.message}" if job.message else ""
    # Square brackets would be taken for markup.
    return f"{job.id[:SHORT_DIGITS]} {job.new.kind} {object_text(job)} {state_text(job)}{why}".replace("[", r"\[")


def _tell(told: dict[str, object], job: Job, progress: JobProgress, *, is_json: bool) -> None:
    now = job_json(job, progress) if is_json else job.state
    if told.get(job.id) == now:
        return
    told[job.id] = now
    if is_json:
        sys.stdout.buffer.write(orjson.dumps(now) + b"\n")
        sys.stdout.buffer.flush()
    else:
        typer.echo(_words(job).replace(r"\[", "["))
