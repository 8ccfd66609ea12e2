"""JSON values to the types of the service model.

    read(shape, document)   the members, or SerializationException

Texts as recorded from AWS services, with the member's path added.
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import pybase64

from regard import errors
from regard.wire.constraints import item_path, member_path
from regard.wire.model import ListOf, MapOf, Scalar, ScalarKind, Shape, Structure


def read(shape: Structure, document: Any) -> dict[str, Any]:
    """The members of a JSON document: blobs as bytes, floats as float, members that are null or unknown left out.

    Items of lists and values of maps that are null stay, for `constraints` to find. Raises Serialization.
    """
    if not isinstance(document, dict):
        raise errors.Serialization("The body has to be a JSON object")
    try:
        return _read_structure(shape, document)
    except _MismatchError as mismatch:
        raise errors.Serialization(f"{mismatch.text} at '{mismatch.path()}'") from mismatch


class _MismatchError(Exception):
    """A JSON value of another type than the shape's."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        # Names of members and indices of items, innermost first: each level adds its own as the exception passes.
        self.where: list[str | int] = []

    def path(self) -> str:
        path = ""
        for step in reversed(self.where):
            path = item_path(path, step) if isinstance(step, int) else member_path(path, step)
        return path


def _read(shape: Shape, value: Any) -> Any:
    match shape:
        case Structure():
            return _read_structure(shape, value)
        case ListOf():
            return _read_list(shape, value)
        case MapOf():
            return _read_map(shape, value)
        case Scalar():
            return _SCALAR_READERS[shape.kind](value)


def _read_structure(shape: Structure, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse_instead_of_container(value)
    decoded = {}
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None:
            decoded[name] = _read_inside(member, item, name)
    return decoded


def _read_list(shape: ListOf, value: Any) -> list[Any]:
    if not isinstance(value, list):
        _refuse_instead_of_container(value)
    return [None if item is None else _read_inside(shape.item, item, index) for index, item in enumerate(value)]


def _read_map(shape: MapOf, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse_instead_of_container(value)
    return {key: None if item is None else _read_inside(shape.item, item, key) for key, item in value.items()}


def _read_inside(shape: Shape, value: Any, step: str | int) -> Any:
    try:
        return _read(shape, value)
    except _MismatchError as mismatch:
        mismatch.where.append(step)
        raise


def _read_string(value: Any) -> str:
    if not isinstance(value, str):
        _refuse(value, "String")
    return value


def _read_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        _refuse(value, "Boolean")
    return value


def _read_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(value, "Float")
    return float(value)


def _read_integer(value: Any) -> int:
    return _whole_number(value, "Integer", "int", 31)


def _read_long(value: Any) -> int:
    return _whole_number(value, "Long", "long", 63)


def _whole_number(value: Any, java_type: str, java_range: str, bits: int) -> int:
    """JSON has one kind of number, so 5.0 is 5. What does not fit 64 bits comes from orjson as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != (number := int(value)):
        _refuse(value, java_type)
    if not -(1 << bits) <= number < 1 << bits:
        raise _MismatchError(f"Numeric value ({number}) out of range of {java_range}")
    return number


def _read_blob(value: Any) -> bytes:
    if isinstance(value, list | dict):
        _refuse(value, "ByteBuffer")
    if not isinstance(value, str):
        raise _MismatchError("only base-64-encoded strings are convertible to bytes")
    try:
        return pybase64.b64decode(value, validate=True)
    except ValueError as error:
        if len(value) % 4:
            text = f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(value)}"
        else:
            text = "Invalid Base64 character or padding"
        raise _MismatchError(text) from error


_SCALAR_READERS: Mapping[ScalarKind, Callable[[Any], Any]] = {
    "string": _read_string,
    "boolean": _read_boolean,
    "float": _read_float,
    "timestamp": _read_float,
    "integer": _read_integer,
    "long": _read_long,
    "blob": _read_blob,
}


def _refuse(value: Any, java_type: str) -> NoReturn:
    match value:
        case list():
            text = "Start of list found where not expected"
        case dict():
            text = "Start of structure or map found where not expected"
        case bool():
            text = f"{str(value).upper()}_VALUE cannot be converted to {java_type}"
        case str():
            text = f"STRING_VALUE cannot be converted to {java_type}"
        case int():
            text = f"NUMBER_VALUE cannot be converted to {java_type}"
        case _:
            text = f"DECIMAL_VALUE cannot be converted to {java_type}"
    raise _MismatchError(text)


def _refuse_instead_of_container(value: Any) -> NoReturn:
    if isinstance(value, list | dict):
        _refuse(value, "")
    raise _MismatchError("Unexpected field type")
