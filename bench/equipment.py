"""How many persons are found, and how many faces pass for masked, with a mask drawn on and without.

Usage: python -m bench.equipment persons COCO_FOLDER
       python -m bench.equipment masks FOLDER... [--every N]

`persons` compares with `instances.json`: persons of at least 100 pixels each way in a picture of 1300, in proportion.
`masks` finds the faces of the pictures in each FOLDER, as they are and with a mask drawn over each: worn, under the
nose, and on the chin. Drawn masks are plainer than real ones; the figures say what the network cannot tell.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from regard.analysis.ppe import BodyPart, EquipmentInspector
from regard.geometry import iou
from regard.models.efficientdet import EfficientDet
from regard.models.engine import Engine, EngineOptions
from regard.models.face_mask import FaceMask
from regard.models.movenet import MoveNet
from regard.models.weights import WeightStore, default_folder
from regard.models.yunet import FaceBoxes, YuNet

Pixels = NDArray[np.uint8]
SMALLEST_SHARE = 100 / 1300
# Where a drawn mask begins: so far below the eyes, as a share of the way from the eyes to the mouth.
TOPS = {"worn": 0.33, "under the nose": 0.85, "on the chin": 1.25}
COLOURS = ((235, 240, 245), (120, 170, 210), (40, 40, 45), (150, 190, 150))


def persons(folder: Path, inspector: EquipmentInspector) -> None:
    """Print recall and precision at an IoU of 0.5; crowds and smaller persons count neither way."""
    document = json.loads((folder / "instances.json").read_text())
    person = next(row["id"] for row in document["categories"] if row["name"] == "person")
    found = right = wanted = 0
    for image in document["images"]:
        rows = [r for r in document["annotations"] if r["image_id"] == image["id"] and r["category_id"] == person]
        boxes = np.array([row["bbox"] for row in rows], dtype=np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        least = SMALLEST_SHARE * max(image["height"], image["width"])
        is_wanted = ((boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= least) & ~np.array([r["iscrowd"] for r in rows], bool)
        wanted += int(is_wanted.sum())
        unmatched = set(range(len(boxes)))
        for seen in inspector.inspect(pixels(folder / "images" / image["file_name"])):
            overlaps = {index: iou(np.array([seen.box], np.float32), boxes[index : index + 1]) for index in unmatched}
            best = max(overlaps, key=lambda index: float(overlaps[index][0, 0]), default=None)
            if best is None or overlaps[best][0, 0] < 0.5:
                found += 1
                continue
            unmatched.remove(best)
            found += bool(is_wanted[best])
            right += bool(is_wanted[best])
    print(f"{wanted} persons, recall {right / wanted:.3f}, precision {right / found:.3f}")


def masks(folder: Path, every: int, inspector: EquipmentInspector) -> None:
    """Print the shares of faces judged covered and bare; the rest are not judged."""
    files = sorted(path for path in folder.rglob("*") if path.suffix == ".jpg")[::every]
    for kind in ("as they are", *TOPS):
        judged: list[BodyPart] = []
        for number, path in enumerate(files):
            picture = pixels(path)
            if kind != "as they are":
                picture = drawn(picture, inspector.faces(picture)[0], TOPS[kind], COLOURS[number % len(COLOURS)])
            judged += inspector.faces(picture)[1]
        covered = sum(face.cover is not None for face in judged)
        bare = sum(face.bare_confidence is not None for face in judged)
        print(f"{folder.name}, {kind}: {len(judged)} faces, {covered} covered, {bare} bare", flush=True)


def drawn(picture: Pixels, faces: FaceBoxes, top_share: float, colour: tuple[int, int, int]) -> Pixels:
    """The picture with a plain mask on every face."""
    canvas = picture.copy()
    for box, points in zip(faces.boxes, faces.landmarks, strict=True):
        eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
        down, across = mouth - eyes, (points[1] - points[0]) / max(float(np.linalg.norm(points[1] - points[0])), 1)
        half = across * 0.46 * (box[2] - box[0])
        top, bottom = eyes + top_share * down, eyes + 1.83 * down
        middle, corner = (top + bottom) / 2, top + 0.12 * down
        right = [top + 0.25 * half, corner + half, middle + 0.95 * half, bottom + 0.45 * half]
        left = [bottom - 0.45 * half, middle - 0.95 * half, corner - half, top - 0.25 * half]
        cv2.fillPoly(canvas, [np.array(right + left, dtype=np.int32)], colour)
    return canvas


def pixels(path: Path) -> Pixels:
    """(H, W, 3) RGB."""
    return np.asarray(Image.open(path).convert("RGB"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question", choices=("persons", "masks"))
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1)
    chosen = parser.parse_args(arguments)
    engine = Engine(EngineOptions(threads=2, streams=1, cache_folder=None))
    store = WeightStore(default_folder(os.environ))
    networks = EfficientDet(engine, store), MoveNet(engine, store), YuNet(engine, store), FaceMask(engine, store)
    inspector = EquipmentInspector(*networks, person_limit=None)
    for folder in chosen.folders:
        if chosen.question == "persons":
            persons(folder, inspector)
        else:
            masks(folder, chosen.every, inspector)


if __name__ == "__main__":
    main()
