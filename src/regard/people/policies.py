"""What an access key may do: which operations, in which collections, for which purposes, how often.

    policy.may("SearchFaces")                    before anything is looked up
    policy.may_use("staff", "staff entrance")    once the collection is there
    policy.is_within(other)                      whether it grants nothing that `other` does not

`check_operation` is called where a request comes in, `check_collection` where a collection has been found and
`check_name` where none was. They are the only rules of access: docs/concepts/access.md.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import orjson

from regard.errors import InvalidParameter, NotAuthorized
from regard.people.records import Collection

if TYPE_CHECKING:  # acts.py needs policies to say who asks
    from regard.people.acts import Asker

MOST_PATTERNS = 100
MOST_SEARCHES = 100_000  # a minute
_LONGEST = {"operations": 64, "collections": 255, "purposes": 256}  # characters; as what they are compared with
_MEMBERS = (*_LONGEST, "searches_per_minute", "reviewer")
# As `fnmatch` reads a pattern: a star, a question mark, a class, or a character that stands for itself.
_TOKEN = re.compile(r"(?P<star>\*+)|(?P<any>\?)|(?P<class>\[!?+\]?+[^\]]*+\])|(?P<one>.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Policy:
    """Patterns as of a shell, upper and lower case told apart: `*` stands for anything."""

    operations: tuple[str, ...] = ("*",)  # of AWS and of `/v1`, by name
    collections: tuple[str, ...] = ("*",)
    purposes: tuple[str, ...] = ("*",)  # of governed collections; a sandbox, which has none, needs "*"
    searches_per_minute: int | None = None  # 1:N and 1:1 together; None without a limit
    is_reviewer: bool = False  # may approve searches of sensitive collections

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> "Policy":
        """From what JSON holds. Who does not say which collections gets none; who does not say for what, any purpose.

        Raises InvalidParameter, which names the member, its value and the limit.
        """
        unknown = [name for name in members if name not in _MEMBERS]
        if unknown:
            raise InvalidParameter(f"Policy has the member {unknown[0]!r}; its members are {', '.join(_MEMBERS)}")
        operations = _patterns("operations", members.get("operations"))
        if not operations:
            raise InvalidParameter("Policy: operations is empty; a key needs one that it may call, or '*'")
        searches = members.get("searches_per_minute")
        if searches is not None and not (type(searches) is int and 1 <= searches <= MOST_SEARCHES):
            raise InvalidParameter(
                f"Policy: searches_per_minute is {searches!r}; it must be a whole number from 1 to {MOST_SEARCHES:,}"
            )
        is_reviewer = members.get("reviewer", False)
        if not isinstance(is_reviewer, bool):
            raise InvalidParameter(f"Policy: reviewer is {is_reviewer!r}; it must be true or false")
        collections = _patterns("collections", members.get("collections", ()))
        purposes = _patterns("purposes", members.get("purposes", ("*",)))
        return cls(operations, collections, purposes, searches, is_reviewer)

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """From the text that `text` gives. Raises InvalidParameter."""
        try:
            members = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InvalidParameter("Policy is not JSON") from error
        if not isinstance(members, dict):
            raise InvalidParameter("Policy is not a JSON object")
        return cls.read(members)

    @property
    def members(self) -> dict[str, Any]:
        """What `read` takes."""
        return {
            "operations": list(self.operations),
            "collections": list(self.collections),
            "purposes": list(self.purposes),
            "searches_per_minute": self.searches_per_minute,
            "reviewer": self.is_reviewer,
        }

    @property
    def text(self) -> str:
        """As JSON."""
        return orjson.dumps(self.members).decode()

    def may(self, operation: str) -> bool:
        """Whether the operation may be called at all."""
        return _matches(operation, self.operations)

    def may_name(self, name: str) -> bool:
        """Whether a collection of that name may be asked for, whatever it is for."""
        return _matches(name, self.collections)

    def may_use(self, name: str, purpose: str | None) -> bool:
        """Whether a collection of that name and purpose may be touched. purpose: None for a sandbox."""
        return self.may_name(name) and _matches(purpose or "", self.purposes)

    def is_within(self, other: "Policy") -> bool:
        """Whether all that this allows is allowed by `other`; False too where that cannot be told from the patterns.

        Two patterns of `other` that allow something only together do not count.
        """
        return (
            _are_within(self.operations, other.operations)
            and _are_within(self.collections, other.collections)
            and _are_within(self.purposes, other.purposes)
            and (self.searches_per_minute or MOST_SEARCHES + 1) <= (other.searches_per_minute or MOST_SEARCHES + 1)
            and (other.is_reviewer or not self.is_reviewer)
        )


EVERYTHING = Policy(is_reviewer=True)


def check_operation(asker: "Asker") -> None:
    """Raises NotAuthorized where the asker's key may not call the operation on anything."""
    if not asker.policy.may(asker.operation):
        raise NotAuthorized(denial(asker, f"arn:aws:rekognition:{asker.region}:{asker.account}:*"))


