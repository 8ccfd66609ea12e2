"""Tags, of which there are none yet, since there is nothing that could carry one."""

from typing import Any

import pytest

from regard.errors import InvalidParameter, ResourceNotFound
from regard.operations.call import Call
from regard.operations.tags import TagOperations

COLLECTION = "arn:aws:rekognition:us-east-1:123456789012:collection/people"
CASES: list[tuple[str, dict[str, Any]]] = [
    ("tag_resource", {"Tags": {"team": "a"}}),
    ("untag_resource", {"TagKeys": ["team"]}),
    ("list_tags_for_resource", {}),
]


def run(operation: str, arn: str, members: dict[str, Any]) -> Any:
    call = Call("Tags", {"ResourceArn": arn, **members}, "request", "us-east-1", "123456789012")
    return getattr(TagOperations(), operation)(call)


@pytest.mark.parametrize(("operation", "members"), CASES)
@pytest.mark.parametrize(
    "arn",
    [
        COLLECTION,
        "arn:aws:rekognition:eu-west-1:123456789012:streamprocessor/door",
        "arn:aws:rekognition:us-east-1:123456789012:project/cats/1700000000000",
        "arn:aws:rekognition:us-east-1:123456789012:project/cats/version/v1/1700000000000",
        "arn:aws-cn:rekognition:cn-north-1:123456789012:collection/x",
    ],
)
def test_a_well_formed_name_is_of_something_that_does_not_exist(
    operation: str, members: dict[str, Any], arn: str
) -> None:
    with pytest.raises(ResourceNotFound, match=f"The resource {arn} does not exist"):
        run(operation, arn, members)


@pytest.mark.parametrize(("operation", "members"), CASES)
@pytest.mark.parametrize(
    "arn",
    [
        "people",
        "arn:aws:s3:::bucket",
        "arn:aws:rekognition:us-east-1:12345:collection/people",
        "arn:aws:rekognition:us-east-1:123456789012:face/x",
        "arn:aws:rekognition:us-east-1:123456789012:collection/",
        f" {COLLECTION}",
        f"{COLLECTION}\n",
    ],
)
def test_what_is_no_name_of_a_taggable_thing_is_told_so(operation: str, members: dict[str, Any], arn: str) -> None:
    with pytest.raises(InvalidParameter, match="is not the ARN of a resource with tags"):
        run(operation, arn, members)


def test_amazons_own_prefix_is_not_for_callers() -> None:
    with pytest.raises(InvalidParameter, match="Tag key 'aws:team' starts with 'aws:'"):
        run("tag_resource", COLLECTION, {"Tags": {"aws:team": "a"}})
