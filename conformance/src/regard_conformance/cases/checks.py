"""What the contract says of the parts of an answer that several operations share."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def iou(ratios: Json, pixels: tuple[float, float, float, float], size: tuple[int, int]) -> float:
    """Overlap of a `BoundingBox` with a box in pixels of a picture of `size` (width, height)."""
    left, top = ratios["Left"] * size[0], ratios["Top"] * size[1]
    right, bottom = left + ratios["Width"] * size[0], top + ratios["Height"] * size[1]
    across = max(0.0, min(right, pixels[2]) - max(left, pixels[0]))
    down = max(0.0, min(bottom, pixels[3]) - max(top, pixels[1]))
    union = (right - left) * (bottom - top) + (pixels[2] - pixels[0]) * (pixels[3] - pixels[1]) - across * down
    return float(across * down / union)


def lists_present(owner: Json, names: Sequence[str], path: str) -> Iterator[str]:
    """Clients iterate these without looking; they are there even when empty."""
    for name in names:
        if not isinstance(owner.get(name), list):
            yield f"{path}.{name} is missing; clients iterate it unasked"


def members_present(owner: Json, names: Sequence[str], path: str) -> Iterator[str]:
    """Members the contract says are always there, though the model calls none required."""
    for name in names:
        if name not in owner:
            yield f"{path}.{name} is missing"


def box_is_sound(box: Json, path: str) -> Iterator[str]:
    """All four members, as ratios of the picture; partly visible things may pass its edge by their own size."""
    missing = list(members_present(box, ("Left", "Top", "Width", "Height"), path))
    yield from missing
    if missing:
        return
    if not (0 < box["Width"] <= 1.5 and 0 < box["Height"] <= 1.5):
        yield f"{path} is {box['Width']:g} x {box['Height']:g}; ratios of the picture are above 0 and about 1 at most"
    if not (-box["Width"] < box["Left"] < 1 and -box["Height"] < box["Top"] < 1):
        yield f"{path} lies outside the picture at ({box['Left']:g}, {box['Top']:g})"


def descending(values: Sequence[float], what: str) -> Iterator[str]:
    """Largest first."""
    for first, second in itertools.pairwise(values):
        if second > first:
            yield f"{what}: {second:g} follows {first:g}"
            return


def model_version(answer: Json, name: str) -> Iterator[str]:
    """A string with a dot in it, as every version of the real service."""
    version = answer.get(name)
    if not isinstance(version, str) or "." not in version:
        yield f"{name} is {version!r}, not a version such as '7.0'"
