"""One decoded request to an operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from regard.people.acts import LOCAL, Asker
from regard.people.policies import EVERYTHING, Policy


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation gets: members already validated against the service model, blobs as bytes."""

    operation: str  # AWS's name: "DetectFaces"
    input: Mapping[str, Any]
    request_id: str
    region: str  # from the signature's scope, or the default
    account: str
    headers: dict[str, str] = field(default_factory=dict)  # the operation adds what the answer's header is to say
    principal: str = LOCAL  # the access key's id
    policy: Policy = EVERYTHING  # what that key may do
    began_ms: int | None = None  # when the request arrived

    @property
    def asker(self) -> Asker:
        """Who asks and what they may, for `people`."""
        return Asker(
            account=self.account,
            region=self.region,
            request_id=self.request_id,
            principal=self.principal,
            operation=self.operation,
            policy=self.policy,
            began_ms=self.began_ms,
        )


# Answers a call with the output members, blobs as bytes; the edge encodes them. Raises ApiError.
Operation = Callable[[Call], dict[str, Any]]
