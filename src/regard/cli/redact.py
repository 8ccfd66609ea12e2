"""`regard redact`: cover faces, plates, people and drawn regions in pictures and videos.

Exit codes: 0 done, 1 it could not be done or does not fit, 2 the command was given wrongly, 130 stopped.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from regard.cli import redact_settings as options
from regard.cli.redact_covering import counted, cover_all, moments, numbers, tell_video
from regard.cli.redact_files import VIDEOS, WRITTEN_PICTURES, BadPath, check_target, wanted
from regard.cli.redact_rooms import Rooms
from regard.cli.redact_run import running
from regard.redaction.plan import Plan, PlanFault
from regard.redaction.report import report_paths, uncertain_spans
from regard.redaction.verifying import verify_output
from regard.redaction.whole_files import write_whole

_DEFAULT = "cover"


class _GroupWithDefault(TyperGroup):
    """`regard redact IN OUT` is `regard redact cover IN OUT`; a file with a command's name is written ./plan."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_GroupWithDefault,
    no_args_is_help=True,
    help="Cover faces, plates, people, text, screens and drawn regions in pictures and videos. "
    "`regard redact IN OUT` is short for `regard redact cover IN OUT`.",
)

In = Annotated[Path, typer.Argument(metavar="IN", help="A picture, a video, or a folder of them.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="Where it goes. For a folder, a folder with the same tree.")]
Video = Annotated[Path, typer.Argument(metavar="IN", help="A video.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that is there.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Write no report beside the video, and do not look again.")]
CheckAll = Annotated[
    bool,
    typer.Option(
        "--check", help="Look at every frame of the output again, for the report; otherwise at doubtful ones."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Lines of JSON: progress once a second, then what was done.")]


@app.command()
def cover(
    context: typer.Context,
    source: In,
    target: Out,
    cover: options.Cover = None,
    region: options.RegionOption = None,
    how: options.How = "blur",
    shape: options.ShapeOption = "oval",
    colour: options.Colour = "#000000",
    margin: options.Margin = 0.15,
    confidence: options.Confidence = 50.0,
    stride: options.Stride = 1,
    no_sound: options.NoSound = False,
    mute: options.Mute = None,
    keep_metadata: options.KeepMetadata = False,
    keep_region: options.KeepRegion = None,
    no_report: NoReport = False,
    check: CheckAll = False,
    overwrite: Overwrite = False,
    is_json: Json = False,
) -> None:
    """Cover pictures and videos. Beside each video goes a report of what was covered and where it may be wrong.

    A video that was stopped, or whose machine was, goes on with the same command.
    """
    with running(is_json=is_json) as run:
        wishes = options.wishes_of(
            cover=cover, region=region, how=how, shape=shape, colour=colour, margin=margin, confidence=confidence,
            stride=stride, no_sound=no_sound, mute=mute, keep_metadata=keep_metadata, keep_region=keep_region,
        )  # fmt: skip
        work = wanted(source, target, (*WRITTEN_PICTURES, *VIDEOS), is_overwriting=overwrite)
        if work.begun:
            run.say(f"{work.begun:,} files are done already, from the run that was stopped")
        rooms = _rooms(context)
        rooms.fetch(wishes.what, run.console)
        failed = cover_all(rooms, run, work, wishes, None if no_report else check)
    raise typer.Exit(1 if failed else 0)


@app.command()
def plan(
    context: typer.Context,
    source: Video,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PLAN", help="Where the plan goes; the screen if nowhere.")
    ] = None,
    cover: options.Cover = None,
    region: options.RegionOption = None,
    how: options.How = "blur",
    shape: options.ShapeOption = "oval",
    colour: options.Colour = "#000000",
    margin: options.Margin = 0.15,
    confidence: options.Confidence = 50.0,
    stride: options.Stride = 1,
    no_sound: options.NoSound = False,
    mute: options.Mute = None,
    keep_metadata: options.KeepMetadata = False,
    keep_region: options.KeepRegion = None,
    overwrite: Overwrite = False,
    is_json: Json = False,
) -> None:
    """Write what would be covered in a video, when and where, as JSON to look at and to edit; nothing is covered."""
    with running(is_json=is_json, resumes=False) as run:
        wishes = options.wishes_of(
            cover=cover, region=region, how=how, shape=shape, colour=colour, margin=margin, confidence=confidence,
            stride=stride, no_sound=no_sound, mute=mute, keep_metadata=keep_metadata, keep_region=keep_region,
        )  # fmt: skip
        if is_json and out is None:
            raise BadPath("--json says how it goes on, so that the plan itself needs --out PLAN")
        _check_video(source)
        if out is not None:
            check_target(source, out, is_overwriting=overwrite)
        rooms = _rooms(context)
        rooms.fetch(wishes.what, run.console)
        settings = wishes.settings(rooms.size_of(source, is_video=True) if wishes.needs_size else None)
        with run.watching(source.name) as watch:
            made = rooms.plan_video(source, settings, watch)
        if out is None:
            typer.echo(made.to_bytes().decode(), nl=False)
            return
        write_whole(out, made.to_bytes())
        doubts = len(uncertain_spans(made))
        run.say(f"{out}: {counted(made)}, {moments(doubts)}; `regard redact render` applies it")
        run.tell("planned", plan=str(out), tracks=numbers(made), uncertain=doubts)


@app.command()
def render(
    context: typer.Context,
    source: Video,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="What `regard redact plan` wrote, perhaps edited.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Where the video goes.")],
    no_report: NoReport = False,
    check: CheckAll = False,
    overwrite: Overwrite = False,
    is_json: Json = False,
) -> None:
    """Apply a plan to its video. The same plan gives the same file again."""
    with running(is_json=is_json) as run:
        _check_video(source)
        read = _read_plan(plan)
        pair = wanted(source, target, VIDEOS, is_overwriting=overwrite).pairs[0]
        rooms = _rooms(context)
        if not no_report:
            rooms.fetch(read.settings.what, run.console)
        with run.watching(source.name) as watch:
            done = rooms.render_video(source, read, pair.target, watch)
        tell_video(rooms, run, done, None if no_report else check)


@app.command()
def verify(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="A redacted video.")],
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its report; OUT.report.json if not given.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--input", metavar="IN", help="The video that it was made from.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(metavar="PLAN", help="The plan that it was rendered from.")] = None,
    is_json: Annotated[bool, typer.Option("--json", help="What was found as JSON.")] = False,
) -> None:
    """Say whether a video and its report belong together and are as they were made. Exit code 1 if they do not."""
    with running(is_json=is_json, resumes=False) as run:
        for path in (output, source, plan, report or report_paths(output)[0]):
            if path is not None and not path.is_file():
                raise BadPath(f"{path} is not there")
        verified = verify_output(output, report=report, source=source, plan=plan)
        for finding in verified.findings:
            run.say(f"{'right' if finding.is_right else 'WRONG'}  {finding.says}")
            run.tell("compared", **asdict(finding))
        run.say(
            f"The report's content has the SHA-256 {verified.report_sha256}; compare it with the one that you kept."
        )
        run.tell("verified", is_right=verified.is_right, report_sha256=verified.report_sha256)
    raise typer.Exit(0 if verified.is_right else 1)


def _rooms(context: typer.Context) -> Rooms:
    if isinstance(context.obj, Rooms):
        return context.obj
    from regard.cli.redact_app import AppRooms  # only here: the networks' runtime takes longer to import than the rest

    return AppRooms()


def _check_video(source: Path) -> None:
    if not source.exists():
        raise BadPath(f"{source} is not there")
    if source.is_dir():
        raise BadPath(f"{source} is a folder; a plan is for one video")


def _read_plan(path: Path) -> Plan:
    if not path.is_file():
        raise BadPath(f"{path} is not there")
    try:
        return Plan.from_bytes(path.read_bytes())
    except PlanFault as error:
        raise PlanFault(f"{path}: {error}") from error
