"""From a body to a body: decoded, refused or run, encoded."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from regard.errors import AccessDenied, InvalidParameter, NotImplementedYet, Serialization, Validation
from regard.operations.call import Call
from regard.operations.registry import Registry
from regard.people.acts import Asker
from regard.people.policies import Policy
from regard.people.refusals import Refusal
from regard.wire.model import ServiceModel

MODEL = ServiceModel.load()
LISTING = Policy(("List*",))
ASKER = Asker("123456789012", "eu-west-1", "the-request", "RGDKX", "", LISTING, 7)
FACES = b'{"Image": {"Bytes": "AAEC"}, "Attributes": ["SMILE"], "Unknown": 1}'


def answer(registry: Registry, operation: str, body: bytes) -> Any:
    shape = MODEL.of_target(f"RekognitionService.{operation}")
    return orjson.loads(registry.answer(shape, body, replace(ASKER, operation=operation), {}))


def test_an_operation_gets_decoded_members_and_its_answer_is_encoded() -> None:
    calls: list[Call] = []

    def detect_faces(call: Call) -> dict[str, Any]:
        calls.append(call)
        return {"FaceDetails": [{"Confidence": 99}]}

    registry = Registry(MODEL, {"DetectFaces": detect_faces})
    assert answer(registry, "DetectFaces", FACES) == {"FaceDetails": [{"Confidence": 99.0}]}
    members = {"Image": {"Bytes": b"\0\1\2"}, "Attributes": ["SMILE"]}
    assert calls == [Call("DetectFaces", members, "the-request", "eu-west-1", "123456789012", {}, "RGDKX", LISTING, 7)]
    assert calls[0].asker == replace(ASKER, operation="DetectFaces")


def test_what_an_operation_says_in_the_header_is_there_though_it_fails() -> None:
    def detect_faces(call: Call) -> dict[str, Any]:
        call.headers["x-regard-gallery"] = "7"
        raise InvalidParameter("no")

    headers: dict[str, str] = {}
    shape = MODEL.of_target("RekognitionService.DetectFaces")
    with pytest.raises(InvalidParameter):
        Registry(MODEL, {"DetectFaces": detect_faces}).answer(shape, FACES, ASKER, headers)
    assert headers == {"x-regard-gallery": "7"}


def unreached(call: Call) -> dict[str, Any]:
    raise AssertionError(f"{call.operation} ran")


@pytest.mark.parametrize(
    ("body", "error"), [(b"[]", Serialization), (b"{}", Validation), (b'{"Image": 1}', Serialization)]
)
def test_a_wrong_body_never_reaches_an_operation(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        answer(Registry(MODEL, {"DetectFaces": unreached}), "DetectFaces", body)


def test_a_refusal_is_told_before_its_answer_leaves_and_nothing_runs() -> None:
    told: list[tuple[Asker, Refusal]] = []
    registry = Registry(MODEL, {"GetFaceSearch": unreached}, lambda asker, refusal: told.append((asker, refusal)))
    with pytest.raises(AccessDenied, match="Regard does not search video"):
        answer(registry, "GetFaceSearch", b'{"JobId": "abc"}')
    [(asker, refusal)] = told
    assert (asker, refusal.what) == (replace(ASKER, operation="GetFaceSearch"), "search video or streams for people")


def test_a_call_in_a_wrong_form_is_told_its_form_and_counts_as_no_refusal() -> None:
    told: list[Asker] = []
    registry = Registry(MODEL, {}, lambda asker, refusal: told.append(asker))
    with pytest.raises(Validation):
        answer(registry, "GetFaceSearch", b"{}")
    assert told == []


def test_an_operation_that_is_not_there_says_where_to_look() -> None:
    with pytest.raises(NotImplementedYet, match=r"^ListCollections is an operation of Amazon .* see /v1/operations\.$"):
        answer(Registry(MODEL, {}), "ListCollections", b"{}")


def test_an_error_of_an_operation_passes_through() -> None:
    def wrong(call: Call) -> dict[str, Any]:
        raise InvalidParameter("Request has invalid parameters")

    with pytest.raises(InvalidParameter):
        answer(Registry(MODEL, {"DetectFaces": wrong}), "DetectFaces", FACES)


@pytest.mark.parametrize(
    "output", [{"NoSuchMember": 1}, {"FaceDetails": "x"}, {"FaceDetails": [{"Confidence": None}, 1]}]
)
def test_an_answer_that_does_not_fit_the_model_is_our_bug(output: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is no FaceDetail|NoSuchMember"):
        answer(Registry(MODEL, {"DetectFaces": lambda call: output}), "DetectFaces", FACES)


def test_an_operation_that_amazon_does_not_have_cannot_be_served() -> None:
    with pytest.raises(KeyError, match="DetectCats"):
        Registry(MODEL, {"DetectCats": unreached})


@pytest.mark.parametrize(
    ("operation", "standing"),
    [("DetectFaces", "served"), ("StartFaceSearch", "refused"), ("IndexFaces", "not yet"), ("DetectText", "not yet")],
)
def test_standing_is_told_in_the_words_of_the_coverage_table(operation: str, standing: str) -> None:
    assert Registry(MODEL, {"DetectFaces": unreached}).standing(operation) == standing
