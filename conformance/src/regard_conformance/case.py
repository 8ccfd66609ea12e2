"""What is asked of an endpoint, and what came back: the words all other modules use."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from regard_conformance.fixtures import Fixtures

Json = dict[str, Any]
Status = Literal["PASS", "FAIL", "NA"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call through one SDK came to. Exactly one of `answer` and `code` is set."""

    answer: Json | None = None  # the JSON of the response as it crossed the wire, where the SDK lets one see it
    code: str | None = None  # the error's name as the SDK reports it
    message: str = ""
    http_status: int | None = None  # None where the SDK hides it
    attempts: int = 1  # more than one: the SDK took the error for one worth retrying
    request_id: str | None = None


class Driver(Protocol):
    """One SDK. `call` never raises for what the endpoint did; it may be called for any operation of the model."""

    name: str

    def call(self, operation: str, request: Json) -> Outcome:
        """Send `request` (blobs as bytes) to the operation by its AWS name."""

    def close(self) -> None:
        """Free what the driver holds."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The call succeeds, its shape fits the service model, and `check` finds nothing wrong with it.

    `check` yields problems, or raises Unavailable when the answer shows that the endpoint does not offer this.
    """

    check: Callable[[Json, Fixtures], Iterable[str]] = lambda _answer, _fixtures: ()
    or_refused: tuple[str, ...] = ()  # codes that are as good an answer


@dataclass(frozen=True, slots=True)
class Refused:
    """The call fails with one of `codes`, at HTTP 400, and is not retried."""

    codes: tuple[str, ...]
    message: str = ""  # a regular expression that must be found in the text


@dataclass(frozen=True, slots=True)
class AnsweredOrModelled:
    """The call succeeds with the right shape, or fails with an error the model lists for the operation."""


Expectation = Answered | Refused | AnsweredOrModelled


@dataclass(frozen=True, slots=True)
class Case:
    """One question, put through every SDK in `sdks`.

    request makes the members (blobs as bytes) or raises `Unavailable` when something it needs is not there.
    saves is the name under which the answer is kept for later cases of the same SDK.
    is_done says of an answer that it is the last one: until then the same is asked again, for a while.
    """

    operation: str
    name: str
    request: Callable[[Fixtures], Json]
    expect: Expectation
    group: str
    sdks: tuple[str, ...] = ("boto3", "cli", "js")
    saves: str | None = None
    is_done: Callable[[Json], bool] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the output. `duration` is in seconds."""

    sdk: str
    operation: str
    case: str
    status: Status
    duration: float
    detail: str

    def as_json(self) -> Mapping[str, object]:
        """The members in the order they are printed."""
        return {
            "sdk": self.sdk,
            "operation": self.operation,
            "case": self.case,
            "status": self.status,
            "duration": round(self.duration, 4),
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint and what a client needs to talk to it."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    session_token: str | None
    keys_are_known: bool  # the endpoint was configured with these keys, so wrong ones must be refused
    limits: Literal["aws", "relaxed"] = "aws"
    timeout_s: float = 120.0
