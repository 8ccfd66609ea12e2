"""DetectModerationLabels: each label with its whole chain, in the words of the taxonomy of model 7.0."""

from collections.abc import Iterator
from typing import Any

from regard_conformance.case import Answered, Case, Json
from regard_conformance.cases.checks import lists_present, members_present, model_version
from regard_conformance.fixtures import Fixtures, encoded
from regard_conformance.pictures import blank_bytes, signs

# Level 1, level 2, level 3, as AWS writes them (developer guide, content moderation model 7.0).
TAXONOMY: dict[str, dict[str, tuple[str, ...]]] = {
    "Explicit": {
        "Explicit Nudity": (
            "Exposed Male Genitalia",
            "Exposed Female Genitalia",
            "Exposed Buttocks or Anus",
            "Exposed Female Nipple",
        ),
        "Explicit Sexual Activity": (),
        "Sex Toys": (),
    },
    "Non-Explicit Nudity of Intimate parts and Kissing": {
        "Non-Explicit Nudity": (
            "Bare Back",
            "Exposed Male Nipple",
            "Partially Exposed Buttocks",
            "Partially Exposed Female Breast",
            "Implied Nudity",
        ),
        "Obstructed Intimate Parts": ("Obstructed Female Nipple", "Obstructed Male Genitalia"),
        "Kissing on the Lips": (),
    },
    "Swimwear or Underwear": {"Female Swimwear or Underwear": (), "Male Swimwear or Underwear": ()},
    "Violence": {
        "Weapons": (),
        "Graphic Violence": (
            "Weapon Violence",
            "Physical Violence",
            "Self-Harm",
            "Blood & Gore",
            "Explosions and Blasts",
        ),
    },
    "Visually Disturbing": {"Death and Emaciation": ("Emaciated Bodies", "Corpses"), "Crashes": ("Air Crash",)},
    "Drugs & Tobacco": {"Products": ("Pills",), "Drugs & Tobacco Paraphernalia & Use": ("Smoking",)},
    "Alcohol": {"Alcohol Use": ("Drinking",), "Alcoholic Beverages": ()},
    "Rude Gestures": {"Middle Finger": ()},
    "Gambling": {},
    "Hate Symbols": {"Nazi Party": (), "White Supremacy": (), "Extremist": ()},
}


def _parents() -> dict[str, tuple[str, int]]:
    """Name to (name of the parent, level)."""
    parents = {}
    for first, seconds in TAXONOMY.items():
        parents[first] = ("", 1)
        for second, thirds in seconds.items():
            parents[second] = (first, 2)
            parents |= dict.fromkeys(thirds, (second, 3))
    return parents


PARENTS = _parents()


def labels_are_sound(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """What holds for every answer of DetectModerationLabels."""
    yield from lists_present(answer, ("ModerationLabels", "ContentTypes"), "answer")
    yield from model_version(answer, "ModerationModelVersion")
    names = {label["Name"] for label in answer.get("ModerationLabels", [])}
    for label in answer.get("ModerationLabels", []):
        yield from members_present(label, ("Name", "ParentName", "Confidence", "TaxonomyLevel"), "a label")
        place = (label.get("ParentName"), label.get("TaxonomyLevel"))
        if PARENTS.get(label["Name"]) != place:
            yield f"{label['Name']} stands at {place}, in the taxonomy at {PARENTS.get(label['Name'])}"
        if label.get("ParentName") and label["ParentName"] not in names:
            yield f"{label['ParentName']}, the parent of {label['Name']}, is not in the list"


def clean(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """Nothing to object to."""
    yield from labels_are_sound(answer, fixtures)
    if answer["ModerationLabels"]:
        yield f"a harmless picture has {[label['Name'] for label in answer['ModerationLabels']]}"


def _bytes(picture: bytes, **members: Any) -> Json:
    return {"Image": {"Bytes": picture}, **members}


CASES = [
    Case("DetectModerationLabels", "a grey picture", lambda _: _bytes(blank_bytes()), Answered(clean), "answers"),
    Case("DetectModerationLabels", "a sign", lambda _: _bytes(encoded(signs())), Answered(clean), "answers"),
    Case(
        "DetectModerationLabels",
        "a portrait",
        lambda fixtures: _bytes(fixtures.face.jpeg()),
        Answered(clean),
        "answers",
    ),
    Case(
        "DetectModerationLabels",
        "a portrait, however unsure",
        lambda fixtures: _bytes(fixtures.face.jpeg(), MinConfidence=0),
        Answered(labels_are_sound),
        "answers",
    ),
]
