"""The limits of the service model, and the words in which AWS says that a value is outside them.

    problems(shape, value)        what is wrong, one sentence each, in the model's order
    validation_error(problems)    the exception that says so

    2 validation errors detected: Value '0' at 'maxLabels' failed to satisfy constraint: Member must have ...; Value ...

AWS's front end is Java and prints values as Java does; texts as recorded from AWS services (contract, section 4.2).
"""

import math
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from regard import errors
from regard.wire.model import ListOf, MapOf, Scalar, Shape, Structure
from regard.wire.patterns import LONGEST_UNBOUNDED

_MOST_PROBLEMS = 10
# A value is quoted up to here, so that a message cannot be ten times the request that caused it.
_MOST_QUOTED = 4096

_NUMBERS = frozenset(("integer", "long", "float"))
_NOT_NULL = "Member must not be null"

# What a constraint says, and whether a value keeps it.
_Rule = tuple[str, Callable[[Any], bool]]


def problems(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """One sentence for each constraint that `value` breaks, in the model's order.

    value: of the right types throughout, as `codec` decodes it. path: where it stands, "" for a whole input.
    """
    for text, holds in _rules(shape):
        if not holds(value):
            yield _problem(_quoted(shape, value), path, text)
    match shape:
        case Structure():
            yield from _member_problems(shape, value, path)
        case ListOf():
            yield from _item_problems(shape, value, path)
        case MapOf():
            for part, parts, claim in (
                (shape.key, value.keys(), "Map keys must satisfy constraint"),
                (shape.item, value.values(), "Map value must satisfy constraint"),
            ):
                if rules := _joint_rules(part, parts):
                    yield _problem(_quoted(shape, value), path, f"{claim}: [{rules}]")


def validation_error(found: Iterable[str]) -> errors.Validation | None:
    """The exception for what `problems` found, None when that is nothing; tells the first ten."""
    listed = list(islice(found, _MOST_PROBLEMS))
    if not listed:
        return None
    noun = "error" if len(listed) == 1 else "errors"
    return errors.Validation(f"{len(listed)} validation {noun} detected: " + "; ".join(listed))


def member_path(path: str, name: str) -> str:
    """The path of a member, as AWS writes it: `image.s3Object.bucket`."""
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def item_path(path: str, index: int) -> str:
    """The path of a list's item; `index` counts from 0, the path from 1: `datasetChanges.1.member`."""
    return f"{path}.{index + 1}.member"


def _member_problems(shape: Structure, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None:
            yield from problems(member, item, member_path(path, name))
        elif name in shape.required:
            yield _problem("Value null", member_path(path, name), _NOT_NULL)


def _item_problems(shape: ListOf, value: list[Any], path: str) -> Iterator[str]:
    """Items that hold others have a path of their own; for scalars AWS shows the whole list and all their rules."""
    if isinstance(shape.item, Scalar):
        if rules := _joint_rules(shape.item, value):
            yield _problem(_quoted(shape, value), path, f"Member must satisfy constraint: [{rules}]")
        return
    for index, item in enumerate(value):
        if item is None:
            yield _problem("Value null", item_path(path, index), _NOT_NULL)
        else:
            yield from problems(shape.item, item, item_path(path, index))


def _joint_rules(shape: Shape, values: Collection[Any]) -> str:
    """Every rule for values that AWS speaks of together, when one of them breaks one; "" when none does."""
    if None in values:
        return _NOT_NULL
    rules = list(_rules(shape))
    if all(holds(value) for value in values for _, holds in rules):
        return ""
    return ", ".join(text for text, _ in rules)


def _problem(quoted: str, path: str, text: str) -> str:
    return f"{quoted} at '{path}' failed to satisfy constraint: {text}"


def _rules(shape: Shape) -> Iterator[_Rule]:
    if isinstance(shape, Structure):
        return
    lowest, highest = shape.min, shape.max
    noun, measure = ("value", _itself) if isinstance(shape, Scalar) and shape.kind in _NUMBERS else ("length", len)
    if highest is not None:
        yield f"Member must have {noun} less than or equal to {highest}", lambda value: measure(value) <= highest
    if lowest is not None:
        yield f"Member must have {noun} greater than or equal to {lowest}", lambda value: measure(value) >= lowest
    if isinstance(shape, Scalar):
        yield from _text_rules(shape)


def _text_rules(shape: Scalar) -> Iterator[_Rule]:
    pattern, highest = shape.pattern, shape.max
    if pattern is not None:
        text = f"Member must satisfy regular expression pattern: {shape.pattern_text}"
        if highest is None:
            yield text, lambda value: len(value) <= LONGEST_UNBOUNDED and pattern.fullmatch(value) is not None
        else:
            # What is too long has been told so; a pattern is not tried on it (see `patterns.py`).
            yield text, lambda value: len(value) > highest or pattern.fullmatch(value) is not None
    if shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]", shape.enum.__contains__


def _itself(value: Any) -> Any:
    return value


def _quoted(shape: Shape, value: Any) -> str:
    if isinstance(shape, Scalar) and shape.is_sensitive:
        return "Value"
    return f"Value '{_java_text(shape, value)[:_MOST_QUOTED]}'"


def _java_text(shape: Shape, value: Any) -> str:
    """What Java's `toString` makes of a value; Python writes strings and integers alike."""
    match shape:
        case _ if value is None:
            return "null"
        case ListOf():
            return f"[{', '.join(_java_text(shape.item, item) for item in value)}]"
        case MapOf():
            return "{" + ", ".join(f"{key}={_java_text(shape.item, item)}" for key, item in value.items()) + "}"
        case Structure():
            members = shape.members.items()
            parts = (f"{member_path('', name)}={_java_text(member, value.get(name))}" for name, member in members)
            return f"{shape.name}({', '.join(parts)})"
        case Scalar():
            return _SCALAR_TEXTS.get(shape.kind, str)(value)


def _java_blob(value: bytes) -> str:
    return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"


def _java_boolean(value: bool) -> str:
    return "true" if value else "false"


def _java_float(value: float) -> str:
    """`Float.toString`: the shortest decimal that gives the same 32-bit float, in E notation outside 0.001 to 10^7."""
    single = _single(value)
    if math.isinf(single):
        return "Infinity" if single > 0 else "-Infinity"
    # Nine digits tell any two 32-bit floats apart.
    shortest = next(text for digits in range(9) if _single(float(text := f"{single:.{digits}e}")) == single)
    if single == 0 or 1e-3 <= abs(single) < 1e7:
        return repr(float(shortest))
    mantissa, _, exponent = shortest.partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _single(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


_SCALAR_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "blob": _java_blob,
    "boolean": _java_boolean,
    "float": _java_float,
}
