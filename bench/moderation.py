"""How many pictures of each folder get which moderation labels at MinConfidence 50.

Usage: python -m bench.moderation FOLDER... [--every N]

Each FOLDER is searched for .jpg and .png files; `--every` takes each Nth. On folders of harmless pictures every label
is a mistake until somebody has looked: the files that got one are listed.
"""

import argparse
import os
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from regard.analysis.moderation import Moderator
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine, EngineOptions
from regard.models.image_safety import ImageSafety
from regard.models.nsfwjs import Nsfwjs
from regard.models.open_nsfw import OpenNsfw
from regard.models.weights import WeightStore, default_folder


def main() -> None:
    """Print one line a labelled picture and one a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1)
    chosen = parser.parse_args()
    engine = Engine(EngineOptions(threads=2, streams=1, cache_folder=None))
    store = WeightStore(default_folder(os.environ))
    networks = ImageSafety(engine, store), Nsfwjs(engine, store), OpenNsfw(engine, store), EfficientNet(engine, store)
    for folder in chosen.folders:
        _report(folder, Moderator(*networks), chosen.every)


def _report(folder: Path, moderator: Moderator, every: int) -> None:
    names: Counter[str] = Counter()
    labelled = unreadable = 0
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png"))[::every]
    for path in files:
        try:
            picture = np.asarray(Image.open(path).convert("RGB"))
        except OSError:
            unreadable += 1
            continue
        labels = moderator.labels(picture)
        if labels:
            labelled += 1
            names.update(label.name for label in labels)
            print(f"  {path.name}: " + ", ".join(f"{label.name} {label.confidence:.0f}" for label in labels))
    print(f"{folder.name}: {len(files) - unreadable} pictures, {labelled} labelled, {dict(names)}", flush=True)


if __name__ == "__main__":
    main()
