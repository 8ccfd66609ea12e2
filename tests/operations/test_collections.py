"""CreateCollection, DescribeCollection, ListCollections, DeleteCollection through boto3."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.drawn_people import Drawn, Room, headers
from tests.people.rooms import DAY_MS, GOVERNED

# What `rooms.START_MS` is in other words.
START = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
# The region is that of the signature, which a server without access keys reads and does not check.
SIGNED = {"signature_version": "v4", "aws_access_key_id": "anybody", "aws_secret_access_key": "anything"}


def test_a_collection_is_made_with_amazons_name_of_it(client: Any) -> None:
    answer = client.create_collection(CollectionId="made")
    assert answer["StatusCode"] == 200
    assert answer["CollectionArn"] == "arn:aws:rekognition:us-east-1:123456789012:collection/made"
    assert answer["FaceModelVersion"] == "1.0"


def test_a_second_of_one_name_is_refused_in_the_words_clients_know(room: Room) -> None:
    name = room.sandbox()
    with pytest.raises(room.client.exceptions.ResourceAlreadyExistsException) as raised:
        room.client.create_collection(CollectionId=name)
    assert raised.value.response["Error"]["Message"] == f"The collection id: {name} already exists"


def test_names_differ_by_case_and_may_have_255_characters(client: Any) -> None:
    for name in ("a" * 255, "A" * 255, "-_.9"):
        client.create_collection(CollectionId=name)
        assert client.describe_collection(CollectionId=name)["CollectionARN"].endswith(f"/{name}")
    with pytest.raises(ClientError, match="less than or equal to 255"):
        client.create_collection(CollectionId="a" * 256)


def test_a_description_counts_faces_and_users(room: Room) -> None:
    name = room.sandbox()
    room.enrol(name, Drawn(1), Drawn(2, left=10, top=10, side=100))
    room.client.create_user(CollectionId=name, UserId="someone")
    answer = room.client.describe_collection(CollectionId=name)
    assert (answer["FaceCount"], answer["UserCount"], answer["FaceModelVersion"]) == (2, 1, "1.0")
    assert answer["CollectionARN"] == f"arn:aws:rekognition:us-east-1:123456789012:collection/{name}"
    assert answer["CreationTimestamp"] == START


def test_a_sandbox_says_what_it_is_in_headers_and_the_log(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "regard.collections"):
        made = room.client.create_collection(CollectionId="told")
    for answer in (made, room.client.describe_collection(CollectionId="told")):
        assert headers(answer)["x-regard-sandbox"] == "at most 100 faces; erased 24 hours after creation"
        assert headers(answer)["x-regard-sandbox-expires"] == "2027-01-16T08:00:00Z"
    assert caplog.messages == ["sandbox collection: at most 100 faces; erased 24 hours after creation"]


def test_a_governed_collection_does_not(room: Room) -> None:
    answer = room.client.describe_collection(CollectionId=room.governed())
    assert [name for name in headers(answer) if name.startswith("x-regard")] == []


def test_a_sandbox_is_gone_after_a_day_with_everything_in_it(own_room: Room) -> None:
    name = own_room.sandbox()
    own_room.enrol(name, Drawn(1))
    own_room.app.wall.now_ms += DAY_MS - 1
    assert own_room.client.describe_collection(CollectionId=name)["FaceCount"] == 1
    own_room.app.wall.now_ms += 1
    with pytest.raises(own_room.client.exceptions.ResourceNotFoundException):
        own_room.client.describe_collection(CollectionId=name)
    assert own_room.client.list_collections()["CollectionIds"] == []


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"regard:purpose": "entrance"}, "needs regard:controller"),
        ({"regard:controller": "Example Ltd"}, "needs regard:purpose"),
        ({"regard:verify-only": "true"}, "needs a governed collection"),
        ({"regard:unknown": "x"}, "is none of"),
        (GOVERNED | {"regard:purpose": " "}, "is empty"),
    ],
)
def test_tags_that_govern_by_half_are_refused(client: Any, tags: dict[str, str], words: str) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match=words):
        client.create_collection(CollectionId="half", Tags=tags)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_collection(CollectionId="half")


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("describe_collection", {}),
        ("delete_collection", {}),
        ("list_faces", {}),
        ("delete_faces", {"FaceIds": ["01234567-89ab-4cde-8f01-23456789abcd"]}),
        ("search_faces", {"FaceId": "01234567-89ab-4cde-8f01-23456789abcd"}),
        ("index_faces", {"Image": {"Bytes": b"no picture"}}),
        ("search_faces_by_image", {"Image": {"Bytes": b"no picture"}}),
        ("search_users_by_image", {"Image": {"Bytes": b"no picture"}}),
        ("search_users", {"UserId": "someone"}),
        ("create_user", {"UserId": "someone"}),
        ("delete_user", {"UserId": "someone"}),
        ("list_users", {}),
        ("associate_faces", {"UserId": "x", "FaceIds": ["01234567-89ab-4cde-8f01-23456789abcd"]}),
        ("disassociate_faces", {"UserId": "x", "FaceIds": ["01234567-89ab-4cde-8f01-23456789abcd"]}),
    ],
)
def test_every_operation_says_that_a_collection_is_unknown(client: Any, operation: str, members: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
        getattr(client, operation)(CollectionId="nowhere", **members)
    assert raised.value.response["Error"]["Message"] == "The collection id: nowhere does not exist"


def test_a_deleted_collection_is_gone_and_its_name_free_for_an_empty_one(room: Room) -> None:
    name = room.sandbox()
    room.enrol(name, Drawn(1))
    assert room.client.delete_collection(CollectionId=name)["StatusCode"] == 200
    with pytest.raises(room.client.exceptions.ResourceNotFoundException):
        room.client.list_faces(CollectionId=name)
    room.client.create_collection(CollectionId=name)
    assert room.client.describe_collection(CollectionId=name)["FaceCount"] == 0


def test_each_region_has_its_own(own_room: Room) -> None:
    own_room.sandbox()
    elsewhere = own_room.service.client("eu-west-1", **SIGNED)
    assert elsewhere.list_collections()["CollectionIds"] == []
    assert len(own_room.client.list_collections()["CollectionIds"]) == 1


def test_lists_are_by_id_and_come_in_pages(own_room: Room) -> None:
    for name in ("b", "a", "C", "d"):
        own_room.client.create_collection(CollectionId=name)
    pages = list(own_room.client.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 3}))
    assert [page["CollectionIds"] for page in pages] == [["C", "a", "b"], ["d"]]
    assert [page["FaceModelVersions"] for page in pages] == [["1.0"] * 3, ["1.0"]]
    assert "NextToken" not in pages[1]
    whole = own_room.client.list_collections(MaxResults=0)
    assert whole["CollectionIds"] == ["C", "a", "b", "d"]
    assert "NextToken" not in whole


def test_an_empty_list_is_a_list(own_room: Room) -> None:
    answer = own_room.client.list_collections(MaxResults=1)
    assert (answer["CollectionIds"], answer["FaceModelVersions"]) == ([], [])


def test_a_page_begins_after_its_token_though_that_collection_is_gone(own_room: Room) -> None:
    for name in ("a", "b", "c"):
        own_room.client.create_collection(CollectionId=name)
    token = own_room.client.list_collections(MaxResults=2)["NextToken"]
    own_room.client.delete_collection(CollectionId="b")
    assert own_room.client.list_collections(NextToken=token)["CollectionIds"] == ["c"]


@pytest.mark.parametrize(
    ("operation", "members", "region"),
    [
        ("list_faces", {"CollectionId": "a"}, "us-east-1"),
        ("list_users", {"CollectionId": "a"}, "us-east-1"),
        ("list_collections", {}, "eu-west-1"),
    ],
)
def test_a_token_is_good_for_its_own_listing_alone(
    own_room: Room, operation: str, members: dict[str, str], region: str
) -> None:
    own_room.client.create_collection(CollectionId="a")
    own_room.client.create_collection(CollectionId="b")
    token = own_room.client.list_collections(MaxResults=1)["NextToken"]
    client = own_room.service.client(region, **SIGNED)
    with pytest.raises(client.exceptions.InvalidPaginationTokenException):
        getattr(client, operation)(NextToken=token, **members)


@pytest.mark.parametrize("token", ["AAAA", "not a token", "a" * 255])
def test_a_token_that_nobody_was_given_is_refused(client: Any, token: str) -> None:
    with pytest.raises(client.exceptions.InvalidPaginationTokenException):
        client.list_collections(NextToken=token)
