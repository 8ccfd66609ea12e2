"""AWS's rules of the summary, case by case."""

import pytest

from regard.analysis.ppe import BodyPart, EquippedPerson, FaceCover
from regard.analysis.ppe_summary import EquipmentType, summarise

BOX = (0.0, 0.0, 10.0, 10.0)


def person(*parts: BodyPart, confidence: float = 90) -> EquippedPerson:
    return EquippedPerson(BOX, confidence, parts)


def masked(cover: float = 90, face: float = 90) -> BodyPart:
    return BodyPart("FACE", face, cover=FaceCover(BOX, cover))


def bare(sure: float = 90, face: float = 90) -> BodyPart:
    return BodyPart("FACE", face, bare_confidence=sure)


UNCLEAR = BodyPart("FACE", 90)
HANDS = BodyPart("LEFT_HAND", 90), BodyPart("RIGHT_HAND", 90)
HEAD = BodyPart("HEAD", 90)

WITH, WITHOUT, UNKNOWN = ((0,), (), ()), ((), (0,), ()), ((), (), (0,))


@pytest.mark.parametrize(
    ("whom", "required", "least", "expected"),
    [
        (person(masked()), ["FACE_COVER"], 80, WITH),
        (person(bare()), ["FACE_COVER"], 80, WITHOUT),
        (person(HEAD), ["FACE_COVER"], 80, UNKNOWN),
        (person(UNCLEAR), ["FACE_COVER"], 80, UNKNOWN),
        (person(masked(cover=79)), ["FACE_COVER"], 80, UNKNOWN),
        (person(masked(face=79)), ["FACE_COVER"], 80, UNKNOWN),
        (person(bare(sure=79)), ["FACE_COVER"], 80, UNKNOWN),
        (person(bare(face=79)), ["FACE_COVER"], 80, UNKNOWN),
        (person(masked(), confidence=79), ["FACE_COVER"], 80, UNKNOWN),
        (person(bare(), confidence=79), ["FACE_COVER"], 80, UNKNOWN),
        (person(masked(cover=80, face=80), confidence=80), ["FACE_COVER"], 80, WITH),
        (person(masked(cover=55, face=55), confidence=55), ["FACE_COVER"], 0, WITH),
        (person(masked(), HEAD), ["HEAD_COVER"], 50, UNKNOWN),
        (person(masked(), *HANDS), ["HAND_COVER"], 50, UNKNOWN),
        (person(masked(), HEAD), ["FACE_COVER", "HEAD_COVER"], 50, UNKNOWN),
        (person(bare(), HEAD), ["FACE_COVER", "HEAD_COVER"], 50, WITHOUT),
    ],
    ids=[
        "masked",
        "bare",
        "face not in view",
        "face in profile",
        "perhaps a mask",
        "perhaps a face, masked",
        "perhaps bare",
        "perhaps a face, bare",
        "perhaps a person, masked",
        "perhaps a person, bare",
        "just sure enough",
        "a bound below 50",
        "head covers cannot be known",
        "gloves cannot be known",
        "a mask does not make up for an unknown head cover",
        "a missing mask is missing whatever the head wears",
    ],
)
def test_a_person_is_in_exactly_one_list(
    whom: EquippedPerson, required: list[EquipmentType], least: float, expected: tuple[tuple[int, ...], ...]
) -> None:
    summary = summarise([whom], required, least)

    assert (summary.equipped, summary.unequipped, summary.indeterminate) == expected


def test_a_bound_below_50_acts_as_50() -> None:
    # The detectors report nothing below 50; a person made here for the test is.
    summary = summarise([person(masked(), confidence=49)], ["FACE_COVER"], 10)

    assert summary.indeterminate == (0,)


def test_people_keep_their_numbers() -> None:
    people = [person(bare()), person(masked()), person(HEAD), person(masked())]

    summary = summarise(people, ["FACE_COVER"], 80)

    assert summary.equipped == (1, 3)
    assert summary.unequipped == (0,)
    assert summary.indeterminate == (2,)
