"""CompareFaces through boto3: one person or two, and how many faces are a crowd."""

from typing import Any

import pytest

from tests.operations.drawn_people import Drawn, Room, headers, image, row_of

ANN, BOB = Drawn(1), Drawn(2)
SMALL_ANN, SMALL_BOB = Drawn(1, left=10, top=10, side=100), Drawn(2, left=520, top=10, side=90)
NO_FACE = "There are no faces in the image. Should be at least 1."
COMPARED = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def compare(room: Room, source: dict[str, bytes], target: dict[str, bytes], **members: Any) -> Any:
    return room.client.compare_faces(SourceImage=source, TargetImage=target, **members)


def test_the_same_person_matches_and_others_do_not(room: Room) -> None:
    answer = compare(room, image(SMALL_BOB, ANN), image(SMALL_ANN, BOB))
    source = answer["SourceImageFace"]
    assert source["BoundingBox"] == {"Left": 200 / 640, "Top": 100 / 480, "Width": 240 / 640, "Height": 240 / 480}
    assert source["Confidence"] > 99
    (match,) = answer["FaceMatches"]
    assert 99 < match["Similarity"] < 100
    assert match["Face"].keys() == COMPARED
    assert match["Face"]["BoundingBox"]["Width"] == 100 / 640
    (other,) = answer["UnmatchedFaces"]
    assert other["BoundingBox"]["Width"] == 240 / 640
    assert other.keys() == COMPARED


def test_with_threshold_0_everybody_matches_most_similar_first(room: Room) -> None:
    answer = compare(room, image(ANN), image(SMALL_ANN, BOB), SimilarityThreshold=0.0)
    assert [match["Face"]["BoundingBox"]["Width"] * 640 for match in answer["FaceMatches"]] == [100, 240]
    assert answer["UnmatchedFaces"] == []
    assert headers(answer)["x-regard-effective-threshold"] == "0"
    assert headers(answer)["x-regard-false-match-rate"] == "1"


def test_no_two_pictures_match_at_100(room: Room) -> None:
    answer = compare(room, image(ANN), image(ANN), SimilarityThreshold=100.0)
    assert (answer["FaceMatches"], len(answer["UnmatchedFaces"])) == ([], 1)


def test_the_default_is_one_impostor_in_ten_thousand(room: Room) -> None:
    answer = compare(room, image(ANN), image(BOB))
    assert headers(answer)["x-regard-effective-threshold"] == "90"
    assert headers(answer)["x-regard-false-match-rate"] == "0.0001"


def test_what_is_like_at_80_and_not_at_90_is_no_match_by_default(room: Room) -> None:
    """The default of Amazon would match it."""
    alike = image(Drawn(1, likeness=0.33))
    similarity = compare(room, image(ANN), alike, SimilarityThreshold=80.0)["FaceMatches"][0]["Similarity"]
    assert 80 < similarity < 90
    assert compare(room, image(ANN), alike)["FaceMatches"] == []


@pytest.mark.parametrize(
    ("source", "target", "member"),
    [(image(), image(ANN), "SourceImage"), (image(ANN), image(), "TargetImage"), (image(), image(), "SourceImage")],
    ids=["source", "target", "both"],
)
def test_a_picture_without_a_face_is_said_to_be_one(
    room: Room, source: dict[str, bytes], target: dict[str, bytes], member: str
) -> None:
    with pytest.raises(room.client.exceptions.InvalidParameterException) as raised:
        compare(room, source, target)
    assert raised.value.response["Error"]["Message"] == f"{NO_FACE} It is missing in {member}."


def test_a_face_that_the_filter_leaves_out_is_not_compared(room: Room) -> None:
    blurred = Drawn(1, left=400, is_blurred=True)
    answer = compare(room, image(ANN), image(blurred, SMALL_ANN), QualityFilter="AUTO", SimilarityThreshold=0.0)
    assert [match["Face"]["BoundingBox"]["Width"] * 640 for match in answer["FaceMatches"]] == [100]
    assert answer["UnmatchedFaces"] == []
    with pytest.raises(room.client.exceptions.InvalidParameterException, match="missing in SourceImage"):
        compare(room, image(blurred), image(ANN), QualityFilter="AUTO")


def test_fifteen_faces_are_compared(room: Room) -> None:
    fifteen = compare(room, image(ANN), image(*row_of(15)))
    assert len(fifteen["FaceMatches"] + fifteen["UnmatchedFaces"]) == 15


@pytest.mark.parametrize("count", [16, 24])
def test_more_than_fifteen_faces_are_a_crowd(room: Room, count: int) -> None:
    message = f"The target picture shows {count} faces; the limit of a comparison is 15"
    with pytest.raises(room.client.exceptions.AccessDeniedException, match=message):
        compare(room, image(ANN), image(*row_of(count)))


def test_unmatched_faces_are_largest_first(room: Room) -> None:
    answer = compare(room, image(Drawn(3)), image(SMALL_ANN, BOB, SMALL_BOB))
    assert [face["BoundingBox"]["Width"] * 640 for face in answer["UnmatchedFaces"]] == [240, 100, 90]


def test_of_a_comparison_nothing_is_kept_but_that_it_was_made(own_room: Room) -> None:
    compare(own_room, image(ANN), image(BOB))
    storage = own_room.app.people().storage
    assert storage.blobs.names() == set()
    assert own_room.client.list_collections()["CollectionIds"] == []
