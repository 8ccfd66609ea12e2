"""Users through boto3: made, listed, given faces, searched, deleted."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.drawn_people import Drawn, Room, headers, image, row_of

ANN, BOB = Drawn(1), Drawn(2)
OTHER_ANN = Drawn(1, left=50, top=60, side=200)
NOBODY = "01234567-89ab-4cde-8f01-23456789abcd"


def users(room: Room, collection: str) -> list[tuple[str, str]]:
    return [(u["UserId"], u["UserStatus"]) for u in room.client.list_users(CollectionId=collection)["Users"]]


def user(room: Room, collection: str, name: str, *faces: Drawn) -> list[str]:
    """Makes a user with these faces, one picture each; returns their ids."""
    room.client.create_user(CollectionId=collection, UserId=name)
    ids = [face_id for face in faces for face_id in room.enrol(collection, face, name=name)]
    if ids:
        associate(room, collection, name, ids)
    return ids


def associate(room: Room, collection: str, name: str, ids: list[str], **members: Any) -> Any:
    return room.client.associate_faces(CollectionId=collection, UserId=name, FaceIds=ids, **members)


def matched(answer: Any) -> list[tuple[str, str]]:
    return [(match["User"]["UserId"], match["User"]["UserStatus"]) for match in answer["UserMatches"]]


def test_users_are_listed_as_they_came_in_pages(room: Room) -> None:
    name = room.sandbox()
    for who in ("b", "a", "c"):
        user(room, name, who)
    pages = room.client.get_paginator("list_users").paginate(CollectionId=name, PaginationConfig={"PageSize": 2})
    assert [[u["UserId"] for u in page["Users"]] for page in pages] == [["b", "a"], ["c"]]
    assert users(room, name) == [("b", "CREATED"), ("a", "CREATED"), ("c", "CREATED")]
    assert "NextToken" not in room.client.list_users(CollectionId=name)


def test_a_collection_without_users_has_an_empty_list(room: Room) -> None:
    assert room.client.list_users(CollectionId=room.sandbox())["Users"] == []


def test_a_token_of_another_collections_users_is_refused(room: Room) -> None:
    one, other = room.sandbox(), room.sandbox()
    user(room, one, "ann")
    user(room, one, "bob")
    token = room.client.list_users(CollectionId=one, MaxResults=1)["NextToken"]
    with pytest.raises(room.client.exceptions.InvalidPaginationTokenException):
        room.client.list_users(CollectionId=other, NextToken=token)


def test_a_name_taken_is_a_conflict(room: Room) -> None:
    name = room.sandbox()
    user(room, name, "ann")
    with pytest.raises(room.client.exceptions.ConflictException):
        room.client.create_user(CollectionId=name, UserId="ann")


def test_a_name_may_have_128_characters(room: Room) -> None:
    name = room.sandbox()
    user(room, name, "a:" * 64)
    with pytest.raises(ClientError, match="less than or equal to 128"):
        user(room, name, "a" * 129)


def test_the_same_call_with_its_token_is_made_once(room: Room) -> None:
    name = room.sandbox()
    for _ in range(2):
        room.client.create_user(CollectionId=name, UserId="ann", ClientRequestToken="first")
    assert users(room, name) == [("ann", "CREATED")]
    with pytest.raises(room.client.exceptions.IdempotentParameterMismatchException) as raised:
        room.client.create_user(CollectionId=name, UserId="bob", ClientRequestToken="first")
    message = "The ClientRequestToken: first you have supplied is already in use."
    assert raised.value.response["Error"]["Message"] == message
    room.client.delete_user(CollectionId=name, UserId="ann", ClientRequestToken="first")


def test_an_association_is_answered_again_by_its_token(room: Room) -> None:
    name = room.sandbox()
    user(room, name, "ann")
    ids = room.enrol(name, ANN)
    first, second = (associate(room, name, "ann", ids, ClientRequestToken="one") for _ in range(2))
    assert first["AssociatedFaces"] == second["AssociatedFaces"] == [{"FaceId": ids[0]}]


def test_a_user_with_a_face_is_active_and_listed_with_it(room: Room) -> None:
    name = room.sandbox()
    user(room, name, "ann")
    ids = room.enrol(name, ANN)
    answer = associate(room, name, "ann", ids)
    assert answer["AssociatedFaces"] == [{"FaceId": ids[0]}]
    assert answer["UnsuccessfulFaceAssociations"] == []
    assert answer["UserStatus"] == "UPDATING"
    assert users(room, name) == [("ann", "ACTIVE")]


def test_what_cannot_be_associated_is_said_with_the_reason(room: Room) -> None:
    name = room.sandbox()
    (ann,) = user(room, name, "ann", ANN)
    (bob,) = user(room, name, "bob", BOB)
    (unlike,) = room.enrol(name, Drawn(3))
    answer = associate(room, name, "ann", [ann, bob, NOBODY, unlike])
    assert answer["AssociatedFaces"] == []
    other, unknown, low = answer["UnsuccessfulFaceAssociations"]
    assert other == {"FaceId": bob, "UserId": "bob", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    assert unknown == {"FaceId": NOBODY, "Reasons": ["FACE_NOT_FOUND"]}
    assert (low["FaceId"], low["Reasons"]) == (unlike, ["LOW_MATCH_CONFIDENCE"])
    assert low["Confidence"] < 75


def test_an_unlike_face_is_associated_where_the_threshold_lets_it(room: Room) -> None:
    name = room.sandbox()
    user(room, name, "ann", ANN)
    ids = room.enrol(name, BOB)
    assert associate(room, name, "ann", ids, UserMatchThreshold=0.0)["AssociatedFaces"] == [{"FaceId": ids[0]}]


def test_disassociation_releases_faces_and_the_last_leaves_the_user_bare(room: Room) -> None:
    name = room.sandbox()
    (ann,) = user(room, name, "ann", ANN)
    (bob,) = user(room, name, "bob", BOB)
    (free,) = room.enrol(name, Drawn(3))
    answer = room.client.disassociate_faces(CollectionId=name, UserId="ann", FaceIds=[ann, bob, NOBODY, free])
    assert answer["DisassociatedFaces"] == [{"FaceId": ann}]
    assert answer["UnsuccessfulFaceDisassociations"] == [
        {"FaceId": bob, "UserId": "bob", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
        {"FaceId": NOBODY, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    assert answer["UserStatus"] == "CREATED"
    assert users(room, name) == [("ann", "CREATED"), ("bob", "ACTIVE")]


def test_a_deleted_user_leaves_its_faces_free(room: Room) -> None:
    name = room.sandbox()
    (ann,) = user(room, name, "ann", ANN)
    room.client.delete_user(CollectionId=name, UserId="ann")
    (face,) = room.client.list_faces(CollectionId=name)["Faces"]
    assert face["FaceId"] == ann
    assert "UserId" not in face
    with pytest.raises(room.client.exceptions.ResourceNotFoundException):
        room.client.delete_user(CollectionId=name, UserId="ann")


def test_users_are_found_by_a_face_and_by_another_user(room: Room) -> None:
    name = room.sandbox()
    (ann,) = user(room, name, "ann", ANN)
    user(room, name, "ann-again", Drawn(1, likeness=0.8))
    user(room, name, "bob", BOB)
    user(room, name, "nobody-yet")
    by_face = room.client.search_users(CollectionId=name, FaceId=ann)
    assert matched(by_face) == [("ann", "ACTIVE"), ("ann-again", "ACTIVE")]
    assert by_face["SearchedFace"] == {"FaceId": ann}
    assert "SearchedUser" not in by_face
    by_user = room.client.search_users(CollectionId=name, UserId="ann")
    assert matched(by_user) == [("ann-again", "ACTIVE")]
    assert by_user["SearchedUser"] == {"UserId": "ann"}
    assert headers(by_user)["x-regard-gallery"] == "3"
    assert by_user["FaceModelVersion"] == "1.0"


def test_a_user_without_faces_is_like_nobody(room: Room) -> None:
    name = room.sandbox()
    user(room, name, "ann", ANN)
    user(room, name, "bare")
    assert matched(room.client.search_users(CollectionId=name, UserId="bare")) == []


@pytest.mark.parametrize(
    ("ids", "given"), [({}, "neither"), ({"FaceId": NOBODY, "UserId": "ann"}, "both")], ids=["neither", "both"]
)
def test_a_search_names_a_face_or_a_user(room: Room, ids: dict[str, str], given: str) -> None:
    with pytest.raises(room.client.exceptions.InvalidParameterException, match=f"this one has {given}"):
        room.client.search_users(CollectionId=room.sandbox(), **ids)


def test_an_unknown_user_is_not_found_and_an_unknown_face_no_parameter(room: Room) -> None:
    name = room.sandbox()
    with pytest.raises(room.client.exceptions.ResourceNotFoundException):
        room.client.search_users(CollectionId=name, UserId="ann")
    with pytest.raises(room.client.exceptions.InvalidParameterException):
        room.client.search_users(CollectionId=name, FaceId=NOBODY)


def test_users_are_found_by_a_picture_whose_other_faces_are_said(room: Room) -> None:
    name = room.sandbox()
    user(room, name, "ann", ANN)
    user(room, name, "bob", BOB)
    answer = room.client.search_users_by_image(CollectionId=name, Image=image(Drawn(2, left=500, side=90), OTHER_ANN))
    assert matched(answer) == [("ann", "ACTIVE")]
    assert answer["SearchedFace"]["FaceDetail"]["BoundingBox"]["Width"] == 200 / 640
    (other,) = answer["UnsearchedFaces"]
    assert other["Reasons"] == ["FACE_NOT_LARGEST"]
    assert other["FaceDetails"]["BoundingBox"]["Width"] == 90 / 640
    assert headers(answer)["x-regard-effective-threshold"] == "83.0103"  # 1 in 2,000 comparisons with two users


def test_faces_that_the_filter_leaves_out_are_said_with_the_reason(room: Room) -> None:
    name = room.sandbox()
    blurred = Drawn(1, is_blurred=True)
    answer = room.client.search_users_by_image(CollectionId=name, Image=image(blurred), QualityFilter="AUTO")
    assert answer["UserMatches"] == []
    assert "SearchedFace" not in answer
    assert [other["Reasons"] for other in answer["UnsearchedFaces"]] == [["LOW_SHARPNESS"]]


def test_a_picture_without_a_face_is_like_no_user_and_no_error(room: Room) -> None:
    answer = room.client.search_users_by_image(CollectionId=room.sandbox(), Image=image())
    assert (answer["UserMatches"], answer["UnsearchedFaces"]) == ([], [])
    assert "SearchedFace" not in answer


def test_a_crowd_is_not_searched_for_users(room: Room) -> None:
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="shows 6 faces of comparable size"):
        room.client.search_users_by_image(CollectionId=room.sandbox(), Image=image(*row_of(6)))


def test_in_a_governed_collection_a_user_is_a_subject_with_that_ones_faces(room: Room) -> None:
    name = room.governed("ann", "bob")
    user(room, name, "ann", ANN)
    bobs = room.enrol(name, BOB, name="bob")
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="belongs to subject 'bob'"):
        associate(room, name, "ann", bobs, UserMatchThreshold=0.0)
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="no subject with a live consent"):
        room.client.create_user(CollectionId=name, UserId="carl")
