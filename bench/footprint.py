"""How large an installation is, without installing one."""

import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of the files of `regard` and of every package it requires, in this environment."""

    total_bytes: int
    by_package: dict[str, int]


def footprint(name: str = "regard") -> Footprint:
    """Sizes of the files that pip's records list, development tools left out.

    Compiled .pyc files count as pip counts them. An editable installation's own sources are counted where they lie.
    """
    sizes = {package: _size_of(importlib.metadata.distribution(package)) for package in _closure(name)}
    sizes[name] += sum(path.stat().st_size for path in _sources(name))
    return Footprint(sum(sizes.values()), sizes)


def _closure(name: str) -> set[str]:
    """`name` and all it requires, directly or not."""
    found: set[str] = set()
    waiting = [Requirement(name)]
    while waiting:
        wanted = waiting.pop()
        package = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if package in found:
            continue
        found.add(package)
        required = importlib.metadata.distribution(package).requires or []
        waiting += [need for need in map(Requirement, required) if _applies(need, wanted.extras)]
    return found


def _applies(need: Requirement, extras: set[str]) -> bool:
    if need.marker is None:
        return True
    environment = {str(name): str(value) for name, value in default_environment().items()}
    return any(need.marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras))


def _size_of(distribution: importlib.metadata.Distribution) -> int:
    paths = (Path(str(file.locate())) for file in distribution.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _sources(name: str) -> Iterator[Path]:
    folder = Path(__file__).parents[1] / "src" / name
    yield from (path for path in folder.rglob("*") if path.is_file())
