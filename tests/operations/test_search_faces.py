"""SearchFaces and SearchFacesByImage through boto3: who is found, and who is not named."""

from typing import Any

import pytest

from tests.operations.drawn_people import Drawn, Room, headers, image, row_of
from tests.people.rooms import ASKER

ANN, BOB = Drawn(1), Drawn(2)
OTHER_ANN = Drawn(1, left=50, top=60, side=200)
NOBODY = "01234567-89ab-4cde-8f01-23456789abcd"
NO_FACE = "There are no faces in the image. Should be at least 1."


def search(room: Room, collection: str, *faces: Drawn, **members: Any) -> Any:
    return room.client.search_faces_by_image(CollectionId=collection, Image=image(*faces), **members)


def test_somebody_is_found_by_another_picture(room: Room) -> None:
    name = room.sandbox()
    (ann,) = room.enrol(name, ANN, name="ann")
    room.enrol(name, BOB, name="bob")
    answer = search(room, name, OTHER_ANN)
    (match,) = answer["FaceMatches"]
    assert (match["Face"]["FaceId"], match["Face"]["ExternalImageId"]) == (ann, "ann")
    assert 99 < match["Similarity"] < 100
    assert answer["SearchedFaceBoundingBox"] == {
        "Left": 50 / 640,
        "Top": 60 / 480,
        "Width": 200 / 640,
        "Height": 200 / 480,
    }
    assert answer["SearchedFaceConfidence"] > 99
    assert answer["FaceModelVersion"] == "1.0"


def test_a_stranger_is_nobody(room: Room) -> None:
    name = room.sandbox()
    room.enrol(name, ANN)
    assert search(room, name, BOB)["FaceMatches"] == []


def test_in_an_empty_collection_there_is_nobody(room: Room) -> None:
    answer = search(room, room.sandbox(), ANN)
    assert answer["FaceMatches"] == []
    assert headers(answer)["x-regard-gallery"] == "0"


def test_the_largest_face_is_the_one_that_is_searched(room: Room) -> None:
    name = room.sandbox()
    (ann,) = room.enrol(name, ANN)
    room.enrol(name, BOB)
    assert room.found(name, Drawn(2, left=500, side=90), OTHER_ANN) == [ann]


def test_matches_are_most_similar_first_and_at_most_as_many_as_asked_for(room: Room) -> None:
    name = room.sandbox()
    ids = [room.enrol(name, Drawn(1, likeness=likeness))[0] for likeness in (0.7, 1.0, 0.8)]
    assert room.found(name, ANN) == [ids[1], ids[2], ids[0]]
    assert room.found(name, ANN, MaxFaces=2) == [ids[1], ids[2]]


