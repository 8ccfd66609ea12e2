"""Answers as tables and as drawings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.media.canvas import Mark, encoded, overlay
from regard.media.images import Budget, Picture

Answer = dict[str, Any]
_DRAWN_PIXELS = 2000  # longer side that a drawing should have where the picture has it
_LEAST_DRAWN_PIXELS = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """How one operation's answer is shown."""

    columns: tuple[str, ...]
    rows: Callable[[Answer], Iterator[tuple[str, ...]]]
    marks: Callable[[Answer], Iterator[Mark]]
    nothing: str  # said where there is no row


def show(report: Report, name: str, answer: Answer) -> None:
    """Prints one picture's table."""
    rows = list(report.rows(answer))
    console = Console()
    if not rows:
        console.print(f"{name}: {report.nothing}", highlight=False, markup=False, soft_wrap=True)
        return
    # As plain text: what was read in a picture may look like rich's markup.
    table = Table(*report.columns, title=Text(name), title_justify="left")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def draw(report: Report, data: bytes, budget: Budget, answer: Answer, target: Path) -> None:
    """Writes the picture in `data` with what was found in it to `target`."""
    image = Picture(data, budget).pixels(at_least=_DRAWN_PIXELS)
    factor = _LEAST_DRAWN_PIXELS / max(image.shape[:2])
    if factor > 1:  # labels and dots would cover a small picture
        image = np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
    target.write_bytes(encoded(overlay(image, list(report.marks(answer))), target))


def _percent(value: float) -> str:
    return f"{value:.1f} %"


def _corners(box: dict[str, float]) -> tuple[tuple[float, float], ...]:
    return (box["Left"], box["Top"]), (box["Left"] + box["Width"], box["Top"] + box["Height"])


def _place(box: dict[str, float]) -> str:
    return f"{100 * box['Left']:.0f},{100 * box['Top']:.0f} {100 * box['Width']:.0f}x{100 * box['Height']:.0f} %"


def _face_rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    for face in answer["FaceDetails"]:
        pose, quality = face["Pose"], face["Quality"]
        seen = [name for name in ("Smile", "EyesOpen", "MouthOpen", "FaceOccluded") if face.get(name, {}).get("Value")]
        yield (
            _percent(face["Confidence"]),
            _place(face["BoundingBox"]),
            f"{pose['Yaw']:+.0f} {pose['Pitch']:+.0f} {pose['Roll']:+.0f}",
            f"{quality['Brightness']:.0f}",
            f"{quality['Sharpness']:.0f}",
            ", ".join(seen),
        )


def _face_marks(answer: Answer) -> Iterator[Mark]:
    many = len(answer["FaceDetails"]) > 20  # labels would cover the crowd
    for face in answer["FaceDetails"]:
        points = tuple((point["X"], point["Y"]) for point in face["Landmarks"])
        label = "" if many else f"{face['Confidence']:.1f}"
        yield Mark(_corners(face["BoundingBox"]), label, () if many else points)


def _label_rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    for label in answer["Labels"]:
        parents = ", ".join(parent["Name"] for parent in label["Parents"])
        count = len(label["Instances"])
        category = label["Categories"][0]["Name"] if label["Categories"] else ""
        yield _percent(label["Confidence"]), label["Name"], str(count or ""), parents, category


def _label_marks(answer: Answer) -> Iterator[Mark]:
    parents = {parent["Name"] for label in answer["Labels"] for parent in label["Parents"]}
    # An ancestor repeats its children's boxes.
    leaves = [label for label in answer["Labels"] if label["Instances"] and label["Name"] not in parents]
    for colour, label in enumerate(leaves):
        for instance in label["Instances"]:
            yield Mark(
                _corners(instance["BoundingBox"]), f"{label['Name']} {instance['Confidence']:.0f}", colour=colour
            )


def _text_lines(answer: Answer) -> Iterator[dict[str, Any]]:
    return (found for found in answer["TextDetections"] if found["Type"] == "LINE")


def _text_rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    for line in _text_lines(answer):
        yield _percent(line["Confidence"]), line["DetectedText"], _place(line["Geometry"]["BoundingBox"])


def _text_marks(answer: Answer) -> Iterator[Mark]:
    for line in _text_lines(answer):
        polygon = tuple((point["X"], point["Y"]) for point in line["Geometry"]["Polygon"])
        yield Mark(polygon, line["DetectedText"], colour=2)


def _moderation_rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    for label in answer["ModerationLabels"]:
        yield _percent(label["Confidence"]), label["Name"], label["ParentName"], str(label["TaxonomyLevel"])


def _equipment_rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    for person in answer["Persons"]:
        parts = ", ".join(part["Name"] for part in person["BodyParts"])
        worn = [item["Type"] for part in person["BodyParts"] for item in part["EquipmentDetections"]]
        yield str(person["Id"]), _percent(person["Confidence"]), parts, ", ".join(worn)


def _equipment_marks(answer: Answer) -> Iterator[Mark]:
    for person in answer["Persons"]:
        yield Mark(_corners(person["BoundingBox"]), f"person {person['Id']}")
        for part in person["BodyParts"]:
            for item in part["EquipmentDetections"]:
                yield Mark(_corners(item["BoundingBox"]), item["Type"], colour=1)


FACES = Report(
    ("Confidence", "Left,top size", "Yaw pitch roll", "Bright", "Sharp", "Seen"), _face_rows, _face_marks, "no face"
)
LABELS = Report(("Confidence", "Label", "Count", "Parents", "Category"), _label_rows, _label_marks, "no label")
TEXT = Report(("Confidence", "Text", "Left,top size"), _text_rows, _text_marks, "no text")
MODERATION = Report(
    ("Confidence", "Label", "Parent", "Level"), _moderation_rows, lambda answer: iter(()), "nothing unsafe found"
)
EQUIPMENT = Report(("Person", "Confidence", "Body parts", "Wears"), _equipment_rows, _equipment_marks, "no person")