def check_collection(asker: "Asker", collection: Collection) -> None:
    """To be called with what a look-up found. Raises NotAuthorized."""
    if not asker.policy.may_use(collection.name, collection.purpose):
        raise NotAuthorized(denial(asker, collection.arn))


def check_use(asker: "Asker", name: str, purpose: str | None) -> None:
    """The same for a collection that is to be made. Raises NotAuthorized."""
    if not asker.policy.may_use(name, purpose):
        raise NotAuthorized(denial(asker, _arn(asker, name)))


def check_name(asker: "Asker", name: str) -> None:
    """To be called where a look-up found nothing, so that who has no right to a name cannot tell whether it is taken.

    Raises NotAuthorized.
    """
    if not asker.policy.may_name(name):
        raise NotAuthorized(denial(asker, _arn(asker, name)))


def denial(asker: "Asker", resource: str) -> str:
    """AWS's words."""
    user = f"arn:aws:iam::{asker.account}:user/{asker.principal}"
    return f"User: {user} is not authorized to perform: rekognition:{asker.operation} on resource: {resource}"


def _arn(asker: "Asker", name: str) -> str:
    return f"arn:aws:rekognition:{asker.region}:{asker.account}:collection/{name}"


def _matches(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _patterns(member: str, value: Any) -> tuple[str, ...]:
    """Raises InvalidParameter."""
    if not isinstance(value, list | tuple):
        raise InvalidParameter(f"Policy: {member} is {value!r}; it must be a list of patterns")
    if len(value) > MOST_PATTERNS:
        raise InvalidParameter(f"Policy: {member} has {len(value):,} patterns; the limit is {MOST_PATTERNS}")
    for pattern in value:
        if not (isinstance(pattern, str) and 1 <= len(pattern) <= _LONGEST[member] and pattern.isprintable()):
            raise InvalidParameter(
                f"Policy: {member} has {pattern!r}; a pattern is text of 1 to {_LONGEST[member]} printable characters"
            )
    return tuple(value)


def _are_within(patterns: Iterable[str], others: Iterable[str]) -> bool:
    wider = [_tokens(other) for other in others]
    return all(any(_covers(other, _tokens(pattern)) for other in wider) for pattern in patterns)


def _tokens(pattern: str) -> list[tuple[str, str]]:
    """Kind and text of each part."""
    return [(match.lastgroup or "", match[0]) for match in _TOKEN.finditer(pattern)]


def _covers(wide: list[tuple[str, str]], narrow: list[tuple[str, str]]) -> bool:
    """Whether whatever matches `narrow` matches `wide`; some pairs for which it is so are not recognised.

    `wide` is matched against `narrow` as if that were text in which only its stars can stand for nothing or for much.
    """
    reached = {0}  # how many of `narrow` the parts of `wide` so far can have stood for
    for kind, text in wide:
        if kind == "star":
            reached = set(range(min(reached), len(narrow) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(narrow) and _covers_part((kind, text), narrow[at])}
        if not reached:
            return False
    return len(narrow) in reached


def _covers_part(wide: tuple[str, str], narrow: tuple[str, str]) -> bool:
    kind, text = narrow
    if kind == "star":
        return False
    return wide[0] == "any" or (fnmatchcase(text, wide[1]) if kind == "one" else wide == narrow)
