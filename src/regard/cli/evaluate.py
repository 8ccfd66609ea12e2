"""`regard evaluate`: the error rates that a similarity promises, measured on the user's own pictures."""

import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
import orjson
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from regard.analysis.embedding import DEFAULT_VERSION
from regard.analysis.face_crops import crops_of_faces
from regard.analysis.results import Face, PixelSource
from regard.cli import evaluate_report
from regard.cli.evaluate_pairs import BadInput, Pairs, folder_pairs, read_pairs
from regard.cli.progress import pull_missing
from regard.errors import ApiError
from regard.media.images import Budget, Picture
from regard.people.thresholds import Curve, curve_of, versions
from regard.settings import Settings, SettingsError

app = typer.Typer(no_args_is_help=True, help="Measure on your own pictures what a similarity is worth.")

_AT_ONCE = 16  # pictures whose crops are held
_PAIRS_AT_ONCE = 65_536


class FaceFinder(Protocol):
    """`analysis.faces.FaceAnalyser`."""

    def analyse(self, source: PixelSource, *, limit: int | None = None) -> list[Face]:
        """Faces, largest first, at most `limit`."""


class Embedder(Protocol):
    """`analysis.embedding.FaceEmbedder`."""

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, D) unit rows for (N, 112, 112, 3) RGB."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The largest face of each picture; nothing else of the pictures is kept."""

    vectors: NDArray[np.float32]  # (P, D) unit rows; nan where there is none
    left_out: dict[str, str]  # why, by picture


@app.callback()
def _evaluate() -> None:
    """Keeps `faces` a word of its own while it is the only one."""


@app.command()
def faces(
    images: Annotated[Path, typer.Option(metavar="DIR", help="The pictures; without --pairs one folder a person.")],
    pairs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV with a header: two picture columns, `same` 0 or 1, any group columns."),
    ] = None,
    model: Annotated[str, typer.Option(metavar="VERSION", help="Face model version.")] = DEFAULT_VERSION,
    group: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Group by this column; may be repeated. All if none.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the DET curve is drawn, as PNG and SVG.")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="One JSON object with all counts.")] = False,
) -> None:
    """False matches and false non-matches of pairs of faces, by group, beside what the similarity promises.

    The largest face of each picture is compared. Nothing of the pictures is kept.
    """
    from regard.models.weights import WeightsError

    console = Console(stderr=True)
    try:
        curve = _curve(model)
        wanted = _pairs(images, pairs, group or [])
        _require_folder(out)
        report = evaluate_report.Report.of(curve, wanted, *_scored(wanted, images, model, console))
        if is_json:
            sys.stdout.buffer.write(orjson.dumps(report.document(), option=orjson.OPT_INDENT_2) + b"\n")
        else:
            evaluate_report.show(report, Console())
        if out is not None:
            _draw(report, out, console)
    except (BadInput, SettingsError, WeightsError) as error:
        console.print(f"regard: {error}", style="bold red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1 if isinstance(error, WeightsError) else 2) from error


def _curve(model: str) -> Curve:
    try:
        return curve_of(model)
    except KeyError as error:
        raise BadInput(
            f"--model {model}: there is no such face model version; there are {', '.join(versions())}"
        ) from error


def _pairs(images: Path, file: Path | None, groups: Sequence[str]) -> Pairs:
    if not images.is_dir():
        raise BadInput(f"--images {images} is no folder")
    if file is not None:
        return read_pairs(file, images, groups)
    if groups:
        raise BadInput("--group names a column of the file of --pairs, and there is none")
    return folder_pairs(images)


def _require_folder(out: Path | None) -> None:
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"--out {out} cannot be made: {error.strerror}") from error


def _scored(pairs: Pairs, images: Path, model: str, console: Console) -> tuple[NDArray[np.float32], dict[str, str]]:
    """(N,) scores, nan where a picture is left out; and which are, and why."""
    from regard.app import App

    app = App(Settings.read(os.environ, limits="relaxed"), os.environ)
    pull_missing(app.store, console, {"faces", "identity"})
    finder, embedder = app.faces(), app.embedder(model)
    shown = track(pairs.pictures, console=console, transient=True, description="Pictures")
    embedded = embed(shown, images, app.budget, finder, embedder)
    return scores(pairs, embedded.vectors), embedded.left_out


def embed(pictures: Iterable[str], images: Path, budget: Budget, finder: FaceFinder, embedder: Embedder) -> Embedded:
    """The largest face of each picture. One that cannot be read, or shows no face, is left out."""
    rows: list[NDArray[np.float32] | None] = []
    left_out: dict[str, str] = {}
    crops: dict[int, NDArray[np.uint8]] = {}  # by row, of the pictures not embedded yet
    for name in pictures:
        rows.append(None)
        try:
            crop = _crop(Picture((images / name).read_bytes(), budget), finder)
        except (ApiError, OSError) as error:
            left_out[name] = error.message if isinstance(error, ApiError) else str(error.strerror)
            continue
        if crop is None:
            left_out[name] = "no face"
            continue
        crops[len(rows) - 1] = crop
        if len(crops) == _AT_ONCE:
            _fill(rows, crops, embedder)
    _fill(rows, crops, embedder)
    missing = np.full(next((len(row) for row in rows if row is not None), 1), np.nan, np.float32)
    return Embedded(np.array([missing if row is None else row for row in rows], np.float32), left_out)


def _crop(picture: Picture, finder: FaceFinder) -> NDArray[np.uint8] | None:
    largest = finder.analyse(picture, limit=1)
    return crops_of_faces(picture, largest)[0] if largest else None


def _fill(rows: list[NDArray[np.float32] | None], crops: dict[int, NDArray[np.uint8]], embedder: Embedder) -> None:
    """Embeds the crops that wait, and forgets them."""
    if crops:
        for row, vector in zip(crops, embedder.embed(np.stack(list(crops.values()))), strict=True):
            rows[row] = vector
        crops.clear()


def scores(pairs: Pairs, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) cosines; nan where one of the two is."""
    starts = range(0, len(pairs.first), _PAIRS_AT_ONCE)
    blocks = [slice(start, start + _PAIRS_AT_ONCE) for start in starts]
    parts = [np.einsum("nd,nd->n", vectors[pairs.first[block]], vectors[pairs.second[block]]) for block in blocks]
    return np.concatenate(parts)


def _draw(report: evaluate_report.Report, out: Path, console: Console) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        sentence = (
            "The DET curve is not drawn: matplotlib is not installed. Install it with: pip install 'regard[evaluate]'"
        )
    else:
        from regard.cli import evaluate_plot

        sentence = f"Drawn: {', '.join(map(str, evaluate_plot.draw(report, out)))}"
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)
