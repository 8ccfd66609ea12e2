"""Average precision of face boxes by size of face, and recall in crowds, on WIDER FACE pictures."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.tables import table
from regard.app import App
from regard.geometry import iou
from regard.media.images import Picture

# YuNet 2023mar in opencv_zoo's README: WIDER FACE validation, easy, medium, hard. The hard set holds the other two;
# which face is in which is not part of these pictures, so all faces of 10 pixels and more stand against "hard".
CLAIM = "hard 0.7503 (medium 0.8656, easy 0.8844)"
_SIZES = ((10, 10_000), (10, 16), (16, 32), (32, 64), (64, 10_000))  # heights in pixels
_CROWD = 100
_MATCH = 0.5  # IoU
_LEAST_CONFIDENCE = 1.0  # low enough for the whole curve


@dataclass(frozen=True, slots=True)
class Judged:
    """One picture's boxes beside its annotations."""

    boxes: NDArray[np.float32]  # (N, 4), surest first
    confidences: NDArray[np.float32]  # (N,) 0..100
    truth: NDArray[np.float32]  # (M, 4)
    is_valid: NDArray[np.bool_]  # (M,) False where the annotators would not say

    def wanted(self, low: float, high: float) -> NDArray[np.bool_]:
        """(M,) the annotated faces of `low` to `high` pixels in height."""
        heights = self.truth[:, 3] - self.truth[:, 1]
        return np.asarray(self.is_valid & (heights >= low) & (heights < high))


def report(app: App, testdata: Path) -> str:
    """The tables as Markdown."""
    pictures = _judged(app, testdata / "wider")
    precision = [
        [_size(low, high), str(number), f"{value:.3f}", CLAIM if (low, high) == _SIZES[0] else ""]
        for low, high in _SIZES
        for number, value in [average_precision(pictures, low, high)]
    ]
    crowds = [picture for picture in pictures if picture.is_valid.sum() >= _CROWD]
    recalls = [
        [name, _size(low, high), str(number), f"{value:.3f}"]
        for name, chosen in (("all pictures", pictures), (f"crowds of {_CROWD} and more", crowds))
        for low, high in ((12, 16), (16, 10_000))
        for number, value in [recall(chosen, low, high)]
    ]
    return (
        f"### Faces, {len(pictures)} WIDER FACE validation pictures\n\n"
        + table(["face height, pixels", "faces", "average precision", "card"], precision)
        + "\n\n"
        + table(["recall at Confidence 50", "face height, pixels", "faces", "recall"], recalls)
        + "\n"
    )


def average_precision(pictures: list[Judged], low: float, high: float) -> tuple[int, float]:
    """How many faces there are of a size, and the area under precision over recall for them.

    A box on a face of another size, or on one the annotators would not judge, counts for nothing; so does a box on no
    face whose own height is outside the size.
    """
    confidences: list[float] = []
    hits: list[bool] = []
    for picture in pictures:
        for confidence, is_hit in _judgements(picture, low, high):
            confidences.append(confidence)
            hits.append(is_hit)
    number = sum(int(picture.wanted(low, high).sum()) for picture in pictures)
    order = np.argsort(-np.array(confidences), kind="stable")
    found = np.cumsum(np.array(hits)[order])
    precision = np.maximum.accumulate((found / np.arange(1, len(found) + 1))[::-1])[::-1]
    return number, float(np.sum(np.diff(found / number, prepend=0) * precision))


def recall(pictures: list[Judged], low: float, high: float, least_confidence: float = 50) -> tuple[int, float]:
    """How many faces there are of a size, and the share of them that a box of at least that confidence covers."""
    number = covered = 0
    for picture in pictures:
        truth = picture.truth[picture.wanted(low, high)]
        boxes = picture.boxes[picture.confidences >= least_confidence]
        number += len(truth)
        if len(truth) and len(boxes):
            covered += int((iou(truth, boxes).max(axis=1) >= _MATCH).sum())
    return number, covered / max(number, 1)


def _judgements(picture: Judged, low: float, high: float) -> list[tuple[float, bool]]:
    """Confidence and hit of each box that counts, surest first; a face can be hit once."""
    wanted = picture.wanted(low, high)
    overlaps = iou(picture.boxes, picture.truth)
    taken: set[int] = set()
    judgements = []
    for index, box in enumerate(picture.boxes):
        best = int(overlaps[index].argmax()) if len(picture.truth) else -1
        confidence = float(picture.confidences[index])
        if best >= 0 and overlaps[index, best] >= _MATCH:
            if wanted[best]:
                judgements.append((confidence, best not in taken))
                taken.add(best)
        elif low <= box[3] - box[1] < high:
            judgements.append((confidence, False))
    return judgements


def _judged(app: App, folder: Path) -> list[Judged]:
    judged = []
    for entry in json.loads((folder / "faces.json").read_text()):
        picture = Picture((folder / entry["image"]).read_bytes(), app.budget)
        boxes, confidences = app.faces().scored_boxes(picture, _LEAST_CONFIDENCE)
        order = np.argsort(-confidences, kind="stable")
        truth = np.array([face["bbox_xywh"] for face in entry["faces"]], np.float32).reshape(-1, 4)
        truth[:, 2:] += truth[:, :2]
        is_valid = np.array([not face["invalid"] for face in entry["faces"]], bool)
        judged.append(Judged(boxes[order], confidences[order], truth, is_valid))
    return judged


def _size(low: int, high: int) -> str:
    return f"{low} to {high}" if high < 10_000 else f"{low} and more"
