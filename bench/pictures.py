"""The pictures that speed is measured on."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import PIL.Image

# Larger ones are left out: some of the detectors compared take half a minute for one.
_MOST_PIXELS = 13_000_000
# Photographs in scikit-image, under CC0 or in the public domain: a portrait, a cup, a cat, a rocket, printed text.
_SKIMAGE = ("astronaut", "coffee", "chelsea", "rocket", "page")


@dataclass(frozen=True, slots=True)
class NamedPicture:
    """A JPEG file and where it comes from."""

    name: str
    data: bytes
    size: tuple[int, int]  # width, height


def pictures(testdata: Path | None) -> list[NamedPicture]:
    """scikit-image's photographs, and those of `testdata`/faces_counted where that folder is."""
    noses = None if testdata is None else testdata / "faces_counted" / "noses.json"
    files = []
    if noses is not None and noses.exists():
        named = (noses.parent / Path(row["image"]).name for row in json.loads(noses.read_text("utf-8")))
        files = sorted(path for path in named if path.exists())
    found = [*map(_photograph, _SKIMAGE), *map(_of_file, files)]
    return [picture for picture in found if picture.size[0] * picture.size[1] <= _MOST_PIXELS]


def described(chosen: list[NamedPicture]) -> str:
    """One line about the set, for the head of a table."""
    pixels = sorted(width * height for width, height in (picture.size for picture in chosen))
    ours = sum(picture.name in _SKIMAGE for picture in chosen)
    rest = "" if ours == len(chosen) else f" and {len(chosen) - ours} of faces_counted"
    return (
        f"{len(chosen)} JPEG files, {ours} of scikit-image{rest}; {pixels[0] / 1e6:.2f} to {pixels[-1] / 1e6:.2f} "
        f"megapixels, median {pixels[len(pixels) // 2] / 1e6:.2f}"
    )


def _photograph(name: str) -> NamedPicture:
    from skimage import data

    photographs: Any = data  # the package has no types
    buffer = io.BytesIO()
    picture = PIL.Image.fromarray(getattr(photographs, name)()).convert("RGB")
    picture.save(buffer, "JPEG", quality=92)
    return NamedPicture(name, buffer.getvalue(), picture.size)


def _of_file(path: Path) -> NamedPicture:
    with PIL.Image.open(path) as picture:
        return NamedPicture(path.name, path.read_bytes(), picture.size)
