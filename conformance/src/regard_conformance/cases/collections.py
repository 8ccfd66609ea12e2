"""Collections, faces and users: made, filled, searched, emptied and taken away again, in the order clients do it."""

from collections.abc import Callable
from typing import Any

import PIL.Image

from regard_conformance.case import Answered, Case, Expectation, Json, Refused
from regard_conformance.cases.collection_checks import (
    INDEXED,
    USER,
    Check,
    alone,
    collection_name,
    created,
    deleted,
    deletions,
    faces_are,
    found_by_picture,
    holds,
    indexed,
    indexed_again,
    indexed_face,
    listed,
    moved,
    no_user,
    nobody,
    nothing_indexed,
    user_found,
    users_are,
)
from regard_conformance.fixtures import FacePicture, Fixtures, encoded
from regard_conformance.pictures import blank_bytes

MADE = "a collection for faces"
NO_FACE = Refused(("InvalidParameterException",), r"There are no faces in the image\. Should be at least 1\.")
NOT_THERE = Refused(("ResourceNotFoundException",), r"The collection id: \S+ does not exist")
INVALID = Refused(("InvalidParameterException",))
UNKNOWN_FACE = "01234567-89ab-4cde-8f01-23456789abcd"
EVERY_SDK = ("boto3", "cli", "js")
PROGRAMS = ("boto3", "js")  # the command line takes a second for a call and would learn nothing new
Request = Callable[[Fixtures], Json]


def _in(**members: Any) -> Request:
    """A request about the collection, which has to be there."""

    def request(fixtures: Fixtures) -> Json:
        fixtures.saved(MADE)
        return {"CollectionId": collection_name(fixtures), **members}

    return request


def _with_picture(make: Callable[[FacePicture], bytes], **members: Any) -> Request:
    return lambda fixtures: _in(Image={"Bytes": make(fixtures.face)}, **members)(fixtures)


def _with_blank(**members: Any) -> Request:
    return _in(Image={"Bytes": blank_bytes()}, **members)


def _with_face(**members: Any) -> Request:
    """`FaceId` is the face that was indexed."""
    return lambda fixtures: _in(FaceId=indexed_face(fixtures), **members)(fixtures)


def _with_faces(*others: str, **members: Any) -> Request:
    """`FaceIds` are the face that was indexed and `others`."""
    return lambda fixtures: _in(FaceIds=[indexed_face(fixtures), *others], **members)(fixtures)


def _after_indexing(fixtures: Fixtures) -> Json:
    """The collection, which has to hold a face."""
    indexed_face(fixtures)
    return {"CollectionId": collection_name(fixtures)}


