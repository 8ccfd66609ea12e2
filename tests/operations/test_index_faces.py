"""IndexFaces through boto3: who is enrolled, who is left out and why."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.drawn_people import Drawn, Room, image, row_of
from tests.people.rooms import ASKER, DAY_MS, YEAR_MS

ALONE = Drawn(1, left=160, top=120, side=240)  # in a picture of 640 x 480
SMALL = Drawn(2, left=10, top=10, side=100)
DEFAULTS = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def index(room: Room, collection: str, *faces: Drawn, **members: Any) -> Any:
    return room.client.index_faces(CollectionId=collection, Image=image(*faces), **members)


def reasons(answer: Any) -> list[list[str]]:
    return [left["Reasons"] for left in answer["UnindexedFaces"]]


def widths(answer: Any) -> list[float]:
    """Of the faces enrolled, in pixels of a picture 640 wide."""
    return [record["Face"]["BoundingBox"]["Width"] * 640 for record in answer["FaceRecords"]]


def test_a_record_says_what_was_enrolled(room: Room) -> None:
    answer = index(room, room.sandbox(), ALONE, ExternalImageId="ann:1")
    record = answer["FaceRecords"][0]
    face = record["Face"]
    assert uuid.UUID(face["FaceId"]).version == 5
    assert uuid.UUID(face["ImageId"]).version == 5
    assert face["ExternalImageId"] == "ann:1"
    assert face["BoundingBox"] == {"Left": 0.25, "Top": 0.25, "Width": 0.375, "Height": 0.5}
    assert face["IndexFacesModelVersion"] == answer["FaceModelVersion"] == "1.0"
    assert record["FaceDetail"]["BoundingBox"] == face["BoundingBox"]
    assert record["FaceDetail"]["Confidence"] == face["Confidence"]
    assert record["FaceDetail"].keys() == DEFAULTS
    assert answer["UnindexedFaces"] == []
    assert "UserId" not in face


def test_an_external_id_is_absent_where_none_was_given(room: Room) -> None:
    assert "ExternalImageId" not in index(room, room.sandbox(), ALONE)["FaceRecords"][0]["Face"]


@pytest.mark.parametrize("governing", [False, True], ids=["sandbox", "governed"])
def test_no_face_is_no_error(room: Room, governing: bool) -> None:
    name = room.governed("ann") if governing else room.sandbox()
    answer = index(room, name, ExternalImageId="ann")
    assert (answer["FaceRecords"], answer["UnindexedFaces"]) == ([], [])


def test_records_are_largest_first_and_share_their_image(room: Room) -> None:
    answer = index(room, room.sandbox(), SMALL, ALONE, Drawn(3, left=450, top=20, side=150))
    assert widths(answer) == [240, 150, 100]
    assert len({record["Face"]["ImageId"] for record in answer["FaceRecords"]}) == 1
    assert len({record["Face"]["FaceId"] for record in answer["FaceRecords"]}) == 3


def test_beyond_the_most_faces_the_smallest_are_left_out(room: Room) -> None:
    answer = index(room, room.sandbox(), SMALL, ALONE, Drawn(3, left=450, top=20, side=150), MaxFaces=2)
    assert widths(answer) == [240, 150]
    assert reasons(answer) == [["EXCEEDS_MAX_FACES"]]
    assert answer["UnindexedFaces"][0]["FaceDetail"]["BoundingBox"]["Width"] == 100 / 640


def test_beyond_the_most_faces_a_poor_one_goes_before_a_small_one(room: Room) -> None:
    blurred = Drawn(1, left=160, top=120, side=240, is_blurred=True)
    answer = index(room, room.sandbox(), SMALL, blurred, MaxFaces=1)
    assert widths(answer) == [100]
    assert reasons(answer) == [["LOW_SHARPNESS"]]


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (Drawn(1, is_blurred=True), "LOW_SHARPNESS"),
        (Drawn(1, side=20), "SMALL_BOUNDING_BOX"),
        (Drawn(1, is_grey=True), "LOW_FACE_QUALITY"),
    ],
    ids=["blurred", "20 pixels", "weak"],
)
def test_a_poor_face_is_left_out_unless_all_are_wanted(room: Room, face: Drawn, reason: str) -> None:
    name = room.sandbox()
    answer = index(room, name, face)
    assert answer["FaceRecords"] == []
    assert [reason in each for each in reasons(answer)] == [True]
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 0
    assert len(index(room, name, face, QualityFilter="NONE")["FaceRecords"]) == 1


def test_the_same_picture_twice_is_enrolled_once(room: Room) -> None:
    name = room.sandbox()
    first, second = (index(room, name, ALONE, SMALL, ExternalImageId="ann") for _ in range(2))
    assert first["FaceRecords"] == second["FaceRecords"]
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 2


def test_the_same_picture_under_another_id_is_another_face_of_the_same_image(room: Room) -> None:
    name = room.sandbox()
    first, second = (index(room, name, ALONE, ExternalImageId=who)["FaceRecords"][0]["Face"] for who in ("a", "b"))
    assert first["FaceId"] != second["FaceId"]
    assert first["ImageId"] == second["ImageId"]


def test_the_same_face_in_two_sandboxes_has_one_id(room: Room) -> None:
    """Contract 5.4: of one model version."""
    assert room.enrol(room.sandbox(), ALONE) == room.enrol(room.sandbox(), ALONE)


def test_attributes_asked_for_are_said_and_no_others(room: Room) -> None:
    name = room.sandbox()
    asked = index(room, name, ALONE, DetectionAttributes=["SMILE"])["FaceRecords"][0]["FaceDetail"]
    assert asked.keys() == DEFAULTS | {"Smile"}
    default = index(room, name, ALONE, DetectionAttributes=["DEFAULT"])["FaceRecords"][0]["FaceDetail"]
    assert default.keys() == DEFAULTS


@pytest.mark.parametrize("guess", ["AGE_RANGE", "EMOTIONS", "GENDER"])
def test_guesses_are_refused_by_name(room: Room, guess: str) -> None:
    name = room.sandbox()
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="does not guess"):
        index(room, name, ALONE, DetectionAttributes=["DEFAULT", guess])
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 0


def test_an_external_id_may_be_as_long_as_the_model_says(room: Room) -> None:
    name = room.sandbox()
    longest = "a-_.:" * 51
    assert index(room, name, ALONE, ExternalImageId=longest)["FaceRecords"][0]["Face"]["ExternalImageId"] == longest
    with pytest.raises(ClientError, match="less than or equal to 255") as raised:
        index(room, name, ALONE, ExternalImageId=longest + "a")
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_a_sandbox_is_full_at_a_hundred_faces(room: Room) -> None:
    name = room.sandbox()
    hundred = [Drawn(i, left=10 + i % 10 * 60, top=10 + i // 10 * 60, side=50) for i in range(100)]
    picture = image(*hundred, size=(640, 640))
    answer = room.client.index_faces(CollectionId=name, Image=picture, QualityFilter="NONE")
    assert len(answer["FaceRecords"]) == 100
    with pytest.raises(
        room.client.exceptions.ServiceQuotaExceededException, match="limit of a sandbox collection is 100"
    ):
        room.enrol(name, ALONE)
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 100
    again = room.client.index_faces(CollectionId=name, Image=picture, QualityFilter="NONE")
    assert again["FaceRecords"] == answer["FaceRecords"]


def test_no_more_than_a_hundred_faces_of_a_picture_are_looked_at(room: Room) -> None:
    more = [Drawn(i, left=10 + i % 11 * 56, top=10 + i // 11 * 60, side=50) for i in range(101)]
    answer = room.client.index_faces(
        CollectionId=room.sandbox(), Image=image(*more, size=(640, 640)), QualityFilter="NONE", MaxFaces=4096
    )
    assert (len(answer["FaceRecords"]), answer["UnindexedFaces"]) == (100, [])


def test_a_governed_collection_wants_to_know_whose_face_it_is(room: Room) -> None:
    with pytest.raises(room.client.exceptions.InvalidParameterException, match="ExternalImageId must name the subject"):
        index(room, room.governed("ann"), ALONE)


def test_without_consent_nobody_is_enrolled_and_nothing_is_looked_at(room: Room) -> None:
    name = room.governed()
    with pytest.raises(room.client.exceptions.AccessDeniedException) as raised:
        room.client.index_faces(CollectionId=name, Image={"Bytes": b"no picture"}, ExternalImageId="ann")
    assert raised.value.response["Error"]["Message"] == (
        f"Subject 'ann' has no live consent for the purpose 'staff entrance' of collection '{name}'. Record one: "
        f"regard consent grant --collection {name} --subject ann --purpose 'staff entrance' --expires DATE "
        "--evidence FILE"
    )


def test_with_consent_the_subject_is_enrolled_alone(room: Room) -> None:
    name = room.governed("ann")
    answer = index(room, name, SMALL, ALONE, Drawn(3, left=10, top=450, side=20), ExternalImageId="ann")
    assert widths(answer) == [240]
    assert answer["FaceRecords"][0]["Face"]["ExternalImageId"] == "ann"
    first, second = reasons(answer)
    assert first == ["EXCEEDS_MAX_FACES"]
    assert {"SMALL_BOUNDING_BOX", "EXCEEDS_MAX_FACES"} <= set(second)
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 1


def test_one_persons_consent_is_not_anothers(room: Room) -> None:
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="Subject 'bob' has no live consent"):
        index(room, room.governed("ann"), ALONE, ExternalImageId="bob")


def test_a_smaller_face_is_not_enrolled_in_a_poor_ones_place(room: Room) -> None:
    name = room.governed("ann")
    answer = index(room, name, Drawn(1, is_blurred=True), SMALL, ExternalImageId="ann")
    assert answer["FaceRecords"] == []
    assert reasons(answer) == [["LOW_SHARPNESS"], ["EXCEEDS_MAX_FACES"]]


@pytest.mark.parametrize("side", [240, 215], ids=["equal", "80.2 percent of the area"])
def test_two_faces_of_about_one_size_may_be_two_people(room: Room, side: int) -> None:
    name = room.governed("ann")
    with pytest.raises(room.client.exceptions.InvalidParameterException, match="two faces of about the same size"):
        index(room, name, Drawn(1, left=10, side=240), Drawn(2, left=300, side=side), ExternalImageId="ann")
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 0


def test_a_clearly_larger_face_is_the_subjects(room: Room) -> None:
    """214 x 214 is 79.5 % of 240 x 240."""
    two = Drawn(1, left=10, side=240), Drawn(2, left=300, side=214)
    assert widths(index(room, room.governed("ann"), *two, ExternalImageId="ann")) == [240]


def test_a_sandbox_takes_two_faces_of_one_size(room: Room) -> None:
    assert len(room.enrol(room.sandbox(), *row_of(2))) == 2


def test_a_withdrawn_consent_ends_enrolment_and_erases(room: Room) -> None:
    name = room.governed()
    consent = room.consent(name, "ann")
    room.enrol(name, ALONE, name="ann")
    room.app.people().consents.withdraw(ASKER, consent)
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 0
    with pytest.raises(room.client.exceptions.AccessDeniedException, match="no live consent"):
        room.enrol(name, ALONE, name="ann")


def test_an_expired_consent_ends_enrolment_and_erases(own_room: Room) -> None:
    name = own_room.governed()
    own_room.consent(name, "ann", expires_ms=own_room.app.wall.now_ms + DAY_MS)
    own_room.enrol(name, ALONE, name="ann")
    own_room.app.wall.now_ms += DAY_MS
    assert own_room.client.describe_collection(CollectionId=name)["FaceCount"] == 0
    with pytest.raises(own_room.client.exceptions.AccessDeniedException, match="no live consent"):
        own_room.enrol(name, ALONE, name="ann")
    own_room.app.wall.now_ms -= YEAR_MS
    with pytest.raises(own_room.client.exceptions.AccessDeniedException, match="no live consent"):
        own_room.enrol(name, ALONE, name="ann")


@pytest.mark.parametrize("keeps", [False, True])
def test_a_crop_is_kept_only_where_the_consent_says_so(own_room: Room, keeps: bool) -> None:
    name = own_room.governed()
    own_room.consent(name, "ann", keeps_crops=keeps)
    own_room.enrol(name, ALONE, name="ann")
    assert len(own_room.app.people().storage.blobs.names()) == keeps
