"""TagResource, UntagResource, ListTagsForResource through boto3."""

from typing import Any

import pytest

from tests.operations.drawn_people import Room
from tests.people.rooms import GOVERNED

COLLECTION = "arn:aws:rekognition:us-east-1:123456789012:collection/people"
CASES: list[tuple[str, dict[str, Any]]] = [
    ("tag_resource", {"Tags": {"team": "a"}}),
    ("untag_resource", {"TagKeys": ["team"]}),
    ("list_tags_for_resource", {}),
]


def arn_of(collection: str) -> str:
    return f"arn:aws:rekognition:us-east-1:123456789012:collection/{collection}"


def tags(room: Room, collection: str) -> Any:
    return room.client.list_tags_for_resource(ResourceArn=arn_of(collection))["Tags"]


def test_tags_come_and_go(room: Room) -> None:
    name = room.sandbox()
    assert tags(room, name) == {}
    room.client.tag_resource(ResourceArn=arn_of(name), Tags={"team": "door", "floor": "1"})
    room.client.tag_resource(ResourceArn=arn_of(name), Tags={"floor": "2"})
    assert tags(room, name) == {"team": "door", "floor": "2"}
    room.client.untag_resource(ResourceArn=arn_of(name), TagKeys=["team", "unknown"])
    assert tags(room, name) == {"floor": "2"}


def test_tags_given_at_creation_are_there(room: Room) -> None:
    assert tags(room, room.governed(team="door")) == GOVERNED | {"team": "door"}


def test_what_governs_is_fixed_when_a_collection_is_made(room: Room) -> None:
    name = room.governed()
    with pytest.raises(room.client.exceptions.InvalidParameterException, match="is fixed when a collection is created"):
        room.client.tag_resource(ResourceArn=arn_of(name), Tags={"regard:purpose": "anything"})
    with pytest.raises(room.client.exceptions.InvalidParameterException, match="is fixed when a collection is created"):
        room.client.untag_resource(ResourceArn=arn_of(name), TagKeys=["regard:controller"])
    assert tags(room, name) == GOVERNED


def test_a_collection_has_200_tags_at_most(room: Room) -> None:
    name = room.sandbox()
    room.client.tag_resource(ResourceArn=arn_of(name), Tags={f"tag-{i}": "" for i in range(200)})
    with pytest.raises(room.client.exceptions.ServiceQuotaExceededException, match="would have 201 tags"):
        room.client.tag_resource(ResourceArn=arn_of(name), Tags={"one": "more"})
    assert len(tags(room, name)) == 200


@pytest.mark.parametrize(("operation", "members"), CASES)
@pytest.mark.parametrize(
    "arn",
    [
        COLLECTION,
        "arn:aws:rekognition:eu-west-1:123456789012:streamprocessor/door",
        "arn:aws:rekognition:us-east-1:123456789012:project/cats/1700000000000",
        "arn:aws:rekognition:us-east-1:123456789012:project/cats/version/v1/1700000000000",
        "arn:aws-cn:rekognition:cn-north-1:123456789012:collection/x",
        "arn:aws:rekognition:us-east-1:210987654321:collection/people",
    ],
)
def test_a_well_formed_name_may_be_of_something_that_does_not_exist(
    client: Any, operation: str, members: dict[str, Any], arn: str
) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException, match=f"The resource {arn} does not exist"):
        getattr(client, operation)(ResourceArn=arn, **members)


@pytest.mark.parametrize(("operation", "members"), CASES)
@pytest.mark.parametrize(
    "arn",
    [
        "people of this building",
        "arn:aws:s3:::bucket/key",
        "arn:aws:rekognition:us-east-1:12345:collection/people",
        "arn:aws:rekognition:us-east-1:123456789012:face/x",
        "arn:aws:rekognition:us-east-1:123456789012:collection/",
        f" {COLLECTION}",
        f"{COLLECTION}\n",
    ],
)
def test_what_is_no_name_of_a_taggable_thing_is_told_so(
    client: Any, operation: str, members: dict[str, Any], arn: str
) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException, match="is not the ARN of a resource with tags"):
        getattr(client, operation)(ResourceArn=arn, **members)
