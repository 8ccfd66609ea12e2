"""Tags, on a collection that is made for it and taken away again, and what is said of things that do not exist."""

from collections.abc import Callable, Iterator
from typing import Any

from regard_conformance.case import Answered, AnsweredOrModelled, Case, Expectation, Json, Refused
from regard_conformance.cases.minimal import COLLECTION_ARN, CONNECTED_HOME, minimal
from regard_conformance.fixtures import Fixtures

COLLECTION = "a collection with a tag"
PROCESSOR = "a stream processor for a doorstep"
UNKNOWN = Refused(("ResourceNotFoundException",))
PROGRAMS = ("boto3", "js")


def created(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """StatusCode 200 in the body, an ARN with the id in it, a model version."""
    if answer.get("StatusCode") != 200:
        yield f"StatusCode is {answer.get('StatusCode')!r}, not 200"
    if not str(answer.get("CollectionArn")).endswith(f":collection/{fixtures.unique}"):
        yield f"CollectionArn is {answer.get('CollectionArn')!r}"


def tags_are(expected: dict[str, str]) -> Callable[[Json, Fixtures], Iterator[str]]:
    """Exactly these tags; `{}` when there are none."""

    def check(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
        if answer.get("Tags") != expected:
            yield f"Tags are {answer.get('Tags')!r}, not {expected}"

    return check


def _on_collection(**members: Any) -> Callable[[Fixtures], Json]:
    return lambda fixtures: {"ResourceArn": fixtures.saved(COLLECTION)["CollectionArn"], **members}


def _create(fixtures: Fixtures) -> Json:
    return {"CollectionId": fixtures.unique, "Tags": {"team": "door"}}


def _delete(fixtures: Fixtures) -> Json:
    fixtures.saved(COLLECTION)
    return {"CollectionId": fixtures.unique}


def _delete_processor(fixtures: Fixtures) -> Json:
    fixtures.saved(PROCESSOR)
    return {"Name": CONNECTED_HOME["Name"]}


def _on_unknown(**members: Any) -> Callable[[Fixtures], Json]:
    return lambda _fixtures: {"ResourceArn": COLLECTION_ARN, **members}


def _case(operation: str, name: str, request: Callable[[Fixtures], Json], expect: Expectation) -> Case:
    return Case(operation, name, request, expect, "answers")


CASES = [
    Case("CreateCollection", COLLECTION, _create, Answered(created), "answers", saves=COLLECTION),
    _case("ListTagsForResource", "the tag given at creation", _on_collection(), Answered(tags_are({"team": "door"}))),
    _case("TagResource", "another tag", _on_collection(Tags={"floor": "2"}), Answered()),
    _case("ListTagsForResource", "both tags", _on_collection(), Answered(tags_are({"team": "door", "floor": "2"}))),
    _case("UntagResource", "both tags off", _on_collection(TagKeys=["team", "floor"]), Answered()),
    _case("ListTagsForResource", "no tag left", _on_collection(), Answered(tags_are({}))),
    _case("DeleteCollection", "the collection with tags", _delete, Answered()),
    _case("ListTagsForResource", "an unknown resource", _on_unknown(), UNKNOWN),
    _case("TagResource", "an unknown resource", _on_unknown(Tags={"team": "door"}), UNKNOWN),
    _case("UntagResource", "an unknown resource", _on_unknown(TagKeys=["team"]), UNKNOWN),
    Case(
        "TagResource",
        "a key of AWS's own",
        _on_unknown(Tags={"aws:team": "door"}),
        Refused(("ValidationException",), "validation error"),
        "constraints",
        PROGRAMS,
    ),
    Case(
        "CreateStreamProcessor",
        PROCESSOR,
        minimal("CreateStreamProcessor"),
        AnsweredOrModelled(),
        "coverage",
        saves=PROCESSOR,
    ),
    Case("DeleteStreamProcessor", PROCESSOR, _delete_processor, AnsweredOrModelled(), "coverage"),
]
