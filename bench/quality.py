"""Which pictures of faces spoil comparisons, and which of those QualityFilter refuses at each of its levels.

    python -m bench.quality [--testdata DIR] [--people N]

Every LFW picture is a gallery. Of N people with several pictures, the second one is spoiled in the ways of
`bench/degraded.py` and compared with the others: FNMR against the same person's pictures, FMR against everybody else's,
and FMR of the spoiled pictures of two people with each other, which is what a gallery of poor pictures meets.
Embeddings are SFace's alone, unmirrored; thresholds are those at which good pictures have an FMR of 1 in 1,000 and 1 in
10,000. Prints Markdown.
"""

import argparse
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from bench.degraded import Image, Spoil, spoils
from bench.tables import table
from regard.analysis.face_crops import crops_of_faces
from regard.analysis.faces import FaceAnalyser
from regard.analysis.quality_filter import NEEDS, QualityRules
from regard.analysis.results import ArraySource, Face
from regard.app import App
from regard.models.sface import SFace
from regard.settings import Settings

_LEVELS = ("LOW", "AUTO", "MEDIUM", "HIGH")
_UNKNOWN = "AUTO, strength unknown"
_LOOSE, _STRICT = 1e-3, 1e-4  # FMR of good pictures
_LEAST = 5  # faces below which no rate is printed


@dataclass(frozen=True, slots=True)
class Seen:
    """One face as the filter and the network saw it."""

    picture: str
    person: str
    vector: NDArray[np.float32]  # (128,) of length 1
    refused_by: frozenset[str]  # of `_LEVELS` and `_UNKNOWN`


class Eyes:
    """The networks."""

    def __init__(self, analyser: FaceAnalyser, sface: SFace) -> None:
        self._analyser = analyser
        self._sface = sface

    def find(self, image: Image) -> Face | None:
        """The face nearest to the middle, where LFW has the person named."""
        found = self._analyser.analyse(ArraySource(image), NEEDS)
        middle = image.shape[1] / 2, image.shape[0] / 2
        return min(found, key=lambda face: _distance(face, middle)) if found else None

    def see(self, image: Image, face: Face, picture: Path) -> Seen:
        """The face's vector, and which levels refuse it."""
        crops = crops_of_faces(ArraySource(image), [face])
        strength = float(self._sface.strengths(crops)[0])
        size = image.shape[1], image.shape[0]
        refused = {level for level in _LEVELS if _rules(level).reasons(face, size, crops[0], strength)}
        refused |= {_UNKNOWN} if _rules("AUTO").reasons(face, size, crops[0]) else set()
        return Seen(picture.name, picture.parent.name, self._sface.embed(crops)[0], frozenset(refused))


@dataclass(frozen=True, slots=True)
class Gallery:
    """Good pictures, and the thresholds they give."""

    seen: Sequence[Seen]
    loose: float
    strict: float

    @classmethod
    def of(cls, seen: Sequence[Seen]) -> "Gallery":
        """From all of them, with the impostor scores of all pairs."""
        _, impostor = _scores(seen, seen)
        loose, strict = (float(np.quantile(impostor, 1 - rate)) for rate in (_LOOSE, _STRICT))
        return cls(seen, loose, strict)

    def row(self, probes: Sequence[Seen]) -> list[str]:
        """FNMR at the strict threshold, FMR at both, FMR of two probes at the loose one, FNMR of what AUTO passes."""
        if len(probes) < _LEAST:
            return ["-"] * 5
        genuine, impostor = _scores(probes, self.seen)
        _, among = _scores(probes, probes)
        passed = [probe for probe in probes if "AUTO" not in probe.refused_by]
        left = _percent(_scores(passed, self.seen)[0] < self.strict) if len(passed) >= _LEAST else "-"
        return [
            _percent(genuine < self.strict),
            f"{1e4 * float(np.mean(impostor >= self.loose)):.1f}",
            f"{1e4 * float(np.mean(impostor >= self.strict)):.2f}",
            f"{1e4 * float(np.mean(among >= self.loose)):.0f}",
            left,
        ]


