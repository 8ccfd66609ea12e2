"""Embeddings of a folder of people, one folder a person, through the whole pipeline; for the benches that compare them.

    python -m bench.embed_people PICTURES EMBEDDINGS.npz [--version 2.0]

Writes `embeddings` (N, D) float32, `person` (N,) names of folders and `picture` (N,) paths. Embeddings are biometric
data: keep the file only as long as the pictures may be kept, and never publish it. Pictures are as LFW's: the person
whose folder it is stands in the middle, so of several faces the one nearest the middle is taken.
"""

import argparse
import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regard.analysis.embedding import DEFAULT_VERSION, DIMENSIONS
from regard.analysis.face_crops import SIDE, crops_of_faces
from regard.analysis.quality_filter import NEEDS, QualityRules
from regard.analysis.results import Face
from regard.app import App
from regard.media.images import Picture
from regard.settings import Settings

_AT_ONCE = 64  # pictures whose crops are held


@dataclass(frozen=True, slots=True)
class People:
    """One row a picture in which a face was found."""

    embeddings: dict[str, NDArray[np.float32]]  # (N, D) unit rows by model version
    people: NDArray[np.str_]  # (N,) whose folder the picture is in
    pictures: NDArray[np.str_]  # (N,) paths below the folder of people
    is_refused: NDArray[np.bool_]  # (N,) what IndexFaces would not enrol at its default quality filter
    faceless: int  # pictures without a face that was found

    def pick(self, rows: NDArray[np.bool_]) -> "People":
        """The rows that are true."""
        kept = {version: array[rows] for version, array in self.embeddings.items()}
        return People(kept, self.people[rows], self.pictures[rows], self.is_refused[rows], self.faceless)


def embed(app: App, folder: Path, versions: Sequence[str]) -> People:
    """Every picture of `folder`, by its path, detected once and embedded by each of `versions`."""
    paths = iter(sorted(folder.glob("*/*.jpg")))
    found: list[Path] = []
    is_refused: list[bool] = []
    rows: dict[str, list[NDArray[np.float32]]] = {version: [] for version in versions}
    seen = 0
    while batch := list(islice(paths, _AT_ONCE)):
        seen += len(batch)
        looked_at = list(_looked_at(app, batch))
        found += [path for path, _, _ in looked_at]
        is_refused += [refused for _, _, refused in looked_at]
        crops = np.array([crop for _, crop, _ in looked_at], np.uint8).reshape(-1, SIDE, SIDE, 3)
        for version in versions:
            rows[version].append(app.embedder(version).embed(crops))
    return People(
        {version: np.concatenate(parts) for version, parts in rows.items()},
        np.array([path.parent.name for path in found]),
        np.array([str(path.relative_to(folder)) for path in found]),
        np.array(is_refused),
        seen - len(found),
    )


def without_label_errors(people: People, path: Path) -> People:
    """Without the pictures that `path`, LFW's label_errors.csv, lists under `image`."""
    with path.open(encoding="utf-8", newline="") as file:
        wrong = {row["image"] for row in csv.DictReader(file)}
    return people.pick(np.array([Path(picture).name not in wrong for picture in people.pictures]))


def _looked_at(app: App, paths: Sequence[Path]) -> Iterator[tuple[Path, NDArray[np.uint8], bool]]:
    """Path, crop, and whether the quality filter refuses the face; for the pictures that have one."""
    rules = QualityRules.of("AUTO")
    assert rules is not None
    for path in paths:
        picture = Picture(path.read_bytes(), app.budget)
        faces = app.faces().analyse(picture, NEEDS)
        if faces:
            width, height = picture.size
            middle = min(faces, key=lambda face: _distance(face, width / 2, height / 2))
            crop = crops_of_faces(picture, [middle])[0]
            yield path, crop, bool(rules.reasons(middle, picture.size, crop))


def _distance(face: Face, x: float, y: float) -> float:
    left, top, right, bottom = face.box
    return float(np.hypot((left + right) / 2 - x, (top + bottom) / 2 - y))


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("embeddings", type=Path)
    parser.add_argument("--version", choices=sorted(DIMENSIONS), default=DEFAULT_VERSION)
    chosen = parser.parse_args()
    people = embed(App(Settings.read(os.environ, limits="relaxed"), os.environ), chosen.pictures, [chosen.version])
    rows = people.embeddings[chosen.version]
    np.savez(chosen.embeddings, embeddings=rows, person=people.people, picture=people.pictures)
    print(f"{len(rows)} pictures, no face found in {people.faceless}")


if __name__ == "__main__":
    main()
