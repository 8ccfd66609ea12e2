"""Pictures of people with their names, as LFW has them: one embedding a picture, less those under a wrong name."""

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regard.analysis.faces import FaceAnalyser
from regard.analysis.results import Face, PixelSource
from regard.app import App
from regard.cli.evaluate import embed
from regard.cli.evaluate_pairs import ENDINGS
from regard.settings import Settings


@dataclass(frozen=True, slots=True)
class Faces:
    """One embedding a picture."""

    embeddings: NDArray[np.float32]  # (N, D) unit rows
    people: NDArray[np.int64]  # (N,) indices into names
    names: tuple[str, ...]

    @classmethod
    def load(cls, path: Path, version: str, label_errors: Path | None) -> "Faces":
        """From a folder or a file of embeddings, less the label errors."""
        pictures, people, embeddings = _embedded(path, version) if path.is_dir() else _stored(path)
        wrong, same = _label_errors(label_errors) if label_errors else (set(), {})
        keep = np.array([Path(picture).name not in wrong for picture in pictures]) & ~np.isnan(embeddings[:, 0])
        merged = [same.get(person, person) for person, is_kept in zip(people, keep, strict=True) if is_kept]
        names, indices = np.unique(merged, return_inverse=True)
        return cls(embeddings[keep], indices, tuple(names.tolist()))


@dataclass(frozen=True, slots=True)
class CentralFace:
    """Finds whom a picture is named after: in LFW the face in the middle, where the largest may be a bystander's."""

    analyser: FaceAnalyser

    def analyse(self, source: PixelSource, *, limit: int | None = None) -> list[Face]:
        """Faces, nearest to the middle first, at most `limit`."""
        middle = np.array(source.size) / 2

        def distance(face: Face) -> float:
            return float(np.linalg.norm(np.reshape(face.box, (2, 2)).mean(axis=0) - middle))

        return sorted(self.analyser.analyse(source), key=distance)[:limit]


def _embedded(folder: Path, version: str) -> tuple[list[str], list[str], NDArray[np.float32]]:
    """Pictures, whom they show, and (N, D) embeddings; nan where there is no face."""
    app = App(Settings.read(os.environ, limits="relaxed"), os.environ)
    pictures = sorted(str(path.relative_to(folder)) for path in folder.glob("*/*") if path.suffix.lower() in ENDINGS)
    found = embed(pictures, folder, app.budget, CentralFace(app.faces()), app.embedder(version))
    return pictures, [Path(picture).parent.name for picture in pictures], found.vectors


def _stored(file: Path) -> tuple[list[str], list[str], NDArray[np.float32]]:
    arrays = np.load(file)
    return arrays["picture"].tolist(), arrays["person"].tolist(), arrays["embeddings"].astype(np.float32)


def _label_errors(path: Path) -> tuple[set[str], dict[str, str]]:
    """File names to leave out, and the other name of those who have two."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    same = {re.sub(r"_\d+\.\w+$", "", row["image"]): row["is_really"] for row in rows if row["kind"].startswith("two ")}
    return {row["image"] for row in rows}, same
