"""ListFaces and DeleteFaces through boto3."""

from typing import Any

import pytest

from tests.operations.drawn_people import Drawn, Room

NOBODY = "01234567-89ab-4cde-8f01-23456789abcd"
FOUR = [Drawn(i, left=10 + 150 * i, side=140 - 10 * i) for i in range(4)]


def listed(room: Room, collection: str, **members: Any) -> list[str]:
    return [face["FaceId"] for face in room.client.list_faces(CollectionId=collection, **members)["Faces"]]


def test_a_listed_face_says_what_is_stored_of_it(room: Room) -> None:
    name = room.sandbox()
    (face_id,) = room.enrol(name, Drawn(1, left=100, top=100, side=100), name="ann")
    answer = room.client.list_faces(CollectionId=name)
    (face,) = answer["Faces"]
    assert face["FaceId"] == face_id
    assert face["ExternalImageId"] == "ann"
    assert face["IndexFacesModelVersion"] == answer["FaceModelVersion"] == "1.0"
    # 100 of 640 and of 480, to six decimals.
    assert face["BoundingBox"] == {"Left": 0.15625, "Top": 0.208333, "Width": 0.15625, "Height": 0.208333}
    assert "UserId" not in face


def test_an_empty_collection_has_an_empty_list(room: Room) -> None:
    answer = room.client.list_faces(CollectionId=room.sandbox())
    assert answer["Faces"] == []
    assert "NextToken" not in answer


def test_faces_are_listed_by_id_in_pages(room: Room) -> None:
    name = room.sandbox()
    ids = room.enrol(name, *FOUR)
    pages = room.client.get_paginator("list_faces").paginate(CollectionId=name, PaginationConfig={"PageSize": 3})
    assert [[face["FaceId"] for face in page["Faces"]] for page in pages] == [sorted(ids)[:3], sorted(ids)[3:]]
    assert listed(room, name, MaxResults=0) == sorted(ids)


def test_a_page_begins_after_its_token_though_that_face_is_gone(room: Room) -> None:
    name = room.sandbox()
    ids = sorted(room.enrol(name, *FOUR))
    token = room.client.list_faces(CollectionId=name, MaxResults=2)["NextToken"]
    room.client.delete_faces(CollectionId=name, FaceIds=ids[1:3])
    assert listed(room, name, NextToken=token) == ids[3:]


def test_filters_of_ids_leave_out_what_is_not_there(room: Room) -> None:
    name = room.sandbox()
    ids = sorted(room.enrol(name, *FOUR))
    assert listed(room, name, FaceIds=[ids[2], NOBODY, ids[0]]) == [ids[0], ids[2]]


def test_filters_of_users_are_of_users_that_are_there(room: Room) -> None:
    name = room.sandbox()
    ids = room.enrol(name, *FOUR)
    room.client.create_user(CollectionId=name, UserId="ann")
    room.client.associate_faces(CollectionId=name, UserId="ann", FaceIds=ids[:1])
    answer = room.client.list_faces(CollectionId=name, UserId="ann")
    assert [(face["FaceId"], face["UserId"]) for face in answer["Faces"]] == [(ids[0], "ann")]
    with pytest.raises(room.client.exceptions.ResourceNotFoundException):
        room.client.list_faces(CollectionId=name, UserId="bob")


@pytest.mark.parametrize(
    "members",
    [{"CollectionId": "another"}, {"UserId": "ann"}, {"FaceIds": [NOBODY]}],
    ids=lambda given: next(iter(given)),
)
def test_a_token_is_good_for_the_same_question_alone(own_room: Room, members: dict[str, Any]) -> None:
    for name in ("one", "another"):
        own_room.client.create_collection(CollectionId=name)
        own_room.client.create_user(CollectionId=name, UserId="ann")
        own_room.enrol(name, *FOUR)
    token = own_room.client.list_faces(CollectionId="one", MaxResults=2)["NextToken"]
    with pytest.raises(own_room.client.exceptions.InvalidPaginationTokenException):
        own_room.client.list_faces(**{"CollectionId": "one", "NextToken": token} | members)


def test_a_token_ends_with_its_collection(room: Room) -> None:
    name = room.sandbox()
    room.enrol(name, *FOUR)
    token = room.client.list_faces(CollectionId=name, MaxResults=2)["NextToken"]
    room.client.delete_collection(CollectionId=name)
    room.client.create_collection(CollectionId=name)
    room.enrol(name, *FOUR)
    with pytest.raises(room.client.exceptions.InvalidPaginationTokenException):
        room.client.list_faces(CollectionId=name, NextToken=token)


def test_a_deleted_face_is_neither_listed_nor_found(room: Room) -> None:
    name = room.sandbox()
    (face_id,) = room.enrol(name, Drawn(1))
    assert room.found(name, Drawn(1)) == [face_id]
    answer = room.client.delete_faces(CollectionId=name, FaceIds=[face_id])
    assert (answer["DeletedFaces"], answer["UnsuccessfulFaceDeletions"]) == ([face_id], [])
    assert listed(room, name) == []
    assert room.found(name, Drawn(1)) == []


def test_what_cannot_be_deleted_is_said_with_the_reason(room: Room) -> None:
    name = room.sandbox()
    ids = room.enrol(name, *FOUR)
    room.client.create_user(CollectionId=name, UserId="ann")
    room.client.associate_faces(CollectionId=name, UserId="ann", FaceIds=ids[:1])
    answer = room.client.delete_faces(CollectionId=name, FaceIds=[ids[0], NOBODY, ids[1], ids[1]])
    assert answer["DeletedFaces"] == [ids[1]]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": ids[0], "UserId": "ann", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
        {"FaceId": NOBODY, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    assert ids[0] in listed(room, name)
    room.client.disassociate_faces(CollectionId=name, UserId="ann", FaceIds=ids[:1])
    assert room.client.delete_faces(CollectionId=name, FaceIds=ids[:1])["DeletedFaces"] == ids[:1]
