"""`regard detect`: the operations on files of this machine, without a server."""

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import track

from regard.cli import reports
from regard.cli.progress import pull_missing
from regard.errors import ApiError
from regard.settings import Settings, SettingsError

app = typer.Typer(
    no_args_is_help=True,
    help="Find faces, labels, text, unsafe content or protective equipment in pictures, without a server.",
)

_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".gif", ".bmp"})

Paths = Annotated[list[str], typer.Argument(metavar="PATH...", help="Pictures, folders of them, or globs.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line: Path and the operation's answer.")]
Overlay = Annotated[
    Path | None, typer.Option(metavar="OUT", help="Where to draw what was found: a file, or a folder for several.")
]


class _BadPath(Exception):
    """A path that leads to no picture."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """One command's operation, what it is asked and how its answer is shown."""

    operation: str
    members: dict[str, Any]
    report: reports.Report
    tasks: frozenset[str]  # of the networks it runs, as their cards have them


@app.command()
def faces(paths: Paths, is_json: Json = False, overlay: Overlay = None) -> None:
    """Boxes, pose, quality and what can be seen of each face. Nobody is identified."""
    _detect(_Wish("DetectFaces", {"Attributes": ["ALL"]}, reports.FACES, frozenset({"faces"})), paths, is_json, overlay)


@app.command()
def labels(paths: Paths, is_json: Json = False, overlay: Overlay = None) -> None:
    """What is in the picture, with a box for each thing that can be counted."""
    _detect(_Wish("DetectLabels", {}, reports.LABELS, frozenset({"labels"})), paths, is_json, overlay)


@app.command()
def text(paths: Paths, is_json: Json = False, overlay: Overlay = None) -> None:
    """Lines of text in reading order."""
    _detect(_Wish("DetectText", {}, reports.TEXT, frozenset({"text"})), paths, is_json, overlay)


@app.command()
def moderation(paths: Paths, is_json: Json = False, overlay: Overlay = None) -> None:
    """Unsafe content, by Rekognition's taxonomy as far as the networks go."""
    _detect(
        _Wish("DetectModerationLabels", {}, reports.MODERATION, frozenset({"moderation", "labels"})),
        paths,
        is_json,
        overlay,
    )


@app.command()
def ppe(paths: Paths, is_json: Json = False, overlay: Overlay = None) -> None:
    """Persons, their faces, heads and hands, and face covers."""
    _detect(
        _Wish("DetectProtectiveEquipment", {}, reports.EQUIPMENT, frozenset({"ppe", "faces", "labels"})),
        paths,
        is_json,
        overlay,
    )


def _detect(wish: _Wish, paths: Sequence[str], is_json: bool, overlay: Path | None) -> None:
    """Exit code 0 when every picture was analysed, 1 when one was not, 2 when there is none."""
    from regard.models.weights import WeightsError

    console = Console(stderr=True)
    try:
        files = list(_files(paths))
        failed = _run(wish, files, console, is_json, _targets(files, overlay))
    except (_BadPath, SettingsError) as error:
        console.print(f"regard: {error}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except WeightsError as error:
        console.print(f"regard: {error}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    raise typer.Exit(1 if failed else 0)


def _run(wish: _Wish, files: list[Path], console: Console, is_json: bool, targets: dict[Path, Path]) -> int:
    """How many pictures could not be analysed."""
    from regard.app import App
    from regard.operations.call import Call

    relaxed = Settings.read(os.environ, limits="relaxed")
    app = App(relaxed, os.environ)
    pull_missing(app.store, console, wish.tasks)
    operation = app.operations()[wish.operation]
    failed = 0
    shown = track(files, console=console, transient=True) if len(files) > 1 else files
    for path in shown:
        try:
            data = path.read_bytes()
            answer = operation(Call(wish.operation, {"Image": {"Bytes": data}, **wish.members}, "", "", ""))
        except (ApiError, OSError) as error:
            failed += 1
            _complain(console, path, error)
            continue
        if is_json:
            sys.stdout.buffer.write(orjson.dumps({"Path": _printable(path)} | answer) + b"\n")
            sys.stdout.buffer.flush()
        else:
            reports.show(wish.report, _printable(path), answer)
        if path in targets:
            try:
                reports.draw(wish.report, data, app.budget, answer, targets[path])
            except OSError as error:
                failed += 1
                _complain(console, targets[path], error)
    return failed


def _complain(console: Console, path: Path, error: ApiError | OSError) -> None:
    reason = error.message if isinstance(error, ApiError) else error.strerror
    console.print(f"{_printable(path)}: {reason}", style="red", highlight=False, markup=False, soft_wrap=True)


def _printable(path: Path) -> str:
    """The path as text; bytes in a name that are no UTF-8 become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")


def _files(paths: Sequence[str]) -> Iterator[Path]:
    """Pictures that the arguments mean. A file named is taken whatever its ending."""
    for text_path in paths:
        path = Path(text_path)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in _ENDINGS and p.is_file())
        else:
            matches = [path] if path.is_file() else map(Path, sorted(glob.glob(text_path, recursive=True)))
            found = [match for match in matches if match.is_file()]
        if not found:
            raise _BadPath(f"{text_path}: no picture there")
        yield from found


def _targets(files: list[Path], overlay: Path | None) -> dict[Path, Path]:
    """Where each picture's overlay goes."""
    if overlay is None:
        return {}
    if len(files) == 1 and not overlay.is_dir():
        return {files[0]: overlay}
    if overlay.is_file():
        raise _BadPath(f"{overlay} is a file; for {len(files)} pictures --overlay must be a folder")
    try:
        overlay.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _BadPath(f"{overlay} cannot be made: {error.strerror}") from error
    return {path: overlay / f"{index:04d}-{path.stem}.jpg" for index, path in enumerate(files)}
