"""Each of the 75 operations, with the smallest input its model allows, made from botocore's model and not from ours."""

import base64
import json
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel
from botocore.model import Shape as BotocoreShape

from regard import errors
from regard.wire import codec
from regard.wire.model import ServiceModel

BOTOCORE = BotocoreModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")

PROJECT = "arn:aws:rekognition:eu-west-1:111122223333:project/cats"
UUID = "11111111-2222-3333-4444-555555555555"

# Strings whose pattern does not accept "aaa...", as the developer guide shows them.
EXAMPLES = {
    "DatasetArn": f"{PROJECT}/dataset/train/1600000000000",
    "FaceId": UUID,
    "HumanLoopName": "loop",
    "KinesisDataArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/cats",
    "KinesisVideoArn": "arn:aws:kinesisvideo:eu-west-1:111122223333:stream/cats/1",
    "LivenessSessionId": UUID,
    "ProjectArn": f"{PROJECT}/1600000000000",
    "ProjectVersionArn": f"{PROJECT}/version/1/1600000000000",
    "ProjectVersionId": f"{PROJECT}/version/1/1600000000000",
    "RoleArn": "arn:aws:iam::111122223333:role/cats",
    "SNSTopicArn": "arn:aws:sns:eu-west-1:111122223333:cats",
    "StreamProcessorArn": "arn:aws:rekognition:eu-west-1:111122223333:streamprocessor/cats",
}


def smallest(shape: BotocoreShape) -> Any:
    """The smallest value of a shape, as JSON."""
    least = shape.metadata.get("min", 0)
    match shape.type_name:
        case "structure":
            return {name: smallest(shape.members[name]) for name in shape.required_members}
        case "list":
            return [smallest(shape.member) for _ in range(least)]
        case "string":
            return shape.enum[0] if shape.enum else EXAMPLES.get(shape.name, "a" * least)
        case "blob":
            return base64.b64encode(b"a" * least).decode()
        case "map":
            return {}
    return bool(least) if shape.type_name == "boolean" else least


def without_each_required_member(shape: BotocoreShape, value: Any, path: str) -> list[tuple[str, list[str | int]]]:
    """For each required member inside `value`: its path as AWS writes it, and the steps that lead there."""
    found: list[tuple[str, list[str | int]]] = []
    if shape.type_name == "structure":
        for name in value:
            lowered = f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")
            found.append((lowered, [name]))
            inner = without_each_required_member(shape.members[name], value[name], lowered)
            found += [(inner_path, [name, *steps]) for inner_path, steps in inner]
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            inner = without_each_required_member(shape.member, item, f"{path}.{index + 1}.member")
            found += [(inner_path, [index, *steps]) for inner_path, steps in inner]
    return found


CASES = [
    (operation, path, steps)
    for operation in BOTOCORE.operation_names
    for shape in [BOTOCORE.operation_model(operation).input_shape]
    for path, steps in without_each_required_member(shape, smallest(shape), "")
]


def test_model_has_all_operations_of_botocore(model: ServiceModel) -> None:
    assert list(model.operations) == BOTOCORE.operation_names
    assert len(model.operations) == 75


@pytest.mark.parametrize("operation", BOTOCORE.operation_names)
def test_smallest_input_is_accepted(model: ServiceModel, operation: str) -> None:
    document = smallest(BOTOCORE.operation_model(operation).input_shape)
    decoded = codec.decode(model.operations[operation], json.dumps(document).encode())
    assert decoded.keys() == document.keys()


@pytest.mark.parametrize(("operation", "path", "steps"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_input_that_lacks_a_required_member_is_refused(
    model: ServiceModel, operation: str, path: str, steps: list[str | int]
) -> None:
    document = smallest(BOTOCORE.operation_model(operation).input_shape)
    inside = document
    for step in steps[:-1]:
        inside = inside[step]
    del inside[steps[-1]]
    with pytest.raises(errors.Validation) as raised:
        codec.decode(model.operations[operation], json.dumps(document).encode())
    assert raised.value.message == (
        f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    )
