"""Values of the service model's types to what orjson prints as AWS would.

is_plain(shape, value)   whether a value needs no conversion, quickly
written(shape, value)    the value converted, or ValueError
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import pybase64

from regard.wire.model import ListOf, MapOf, Scalar, Shape, Structure


def is_plain(shape: Shape, values: Sequence[Any]) -> bool:
    """Whether orjson prints each of the values as AWS would; False also for what `written` refuses.

    Answers are mostly lists of small structures of numbers (30 landmarks for each of 100 faces), so all values of one
    shape are looked at together, member by member, in loops that run in C.
    """
    types = set(map(type, values))
    match shape:
        case Scalar():
            return types <= {shape.plain_type}
        case Structure():
            return types <= {dict} and _are_members_plain(shape, values)
        case ListOf():
            return types <= {list} and is_plain(shape.item, list(chain.from_iterable(values)))
        case MapOf():
            return types <= {dict} and is_plain(shape.item, list(chain.from_iterable(map(dict.values, values))))


def _are_members_plain(shape: Structure, values: Sequence[dict[str, Any]]) -> bool:
    names = set().union(*values)
    return names <= shape.members.keys() and all(
        is_plain(shape.members[name], [value[name] for value in values if name in value]) for name in names
    )


def written(shape: Shape, value: Any) -> Any:
    """The value as orjson is to print it. Raises ValueError naming the shape."""
    match shape:
        case Scalar():
            return _written_scalar(shape, value)
        case Structure() if isinstance(value, Mapping):
            return _written_members(shape, value)
        case ListOf() if isinstance(value, list | tuple):
            return [written(shape.item, item) for item in value]
        case MapOf() if isinstance(value, Mapping):
            return {key: written(shape.item, item) for key, item in value.items()}
    raise ValueError(f"{value!r} is no {shape.name}")


def _written_members(shape: Structure, value: Mapping[str, Any]) -> dict[str, Any]:
    unknown = value.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no members {sorted(unknown)}")
    return {name: written(shape.members[name], item) for name, item in value.items() if item is not None}


def _written_scalar(shape: Scalar, value: Any) -> Any:
    if isinstance(value, float | int) and not math.isfinite(value):
        raise ValueError(f"{value!r} is no {shape.name}: JSON has no word for it")
    if type(value) is shape.plain_type:
        return value
    match shape.kind, value:
        case (("float" | "timestamp"), int() | float()) if not isinstance(value, bool):
            return float(value)
        case "timestamp", datetime() if value.tzinfo is not None:
            return round(value.timestamp(), 3)
        case "blob", bytes():
            return pybase64.b64encode_as_string(value)
    raise ValueError(f"{value!r} is no {shape.name}, of kind {shape.kind}")
