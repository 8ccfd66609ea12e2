"""The service model of the installed botocore: operations, errors, and whether an answer has the right shape."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.loaders
import botocore.model

PRIMITIVES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "blob": (str,),  # base64 on the wire
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


@functools.cache
def service() -> botocore.model.ServiceModel:
    """The Rekognition service as botocore ships it."""
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("rekognition", "service-2"))


def operations() -> tuple[str, ...]:
    """Every operation of the service, by AWS's name."""
    return tuple(service().operation_names)


def error_codes(operation: str) -> frozenset[str]:
    """The errors the model lists for an operation."""
    return frozenset(shape.name for shape in service().operation_model(operation).error_shapes)


def output_problems(operation: str, answer: Any) -> list[str]:
    """What the model forbids in an answer; empty when it fits."""
    shape = service().operation_model(operation).output_shape
    return [] if shape is None else list(_problems(shape, answer, operation))


def _problems(shape: botocore.model.Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        yield f"{path} is null; leave it out"
    elif shape.type_name == "structure":
        yield from _structure_problems(shape, value, path)
    elif shape.type_name == "list":
        yield from _list_problems(shape, value, path)
    elif shape.type_name == "map":
        yield from _map_problems(shape, value, path)
    else:
        yield from _primitive_problems(shape, value, path)


def _structure_problems(shape: botocore.model.Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is {_kind(value)}, not an object"
        return
    for name in shape.required_members:
        if name not in value:
            yield f"{path}.{name} is missing"
    for name, member in value.items():
        if name in shape.members:
            yield from _problems(shape.members[name], member, f"{path}.{name}")
        else:
            yield f"{path}.{name} is not in the model"


def _list_problems(shape: botocore.model.Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is {_kind(value)}, not a list"
        return
    # The least number of items is that of requests with the same shape: DeleteFaces may delete none of its FaceIds.
    if value:
        yield from _size_problems(shape, len(value), path, " items")
    for index, member in enumerate(value):
        yield from _problems(shape.member, member, f"{path}[{index}]")


def _map_problems(shape: botocore.model.Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is {_kind(value)}, not an object"
        return
    yield from _size_problems(shape, len(value), path, " entries")
    for name, member in value.items():
        yield from _problems(shape.key, name, f"{path} key {name!r}")
        yield from _problems(shape.value, member, f"{path}.{name}")


def _primitive_problems(shape: botocore.model.Shape, value: Any, path: str) -> Iterator[str]:
    wanted = PRIMITIVES[shape.type_name]
    # bool is an int to Python and never to JSON.
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        yield f"{path} is {_kind(value)}, not {shape.type_name}"
    elif isinstance(value, str):
        yield from _string_problems(shape, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool) and shape.type_name != "timestamp":
        yield from _size_problems(shape, value, path, "")


def _string_problems(shape: botocore.model.Shape, value: str, path: str) -> Iterator[str]:
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f"{path} is {value!r}, not one of {', '.join(allowed)}"
    pattern = shape.metadata.get("pattern")
    # Java's classes for Unicode properties are not Python's; only tags use them.
    if pattern and r"\p{" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path} is {value!r}, which does not match {pattern}"
    if shape.type_name != "blob":
        yield from _size_problems(shape, len(value), path, " characters")


def _size_problems(shape: botocore.model.Shape, size: float, path: str, unit: str) -> Iterator[str]:
    if size < shape.metadata.get("min", size):
        yield f"{path} is {size:g}{unit}, below {shape.metadata['min']}"
    if size > shape.metadata.get("max", size):
        yield f"{path} is {size:g}{unit}, above {shape.metadata['max']}"


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a number",
    }
    return names.get(type(value), type(value).__name__)
