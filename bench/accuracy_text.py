"""Words read right: on receipts and on pages whose text is known, beside rapidocr on the same pictures.

    python -m bench.accuracy_text [--testdata DIR] [--peer PYTHON]

`--peer` names the interpreter of an environment with rapidocr and onnxruntime (`bench/text_peer.py` runs there). Words
are matched as ICDAR 2019's SROIE task 2 does it: those of a picture as a bag, each true word found at most once.
"""

import argparse
import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench.tables import table
from regard.analysis.text import TextReader
from regard.app import App
from regard.settings import Settings

# PP-OCRv6's card names no word accuracy on pictures that are here. This is what rapidocr 3.10.0, which carries the same
# networks, reads in these receipts (`--peer`): F1 exact, any case, letters and digits only.
CLAIM = ("66.4", "84.9", "89.1")

_PHOTOTEST = """This is a lot of 12 point text to test the ocr code and see if it works on all types of file format.
The quick brown dog jumped over the lazy fox. The quick brown dog jumped over the lazy fox. The quick brown dog jumped
over the lazy fox. The quick brown dog jumped over the lazy fox."""
# What the pages of tesseract's and rapidocr's tests say.
_PAGES = {
    "tesseract/phototest.tif": _PHOTOTEST,
    "tesseract/phototest-rotated-L.png": _PHOTOTEST,
    "tesseract/phototest-rotated-R.png": _PHOTOTEST,
    "tesseract/phototest-rotated-180.png": _PHOTOTEST,
    "tesseract/eurotext.tif": """The (quick) [brown] {fox} jumps! Over the $43,456.78 <lazy> #90 dog & duck/goose, as
12.5% of E-mail from aspammer@website.com is spam. Der „schnelle” braune Fuchs springt über den faulen Hund. Le renard
brun «rapide» saute par-dessus le chien paresseux. La volpe marrone rapida salta sopra il cane pigro. El zorro marrón
rápido salta sobre el perro perezoso. A raposa marrom rápida salta sobre o cão preguiçoso.""",
    "tesseract/HelloGoogle.tif": "Hello Google",
    "rapidocr/en.jpg": """3 MovieShots Dataset To facilitate the shot type analysis in videos, we collect MovieShots, a
large-scale shot type annotation set that contains 46K shots from 7858 movies. The details of this dataset are specified
as follows.""",
    "rapidocr/latin.jpg": "Alphabetum in mundo hodie frequentissime adhibitum est alphabetum Latinum.",
    "rapidocr/issue_170.png": "TEST",
}
_NORMS: dict[str, Callable[[str], str]] = {
    "exact": str,
    "any case": str.lower,
    "letters and digits, any case": lambda word: re.sub(r"[\W_]", "", word.lower()),
}


@dataclass(frozen=True, slots=True)
class Read:
    """What one program read in one picture."""

    words: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Score:
    """Shares, 0..100."""

    recall: float
    precision: float
    f1: float


def report(app: App, testdata: Path) -> str:
    """The tables as Markdown."""
    return _report(testdata / "text", {"Regard": lambda paths: _read(app.text(), paths)})


def score(found: Sequence[Iterable[str]], truth: Sequence[Iterable[str]], norm: Callable[[str], str]) -> Score:
    """How well the words found in some pictures agree with the true ones."""
    hits = all_found = all_true = 0
    for words, true_words in zip(found, truth, strict=True):
        bag, true_bag = (Counter(filter(None, map(norm, some))) for some in (words, true_words))
        hits += (bag & true_bag).total()
        all_found += bag.total()
        all_true += true_bag.total()
    return Score(100 * hits / all_true, 100 * hits / max(all_found, 1), 200 * hits / (all_found + all_true))


def _report(folder: Path, programs: dict[str, Callable[[list[Path]], list[Read]]]) -> str:
    receipts = json.loads((folder / "receipts.json").read_text())
    sets = {
        f"{len(receipts)} receipts": (
            [folder / one["image"] for one in receipts],
            [[word for line in one["lines"] for word in line["text"].split()] for one in receipts],
        ),
        f"{len(_PAGES)} printed pages, 3 of them turned": (
            [folder / name for name in _PAGES],
            [text.split() for text in _PAGES.values()],
        ),
    }
    parts = []
    for name, (paths, truth) in sets.items():
        rows = [row for program, run in programs.items() for row in _rows(program, run(paths), truth)]
        heads = ["words", "F1", "recall", "precision", "ms a picture"]
        parts.append(f"### Text, {name}, {sum(map(len, truth))} words\n\n{table(heads, rows)}\n")
    claims = ", ".join(f"{norm} {value}" for norm, value in zip(_NORMS, CLAIM, strict=True))
    return "\n".join([*parts, f"rapidocr 3.10.0 on the same receipts, F1: {claims}.\n"])


def _rows(program: str, read: list[Read], truth: list[list[str]]) -> list[list[str]]:
    milliseconds = f"{1000 * sum(one.seconds for one in read) / len(read):.0f}"
    rows = []
    for name, norm in _NORMS.items():
        result = score([one.words for one in read], truth, norm)
        shares = [f"{share:.1f}" for share in (result.f1, result.recall, result.precision)]
        rows.append([f"{program}, {name}", *shares, milliseconds])
    return rows


def _read(reader: TextReader, paths: list[Path]) -> list[Read]:
    pictures = [np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB")) for path in paths]
    reader.read(pictures[0])
    return [_timed(reader, picture) for picture in pictures]


def _timed(reader: TextReader, picture: NDArray[np.uint8]) -> Read:
    start = time.perf_counter()
    lines = reader.read(picture)
    return Read([word.text for line in lines for word in line.words], time.perf_counter() - start)


def _read_by_peer(python: Path, paths: list[Path]) -> list[Read]:
    """What rapidocr reads, in its own environment. Raises CalledProcessError where that fails."""
    script = Path(__file__).with_name("text_peer.py")
    done = subprocess.run([python, script, *paths], check=True, capture_output=True, text=True)
    return [Read(one["text"].split(), one["seconds"]) for one in json.loads(done.stdout)]


def main() -> None:
    """Prints the tables, with rapidocr's rows where its environment is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testdata", type=Path, default=Path(__file__).parents[2] / "shared" / "testdata")
    parser.add_argument("--peer", type=Path, help="python of an environment with rapidocr and onnxruntime")
    chosen = parser.parse_args()
    app = App(Settings.read(os.environ, limits="relaxed"), os.environ)
    programs = {"Regard": lambda paths: _read(app.text(), paths)}
    if chosen.peer is not None:
        programs["rapidocr"] = lambda paths: _read_by_peer(chosen.peer, paths)
    print(_report(chosen.testdata / "text", programs))


if __name__ == "__main__":
    main()
