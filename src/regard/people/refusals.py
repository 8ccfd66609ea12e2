"""What Regard refuses to do, whoever asks, and why. No setting reaches this table.

The line and its reasons: `docs/concepts/the-line.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regard.errors import AccessDenied

DOCUMENTATION = "/refusals"  # served by Regard itself, so that the link works without a network


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused wish."""

    what: str
    why: str

    def error(self) -> AccessDenied:
        """What the caller is told."""
        return AccessDenied(f"Regard does not {self.what}: {self.why}. See {DOCUMENTATION} on this server.")


_VIDEO_SEARCH = Refusal(
    "search video or streams for people",
    "it says who somebody is only as a single, deliberate act on a still picture, about a person who agreed",
)
_FOLLOWING = Refusal(
    "follow people through video", "a path through a place is a record of a person's life that they did not agree to"
)
_CELEBRITIES = Refusal("recognise celebrities", "being known is not consent to being identified")
_GUESSES = "guess {}", "it cannot be seen in a face, and people are harmed by the guess"

OPERATIONS: dict[str, Refusal] = {
    "StartFaceSearch": _VIDEO_SEARCH,
    "GetFaceSearch": _VIDEO_SEARCH,
    "StartPersonTracking": _FOLLOWING,
    "GetPersonTracking": _FOLLOWING,
    "RecognizeCelebrities": _CELEBRITIES,
    "GetCelebrityInfo": _CELEBRITIES,
    "StartCelebrityRecognition": _CELEBRITIES,
    "GetCelebrityRecognition": _CELEBRITIES,
}

ATTRIBUTES: dict[str, Refusal] = {
    "AGE_RANGE": Refusal(_GUESSES[0].format("a person's age"), _GUESSES[1]),
    "EMOTIONS": Refusal(_GUESSES[0].format("what a person feels"), _GUESSES[1]),
    "GENDER": Refusal(_GUESSES[0].format("a person's gender"), _GUESSES[1]),
}


# The member of each operation that asks for things to be said of a face.
_ASKING = {"DetectFaces": "Attributes", "IndexFaces": "DetectionAttributes"}


def refusal_of(operation: str, members: Mapping[str, Any]) -> Refusal | None:
    """Why a call to `operation` with these decoded members is refused; None where it is not.

    Asking for ALL about a face is not refused: it is answered with all that may be said. Asking for a guess by name is.
    """
    if operation in OPERATIONS:
        return OPERATIONS[operation]
    if operation in _ASKING:
        return next((ATTRIBUTES[name] for name in members.get(_ASKING[operation], ()) if name in ATTRIBUTES), None)
    if operation == "CreateStreamProcessor" and "FaceSearch" in members.get("Settings", {}):
        return _VIDEO_SEARCH
    return None
