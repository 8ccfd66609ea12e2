"""DetectLabels: names with their ancestors, filters, and the properties of the picture itself."""

from collections.abc import Callable, Iterator
from typing import Any

from regard_conformance.case import Answered, Case, Json
from regard_conformance.cases.checks import box_is_sound, descending, lists_present, members_present, model_version
from regard_conformance.fixtures import Fixtures, encoded
from regard_conformance.pictures import two_colours


def labels_are_sound(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """What holds for every answer with labels."""
    yield from lists_present(answer, ["Labels"], "answer")
    yield from model_version(answer, "LabelModelVersion")
    labels = answer.get("Labels", [])
    names = [label.get("Name", "") for label in labels]
    if len(set(names)) != len(names):
        yield "a label is there twice"
    yield from descending([label["Confidence"] for label in labels], "labels are not sorted by confidence")
    for index, label in enumerate(labels):
        path = f"Labels[{index}]"
        yield from lists_present(label, ["Instances", "Parents", "Aliases", "Categories"], path)
        for number, instance in enumerate(label.get("Instances", [])):
            yield from box_is_sound(instance.get("BoundingBox", {}), f"{path}.Instances[{number}].BoundingBox")
        yield from descending([i["Confidence"] for i in label.get("Instances", [])], f"{path}.Instances")


def a_person(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """The face picture shows a person: the label, where the person is, and every ancestor in the list."""
    yield from labels_are_sound(answer, fixtures)
    labels = {label["Name"]: label for label in answer["Labels"]}
    for label in labels.values():
        for parent in label["Parents"]:
            if parent["Name"] not in labels:
                yield f"{parent['Name']}, a parent of {label['Name']}, is not itself a label"
            elif labels[parent["Name"]]["Confidence"] < label["Confidence"]:
                yield f"{parent['Name']} is less certain than its child {label['Name']}"
    if "Person" not in labels:
        yield f"no label 'Person' for a picture of one; there is {', '.join(labels)}"
    elif not labels["Person"]["Instances"]:
        yield "'Person' has no instance that says where"
    if "ImageProperties" in answer:
        yield "ImageProperties is there and was not asked for"


def at_most_one(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """MaxLabels 1."""
    yield from labels_are_sound(answer, fixtures)
    if len(answer["Labels"]) != 1:
        yield f"{len(answer['Labels'])} labels where 1 was asked for"


def at_least_sure(least: float) -> Callable[[Json, Fixtures], Iterator[str]]:
    """MinConfidence."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from labels_are_sound(answer, fixtures)
        for label in answer["Labels"]:
            if label["Confidence"] < least:
                yield f"{label['Name']} has a confidence of {label['Confidence']:g}, below {least:g}"

    return check


def only_named(name: str) -> Callable[[Json, Fixtures], Iterator[str]]:
    """LabelInclusionFilters with one name."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from labels_are_sound(answer, fixtures)
        if [label["Name"] for label in answer["Labels"]] != [name]:
            yield f"labels are {[label['Name'] for label in answer['Labels']]}, not only {name}"

    return check


def none_named(name: str) -> Callable[[Json, Fixtures], Iterator[str]]:
    """LabelExclusionFilters with one name."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from labels_are_sound(answer, fixtures)
        if name in [label["Name"] for label in answer["Labels"]]:
            yield f"{name} is there though excluded"

    return check


def red_and_blue(most: int) -> Callable[[Json, Fixtures], Iterator[str]]:
    """IMAGE_PROPERTIES of `two_colours`: red first, then blue, and no labels."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from labels_are_sound(answer, fixtures)
        if answer["Labels"]:
            yield "Labels are there though only IMAGE_PROPERTIES was asked for"
        properties = answer.get("ImageProperties", {})
        yield from members_present(properties, ("Quality", "DominantColors"), "ImageProperties")
        yield from members_present(
            properties.get("Quality", {}), ("Brightness", "Sharpness", "Contrast"), "ImageProperties.Quality"
        )
        colours = properties.get("DominantColors", [])
        if len(colours) > most:
            yield f"{len(colours)} dominant colours where {most} were asked for"
        yield from _colours_are_sound(colours)
        simplified = [colour.get("SimplifiedColor") for colour in colours[:2]]
        if simplified != ["red", "blue"][:most]:
            yield f"the dominant colours of three quarters red, one quarter blue are {simplified}"

    return check


def _colours_are_sound(colours: list[Json]) -> Iterator[str]:
    yield from descending([colour["PixelPercent"] for colour in colours], "colours are not sorted by share")
    if sum(colour["PixelPercent"] for colour in colours) > 100.5:
        yield "the shares of the colours exceed 100 percent"
    for colour in colours:
        parts = (colour["Red"], colour["Green"], colour["Blue"])
        if colour["HexCode"].lower() != "#{:02x}{:02x}{:02x}".format(*parts):
            yield f"HexCode {colour['HexCode']} is not {parts}"


def both_features(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """GENERAL_LABELS and IMAGE_PROPERTIES in one call."""
    yield from labels_are_sound(answer, fixtures)
    if not answer["Labels"]:
        yield "no labels for a picture of a person"
    yield from members_present(answer, ["ImageProperties"], "answer")


def _person(**members: Any) -> Callable[[Fixtures], Json]:
    return lambda fixtures: {"Image": {"Bytes": fixtures.face.jpeg()}, **members}


def _filters(**filters: list[str]) -> dict[str, Any]:
    return {"Settings": {"GeneralLabels": filters}}


def _colours(**settings: int) -> Callable[[Fixtures], Json]:
    members: Json = {"Image": {"Bytes": encoded(two_colours())}, "Features": ["IMAGE_PROPERTIES"]}
    if settings:
        members["Settings"] = {"ImageProperties": settings}
    return lambda _fixtures: members


def _case(name: str, request: Callable[[Fixtures], Json], check: Callable[[Json, Fixtures], Iterator[str]]) -> Case:
    return Case("DetectLabels", name, request, Answered(check), "answers")


CASES = [
    _case("a person", _person(), a_person),
    _case("a person, at most one label", _person(MaxLabels=1), at_most_one),
    _case("a person, at least 90 percent sure", _person(MinConfidence=90), at_least_sure(90)),
    _case("a person, whole and broken numbers", _person(MinConfidence=70.5, MaxLabels=10), at_least_sure(70.5)),
    _case("only labels named Person", _person(**_filters(LabelInclusionFilters=["Person"])), only_named("Person")),
    _case("labels but Person", _person(**_filters(LabelExclusionFilters=["Person"])), none_named("Person")),
    _case(
        "labels of no known category",
        _person(**_filters(LabelCategoryInclusionFilters=["No Such Category"]), MinConfidence=10),
        none_named("Person"),
    ),
    _case("properties of a red and blue picture", _colours(), red_and_blue(10)),
    _case("one dominant colour", _colours(MaxDominantColors=1), red_and_blue(1)),
    _case("labels and properties", _person(Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"]), both_features),
]
