"""How right the answers are: faces on WIDER FACE and LFW, labels on COCO, text on receipts; beside the cards' claims.

    python -m bench.accuracy [faces|labels|text ...] [--testdata DIR]

Needs the pictures of `shared/testdata`, which are not part of the repository, and for labels the `bench` extra. Prints
Markdown. The whole pipeline is measured at its defaults, not the network alone.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from bench import accuracy_faces, accuracy_identity, accuracy_labels, accuracy_text
from regard.app import App
from regard.settings import Settings

PARTS: dict[str, tuple[Callable[[App, Path], str], ...]] = {
    "faces": (accuracy_faces.report, accuracy_identity.report),
    "labels": (accuracy_labels.report,),
    "text": (accuracy_text.report,),
}


def main() -> None:
    """Prints the tables that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all where none is named")
    parser.add_argument("--testdata", type=Path, help="the folder of pictures; shared/testdata beside the repository")
    chosen = parser.parse_args()
    folder = chosen.testdata or Path(__file__).parents[2] / "shared" / "testdata"
    if not folder.is_dir():
        sentence = f"accuracy is not measured: {folder} is no folder; name the one with the pictures by --testdata"
        parser.exit(2 if chosen.testdata else 0, f"{sentence}\n")  # `make bench` goes on without them
    app = App(Settings.read(os.environ, limits="relaxed"), os.environ)
    for part in chosen.parts or PARTS:
        for report in PARTS[part]:
            print(report(app, folder), flush=True)


if __name__ == "__main__":
    main()
