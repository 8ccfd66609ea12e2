"""How well redaction finds faces and plates, and at what cost: the measurements that chose sizes, rates and thresholds.

    python -m bench.finding [--testdata DIR] [--part stills|videos|plates]

The pictures and clips of shared/testdata are not part of the repository. Prints Markdown. Times are of one processor.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench import finding_videos
from bench.tables import table
from regard.analysis import plates
from regard.geometry import area, intersection
from regard.models.centerface import CenterFace
from regard.models.efficientdet import EfficientDet
from regard.models.engine import Engine, EngineOptions
from regard.models.ppocr_detection import TextDetector
from regard.models.weights import WeightStore, default_folder
from regard.models.yunet import FaceBoxes, YuNet, merged
from regard.redaction.finding_objects import objects_in
from regard.redaction.finding_second import SecondOpinion

Floats = NDArray[np.float32]

_MARGIN = np.array([-0.15, -0.15, 0.15, 0.15], np.float32)  # the default of redaction
_COVERED = 0.7  # the share of an annotated box that makes it covered
_NO_FACE = 0.3  # the share of a found box inside annotated ones, below which it is on none
_LEAST = 12  # pixels of a face's height
_SECOND = -3
_SCORES = (0.4, 0.45, 0.5, 0.6, 0.7)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testdata", type=Path, help="the folder; shared/testdata beside the repository")
    parser.add_argument("--part", choices=("stills", "videos", "plates"), help="one of the tables; all")
    chosen = parser.parse_args()
    folder = chosen.testdata or Path(__file__).parents[2] / "shared" / "testdata"
    if not folder.is_dir():
        parser.exit(2 if chosen.testdata else 0, f"finding is not measured: there is no {folder}\n")
    engine = Engine(EngineOptions(threads=1, streams=1, cache_folder=None))
    store = WeightStore(default_folder(os.environ))
    if chosen.part in (None, "stills"):
        print(_stills((YuNet(engine, store), CenterFace(engine, store)), folder / "wider"), flush=True)
    if chosen.part in (None, "videos"):
        print(finding_videos.report((YuNet(engine, store), CenterFace(engine, store)), folder), flush=True)
    if chosen.part in (None, "plates"):
        print(_plates(EfficientDet(engine, store), TextDetector(engine, store), folder / "plates"), flush=True)


@dataclass(slots=True)
class Tally:
    """Of one way to search."""

    wanted: int = 0
    covered: int = 0
    elsewhere: int = 0  # boxes on nothing that is annotated
    elsewhere_share: float = 0.0  # of the picture, summed over pictures

    def add(self, found: Floats, truth: Floats, is_wanted: NDArray[np.bool_], size: tuple[int, int]) -> None:
        """One picture. truth: all that is annotated; is_wanted: what is to be found. size: width, height."""
        grown = found + _MARGIN * np.tile(found[:, 2:] - found[:, :2], 2)
        shares = intersection(truth, grown) / np.maximum(area(truth), 1)[:, None]
        self.wanted += int(is_wanted.sum())
        self.covered += int((shares.max(axis=1, initial=0) >= _COVERED)[is_wanted].sum())
        inside = intersection(found, truth) / np.maximum(area(found), 1)[:, None]
        # A face box over a smaller annotated one is on it all the same.
        over = intersection(found, truth) / np.maximum(area(truth), 1)[None]
        is_elsewhere = np.maximum(inside, over).max(axis=1, initial=0) < _NO_FACE
        self.elsewhere += int(is_elsewhere.sum())
        self.elsewhere_share += float(area(found[is_elsewhere]).sum() / (size[0] * size[1]))

    def row(self, pictures: int) -> list[str]:
        """Cells."""
        recall = f"{self.covered / max(1, self.wanted):.3f}"
        return [recall, f"{self.elsewhere / pictures:.2f}", f"{100 * self.elsewhere_share / pictures:.2f} %"]


_STILL_HEADS = ("searched at", "score", "faces", "covered", "boxes elsewhere", "area elsewhere", "ms")


def _stills(networks: finding_videos.Networks, folder: Path) -> str:
    """Recall and what is covered besides, on every second WIDER FACE picture."""
    ways = {
        "640": (640,),
        "full size": (0,),
        "640 and full size": (640, 0),
        "640 and twice": (640, -2),
        "640, twice, second network": (640, -2, _SECOND),
    }
    tallies = {(way, score): Tally() for way in ways for score in _SCORES}
    seconds = dict.fromkeys(ways, 0.0)
    entries = json.loads((folder / "faces.json").read_text())[::2]
    for entry in entries:
        image = np.asarray(Image.open(folder / entry["image"]).convert("RGB"))
        truth = _boxes([face["bbox_xywh"] for face in entry["faces"]])
        is_valid = np.array([not face["invalid"] for face in entry["faces"]], bool)
        is_wanted = is_valid & (truth[:, 3] - truth[:, 1] >= _LEAST)
        looks = {side: _timed(networks, image, side) for side in (640, 0, -2, _SECOND)}
        for way, sides in ways.items():
            faces = merged([looks[side][0] for side in sides], 0.4)
            seconds[way] += sum(looks[side][1] for side in sides)
            for score in _SCORES:
                sure = faces.boxes[faces.scores >= score]
                tallies[way, score].add(sure, truth, is_wanted, (image.shape[1], image.shape[0]))
    rows = [
        [way, f"{score:g}", str(tally.wanted), *tally.row(len(entries)), f"{1000 * seconds[way] / len(entries):.0f}"]
        for (way, score), tally in tallies.items()
    ]
    head = f"### Faces of {_LEAST} pixels and more in {len(entries)} WIDER FACE pictures\n\n"
    return head + table(_STILL_HEADS, rows) + "\n"


def _timed(networks: finding_videos.Networks, image: NDArray[np.uint8], side: int) -> tuple[FaceBoxes, float]:
    """side: 0 for the picture's own, -2 for twice that up to 2,048, _SECOND for the second network at 960."""
    first, second = networks
    longer = max(image.shape[:2])
    begin = time.process_time()
    if side == _SECOND:
        faces = SecondOpinion(lambda: second).detect(image, 960, min(_SCORES))
    else:
        size = {0: longer, -2: max(longer, min(2 * longer, 2048))}.get(side, side)
        faces = first.detect(image, size, min(_SCORES))
    return faces, time.process_time() - begin


