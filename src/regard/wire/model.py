"""The Rekognition service model that botocore ships, as shapes that are quick to walk.

    ServiceModel.load()              the 75 operations
    ServiceModel.of_target(header)   the operation a request names
    OperationShape                   what goes in and comes out: Structure, ListOf, MapOf, Scalar

The model is the one source of names, types and limits: nothing of it is repeated in this package.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.loaders import Loader

from regard import errors
from regard.wire.patterns import java_pattern

ScalarKind = Literal["string", "blob", "integer", "long", "float", "boolean", "timestamp"]


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A type whose values hold no others."""

    name: str
    kind: ScalarKind
    min: float | None  # of the value for numbers, of the length for strings and blobs
    max: float | None
    pattern: re.Pattern[str] | None
    pattern_text: str  # as the model has it, for messages
    enum: tuple[str, ...]
    is_sensitive: bool
    plain_type: type | None  # what JSON prints as AWS does without a conversion; blobs have none


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Named members, in the model's order."""

    name: str
    members: Mapping[str, "Shape"]
    required: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """Items of one shape."""

    name: str
    item: "Shape"
    min: int | None  # of the length
    max: int | None


@dataclass(frozen=True, slots=True, eq=False)
class MapOf:
    """Strings to values of one shape."""

    name: str
    key: Scalar
    item: "Shape"
    min: int | None  # of the length
    max: int | None


# Shapes are compared by identity. No shape of the model contains itself.
Shape = Scalar | Structure | ListOf | MapOf


@dataclass(frozen=True, slots=True)
class OperationShape:
    """An operation by AWS's name ("DetectFaces") with the structures it takes and gives."""

    name: str
    input: Structure
    output: Structure


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """Every operation of the service, built or not."""

    target_prefix: str
    operations: Mapping[str, OperationShape]

    @classmethod
    def load(cls, *, has_image_limit: bool = True) -> "ServiceModel":
        """The model of the installed botocore, not of `~/.aws/models`: a server answers the same for every user.

        has_image_limit: False lifts the model's limit on the bytes of a picture in the request, and no other.
        """
        loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
        raw = loader.load_service_model("rekognition", "service-2")
        if not has_image_limit:
            del raw["shapes"]["ImageBlob"]["max"]
        shapes = _Shapes(raw["shapes"])
        operations = {
            name: OperationShape(
                name, shapes.structure(entry["input"]["shape"]), shapes.structure(entry["output"]["shape"])
            )
            for name, entry in raw["operations"].items()
        }
        return cls(raw["metadata"]["targetPrefix"], operations)

    def of_target(self, target: str | None) -> OperationShape:
        """The operation of an `X-Amz-Target` header, None for a request without one. Raises UnknownOperation."""
        prefix, _, name = (target or "").partition(".")
        operation = self.operations.get(name)
        if operation is None or prefix != self.target_prefix:
            given = f"X-Amz-Target {target!r} names no operation" if target else "The request has no X-Amz-Target"
            raise errors.UnknownOperation(f"{given}; it has to be {self.target_prefix}.<Operation>")
        return operation


class _Shapes:
    """Shapes by name, each built once."""

    def __init__(self, raw: Mapping[str, Mapping[str, Any]]) -> None:
        self._raw = raw
        self._built: dict[str, Shape] = {}

    def get(self, name: str) -> Shape:
        if name not in self._built:
            self._built[name] = self._build(name, self._raw[name])
        return self._built[name]

    def structure(self, name: str) -> Structure:
        shape = self.get(name)
        if not isinstance(shape, Structure):
            raise ValueError(f"{name} of the service model is not a structure")
        return shape

    def _build(self, name: str, raw: Mapping[str, Any]) -> Shape:
        match raw["type"]:
            case "structure":
                members = {member: self.get(entry["shape"]) for member, entry in raw["members"].items()}
                return Structure(name, members, frozenset(raw.get("required", ())))
            case "list":
                return ListOf(name, self.get(raw["member"]["shape"]), raw.get("min"), raw.get("max"))
            case "map":
                key = raw["key"]["shape"]
                return MapOf(
                    name, _scalar(key, self._raw[key]), self.get(raw["value"]["shape"]), raw.get("min"), raw.get("max")
                )
            case _:
                return _scalar(name, raw)


def _scalar(name: str, raw: Mapping[str, Any]) -> Scalar:
    pattern = raw.get("pattern", "")
    return Scalar(
        name=name,
        kind=raw["type"],
        min=raw.get("min"),
        max=raw.get("max"),
        pattern=java_pattern(pattern) if pattern else None,
        pattern_text=pattern,
        enum=tuple(raw.get("enum", ())),
        is_sensitive=raw.get("sensitive", False),
        plain_type=_PLAIN_TYPES[raw["type"]],
    )


_PLAIN_TYPES: Mapping[str, type | None] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": float,
    "boolean": bool,
    "timestamp": float,
    "blob": None,
}
