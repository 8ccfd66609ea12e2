"""One decoded request to an operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from regard.people.acts import Asker


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation gets: members already validated against the service model, blobs as bytes."""

    operation: str  # AWS's name: "DetectFaces"
    input: Mapping[str, Any]
    request_id: str
    region: str  # from the signature's scope, or the default
    account: str
    headers: dict[str, str] = field(default_factory=dict)  # the operation adds what the answer's header is to say

    @property
    def asker(self) -> Asker:
        """Who asks, for the record of acts."""
        return Asker(self.account, self.region, self.request_id)


# Answers a call with the output members, blobs as bytes; the edge encodes them. Raises ApiError.
Operation = Callable[[Call], dict[str, Any]]
