"""What botocore writes we read, and what we write botocore reads, for any values the model allows."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel
from botocore.model import Shape as BotocoreShape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.wire import codec
from regard.wire.model import ServiceModel

BOTOCORE = BotocoreModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")

few_examples = settings(
    max_examples=6,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def values(shape: BotocoreShape) -> st.SearchStrategy[Any]:
    """Values as a user of botocore writes them, within the limits of the model."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    match shape.type_name:
        case "structure":
            members = {name: values(member) for name, member in shape.members.items()}
            required = {name: members.pop(name) for name in shape.required_members}
            return st.fixed_dictionaries(required, optional=members)
        case "list":
            return st.lists(values(shape.member), min_size=least or 0, max_size=min((least or 0) + 2, most or 2))
        case "map":
            return st.dictionaries(values(shape.key), values(shape.value), max_size=3)
    return scalars(shape, least, most)


def scalars(shape: BotocoreShape, least: float | None, most: float | None) -> st.SearchStrategy[Any]:
    match shape.type_name:
        case "boolean":
            return st.booleans()
        case "blob":
            return st.binary(min_size=int(least or 0), max_size=int(least or 0) + 9)
        case "float":
            return st.floats(least, most, allow_nan=False, allow_infinity=False, width=32)
        case "timestamp":
            return st.integers(0, 4_000_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
        case "string":
            return texts(shape)
    bits = 63 if shape.type_name == "long" else 31
    lowest, highest = -(1 << bits), (1 << bits) - 1
    return st.integers(lowest if least is None else int(least), highest if most is None else int(most))


def texts(shape: BotocoreShape) -> st.SearchStrategy[str]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 2048)
    pattern = shape.metadata.get("pattern", "")
    if shape.enum:
        return st.sampled_from(shape.enum)
    if r"\p" in pattern:
        return st.text("Größe 中1_:-", min_size=least, max_size=20)
    if pattern:
        matching = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        return matching.filter(lambda text: least <= len(text) <= most and not re.search("[\r\x85\u2028\u2029]", text))
    return st.text(min_size=least, max_size=least + 20)


INPUTS = {name: values(BOTOCORE.operation_model(name).input_shape) for name in BOTOCORE.operation_names}
OUTPUTS = {name: values(BOTOCORE.operation_model(name).output_shape) for name in BOTOCORE.operation_names}


@pytest.mark.parametrize("operation", BOTOCORE.operation_names)
@given(data=st.data())
@few_examples
def test_input_that_botocore_writes_is_read(model: ServiceModel, operation: str, data: st.DataObject) -> None:
    members = data.draw(INPUTS[operation])
    serializer = create_serializer("json", include_validation=True)
    request = serializer.serialize_to_request(members, BOTOCORE.operation_model(operation))
    assert codec.decode(model.operations[operation], request["body"]) == members


@pytest.mark.parametrize("operation", BOTOCORE.operation_names)
@given(data=st.data())
@few_examples
def test_output_that_is_written_botocore_reads(model: ServiceModel, operation: str, data: st.DataObject) -> None:
    members = data.draw(OUTPUTS[operation])
    codec.check_output(model.operations[operation], members)
    body = codec.encode(model.operations[operation], members)
    response = {"body": body, "headers": {}, "status_code": 200}
    parsed = create_parser("json").parse(response, BOTOCORE.operation_model(operation).output_shape)
    assert {name: value for name, value in parsed.items() if name != "ResponseMetadata"} == members
