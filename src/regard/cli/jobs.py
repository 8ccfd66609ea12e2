"""`regard jobs`: look at the jobs of a data folder and act on them; no server is asked, and one may be running."""

from typing import Annotated, get_args

import typer
from rich.console import Console

from regard.cli import job_tables
from regard.cli.job_rooms import Data, Ids, JobRooms, opened
from regard.cli.job_watching import watch_jobs
from regard.cli.redact_run import STOPPED
from regard.cli.remote import CommandError, Json
from regard.jobs.records import Job, JobState, NoticeState
from regard.jobs.trials import trials_of

app = typer.Typer(no_args_is_help=True, help="List, watch, cancel and retry jobs over stored videos and pictures.")

PARKED = "parked"
_STATES = (*get_args(JobState), PARKED)
_DEAD: tuple[NoticeState, ...] = ("dead",)
_MOST = 10_000  # notices that are sent again at once
_PAGE = 100

Limit = Annotated[int, typer.Option(min=1, help="The newest so many.")]


@app.command("list")
def list_jobs(
    data: Data = None,
    states: Annotated[
        list[str] | None, typer.Option("--state", help=f"Only this one, of {', '.join(_STATES)}; may be repeated.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of analysis, as labels.")] = None,
    limit: Limit = 50,
    is_json: Json = False,
) -> None:
    """Show jobs, the newest first, with how far they are."""
    with opened(data) as rooms:
        for state in states or ():
            if state not in _STATES:
                raise CommandError(f"--state is {state!r}; it must be one of {', '.join(_STATES)}")
        found = [(job, rooms.queue.progress(job.id)) for job in _chosen(rooms, set(states or ()), kind, limit)]
    if is_json:
        job_tables.print_json([job_tables.job_json(*one) for one in found])
    elif found:
        Console().print(job_tables.jobs_table(found))
    else:
        typer.echo("there are no such jobs" if states or kind else "there are no jobs")


@app.command()
def show(job_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, is_json: Json = False) -> None:
    """Show all that is known of a job: its state, what went wrong, and who was told of its end."""
    with opened(data) as rooms:
        job = rooms.queue.get(rooms.id_of(job_id))
        progress, trials = rooms.queue.progress(job.id), trials_of(rooms.store, job.id)
        notices = rooms.queue.notices(job_id=job.id)
    if is_json:
        told = {"trials": trials, "notices": [job_tables.notice_json(one) for one in notices]}
        job_tables.print_json(job_tables.job_json(job, progress) | told)
    else:
        job_tables.show_job(job, progress, trials, notices)


@app.command()
def cancel(ids: Ids, data: Data = None, is_json: Json = False) -> None:
    """End jobs that have not ended; whoever works on them stops. A job that has ended stays as it is."""
    with opened(data) as rooms:
        _tell([rooms.queue.cancel(job_id) for job_id in rooms.ids_of(ids)], rooms, is_json)


@app.command()
def retry(ids: Ids, data: Data = None, is_json: Json = False) -> None:
    """Put jobs that failed or were cancelled into the queue again, each to be done alone."""
    with opened(data) as rooms:
        _tell([rooms.queue.retry(job_id) for job_id in rooms.ids_of(ids)], rooms, is_json)


@app.command()
def priority(
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    number: Annotated[int, typer.Argument(metavar="N", min=-1000, max=1000, help="Higher ones first; 0 at the start.")],
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Have a job begun before others, or after them."""
    with opened(data) as rooms:
        _tell([rooms.queue.set_priority(rooms.id_of(job_id), number)], rooms, is_json)


@app.command()
def watch(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of jobs; all that have not ended if none.")
    ] = None,
    data: Data = None,
    is_json: Annotated[bool, typer.Option("--json", help="Each change as a line of JSON.")] = False,
) -> None:
    """Show how far jobs are until they end. Exit code 0 where all succeed, 1 otherwise."""
    try:
        with opened(data) as rooms:
            wanted = (
                rooms.ids_of(ids) if ids else [job.id for job in _chosen(rooms, {"queued", "running"}, None, _PAGE)]
            )
            has_succeeded = watch_jobs(rooms, wanted, is_json=is_json)
    except KeyboardInterrupt:
        typer.echo("stopped watching; the jobs go on", err=True)
        raise typer.Exit(STOPPED) from None
    if not wanted and not is_json:
        typer.echo("no job is waiting or running")
    raise typer.Exit(0 if has_succeeded else 1)


@app.command()
def notices(
    job_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Of this job alone.")] = None,
    data: Data = None,
    is_dead: Annotated[bool, typer.Option("--dead", help="Only those that could not be delivered.")] = False,
    limit: Limit = 50,
    is_json: Json = False,
) -> None:
    """Show who was told, or is to be told, of the end of jobs."""
    with opened(data) as rooms:
        job = rooms.id_of(job_id) if job_id is not None else None
        found = rooms.queue.notices(job_id=job, states=_DEAD if is_dead else (), limit=limit)
    if is_json:
        job_tables.print_json([job_tables.notice_json(one) for one in found])
    elif found:
        Console().print(job_tables.notices_table(found))
    else:
        typer.echo("there are no such notices" if is_dead or job_id else "there are no notices")


@app.command()
def redeliver(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[NOTICE...]", help="Ids of notices, in full.")] = None,
    is_dead: Annotated[bool, typer.Option("--dead", help="All that could not be delivered.")] = False,
    data: Data = None,
    is_json: Json = False,
) -> None:
    """Have notices sent once more, under the ids that they have."""
    with opened(data) as rooms:
        if bool(ids) == is_dead:
            raise CommandError("give either the ids of notices or --dead")
        dead = [one.id for one in rooms.queue.notices(states=_DEAD, limit=_MOST)] if is_dead else []
        sent = [rooms.queue.redeliver(notice_id) for notice_id in ids or dead]
    if is_json:
        job_tables.print_json([job_tables.notice_json(one) for one in sent])
    else:
        typer.echo(f"{len(sent):,} {'notice waits' if len(sent) == 1 else 'notices wait'} to be sent")


def _chosen(rooms: JobRooms, states: set[str], kind: str | None, limit: int) -> list[Job]:
    """The newest first; a parked job is one of the failed, so these are looked through."""
    wanted = states - {PARKED} | ({"failed"} if PARKED in states else set())
    known: list[JobState] = [state for state in get_args(JobState) if state in wanted]
    found: list[Job] = []
    before: int | None = None
    while len(found) < limit:
        page = rooms.queue.jobs(kind=kind, states=known, before_key=before, limit=_PAGE)
        found += [job for job in page if not states or job.state in states or (job.is_parked and PARKED in states)]
        if len(page) < _PAGE:
            break
        before = page[-1].key
    return found[:limit]


def _tell(jobs: list[Job], rooms: JobRooms, is_json: bool) -> None:
    if is_json:
        job_tables.print_json([job_tables.job_json(job, rooms.queue.progress(job.id)) for job in jobs])
        return
    for job in jobs:
        last = f", priority {job.new.priority}" if job.new.priority else ""
        typer.echo(f"{job.id} is {job_tables.state_text(job)}{last}")
