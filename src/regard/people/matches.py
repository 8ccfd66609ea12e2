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


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a face is that of one subject."""

    is_match: bool
    similarity: float
    false_match_rate: float  # of the similarity
    faces: int  # of the subject, compared with
