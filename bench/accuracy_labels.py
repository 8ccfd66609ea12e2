"""Average precision of object boxes on COCO pictures, by COCO's own evaluation."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np

from bench.tables import table
from regard.app import App
from regard.media.images import Picture

CLAIM = "0.3397 (TF Lite model card, on all 5,000 pictures)"


def report(app: App, testdata: Path) -> str:
    """The table as Markdown. Raises ModuleNotFoundError where pycocotools is not installed."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    folder = testdata / "coco"
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(folder / "instances.json"))
        evaluation = COCOeval(truth, truth.loadRes(_found(app, folder)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    names = ("average precision, IoU 0.50 to 0.95", "at IoU 0.50", "at IoU 0.75", "small", "medium", "large")
    rows = [
        [name, f"{value:.3f}", CLAIM if not index else ""]
        for index, (name, value) in enumerate(zip(names, evaluation.stats[:6], strict=True))
    ]
    return f"### Labels, {len(truth.imgs)} COCO validation pictures\n\n{table(['objects', 'value', 'card'], rows)}\n"


def _found(app: App, folder: Path) -> list[dict[str, object]]:
    annotations = json.loads((folder / "instances.json").read_text())
    categories = {category["name"]: category["id"] for category in annotations["categories"]}
    detector = app.objects()
    rows: list[dict[str, object]] = []
    for image in annotations["images"]:
        path = next(folder.rglob(image["file_name"]))
        found = detector.detect(Picture(path.read_bytes(), app.budget).pixels(), 0.01)
        for box, score, index in zip(found.boxes, found.scores, found.classes, strict=True):
            left, top, right, bottom = (float(value) for value in box)
            rows.append(
                {
                    "image_id": image["id"],
                    "category_id": categories[detector.classes[int(index)]],
                    "bbox": [left, top, right - left, bottom - top],
                    "score": float(np.float32(score)),
                }
            )
    return rows
