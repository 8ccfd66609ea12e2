"""DetectProtectiveEquipment: persons, their body parts, and a summary that forgets nobody."""

from collections.abc import Callable, Iterator

from regard_conformance.case import Answered, Case, Json
from regard_conformance.cases.checks import box_is_sound, lists_present, members_present, model_version
from regard_conformance.fixtures import Fixtures
from regard_conformance.pictures import blank_bytes

SUMMARY_LISTS = ("PersonsWithRequiredEquipment", "PersonsWithoutRequiredEquipment", "PersonsIndeterminate")
EVERYTHING = {"MinConfidence": 80, "RequiredEquipmentTypes": ["FACE_COVER", "HEAD_COVER", "HAND_COVER"]}


def persons_are_sound(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """What holds for every answer of DetectProtectiveEquipment."""
    yield from lists_present(answer, ["Persons"], "answer")
    yield from model_version(answer, "ProtectiveEquipmentModelVersion")
    persons = answer.get("Persons", [])
    if [person["Id"] for person in persons] != list(range(len(persons))):
        yield "Ids do not count up from 0"
    if len(persons) > 15:
        yield f"{len(persons)} persons; the limit is 15"
    for person in persons:
        yield from _person_is_sound(person, f"person {person['Id']}")


def _person_is_sound(person: Json, path: str) -> Iterator[str]:
    yield from box_is_sound(person.get("BoundingBox", {}), f"{path} BoundingBox")
    yield from lists_present(person, ["BodyParts"], path)
    parts = person.get("BodyParts", [])
    if len({part["Name"] for part in parts}) != len(parts):
        yield f"{path} has a body part twice"
    confidences = [person["Confidence"], *(part["Confidence"] for part in parts)]
    for part in parts:
        yield from lists_present(part, ["EquipmentDetections"], f"{path} {part['Name']}")
        for item in part.get("EquipmentDetections", []):
            yield from members_present(item, ("Type", "BoundingBox", "Confidence", "CoversBodyPart"), path)
            yield from box_is_sound(item["BoundingBox"], f"{path} {item['Type']}")
            confidences += [item["Confidence"], item["CoversBodyPart"]["Confidence"]]
    if min(confidences) < 50:
        yield f"{path} has a confidence of {min(confidences):g}; they are 50 at least"


def a_person(summary: bool) -> Callable[[Json, Fixtures], Iterator[str]]:
    """One person without any equipment; with a summary when one was asked for."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from persons_are_sound(answer, fixtures)
        if len(answer["Persons"]) != 1:
            yield f"{len(answer['Persons'])} persons in a picture of one"
        for person in answer["Persons"]:
            if "FACE" not in {part["Name"] for part in person["BodyParts"]}:
                yield "the person in a portrait has no FACE"
        if summary != ("Summary" in answer):
            yield "Summary is missing" if summary else "Summary is there and was not asked for"
        if summary:
            yield from _summary_is_sound(answer)

    return check


def _summary_is_sound(answer: Json) -> Iterator[str]:
    lists = answer.get("Summary", {})
    yield from lists_present(lists, SUMMARY_LISTS, "Summary")
    named = sorted(person for name in SUMMARY_LISTS for person in lists.get(name, []))
    if named != sorted(person["Id"] for person in answer["Persons"]):
        yield f"the summary names the persons {named}; each belongs in one list"
    if lists.get("PersonsWithRequiredEquipment"):
        yield "somebody who wears nothing of it is said to have all the equipment"


def nobody(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """An empty list, and an empty summary."""
    yield from persons_are_sound(answer, fixtures)
    if answer["Persons"]:
        yield f"{len(answer['Persons'])} persons in an empty picture"
    yield from _summary_is_sound(answer)


CASES = [
    Case(
        "DetectProtectiveEquipment",
        "a person without equipment",
        lambda fixtures: {"Image": {"Bytes": fixtures.face.jpeg()}},
        Answered(a_person(summary=False)),
        "answers",
    ),
    Case(
        "DetectProtectiveEquipment",
        "a person without equipment, and a summary",
        lambda fixtures: {"Image": {"Bytes": fixtures.face.jpeg()}, "SummarizationAttributes": EVERYTHING},
        Answered(a_person(summary=True)),
        "answers",
    ),
    Case(
        "DetectProtectiveEquipment",
        "nobody, and a summary",
        lambda _: {"Image": {"Bytes": blank_bytes()}, "SummarizationAttributes": EVERYTHING},
        Answered(nobody),
        "answers",
    ),
]
