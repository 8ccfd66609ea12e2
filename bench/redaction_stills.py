"""Stills: how many annotated faces and plates are covered, and how much beside them.

Annotations, not networks, say where faces (WIDER FACE validation) and plates are here.
"""

import io
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from bench.redaction_frames import Image
from bench.redaction_leaks import Mask, changed, covered_share
from bench.redaction_memory import watched
from bench.redaction_tools import Tool
from bench.tables import table

_HEIGHTS = ((12, 16), (16, 32), (32, 64), (64, 100_000))  # pixels; below 12 no face is to be recognised
_PLATES = ((0, 100_000),)
_COVERED = 0.9
_PLATE_COVERED = 0.95  # of the box: characters reach to its ends
_ENLARGED = 1.3


@dataclass(frozen=True, slots=True)
class Still:
    """A picture and what is annotated in it."""

    path: Path
    boxes: NDArray[np.float64]  # (N, 4) to be covered
    excused: NDArray[np.float64]  # (M, 4) where annotators would not say: neither asked for nor held against a tool


@dataclass(slots=True)
class _Counts:
    wanted: dict[tuple[int, int], int] = field(default_factory=dict)  # by range of heights
    covered: dict[tuple[int, int], int] = field(default_factory=dict)
    beside: list[float] = field(default_factory=list)  # share of the picture that is no annotated box
    all: list[float] = field(default_factory=list)  # and share that was changed at all


def stills_table(tools: Sequence[Tool], testdata: Path, work: Path, most: int | None) -> str:
    """Markdown, for faces and for plates."""
    faces, plates = list(_faces(testdata / "wider"))[:most], list(_plates(testdata / "plates"))[:most]
    rows = [_row(tool, faces, _HEIGHTS, _covered(tool, faces, work / f"faces-{tool.key}", ())) for tool in tools]
    parts = [f"### Stills: {len(faces)} WIDER FACE pictures, share of annotated faces covered", table(_heads(), rows)]
    rows = [
        _row(tool, plates, _PLATES, _covered(tool, plates, work / f"plates-{tool.key}", ("--cover", "plates")))
        for tool in tools
        if tool.family == "regard"  # deface knows no plates
    ]
    heads = ["tool", "plates", "covered", "changed, %", "beside, %"]
    return "\n\n".join([*parts, f"### Stills: {len(plates)} pictures with plates", table(heads, rows)])


def _heads() -> list[str]:
    sizes = [f"{low} to {high - 1} px" if high < 10_000 else f"{low} px and more" for low, high in _HEIGHTS]
    return ["tool", "faces", *sizes, "changed, %", "beside, %"]


def _covered(tool: Tool, stills: Sequence[Still], folder: Path, options: Sequence[str]) -> dict[Path, Path]:
    """The output of each still; one command does them all."""
    given = folder / "given"
    shutil.rmtree(folder, ignore_errors=True)
    given.mkdir(parents=True)
    for still in stills:
        shutil.copyfile(still.path, given / still.path.name)
    if tool.family == "regard":
        outputs = folder / "made"
        run = watched([*tool.command[:2], str(given), str(outputs), *tool.command[4:], *options])
    else:
        outputs = given
        run = watched([tool.command[0], str(given)])
    if run.failed:
        print(f"{tool.name} on stills: {run.said}", file=sys.stderr)
    made = {still.path: outputs / _name(still.path, tool) for still in stills}
    return {source: target for source, target in made.items() if target.is_file()}


def _name(path: Path, tool: Tool) -> str:
    return path.name if tool.family == "regard" else f"{path.stem}_anonymized{path.suffix}"


def _row(tool: Tool, stills: Sequence[Still], heights: Sequence[tuple[int, int]], made: dict[Path, Path]) -> list[str]:
    counts = _Counts()
    for still in stills:
        if still.path in made:
            _count(counts, still, _masks(still.path, made[still.path]), heights)
    shares = [f"{counts.covered.get(one, 0) / max(1, counts.wanted.get(one, 0)):.3f}" for one in heights]
    areas = [f"{100 * float(np.mean(part or [0])):.2f}" for part in (counts.all, counts.beside)]
    return [tool.name, str(sum(counts.wanted.values())), *shares, *areas]


def _count(counts: _Counts, still: Still, masks: tuple[Mask, Mask], heights: Sequence[tuple[int, int]]) -> None:
    is_plate = heights is _PLATES
    mask, sure = masks
    for box in still.boxes:
        size = next(((low, high) for low, high in heights if low <= box[3] - box[1] < high), None)
        if size is not None:
            share = covered_share(mask, box, 1.0, is_oval=False) if is_plate else covered_share(mask, box)
            is_covered = share >= (_PLATE_COVERED if is_plate else _COVERED)
            counts.wanted[size] = counts.wanted.get(size, 0) + 1
            counts.covered[size] = counts.covered.get(size, 0) + int(is_covered)
    counts.all.append(float(sure.mean()))
    for left, top, right, bottom in _enlarged(np.concatenate([still.boxes, still.excused])):
        sure[max(0, int(top)) : max(0, int(bottom) + 1), max(0, int(left)) : max(0, int(right) + 1)] = False
    counts.beside.append(float(sure.mean()))


def _masks(source: Path, output: Path) -> tuple[Mask, Mask]:
    """Where the output differs from the source saved as the output was, with its quantisation tables; and for sure."""
    with PIL.Image.open(source) as file:
        upright = PIL.ImageOps.exif_transpose(file).convert("RGB")
    with PIL.Image.open(output) as file:
        tables = getattr(file, "quantization", None)
        shown = PIL.ImageOps.exif_transpose(file).convert("RGB")
    if shown.size != upright.size:
        shown = shown.resize(upright.size)
    again = upright
    if tables:
        data = io.BytesIO()
        upright.save(data, "JPEG", qtables=tables)
        again = PIL.Image.open(data)
    pictures = _array(upright), _array(shown), _array(again)
    return changed(*pictures, is_sure=False), changed(*pictures, is_sure=True)


def _array(image: PIL.Image.Image) -> Image:
    return np.asarray(image, np.uint8)


def _enlarged(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    grow = np.tile(boxes[:, 2:] - boxes[:, :2], 2) * ((_ENLARGED - 1) / 2)
    return np.asarray(boxes + grow * np.array([-1, -1, 1, 1]))


def _faces(folder: Path) -> Iterator[Still]:
    for entry in json.loads((folder / "faces.json").read_text()):
        sound = [face["bbox_xywh"] for face in entry["faces"] if not face["invalid"]]
        doubtful = [face["bbox_xywh"] for face in entry["faces"] if face["invalid"]]
        yield Still(folder / entry["image"], _corners(sound), _corners(doubtful))


def _plates(folder: Path) -> Iterator[Still]:
    for entry in json.loads((folder / "plates.json").read_text()):
        yield Still(folder / entry["image"], _corners(entry["plates"]), _corners([]))


def _corners(boxes: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """(N, 4) left, top, right, bottom of boxes given as left, top, width, height."""
    given = np.array(boxes, np.float64).reshape(-1, 4)
    given[:, 2:] += given[:, :2]
    return given
