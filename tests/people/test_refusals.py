"""The line, as a table: scope.md's refusals and nothing that lifts one."""

import inspect
from typing import Any

import pytest
from botocore.loaders import Loader

from regard.people import refusals
from regard.people.refusals import refusal_of
from regard.settings import ROWS

OPERATIONS = Loader().load_service_model("rekognition", "service-2")["operations"]
REFUSED = [
    "StartFaceSearch",
    "GetFaceSearch",
    "StartPersonTracking",
    "GetPersonTracking",
    "RecognizeCelebrities",
    "GetCelebrityInfo",
    "StartCelebrityRecognition",
    "GetCelebrityRecognition",
]


@pytest.mark.parametrize("operation", REFUSED)
def test_searching_video_following_people_and_celebrities_are_refused(operation: str) -> None:
    refusal = refusal_of(operation, {})
    assert refusal is not None
    assert refusal.error().code == "AccessDeniedException"


def test_no_other_operation_is_refused_whole() -> None:
    assert sorted(name for name in OPERATIONS if refusal_of(name, {})) == sorted(REFUSED)


def test_every_refused_operation_is_one_of_rekognitions() -> None:
    assert refusals.OPERATIONS.keys() <= OPERATIONS.keys()


@pytest.mark.parametrize(
    ("attributes", "what"),
    [
        (["EMOTIONS"], "guess what a person feels"),
        (["GENDER"], "guess a person's gender"),
        (["AGE_RANGE"], "guess a person's age"),
        (["ALL", "GENDER"], "guess a person's gender"),
        (["SMILE", "AGE_RANGE"], "guess a person's age"),
    ],
)
def test_a_guess_asked_for_by_name_is_refused(attributes: list[str], what: str) -> None:
    refusal = refusal_of("DetectFaces", {"Attributes": attributes})
    assert refusal is not None
    assert refusal.error().message == (
        f"Regard does not {what}: it cannot be seen in a face, and people are harmed by the guess. "
        "See /refusals on this server."
    )


@pytest.mark.parametrize("guess", ["AGE_RANGE", "EMOTIONS", "GENDER"])
def test_a_guess_asked_for_at_enrolment_is_refused_as_well(guess: str) -> None:
    refusal = refusal_of("IndexFaces", {"DetectionAttributes": ["ALL", guess]})
    assert refusal == refusals.ATTRIBUTES[guess]
    assert refusal_of("IndexFaces", {"DetectionAttributes": ["ALL", "SMILE"]}) is None


@pytest.mark.parametrize(
    "members", [{}, {"Attributes": ["ALL"]}, {"Attributes": ["DEFAULT", "SMILE", "EYE_DIRECTION"]}]
)
def test_what_can_be_seen_is_not_refused(members: dict[str, Any]) -> None:
    assert refusal_of("DetectFaces", members) is None


@pytest.mark.parametrize(
    ("settings", "is_refused"),
    [
        ({"FaceSearch": {"CollectionId": "x"}}, True),
        ({"FaceSearch": {}}, True),
        ({"ConnectedHome": {}}, False),
        ({}, False),
    ],
)
def test_a_stream_may_look_for_packages_and_not_for_people(settings: dict[str, Any], is_refused: bool) -> None:
    assert (refusal_of("CreateStreamProcessor", {"Settings": settings}) is not None) is is_refused


def test_no_setting_and_no_environment_reaches_the_table() -> None:
    """No setting, flag, environment variable or plug-in turns a refusal off (scope)."""
    source = inspect.getsource(refusals)
    assert "environ" not in source
    assert "settings" not in source.lower().replace('members.get("settings"', "").replace("no setting reaches", "")
    assert [name for name in ROWS if "refus" in name or "unsafe" in name or "allow" in name] == []