@pytest.mark.parametrize(
    ("others", "asked", "effective", "rate"),
    [
        (0, None, "80", "0.001"),
        (0, 0.0, "80", "0.001"),
        (0, 99.0, "99", "1e-06"),
        (9, None, "90", "0.0001"),
        (9, 80.0, "90", "0.0001"),
        (9, 95.0, "95", "1e-05"),
        (99, None, "95", "1e-05"),
    ],
)
def test_the_threshold_is_safe_for_the_gallery_or_stricter(
    room: Room, others: int, asked: float | None, effective: str, rate: str
) -> None:
    """At most one false match in 1,000 searches: 1 in 1,000 comparisons with one face, 1 in 100,000 with a hundred."""
    name = room.sandbox()
    room.enrol(name, ANN)
    if others:
        crowd = [Drawn(100 + i, left=10 + i % 10 * 60, top=10 + i // 10 * 60, side=50) for i in range(others)]
        room.client.index_faces(CollectionId=name, Image=image(*crowd, size=(640, 640)), QualityFilter="NONE")
    answer = search(room, name, OTHER_ANN, **{} if asked is None else {"FaceMatchThreshold": asked})
    assert headers(answer)["x-regard-effective-threshold"] == effective
    assert headers(answer)["x-regard-false-match-rate"] == rate
    assert headers(answer)["x-regard-gallery"] == str(others + 1)
    assert len(answer["FaceMatches"]) == 1


def test_a_caller_cannot_ask_for_less_than_is_safe(room: Room) -> None:
    name = room.sandbox()
    room.enrol(name, ANN)
    answer = search(room, name, BOB, FaceMatchThreshold=0.0)
    assert answer["FaceMatches"] == []


def test_a_picture_without_a_face_is_said_to_be_one_in_the_words_clients_compare(room: Room) -> None:
    with pytest.raises(room.client.exceptions.InvalidParameterException) as raised:
        search(room, room.sandbox())
    assert raised.value.response["Error"]["Message"] == NO_FACE


def test_a_face_that_the_quality_filter_leaves_out_is_none(room: Room) -> None:
    name = room.sandbox()
    blurred = Drawn(1, is_blurred=True)
    room.enrol(name, blurred)
    assert len(search(room, name, blurred)["FaceMatches"]) == 1
    with pytest.raises(room.client.exceptions.InvalidParameterException) as raised:
        search(room, name, blurred, QualityFilter="AUTO")
    assert raised.value.response["Error"]["Message"] == NO_FACE


def test_five_faces_of_one_size_are_searched_and_six_are_a_crowd(room: Room) -> None:
    name = room.sandbox()
    assert search(room, name, *row_of(5))["FaceMatches"] == []
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="shows 6 faces of comparable size"):
        search(room, name, *row_of(6))


def test_small_faces_in_the_background_are_no_crowd(room: Room) -> None:
    name = room.sandbox()
    (ann,) = room.enrol(name, ANN)
    behind = [Drawn(50 + i, left=10 + 60 * i, top=10, side=50) for i in range(8)]
    assert room.found(name, ANN, *behind) == [ann]


def test_an_enrolled_face_is_searched_without_itself(room: Room) -> None:
    name = room.sandbox()
    ids = [room.enrol(name, Drawn(1, likeness=likeness))[0] for likeness in (1.0, 0.9, 0.8)]
    room.enrol(name, BOB)
    answer = room.client.search_faces(CollectionId=name, FaceId=ids[0])
    assert answer["SearchedFaceId"] == ids[0]
    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == ids[1:]
    assert answer["FaceModelVersion"] == "1.0"
    assert headers(answer)["x-regard-gallery"] == "4"
    one = room.client.search_faces(CollectionId=name, FaceId=ids[0], MaxFaces=1)
    assert [match["Face"]["FaceId"] for match in one["FaceMatches"]] == ids[1:2]


def test_a_face_that_is_not_there_cannot_be_searched(room: Room) -> None:
    with pytest.raises(room.client.exceptions.InvalidParameterException, match=f"Face {NOBODY} is not in collection"):
        room.client.search_faces(CollectionId=room.sandbox(), FaceId=NOBODY)


def test_a_verify_only_collection_never_says_who(room: Room) -> None:
    name = room.governed("ann", **{"regard:verify-only": "true"})
    (ann,) = room.enrol(name, ANN, name="ann")
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="is verify-only"):
        search(room, name, OTHER_ANN)
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="is verify-only"):
        room.client.search_faces(CollectionId=name, FaceId=ann)


def test_a_governed_search_names_one_person(room: Room) -> None:
    """Two subjects so alike that both match: the more similar one is named, with all of that one's faces."""
    name = room.governed("ann", "ann-s-twin")
    first = room.enrol(name, Drawn(1), name="ann") + room.enrol(name, Drawn(1, likeness=0.75), name="ann")
    room.enrol(name, Drawn(1, likeness=0.85), name="ann-s-twin")
    assert room.found(name, OTHER_ANN) == first


def test_after_withdrawal_there_is_nobody_to_find(room: Room) -> None:
    name = room.governed()
    consent = room.consent(name, "ann")
    assert len(room.enrol(name, ANN, name="ann")) == 1
    assert len(room.found(name, OTHER_ANN)) == 1
    room.app.people().consents.withdraw(ASKER, consent)
    assert room.found(name, OTHER_ANN) == []
