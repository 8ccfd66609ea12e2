"""How often labels are right, by score: the table in `analysis/labels.py` and what tags are worth.

Usage: python -m bench.calibrate_labels COCO_FOLDER [--detections OUT.json]

COCO_FOLDER holds `instances.json` and `images/`. Prints the monotone table of the detector's precision, its error when
fitted on every second picture and tried on the others, and the precision of image-level tags whose label is also an
object of COCO. `--detections` writes what pycocotools needs for average precision.
"""

import argparse
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.labels import CALIBRATION_SCORES, central_square, tag_beliefs
from regard.analysis.taxonomy import load_taxonomy
from regard.geometry import area, intersection, iou
from regard.models.efficientdet import Detections, EfficientDet
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine, EngineOptions
from regard.models.weights import WeightStore, default_folder

Floats = NDArray[np.float64]
RIGHT = 0.5  # IoU with the ground truth
TAG_BINS = (0.2, 0.35, 0.55, 0.75, 0.9, 1.01)


@dataclass(frozen=True, slots=True)
class Truth:
    """Ground truth of one picture."""

    file: Path
    image_id: int
    boxes: NDArray[np.float32]  # (N, 4) left, top, right, bottom
    classes: NDArray[np.int64]  # (N,) COCO category ids
    is_crowd: NDArray[np.bool_]  # (N,) boxes around many objects, in which finds are neither right nor wrong


def truths(folder: Path) -> Iterator[Truth]:
    """The pictures of a COCO folder, by file name."""
    document = json.loads((folder / "instances.json").read_text())
    by_image: dict[int, list[dict[str, Any]]] = {}
    for row in document["annotations"]:
        by_image.setdefault(row["image_id"], []).append(row)
    for image in sorted(document["images"], key=lambda row: str(row["file_name"])):
        rows = by_image.get(image["id"], [])
        boxes = np.array([row["bbox"] for row in rows], dtype=np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        yield Truth(
            folder / "images" / image["file_name"],
            image["id"],
            boxes,
            np.array([row["category_id"] for row in rows], dtype=np.int64),
            np.array([bool(row["iscrowd"]) for row in rows], dtype=bool),
        )


def rgb(file: Path) -> NDArray[np.uint8]:
    """The picture, (H, W, 3). Raises ValueError when it cannot be decoded."""
    picture = cv2.imread(str(file))
    if picture is None:
        raise ValueError(f"{file} is not a picture")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def judged(found: Detections, truth: Truth) -> Iterator[tuple[float, bool]]:
    """Score and rightness of every detection, best first; those inside a crowd of their class are left out."""
    overlap = iou(found.boxes, truth.boxes)
    inside = intersection(found.boxes, truth.boxes) / np.maximum(area(found.boxes), 1e-6)[:, None]
    is_free = ~truth.is_crowd
    for row, (score, index) in enumerate(zip(found.scores, found.classes, strict=True)):
        same = truth.classes == index + 1  # COCO's ids start at 1
        candidates = np.flatnonzero(same & is_free & (overlap[row] >= RIGHT))
        if candidates.size:
            is_free[candidates[np.argmax(overlap[row][candidates])]] = False
            yield float(score), True
        elif not (inside[row][same & truth.is_crowd] > RIGHT).any():
            yield float(score), False


def table(rows: Floats) -> Floats:
    """Monotone precision at `CALIBRATION_SCORES` from (N, 2) scores and rightness.

    Each score takes the detections nearer to it than to its neighbours; falling steps are pooled until none is left.
    """
    nearest = np.argmin(np.abs(rows[:, :1] - np.array(CALIBRATION_SCORES)), axis=1)
    pools: list[list[float]] = []  # right, all, how many scores share them
    for step in range(len(CALIBRATION_SCORES)):
        chosen = rows[nearest == step]
        pools.append([chosen[:, 1].sum(), len(chosen), 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    return np.concatenate([np.full(int(steps), right / max(total, 1)) for right, total, steps in pools])


def calibration_error(rows: Floats, precisions: Floats) -> float:
    """Mean distance between promised and true precision over tenths of the promise, weighted by their size."""
    promised = np.interp(rows[:, 0], CALIBRATION_SCORES, precisions)
    tenth = np.minimum((promised * 10).astype(int), 9)
    gaps = [
        abs(promised[tenth == t].mean() - rows[tenth == t, 1].mean()) * (tenth == t).sum() for t in np.unique(tenth)
    ]
    return float(np.sum(gaps) / len(rows))


def tag_rows(image: NDArray[np.uint8], network: EfficientNet, truth: Truth) -> Iterator[tuple[float, bool]]:
    """Belief and rightness of the image-level labels that COCO can judge."""
    taxonomy = load_taxonomy()
    coco = taxonomy.label_of("coco")
    there = {coco[int(index) - 1].name for index in truth.classes}
    views = [tag_beliefs(network.classify(v), taxonomy.label_of("imagenet")) for v in (image, central_square(image))]
    for name in {kind.name for kind in coco.values()} & set(views[0]):
        yield min(views[0][name], views[1].get(name, 0.0)), name in there


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, default=default_folder(os.environ))
    parser.add_argument("--detections", type=Path)
    options = parser.parse_args()
    engine, store = Engine(EngineOptions(threads=2, streams=1, cache_folder=None)), WeightStore(options.weights)
    objects, tags = EfficientDet(engine, store), EfficientNet(engine, store)
    halves: tuple[list[tuple[float, bool]], list[tuple[float, bool]]] = ([], [])
    tagged: list[tuple[float, bool]] = []
    written: list[dict[str, object]] = []
    for number, truth in enumerate(truths(options.folder)):
        image = rgb(truth.file)
        found = objects.detect(image)
        written += list(coco_rows(found, truth.image_id))
        halves[number % 2].extend(judged(found, truth))
        tagged += tag_rows(image, tags, truth)
    report(np.array(halves[0]), np.array(halves[1]), np.array(tagged))
    if options.detections:
        options.detections.write_text(json.dumps(written))


def coco_rows(found: Detections, image_id: int) -> Iterator[dict[str, object]]:
    """Detections in COCO's result format."""
    for box, score, index in zip(found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True):
        left, top, right, bottom = box
        where = [left, top, right - left, bottom - top]
        yield {"image_id": image_id, "category_id": index + 1, "bbox": where, "score": score}


def report(even: Floats, odd: Floats, tagged: Floats) -> None:
    """Print what was measured."""
    floor = CALIBRATION_SCORES[0]
    even, odd = even[even[:, 0] >= floor], odd[odd[:, 0] >= floor]
    everything = np.concatenate([even, odd])
    print(f"detector: {len(everything)} detections with a score of {floor} and more")
    print("score      " + " ".join(f"{score:5.2f}" for score in CALIBRATION_SCORES))
    print("precision  " + " ".join(f"{precision:5.2f}" for precision in table(everything)))
    print(
        f"error on the other half: {calibration_error(odd, table(even)):.3f}, {calibration_error(even, table(odd)):.3f}"
    )
    print("tags that COCO can judge: belief, how many, mean belief, share right")
    for low, high in itertools.pairwise(TAG_BINS):
        chosen = tagged[(tagged[:, 0] >= low) & (tagged[:, 0] < high)]
        if len(chosen):
            print(f"{low:.2f}-{high:.2f} {len(chosen):4d} {chosen[:, 0].mean():5.2f} {chosen[:, 1].mean():5.2f}")


if __name__ == "__main__":
    main()