def report(eyes: Eyes, testdata: Path, people: int) -> Iterator[str]:
    """The tables as Markdown, each as soon as it is measured."""
    folder = testdata / "lfw"
    wrong = {line.split(",")[0] for line in (folder / "label_errors.csv").read_text("utf-8").splitlines()}
    pictures = [path for path in sorted((folder / "images").glob("*/*.jpg")) if path.name not in wrong]
    gallery = Gallery.of(list(_all_seen(eyes, pictures)))
    yield _natural("LFW", gallery.seen, gallery)
    portraits = sorted((testdata / "synthetic_people").glob("*.jpg"))
    yield _natural("synthetic_people", list(_all_seen(eyes, portraits)), None)
    seconds = [path for before, path in pairwise(pictures) if before.parent == path.parent]
    chosen = {path.parent: path for path in reversed(seconds)}
    sample = random.Random(7).sample(sorted(chosen.values()), min(people, len(chosen)))
    heads = ["spoiled", "found", "FNMR", "FMR loose", "FMR strict", "FMR of two spoiled", "FNMR after AUTO"]
    rows = [_spoiled(eyes, name, spoil, sample, gallery) for name, spoil in spoils().items()]
    yield (
        f"### {len(sample)} LFW pictures, spoiled\n\nFMR in 10,000 (good pictures: 10 loose, 1 strict), all else in "
        f"percent; FNMR at the strict threshold.\n\n{table([*heads, *_LEVELS, _UNKNOWN], rows)}\n"
    )


def _natural(name: str, seen: Sequence[Seen], gallery: Gallery | None) -> str:
    """What each level refuses of pictures that nobody spoiled, and the FNMR of the pairs that are left."""
    rows = []
    for level in ("NONE", *_LEVELS, _UNKNOWN):
        kept = [one for one in seen if level not in one.refused_by]
        rates = ["-", "-"]
        if gallery is not None:
            genuine, _ = _scores(kept, kept)
            rates = [_percent(genuine < threshold) for threshold in (gallery.loose, gallery.strict)]
        rows.append([level, f"{100 * (1 - len(kept) / len(seen)):.1f}", *rates])
    heads = ["level", "refused, %", f"FNMR at FMR {_LOOSE:g}, %", f"FNMR at FMR {_STRICT:g}, %"]
    return f"### {name}, {len(seen)} faces\n\n{table(heads, rows)}\n"


def _spoiled(eyes: Eyes, name: str, spoil: Spoil, sample: Sequence[Path], gallery: Gallery) -> list[str]:
    probes = list(_all_seen(eyes, sample, spoil))
    refused = [_percent(np.array([level in probe.refused_by for probe in probes])) for level in (*_LEVELS, _UNKNOWN)]
    fnmr, loose, strict, among, left = gallery.row(probes)
    return [name, f"{100 * len(probes) / len(sample):.0f}", fnmr, loose, strict, among, left, *refused]


def _all_seen(eyes: Eyes, pictures: Sequence[Path], spoil: Spoil | None = None) -> Iterator[Seen]:
    """The faces that are found, at the place of the unspoiled one."""
    for path in pictures:
        image: Image = np.asarray(PIL.Image.open(path).convert("RGB"))
        face = eyes.find(image)
        if face is not None and spoil is not None:
            image = spoil(image, face.box)
            face = eyes.find(image)
        if face is not None:
            yield eyes.see(image, face, path)


def _scores(first: Sequence[Seen], second: Sequence[Seen]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines of two pictures of one person, and of two people; no picture with itself."""
    if not first:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    cosines = np.stack([one.vector for one in first]) @ np.stack([one.vector for one in second]).T
    is_same = np.array([one.person for one in first])[:, None] == np.array([one.person for one in second])
    is_itself = np.array([one.picture for one in first])[:, None] == np.array([one.picture for one in second])
    return cosines[is_same & ~is_itself], cosines[~is_same]


def _percent(is_so: NDArray[np.bool_]) -> str:
    return f"{100 * float(np.mean(is_so)):.1f}" if is_so.size else "-"


def _rules(level: str) -> QualityRules:
    rules = QualityRules.of(level)
    assert rules is not None  # NONE is not asked for
    return rules


def _distance(face: Face, middle: tuple[float, float]) -> float:
    left, top, right, bottom = face.box
    return abs((left + right) / 2 - middle[0]) + abs((top + bottom) / 2 - middle[1])


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testdata", type=Path, help="the folder of pictures; shared/testdata beside the repository")
    parser.add_argument("--people", type=int, default=300, help="whose pictures are spoiled")
    chosen = parser.parse_args()
    folder = chosen.testdata or Path(__file__).parents[2] / "shared" / "testdata"
    if not folder.is_dir():
        sentence = f"quality is not measured: {folder} is no folder; name the one with the pictures by --testdata"
        parser.exit(2 if chosen.testdata else 0, f"{sentence}\n")  # `make bench` goes on without them
    app = App(Settings.read(os.environ, limits="relaxed"), os.environ)
    for part in report(Eyes(app.faces(), SFace(app.engine, app.store)), folder, chosen.people):
        print(part, flush=True)


if __name__ == "__main__":
    main()
