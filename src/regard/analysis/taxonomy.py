"""What the networks' classes are called, in the manner of Rekognition: labels, ancestors, aliases, categories.

Two tables stand beside this file. `taxonomy_labels.csv` has one row per label with its direct parents;
`taxonomy_classes.csv` has one row per class of a network, with the label it becomes, or none, and the reason where
that is not obvious. No label guesses who somebody is: a person is a Person, a bridegroom is a Wedding.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

CATEGORIES = (
    "Actions",
    "Animals and Pets",
    "Apparel and Accessories",
    "Beauty and Personal Care",
    "Buildings and Architecture",
    "Colors and Visual Composition",
    "Damage Detection",
    "Education",
    "Events and Attractions",
    "Everyday Objects",
    "Expressions and Emotions",
    "Food and Beverage",
    "Furniture and Furnishings",
    "Health and Fitness",
    "Hobbies and Interests",
    "Home and Indoors",
    "Home Appliances",
    "Kitchen and Dining",
    "Materials",
    "Medical",
    "Nature and Outdoors",
    "Offices and Workspaces",
    "Patterns and Shapes",
    "Performing Arts",
    "Person Description",
    "Plants and Flowers",
    "Popular Landmarks",
    "Profession",
    "Public Safety",
    "Religion",
    "Sports",
    "Symbols and Flags",
    "Technology and Computing",
    "Text and Documents",
    "Tools and Machinery",
    "Toys and Gaming",
    "Transport and Logistics",
    "Travel and Adventure",
    "Vehicles and Automotive",
    "Weapons and Military",
)
"""All category names that Rekognition's label model 3.0 uses."""

NetworkName = Literal["coco", "imagenet"]


@dataclass(frozen=True, slots=True)
class LabelKind:
    """One label that can be answered."""

    name: str
    parents: tuple[str, ...]  # all ancestors, by name, as Rekognition lists them
    aliases: tuple[str, ...]
    category: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """What becomes of one class of a network."""

    network: NetworkName
    index: int
    name: str  # as in the network's own file
    label: str | None  # None: the class is never answered
    reason: str  # why it is dropped or made coarser; "" where the label says what the class says


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All labels by name and all classes of both networks, in the networks' order."""

    labels: Mapping[str, LabelKind]
    classes: tuple[ClassRow, ...]

    def label_of(self, network: NetworkName) -> dict[int, LabelKind]:
        """The label of every class index of `network` that has one."""
        rows = (row for row in self.classes if row.network == network)
        return {row.index: self.labels[row.label] for row in rows if row.label is not None}


def load_taxonomy() -> Taxonomy:
    """The taxonomy of this release. Raises KeyError when a table names a label that has no row."""
    rows = {row["label"]: row for row in _table("taxonomy_labels.csv")}
    direct = {name: _split(row["parents"]) for name, row in rows.items()}
    labels = {
        name: LabelKind(name, tuple(sorted(_ancestors(name, direct))), _split(row["aliases"]), row["category"])
        for name, row in rows.items()
    }
    return Taxonomy(labels, tuple(_class_row(row) for row in _table("taxonomy_classes.csv")))


def _class_row(row: Mapping[str, str]) -> ClassRow:
    network: NetworkName = "coco" if row["network"] == "coco" else "imagenet"
    return ClassRow(network, int(row["index"]), row["class"], row["label"] or None, row["reason"])


def _ancestors(name: str, direct: Mapping[str, tuple[str, ...]], below: tuple[str, ...] = ()) -> set[str]:
    """All labels above `name`. Raises ValueError when one is its own ancestor."""
    if name in below:
        raise ValueError(f"label {name!r} is its own ancestor")
    found: set[str] = set()
    for parent in direct[name]:
        found |= {parent} | _ancestors(parent, direct, (*below, name))
    return found


def _table(file: str) -> list[dict[str, str]]:
    text = resources.files("regard.analysis").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _split(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()