def _smaller(face: FacePicture) -> bytes:
    """Another picture of the same person, in bytes and in size."""
    width, height = face.picture.size
    canvas = PIL.Image.new("RGB", (width, height), "white")
    canvas.paste(face.picture.resize((width * 3 // 4, height * 3 // 4)), (width // 8, height // 8))
    return encoded(canvas, "JPEG", quality=90)


def _create(fixtures: Fixtures) -> Json:
    return {"CollectionId": collection_name(fixtures)}


def _case(
    operation: str,
    name: str,
    request: Request,
    expect: Expectation | Check,
    sdks: tuple[str, ...] = EVERY_SDK,
    saves: str | None = None,
) -> Case:
    expectation = Answered(expect) if callable(expect) else expect
    return Case(operation, name, request, expectation, "answers", sdks, saves)


_ASSOCIATED = ("AssociatedFaces", "UnsuccessfulFaceAssociations")
_RELEASED = ("DisassociatedFaces", "UnsuccessfulFaceDisassociations")
_EXISTS = Refused(("ResourceAlreadyExistsException",), r"The collection id: \S+ already exists")
_CHANGED = Refused(
    ("IdempotentParameterMismatchException",), r"The ClientRequestToken: \S+ you have supplied is already in use"
)

COLLECTION_CASES = [
    _case("CreateCollection", MADE, _create, created, saves=MADE),
    _case("CreateCollection", "one that exists", _in(), _EXISTS),
    _case("DescribeCollection", "an empty collection", _in(), holds(0, 0)),
    _case("ListCollections", "all", lambda _: {}, listed),
    _case("ListCollections", "MaxResults 0 is the default", lambda _: {"MaxResults": 0}, listed, PROGRAMS),
    _case(
        "ListCollections",
        "a token that nobody was given",
        lambda _: {"NextToken": "bm9ib2R5"},
        Refused(("InvalidPaginationTokenException",)),
        PROGRAMS,
    ),
]

FACE_CASES = [
    _case(
        "IndexFaces", INDEXED, _with_picture(FacePicture.jpeg, ExternalImageId=USER, MaxFaces=1), indexed, saves=INDEXED
    ),
    _case("IndexFaces", "the same picture again", _with_picture(FacePicture.jpeg, ExternalImageId=USER), indexed_again),
    _case("IndexFaces", "no face in the picture", _with_blank(), nothing_indexed),
    _case("DescribeCollection", "a collection with a face", _after_indexing, holds(1, 0), PROGRAMS),
    _case("ListFaces", "the face", _after_indexing, faces_are(1)),
    _case("ListFaces", "a FaceId that is not there", _in(FaceIds=[UNKNOWN_FACE]), faces_are(0), PROGRAMS),
    _case(
        "ListFaces",
        "a UserId that is not there",
        _in(UserId="nobody"),
        Refused(("ResourceNotFoundException",)),
        PROGRAMS,
    ),
    _case("SearchFacesByImage", "another picture of the person", _with_picture(_smaller), found_by_picture),
    _case("SearchFacesByImage", "no face in the picture", _with_blank(), NO_FACE),
    _case("SearchFaces", "the only face", _with_face(), alone),
    _case("SearchFaces", "a FaceId that is not there", _in(FaceId=UNKNOWN_FACE), INVALID, PROGRAMS),
]

USER_CASES = [
    _case("CreateUser", "a user", _in(UserId=USER, ClientRequestToken="conformance-1"), Answered()),
    _case("CreateUser", "the same call again", _in(UserId=USER, ClientRequestToken="conformance-1"), Answered()),
    _case("CreateUser", "its token for another", _in(UserId="x", ClientRequestToken="conformance-1"), _CHANGED),
    _case("CreateUser", "a name that is taken", _in(UserId=USER), Refused(("ConflictException",))),
    _case("ListUsers", "a user without faces", _in(), users_are((USER, "CREATED"))),
    _case(
        "AssociateFaces",
        "the face and one that is not there",
        _with_faces(UNKNOWN_FACE, UserId=USER),
        moved(*_ASSOCIATED, ("FACE_NOT_FOUND",)),
    ),
    _case("ListUsers", "a user with a face", _in(), users_are((USER, "ACTIVE"))),
    _case("ListFaces", "of the user", _in(UserId=USER), faces_are(1, USER)),
    _case("SearchUsers", "by the face", _with_face(), user_found("SearchedFace")),
    _case("SearchUsers", "by neither", _in(), INVALID, PROGRAMS),
    _case("SearchUsers", "by both", _with_face(UserId=USER), INVALID, PROGRAMS),
    _case("SearchUsersByImage", "another picture of the person", _with_picture(_smaller), user_found("SearchedFace")),
    _case("SearchUsersByImage", "no face in the picture", _with_blank(), no_user),
    _case(
        "DeleteFaces",
        "a user's face and one that is not there",
        _with_faces(UNKNOWN_FACE),
        deletions(("ASSOCIATED_TO_AN_EXISTING_USER", "FACE_NOT_FOUND"), is_gone=False),
    ),
    _case("DisassociateFaces", "the face", _with_faces(UserId=USER), moved(*_RELEASED)),
    _case("DeleteUser", "the user", _in(UserId=USER), Answered()),
    _case("DeleteUser", "once more", _in(UserId=USER), Refused(("ResourceNotFoundException",)), PROGRAMS),
]

END_CASES = [
    _case("DeleteFaces", "the face", _with_faces(), deletions((), is_gone=True)),
    _case("SearchFacesByImage", "nobody is there any more", _with_picture(_smaller), nobody),
    _case("DeleteCollection", MADE, _in(), deleted),
    _case("DescribeCollection", "a collection that was deleted", _in(), NOT_THERE),
]

CASES = [*COLLECTION_CASES, *FACE_CASES, *USER_CASES, *END_CASES]
