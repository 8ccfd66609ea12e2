"""Jobs and notices as tables and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.jobs.queue import JobProgress
from regard.jobs.records import Job, Notice
from regard.jobs.trials import Trial

SHORT_DIGITS = 12  # of an id, in tables
_MINUTE, _HOUR = 60, 3600


def job_json(job: Job, progress: JobProgress) -> dict[str, Any]:
    """Everything about a job but its token, which is the client's."""
    new = asdict(job.new)
    new.pop("token")
    times = {name: _moment(getattr(job, f"{name}_ms")) for name in ("created", "started", "ended")}
    known = {name: getattr(job, name) for name in ("id", "state", "message", "is_parked", "facts", "outcome")}
    return {**known, **times, **new, "progress": asdict(progress)}


def notice_json(notice: Notice) -> dict[str, Any]:
    """Everything about a notice."""
    told = asdict(notice)
    return {**told, "due": _moment(told.pop("due_ms"))}


def print_json(value: object) -> None:
    """On standard output, for people to read too."""
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())


def jobs_table(jobs: Iterable[tuple[Job, JobProgress]]) -> Table:
    """One row a job."""
    table = _table("Id", "State", "Kind", "Operation", "Object", "Progress", "Left", "Created (UTC)")
    for job, progress in jobs:
        left = duration_text(progress.seconds_left)
        cells = (job.id[:SHORT_DIGITS], state_text(job), job.new.kind, job.new.operation, object_text(job))
        table.add_row(*map(Text, (*cells, progress_text(progress), left, _moment(job.created_ms) or "")))
    return table


def notices_table(notices: Iterable[Notice]) -> Table:
    """One row a notice."""
    table = _table("Id", "Job", "Channel", "Target", "State", "Attempts", "Due (UTC)", "Last error")
    for one in notices:
        due = _moment(one.due_ms) if one.state == "waiting" else ""
        cells = (one.id, one.job_id[:SHORT_DIGITS], one.channel, one.target, one.state, str(one.attempts))
        table.add_row(*map(Text, (*cells, due or "", one.error)))
    return table


def show_job(job: Job, progress: JobProgress, trials: Sequence[Trial], notices: Sequence[Notice]) -> None:
    """All that is known of a job, on standard output."""
    console = Console()
    sheet = Table(show_header=False, box=None, pad_edge=False)
    sheet.add_column(no_wrap=True)
    sheet.add_column(overflow="fold")
    for name, value in _lines(job, progress):
        sheet.add_row(Text(name), Text(value))
    console.print(sheet)
    if trials:
        table = _table("Step", "Attempts", "Done", "Last error")
        for one in trials:
            step = f"chunk {one.number}" if one.stage == "chunk" else one.stage
            table.add_row(*map(Text, (step, str(one.attempts), "yes" if one.is_done else "no", one.error)))
        console.print(table)
    if notices:
        console.print(notices_table(notices))


def state_text(job: Job) -> str:
    """The state, and whether the job waits for somebody to look at it."""
    return f"{job.state} (parked)" if job.is_parked else job.state


def object_text(job: Job) -> str:
    """The bucket, the name and the version."""
    media = job.new.media
    return f"{media.bucket}/{media.name}" + (f" @{media.version}" if media.version is not None else "")


def progress_text(progress: JobProgress) -> str:
    """As "45 % (9 of 20)"; "" before it is planned."""
    if progress.chunks is None:
        return ""
    share = progress.share or progress.done_chunks / progress.chunks  # of one that failed on the way
    return f"{share:.0%} ({progress.done_chunks:,} of {progress.chunks:,})".replace("%", " %")


def duration_text(seconds: float | None) -> str:
    """As "2 h 5 min", "3 min", "12 s"; "" where nothing is known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole >= _HOUR:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _MINUTE} min" if whole >= _MINUTE else f"{whole} s"


def _lines(job: Job, progress: JobProgress) -> Iterable[tuple[str, str]]:
    new = job.new
    yield "id", job.id
    yield "state", state_text(job)
    if job.message:
        yield "message", job.message
    yield "kind", new.kind
    yield "operation", new.operation
    yield "object", object_text(job)
    for name, value in (("name", new.name), ("tag", new.tag), ("topic", new.topic)):
        if value is not None:
            yield name, value
    yield "asked by", f"{new.principal} ({new.account}, {new.region})"
    yield "priority", str(new.priority)
    for name in ("created", "started", "ended"):
        if (moment := _moment(getattr(job, f"{name}_ms"))) is not None:
            yield name, moment
    if progress.chunks is not None:
        yield "progress", progress_text(progress)
    if progress.seconds_left is not None:
        yield "time left", duration_text(progress.seconds_left)
    for name, members in (("wish", new.wish), ("facts", job.facts), ("outcome", job.outcome)):
        if members:
            yield name, orjson.dumps(members, option=orjson.OPT_SORT_KEYS).decode()


def _moment(moment_ms: int | None) -> str | None:
    if moment_ms is None:
        return None
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _table(*headings: str) -> Table:
    table = Table(*headings)
    for heading in table.columns:
        heading.overflow = "fold"
    return table
