"""Attacks on covered faces: how often the right one of many people is named first.

    python -m bench.unblurring [--testdata DIR] [--people N]

People of LFW with several pictures: one is in the attacker's gallery with its name, another is covered. The attacker
knows how faces are covered, where the box is and where the eyes are. All but the box is grey, and boxes are brought to
one size, since what is visible around a cover, its place and its size are not the cover's doing.

    template        covers the gallery in the same way and takes what looks most alike
    network         SFace on the covered face
    decoded         ridge regression from covered to open faces, learned from other people; then SFace
    25 frames       template on the mean of frames with a camera's noise and with the box found elsewhere in each
    same            template, where the gallery has the very photograph that was covered
    same, own size  the same with boxes as large as they are in the pictures, which may tell one picture from another

The idea of `template` is that of McPherson et al., Defeating Image Obfuscation with Deep Learning, 2016,
https://arxiv.org/abs/1609.00408, who train a network for it, which is stronger.

Our covers hold a tone from frame to frame in videos; here they make it anew in each, which tells more. Prints Markdown,
in percent; equals share a hit. Faces are cut from the pictures for the run and kept nowhere.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from bench.tables import table
from bench.unblurring_covers import Cover, Floats, Image, Portrait, alone, covers, of_one_size, seen, seen_often
from regard.analysis.embedding import FaceEmbedder
from regard.analysis.face_crops import SIDE, aligned_crops
from regard.analysis.faces import FaceAnalyser
from regard.analysis.results import ArraySource, Face
from regard.app import App
from regard.settings import Settings

_FRAMES = 25
_TAUGHT = 300  # people from whom attackers learn, at most
_DECODED = SIDE // 2  # pixels across of what is decoded
_COMPONENTS = 120  # of covered faces that attackers learn from
_RIDGE = 300.0
_HEADS = ("template", "network", "decoded", f"{_FRAMES} frames", "same", "same, own size")


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Whom the attacker looks for and learns from."""

    gallery: Sequence[Portrait]  # one a person
    probes: Sequence[Portrait]  # other pictures of the same people, in the same order
    own_size: Sequence[Portrait]  # the gallery's pictures as large as they are
    taught: Sequence[Portrait]  # of other people
    vectors: Floats  # (N, 128) of the gallery's open faces


class Regression:
    """Ridge regression from the principal components of views."""

    def __init__(self, views: Floats, aims: Floats) -> None:
        self._mean, self._aim = views.mean(axis=0), aims.mean(axis=0)
        _, strengths, directions = np.linalg.svd(views - self._mean, full_matrices=False)
        count = max(int(np.sum(strengths[:_COMPONENTS] > 1e-3 * max(float(strengths[0]), 1.0))), 1)
        self._directions = (directions[:count] / np.maximum(strengths[:count, None], 1.0)).T * np.sqrt(len(views))
        inputs = (views - self._mean) @ self._directions
        gram = inputs.T @ inputs + _RIDGE * np.eye(count, dtype=np.float32)
        self._weights = np.linalg.solve(gram, inputs.T @ (aims - self._aim))

    def __call__(self, views: Floats) -> Floats:
        """What is expected for views."""
        return np.asarray((views - self._mean) @ self._directions @ self._weights + self._aim, np.float32)


def report(world: World, embedder: FaceEmbedder) -> Iterator[str]:
    """The table as Markdown, then what it means to be chance."""
    count = len(world.gallery)
    rows = [[name, *_row(world, cover, embedder)] for name, cover in covers().items()]
    open_faces = _percent(_hits(world.vectors, _vectors(embedder, world.probes)))
    rows += [["not covered", "-", open_faces, *["-"] * 4], ["chance", *[_percent(1 / count)] * len(_HEADS)]]
    yield table(["rank 1, %", *_HEADS], rows)
    yield f"\n{count} people; {len(world.taught)} others to learn from."


def _row(world: World, cover: Cover, embedder: FaceEmbedder) -> list[str]:
    gallery, probes, taught = (_views(each, cover) for each in (world.gallery, world.probes, world.taught))
    own_size = _views(world.own_size, cover)
    hits = (
        _nearest(gallery, probes),
        _hits(world.vectors, _vectors(embedder, world.probes, cover)),
        _hits(world.vectors, _decoded(world, taught, probes, embedder)),
        _nearest(_often(world.gallery, cover, 0), _often(world.probes, cover, 1)),
        _nearest(gallery, gallery),
        _nearest(own_size, own_size),
    )
    return [_percent(share) for share in hits]


