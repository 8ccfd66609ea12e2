"""Reads pictures with rapidocr, in an environment that has it: `python text_peer.py PICTURE...` prints JSON.

Not imported by the rest: `bench/accuracy_text.py` starts it with the interpreter of that environment.
"""

import contextlib
import importlib
import json
import sys
import time
from typing import Any

import numpy as np
from PIL import Image, ImageOps


def read(paths: list[str]) -> list[dict[str, Any]]:
    """For each picture the lines that rapidocr reads at its defaults, joined, and the seconds it took."""
    # By name, since this project's own environment and its type checker do not have it.
    reader = importlib.import_module("rapidocr").RapidOCR(params={"Global.log_level": "error"})
    pictures = [np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))[:, :, ::-1] for path in paths]
    reader(pictures[0].copy())
    answers = []
    for picture in pictures:
        start = time.perf_counter()
        result = reader(picture.copy())
        answers.append({"text": " ".join(result.txts or ()), "seconds": time.perf_counter() - start})
    return answers


if __name__ == "__main__":
    # Whatever the library prints is not part of the answer.
    with contextlib.redirect_stdout(sys.stderr):
        found = read(sys.argv[1:])
    print(json.dumps(found))