def _plates(objects: EfficientDet, text: TextDetector, folder: Path) -> str:
    """Recall of plates, by the least mean probability of a line of letters."""
    entries = json.loads((folder / "plates.json").read_text())
    ways = {"videos": False, "pictures": True}
    tallies = {(way, score): Tally() for way in ways for score in (plates.LINE_PROBABILITY, 0.3, 0.5)}
    seconds = dict.fromkeys(ways, 0.0)
    for entry in entries:
        image = np.asarray(Image.open(folder / entry["image"]).convert("RGB"))
        truth = _boxes(entry["plates"])
        for way, is_thorough in ways.items():
            begin = time.process_time()
            vehicles, _ = objects_in(objects, image).named(plates.VEHICLES, 0.2)
            boxes, scores = plates.plates(text, image, vehicles, is_thorough)
            seconds[way] += time.process_time() - begin
            for score in (score for other, score in tallies if other == way):
                size = image.shape[1], image.shape[0]
                tallies[way, score].add(boxes[scores >= score], truth, np.ones(len(truth), bool), size)
    rows = [
        [way, f"{score:g}", str(tally.wanted), *tally.row(len(entries)), f"{1000 * seconds[way] / len(entries):.0f}"]
        for (way, score), tally in tallies.items()
    ]
    heads = ("as in", "score", "plates", "covered", "boxes elsewhere", "area elsewhere", "ms")
    return f"### Plates in {len(entries)} pictures\n\n" + table(heads, rows) + "\n"


def _boxes(sizes: Sequence[Sequence[float]]) -> Floats:
    """(N, 4) from left, top, width, height."""
    boxes = np.array(sizes, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


if __name__ == "__main__":
    main()
