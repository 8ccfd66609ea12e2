"""How many hard cuts are found: precision, recall, F1 and cost on the annotated clips of `shared/testdata`.

    python -m bench.cuts [--testdata DIR]

The clips and their annotation, `clips/cuts.json`, are not part of the repository. Frames within annotated ranges that
are ambiguous, dissolve or fade are not counted either way. Prints Markdown.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from regard.analysis.cuts import CutFinder

LONGER_SIDE = 960  # of the pictures, as the planning walk has them


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testdata", type=Path, help="the folder; shared/testdata beside the repository")
    chosen = parser.parse_args()
    folder = (chosen.testdata or Path(__file__).parents[2] / "shared" / "testdata") / "clips"
    if not (folder / "cuts.json").is_file():
        parser.exit(2 if chosen.testdata else 0, f"cuts are not measured: there is no {folder / 'cuts.json'}\n")
    print("| clip | frames | cuts | found | false | precision | recall | F1 | ms a frame |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    totals = np.zeros(5)
    for name, truth in json.loads((folder / "cuts.json").read_bytes()).items():
        counts = _counts(folder / name, truth)
        totals += counts
        print(_row(name, counts), flush=True)
    print(_row("all", totals))


def _counts(path: Path, truth: dict[str, Any]) -> NDArray[np.float64]:
    """(5,) frames, true cuts, those found, those that are none, seconds."""
    finder, told, frames, seconds = CutFinder(), set(), 0, 0.0
    for time_us, image in _pictures(path):
        begin = time.perf_counter()
        if finder.add(time_us, image):
            told.add(frames)
        seconds += time.perf_counter() - begin
        frames += 1
    hard = set(truth["hard_cuts"])
    excused = {frame for first, last in _excused(truth) for frame in range(first, last + 1)}
    return np.array([frames, len(hard), len(told & hard), len(told - hard - excused), seconds])


def _excused(truth: dict[str, Any]) -> Iterator[tuple[int, int]]:
    yield from (tuple(span) for span in truth.get("ignore_ranges", []))
    for span in [*truth.get("gradual", []), *truth.get("fade_out", [])]:
        yield span["start_frame"], span["end_frame"]


def _pictures(path: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    with av.open(path) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            scale = min(1.0, LONGER_SIDE / max(frame.width, frame.height))
            size = round(frame.width * scale), round(frame.height * scale)
            image = cv2.resize(frame.to_ndarray(format="rgb24"), size, interpolation=cv2.INTER_AREA)
            yield round((frame.time or 0.0) * 1e6), np.asarray(image, np.uint8)


def _row(name: str, counts: NDArray[np.float64]) -> str:
    frames, cuts, found, false, seconds = counts
    precision, recall = found / max(1, found + false), found / max(1, cuts)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    figures = f"{precision:.3f} | {recall:.3f} | {f1:.3f} | {seconds / max(1, frames) * 1000:.2f}"
    return f"| {name} | {frames:.0f} | {cuts:.0f} | {found:.0f} | {false:.0f} | {figures} |"


if __name__ == "__main__":
    main()
