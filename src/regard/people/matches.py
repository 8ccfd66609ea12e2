"""What questions about identity are answered with."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from regard.people.records import StoredFace, User

Match = TypeVar("Match")


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """A face that was found."""

    face: StoredFace
    similarity: float


@dataclass(frozen=True, slots=True)
class UserMatch:
    """A user that was found."""

    user: User
    similarity: float


@dataclass(frozen=True, slots=True)
class Found(Generic[Match]):
    """What a search found, most similar first, and under which rule."""

    matches: list[Match]
    effective_threshold: float  # similarity
    false_match_rate: float  # of one comparison at that threshold
    gallery: int  # vectors compared with


LEAST_VERIFIED = 80.0
"""Below this threshold no 1:1 question about an enrolled subject is asked."""
_LEAST_TOLD = 50.0
_STEP = 10.0


def told(similarity: float) -> float:
    """How much of the similarity to an enrolled subject is told: all of one that may be a match, tens of one that may
    not, nothing of a stranger's.

    A few hundred exact similarities of strangers are equations enough to work out the enrolled vector
    (`python -m bench.alarms`, docs/concepts/pace-and-review.md).
    """
    if similarity >= LEAST_VERIFIED:
        return similarity
    return similarity // _STEP * _STEP if similarity >= _LEAST_TOLD else 0.0


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a face is that of one subject."""

    is_match: bool
    similarity: float  # as `told`
    false_match_rate: float  # of the similarity
    faces: int  # of the subject, compared with
