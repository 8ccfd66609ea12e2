"""One decoded request to an operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation gets: members already validated against the service model, blobs as bytes."""

    operation: str  # AWS's name: "DetectFaces"
    input: Mapping[str, Any]
    request_id: str
    region: str  # from the signature's scope, or the default
    account: str


# Answers a call with the output members, blobs as bytes; the edge encodes them. Raises ApiError.
Operation = Callable[[Call], dict[str, Any]]