def _views(portraits: Sequence[Portrait], cover: Cover) -> Floats:
    return np.stack([seen(portrait, cover) for portrait in portraits])


def _often(portraits: Sequence[Portrait], cover: Cover, seed: int) -> Floats:
    made = np.random.default_rng(seed)
    return np.stack([seen_often(portrait, cover, _FRAMES, made) for portrait in portraits])


def _nearest(gallery: Floats, probes: Floats) -> float:
    """Rank 1 by the distance of views."""
    squares = (probes**2).sum(axis=1)[:, None] - 2 * probes @ gallery.T + (gallery**2).sum(axis=1)
    return _rank_one(-np.round(squares))


def _hits(gallery: Floats, probes: Floats) -> float:
    """Rank 1 by the cosine of vectors."""
    return _rank_one(np.round(_unit(probes) @ _unit(gallery).T, 6))


def _decoded(world: World, taught: Floats, probes: Floats, embedder: FaceEmbedder) -> Floats:
    """Vectors of faces that a regression draws from covered ones."""
    size = (_DECODED, _DECODED)
    aims = np.stack([cv2.resize(_crop(one), size, interpolation=cv2.INTER_AREA).ravel() for one in world.taught])
    drawn = Regression(taught, aims.astype(np.float32))(probes)
    small = np.clip(np.round(drawn), 0, 255).astype(np.uint8).reshape(-1, _DECODED, _DECODED, 3)
    faces = np.stack([cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for one in small])
    return embedder.embed(np.asarray(faces, np.uint8))


def _rank_one(likeness: NDArray[np.floating]) -> float:
    """Share of rows whose own column is the likest; of equals each has its part."""
    best = likeness.max(axis=1)
    own = np.diag(likeness) == best
    return float(np.mean(own / (likeness == best[:, None]).sum(axis=1)))


def _vectors(embedder: FaceEmbedder, portraits: Sequence[Portrait], cover: Cover | None = None) -> Floats:
    return embedder.embed(np.stack([_crop(one, cover) for one in portraits]))


def _crop(portrait: Portrait, cover: Cover | None = None) -> Image:
    image = portrait.image if cover is None else cover(portrait.image, portrait.box)
    return np.asarray(aligned_crops(image, portrait.five[None])[0])


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _world(folder: Path, people: int, analyser: FaceAnalyser, embedder: FaceEmbedder) -> World:
    wrong = {line.split(",")[0] for line in (folder / "label_errors.csv").read_text("utf-8").splitlines()}
    by_person = [
        [path for path in sorted(person.glob("*.jpg")) if path.name not in wrong]
        for person in sorted((folder / "images").iterdir())
    ]
    several = [paths for paths in by_person if len(paths) > 1][:people]
    pairs = [_found(paths[:2], analyser) for paths in several]
    whole = [pair for pair in pairs if len(pair) == 2]
    single = [paths[0] for paths in by_person if len(paths) == 1][:_TAUGHT]
    gallery = [of_one_size(*first) for first, _ in whole]
    return World(
        gallery,
        [of_one_size(*second) for _, second in whole],
        [alone(*first) for first, _ in whole],
        [of_one_size(*one) for one in _found(single, analyser)],
        _vectors(embedder, gallery),
    )


def _found(paths: Sequence[Path], analyser: FaceAnalyser) -> list[tuple[Image, Face]]:
    """Of each picture the face nearest to the middle, where LFW has the person named."""
    found = []
    for path in paths:
        image: Image = np.asarray(PIL.Image.open(path).convert("RGB"))
        middle = np.array(image.shape[1::-1]) / 2
        faces = analyser.analyse(ArraySource(image))
        if faces:
            face = min(faces, key=lambda one: float(np.linalg.norm(np.reshape(one.box, (2, 2)).mean(axis=0) - middle)))
            found.append((image, face))
    return found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).parents[2] / "shared" / "testdata" / "lfw"
    parser.add_argument("--testdata", type=Path, default=default, help="the folder of LFW, or the one it is in")
    parser.add_argument("--people", type=int, default=100)
    chosen = parser.parse_args()
    folder = chosen.testdata / "lfw" if (chosen.testdata / "lfw").is_dir() else chosen.testdata
    if not (folder / "images").is_dir() or chosen.people < 2:
        parser.error(f"at least 2 people are needed, and {folder / 'images'} with a folder of pictures for each")
    app = App(Settings.read(os.environ, limits="relaxed"), os.environ)
    embedder = app.embedder("1.0")  # SFace alone
    for text in report(_world(folder, chosen.people, app.faces(), embedder), embedder):
        print(text, flush=True)


if __name__ == "__main__":
    main()
