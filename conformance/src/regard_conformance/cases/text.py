"""DetectText: lines, then their words, in reading order, with four-cornered polygons."""

from collections.abc import Callable, Iterator
from typing import Any

from regard_conformance.case import Answered, Case, Json
from regard_conformance.cases.checks import box_is_sound, lists_present, members_present, model_version
from regard_conformance.fixtures import Fixtures, encoded
from regard_conformance.pictures import SIGN_LINES, blank_bytes, signs, turned_jpeg

UPPER_HALF = {"BoundingBox": {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 0.5}}
LOWER_HALF = {"Polygon": [{"X": 0.0, "Y": 0.5}, {"X": 1.0, "Y": 0.5}, {"X": 1.0, "Y": 1.0}, {"X": 0.0, "Y": 1.0}]}


def text_is_sound(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """What holds for every answer of DetectText."""
    yield from lists_present(answer, ["TextDetections"], "answer")
    yield from model_version(answer, "TextModelVersion")
    found = answer.get("TextDetections", [])
    if [item["Id"] for item in found] != list(range(len(found))):
        yield "Ids do not count up from 0"
    kinds = [item["Type"] for item in found]
    if kinds != sorted(kinds):  # LINE sorts before WORD
        yield "a LINE follows a WORD"
    lines = {item["Id"]: item for item in found if item["Type"] == "LINE"}
    for item in found:
        yield from _detection_is_sound(item, lines)
    for number, line in lines.items():
        words = [item["DetectedText"] for item in found if item.get("ParentId") == number]
        if "".join(words) != line["DetectedText"].replace(" ", ""):
            yield f"the words {words} do not make up their line '{line['DetectedText']}'"


def _detection_is_sound(item: Json, lines: dict[int, Json]) -> Iterator[str]:
    path = f"'{item.get('DetectedText')}'"
    yield from members_present(item, ("DetectedText", "Type", "Id", "Confidence", "Geometry"), path)
    yield from box_is_sound(item["Geometry"].get("BoundingBox", {}), f"{path} BoundingBox")
    if len(item["Geometry"].get("Polygon", [])) != 4:
        yield f"{path} has {len(item['Geometry'].get('Polygon', []))} corners, not 4"
    if item["Type"] == "LINE" and "ParentId" in item:
        yield f"the line {path} has a parent"
    if item["Type"] == "WORD" and item.get("ParentId") not in lines:
        yield f"the word {path} belongs to no line"


def reads(*expected: str) -> Callable[[Json, Fixtures], Iterator[str]]:
    """These lines, in this order."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from text_is_sound(answer, fixtures)
        lines = tuple(item["DetectedText"] for item in answer["TextDetections"] if item["Type"] == "LINE")
        if lines != expected:
            yield f"read {list(lines)}, not {list(expected)}"

    return check


def upright(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """The lines, and the first corner of each is its upper left one in the upright picture."""
    yield from reads(*SIGN_LINES)(answer, fixtures)
    for item in answer["TextDetections"]:
        first, _, third, _ = ((corner["X"], corner["Y"]) for corner in item["Geometry"]["Polygon"])
        if not (first[0] < third[0] and first[1] < third[1]):
            yield f"the polygon of '{item['DetectedText']}' does not start at the text's upper left"


def _signs(**filters: Any) -> Callable[[Fixtures], Json]:
    members: Json = {"Image": {"Bytes": encoded(signs())}}
    if filters:
        members["Filters"] = filters
    return lambda _fixtures: members


def _case(name: str, request: Callable[[Fixtures], Json], check: Callable[[Json, Fixtures], Iterator[str]]) -> Case:
    return Case("DetectText", name, request, Answered(check), "answers")


CASES = [
    _case("two lines", _signs(), upright),
    _case("Exif says the picture lies on its side", lambda _: {"Image": {"Bytes": turned_jpeg(signs())}}, upright),
    _case("no text in the picture", lambda _: {"Image": {"Bytes": blank_bytes()}}, reads()),
    _case("words at least 30 percent sure", _signs(WordFilter={"MinConfidence": 30}), reads(*SIGN_LINES)),
    _case("words higher than the picture", _signs(WordFilter={"MinBoundingBoxHeight": 1.0}), reads()),
    _case("words wider than the picture", _signs(WordFilter={"MinBoundingBoxWidth": 1.0}), reads()),
    _case("only the upper half, as a box", _signs(RegionsOfInterest=[UPPER_HALF]), reads(SIGN_LINES[0])),
    _case("only the lower half, as a polygon", _signs(RegionsOfInterest=[LOWER_HALF]), reads(SIGN_LINES[1])),
    _case("both halves", _signs(RegionsOfInterest=[UPPER_HALF, LOWER_HALF]), reads(*SIGN_LINES)),
]
