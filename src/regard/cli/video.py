"""`regard video`: what is in videos of this machine, without a server.

Exit codes: 0 every file was analysed, 1 one was not, 2 there is none or the command was given wrongly, 130 stopped.
"""

import glob
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from regard.cli.redact_files import BadPath
from regard.cli.redact_options import OptionFault
from regard.cli.redact_run import running
from regard.cli.video_rooms import VIEWS, VideoRooms
from regard.cli.video_run import SEGMENTS, VideoWork, analyse_all, pages_of

app = typer.Typer(
    no_args_is_help=True,
    help="Find labels, faces, text, unsafe content, shots and technical cues in videos, without a server.",
)

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Videos, or globs.")]
Also = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND", help=f"Another kind in the same walk; may be given several times: {', '.join(VIEWS)}."
    ),
]
Confidence = Annotated[
    float | None,
    typer.Option(min=0, max=100, metavar="PERCENT", help="Leave out what is less sure; faces are all shown."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a row: Path, Kind and the answer's members.")]
Timeline = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT", help="Where to draw a timeline, faces covered: a page, OUT.html, or a folder for several videos."
    ),
]


@app.command()
def labels(
    context: typer.Context,
    files: Files,
    also: Also = None,
    confidence: Confidence = None,
    is_json: Json = False,
    timeline: Timeline = None,
) -> None:
    """What is to be seen, and from when to when."""
    _analyse(context, files, ("labels", *(also or ())), confidence, is_json, timeline)


@app.command()
def faces(
    context: typer.Context,
    files: Files,
    also: Also = None,
    confidence: Confidence = None,
    is_json: Json = False,
    timeline: Timeline = None,
) -> None:
    """How many faces there are when. Nobody is identified or followed."""
    _analyse(context, files, ("faces", *(also or ())), confidence, is_json, timeline)


@app.command()
def text(
    context: typer.Context,
    files: Files,
    also: Also = None,
    confidence: Confidence = None,
    is_json: Json = False,
    timeline: Timeline = None,
) -> None:
    """Lines of text, and when they can be read."""
    _analyse(context, files, ("text", *(also or ())), confidence, is_json, timeline)


@app.command()
def moderation(
    context: typer.Context,
    files: Files,
    also: Also = None,
    confidence: Confidence = None,
    is_json: Json = False,
    timeline: Timeline = None,
) -> None:
    """Unsafe content, by Rekognition's taxonomy as far as the networks go."""
    _analyse(context, files, ("moderation", *(also or ())), confidence, is_json, timeline)


@app.command()
def segments(
    context: typer.Context,
    files: Files,
    also: Also = None,
    confidence: Confidence = None,
    is_json: Json = False,
    timeline: Timeline = None,
) -> None:
    """Shots, black frames, colour bars and other technical cues, with timecodes."""
    _analyse(context, files, ("segments", *(also or ())), confidence, is_json, timeline)


@app.command("all")
def every_kind(
    context: typer.Context,
    files: Files,
    confidence: Confidence = None,
    is_json: Json = False,
    timeline: Timeline = None,
) -> None:
    """All five in one walk, which is much quicker than one after the other."""
    _analyse(context, files, tuple(VIEWS), confidence, is_json, timeline)


def _analyse(
    context: typer.Context,
    names: Sequence[str],
    kinds: Collection[str],
    confidence: float | None,
    is_json: bool,
    timeline: Path | None,
) -> None:
    with running(is_json=False, resumes=False) as run:  # lines of JSON are rows here, not progress
        unknown = sorted(set(kinds) - VIEWS.keys())
        if unknown:
            raise OptionFault(f"--also is '{unknown[0]}'; it is one of {', '.join(VIEWS)}")
        files = list(dict.fromkeys(_files(names)))
        wishes = {kind: _wish(kind, confidence) for kind in kinds}
        work = VideoWork(wishes, is_json, pages_of(files, timeline))
        failed = analyse_all(_rooms(context), run, files, work)
    raise typer.Exit(1 if failed else 0)


def _wish(kind: str, confidence: float | None) -> Mapping[str, Any]:
    """The members of the request that would start it."""
    asked: Mapping[str, Any] = SEGMENTS if kind == "segments" else {}
    if confidence is None or kind == "faces":
        return asked
    if kind == "text":
        return {"Filters": {"WordFilter": {"MinConfidence": confidence}}}
    if kind == "segments":
        least = {"MinSegmentConfidence": max(50.0, confidence)}  # what is less sure is no segment at all
        return {**asked, "Filters": {"ShotFilter": least, "TechnicalCueFilter": least}}
    return {"MinConfidence": confidence}


def _files(names: Sequence[str]) -> Iterator[Path]:
    """Files that the arguments mean. Raises BadPath for one that means none."""
    for name in names:
        path = Path(name)
        if path.is_dir():
            raise BadPath(f"{name} is a folder; name videos")
        matches = [path] if path.is_file() else map(Path, sorted(glob.glob(name, recursive=True)))
        found = [match for match in matches if match.is_file()]
        if not found:
            raise BadPath(f"{name}: no video there")
        yield from found


def _rooms(context: typer.Context) -> VideoRooms:
    if isinstance(context.obj, VideoRooms):
        return context.obj
    from regard.cli.video_app import AppVideoRooms  # only here: the networks' runtime takes longer to import than rest

    return AppVideoRooms()
