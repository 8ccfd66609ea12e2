"""What is right about an answer on collections, their faces and users."""

from collections.abc import Callable, Iterator

from regard_conformance.case import Json
from regard_conformance.cases.checks import box_is_sound, descending, lists_present, members_present, model_version
from regard_conformance.cases.faces import DEFAULT_MEMBERS
from regard_conformance.fixtures import Fixtures

INDEXED = "one face with an id"
USER = "conformance:user"
FACE_MEMBERS = ("FaceId", "BoundingBox", "ImageId", "Confidence", "IndexFacesModelVersion")
Check = Callable[[Json, Fixtures], Iterator[str]]


def collection_name(fixtures: Fixtures) -> str:
    """Of the collection that the cases make and take away again."""
    return f"{fixtures.unique}-faces"


def indexed_face(fixtures: Fixtures) -> str:
    """The FaceId of the face in it; raises Unavailable where none was indexed."""
    return str(fixtures.saved(INDEXED)["FaceRecords"][0]["Face"]["FaceId"])


def created(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """StatusCode 200 in the body, the whole ARN, a version."""
    if answer.get("StatusCode") != 200:
        yield f"StatusCode is {answer.get('StatusCode')!r}, not 200"
    arn = str(answer.get("CollectionArn"))
    if not (arn.startswith("arn:") and arn.endswith(f":collection/{collection_name(fixtures)}")):
        yield f"CollectionArn is {arn!r}"
    yield from model_version(answer, "FaceModelVersion")


def holds(faces: int, users: int) -> Check:
    """The counts of a description, and its members by the names Terraform reads."""

    def check(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
        yield from members_present(answer, ("CollectionARN", "CreationTimestamp"), "answer")
        for name, expected in (("FaceCount", faces), ("UserCount", users)):
            if answer.get(name) != expected:
                yield f"{name} is {answer.get(name)!r}, not {expected}"
        yield from model_version(answer, "FaceModelVersion")

    return check


def listed(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """Ids and versions side by side, in order."""
    yield from lists_present(answer, ("CollectionIds", "FaceModelVersions"), "answer")
    ids = answer.get("CollectionIds", [])
    if len(ids) != len(answer.get("FaceModelVersions", [])):
        yield "CollectionIds and FaceModelVersions differ in length"
    if ids != sorted(ids):
        yield "CollectionIds are not sorted"
    if "NextToken" not in answer and collection_name(fixtures) not in ids:
        yield "the collection is not listed"


def indexed(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """One record with the id that was given, and the default attributes."""
    yield from lists_present(answer, ("FaceRecords", "UnindexedFaces"), "answer")
    yield from model_version(answer, "FaceModelVersion")
    if "OrientationCorrection" in answer:
        yield "OrientationCorrection is there; it has not been produced since 2021"
    if len(answer["FaceRecords"]) != 1:
        yield f"{len(answer['FaceRecords'])} faces were indexed of a picture with one"
        return
    record = answer["FaceRecords"][0]
    yield from _stored_is_sound(record["Face"], "Face")
    yield from members_present(record["FaceDetail"], sorted(DEFAULT_MEMBERS), "FaceDetail")
    if record["Face"].get("ExternalImageId") != USER:
        yield f"ExternalImageId is {record['Face'].get('ExternalImageId')!r}, not {USER!r}"


def indexed_again(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """The record that is there already."""
    yield from indexed(answer, fixtures)
    if answer["FaceRecords"] and answer["FaceRecords"][0]["Face"]["FaceId"] != indexed_face(fixtures):
        yield "the same picture under the same ExternalImageId has another FaceId"


def nothing_indexed(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """No face is no error."""
    yield from lists_present(answer, ("FaceRecords", "UnindexedFaces"), "answer")
    if answer.get("FaceRecords"):
        yield "a face was indexed of a picture without one"


def _stored_is_sound(face: Json, path: str) -> Iterator[str]:
    yield from members_present(face, FACE_MEMBERS, path)
    yield from box_is_sound(face.get("BoundingBox", {}), f"{path}.BoundingBox")


def faces_are(count: int, user: str | None = None) -> Check:
    """So many faces in a list, the first of this user."""

    def check(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
        yield from lists_present(answer, ("Faces",), "answer")
        yield from model_version(answer, "FaceModelVersion")
        faces = answer.get("Faces", [])
        if len(faces) != count:
            yield f"{len(faces)} faces are listed, not {count}"
            return
        for face in faces:
            yield from _stored_is_sound(face, "Faces[]")
            if face.get("UserId") != user:
                yield f"UserId is {face.get('UserId')!r}, not {user!r}"

    return check


def found_by_picture(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """The face that was indexed, best first."""
    yield from members_present(answer, ("SearchedFaceBoundingBox", "SearchedFaceConfidence"), "answer")
    yield from box_is_sound(answer.get("SearchedFaceBoundingBox", {}), "SearchedFaceBoundingBox")
    yield from model_version(answer, "FaceModelVersion")
    yield from lists_present(answer, ("FaceMatches",), "answer")
    matches = answer.get("FaceMatches", [])
    yield from descending([match["Similarity"] for match in matches], "matches are not sorted")
    if [match["Face"]["FaceId"] for match in matches] != [indexed_face(fixtures)]:
        yield f"{len(matches)} matches, not the one face that is there"
        return
    if matches[0]["Face"].get("ExternalImageId") != USER:
        yield "ExternalImageId is not the one given"
    if not matches[0]["Similarity"] > 80:
        yield f"Similarity is {matches[0]['Similarity']:g}, below the default threshold"


def alone(answer: Json, fixtures: Fixtures) -> Iterator[str]:
    """A face searched among itself alone: no match, and itself named."""
    yield from lists_present(answer, ("FaceMatches",), "answer")
    if answer.get("FaceMatches"):
        yield "a face matches itself"
    if answer.get("SearchedFaceId") != indexed_face(fixtures):
        yield f"SearchedFaceId is {answer.get('SearchedFaceId')!r}"


def users_are(*expected: tuple[str, str]) -> Check:
    """These users with these statuses; UPDATING is as good as ACTIVE."""

    def check(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
        yield from lists_present(answer, ("Users",), "answer")
        users = [(user["UserId"], user["UserStatus"].replace("UPDATING", "ACTIVE")) for user in answer.get("Users", [])]
        if users != list(expected):
            yield f"users are {users}, not {list(expected)}"

    return check


def moved(done: str, failed: str, reasons: tuple[str, ...] = ()) -> Check:
    """The face in the list `done`, and in `failed` nothing but these reasons."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from lists_present(answer, (done, failed), "answer")
        yield from members_present(answer, ("UserStatus",), "answer")
        if [face["FaceId"] for face in answer.get(done, [])] != [indexed_face(fixtures)]:
            yield f"{done} is {answer.get(done)!r}"
        if tuple(reason for each in answer.get(failed, []) for reason in each["Reasons"]) != reasons:
            yield f"{failed} is {answer.get(failed)!r}, not for {reasons}"

    return check


def user_found(searched: str | None) -> Check:
    """The user, and the member that says what was searched for."""

    def check(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
        yield from lists_present(answer, ("UserMatches",), "answer")
        yield from model_version(answer, "FaceModelVersion")
        if [match["User"]["UserId"] for match in answer.get("UserMatches", [])] != [USER]:
            yield f"UserMatches are {answer.get('UserMatches')!r}"
        if searched is not None:
            yield from members_present(answer, (searched,), "answer")

    return check


def no_user(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """A picture without a face: no match, no SearchedFace, no error."""
    yield from lists_present(answer, ("UserMatches",), "answer")
    if answer.get("UserMatches"):
        yield "a user matches a picture without a face"
    if "SearchedFace" in answer:
        yield "SearchedFace is there, and there is no face"


def deletions(reasons: tuple[str, ...], is_gone: bool) -> Check:
    """Whether the face is among those deleted, and why others are not."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        yield from lists_present(answer, ("DeletedFaces", "UnsuccessfulFaceDeletions"), "answer")
        if answer.get("DeletedFaces") != ([indexed_face(fixtures)] if is_gone else []):
            yield f"DeletedFaces is {answer.get('DeletedFaces')!r}"
        failed = tuple(reason for each in answer.get("UnsuccessfulFaceDeletions", []) for reason in each["Reasons"])
        if failed != reasons:
            yield f"UnsuccessfulFaceDeletions are for {failed}, not {reasons}"

    return check


def nobody(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """A face and no match: an empty list."""
    if answer.get("FaceMatches") != []:
        yield f"FaceMatches is {answer.get('FaceMatches')!r}, not an empty list"


def deleted(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """StatusCode 200 in the body."""
    if answer.get("StatusCode") != 200:
        yield f"StatusCode is {answer.get('StatusCode')!r}, not 200"
