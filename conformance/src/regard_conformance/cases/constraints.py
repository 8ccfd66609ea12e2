"""Values the service model forbids, one at a time, for every operation: a front end refuses them before anything runs.

The cases are derived from the model: a member too long, too small, of no known value, missing.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any

import botocore.model

from regard_conformance.case import Case, Json, Refused
from regard_conformance.cases.minimal import REQUESTS
from regard_conformance.cases.refusals import OPERATIONS as REFUSED_OPERATIONS
from regard_conformance.model import service

# boto3 is told not to check anything itself, and the JavaScript SDK never does.
SDKS = ("boto3", "js")
# Larger limits are those of blobs and documents, which `intake.py` looks at.
LONGEST = 5000
NOT_MATCHING = (" ", "☃", "no such thing ☃", "no such thing ☃, and it goes on for more than twenty characters")

# Names of the members down to the one that is wrong; and what is put there, or None to leave it out.
Wrong = tuple[tuple[str, ...], str, Any]


def wrong_members(shape: botocore.model.StructureShape, request: Json, path: tuple[str, ...] = ()) -> Iterator[Wrong]:
    """Every way in which one member can break the model's constraints, in `request` and its structures."""
    for name, member in shape.members.items():
        here = (*path, name)
        if name in shape.required_members:
            yield here, "is missing", None
        if member.type_name == "structure":
            if name in request:
                yield from wrong_members(member, request[name], here)
        else:
            yield from ((here, what, value) for what, value in _wrong_values(member))


def _wrong_values(shape: botocore.model.Shape) -> Iterator[tuple[str, Any]]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "string":
        yield from _wrong_strings(shape, least, most)
    elif shape.type_name in {"integer", "long", "float", "double"}:
        if least is not None:
            yield f"is below {least}", least - 1
        if most is not None:
            yield f"is above {most}", most + 1
    elif shape.type_name == "list":
        if least:
            yield "is empty", []
        if getattr(shape.member, "enum", None):
            yield "has an unknown value", ["NO_SUCH_VALUE"]


def _wrong_strings(shape: botocore.model.Shape, least: int | None, most: int | None) -> Iterator[tuple[str, str]]:
    if getattr(shape, "enum", None):
        yield "is no known value", "NO_SUCH_VALUE"
        return
    if most is not None and most <= LONGEST:
        yield "is too long", "a" * (most + 1)
    if least:
        yield "is empty", ""
    pattern = shape.metadata.get("pattern")
    if pattern and r"\p{" not in pattern:
        fitting = [text for text in NOT_MATCHING if len(text) >= (least or 0)]
        yield from (("does not match", text) for text in fitting[-1:] if not re.fullmatch(pattern, text))


def _with(request: Json, path: tuple[str, ...], value: Any) -> Json:
    changed = copy.deepcopy(request)
    owner = changed
    for name in path[:-1]:
        owner = owner[name]
    if value is None:
        owner.pop(path[-1], None)
    else:
        owner[path[-1]] = value
    return changed


def _path_on_the_wire(path: tuple[str, ...]) -> str:
    """`Image.S3Object.Bucket` is `image.s3Object.bucket` in the texts of the front end."""
    return ".".join(name[0].lower() + name[1:] for name in path)


def _case(operation: str, path: tuple[str, ...], what: str, value: Any) -> Case:
    # A refused operation may be refused before or after its members are looked at.
    refused = ("AccessDeniedException",) if operation in REFUSED_OPERATIONS else ()
    text = rf"\d validation errors? detected: .*at '{re.escape(_path_on_the_wire(path))}"
    message = "" if refused else text
    expect = Refused(("ValidationException", *refused), message)
    request = _with(REQUESTS[operation], path, value)
    return Case(operation, f"{'.'.join(path)} {what}", lambda _fixtures: request, expect, "constraints", SDKS)


CASES = [
    _case(operation, path, what, value)
    for operation, request in REQUESTS.items()
    for path, what, value in wrong_members(service().operation_model(operation).input_shape, request)
]
