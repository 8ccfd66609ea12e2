"""DetectModerationLabels."""

from collections.abc import Mapping
from typing import Any

from regard.analysis.moderation import SIDE, ModerationLabel, Moderator
from regard.errors import InvalidParameter, ResourceNotFound
from regard.operations.call import Call
from regard.operations.images import ImageRules, Pictures

MODEL_VERSION = "7.0"  # of the taxonomy: clients compare the names that belong to it
DEFAULT_MIN_CONFIDENCE = 50.0
RULES = ImageRules(max_side=10_000)


class ModerationOperations:
    """Unsafe content in still pictures."""

    def __init__(self, pictures: Pictures, moderator: Moderator) -> None:
        self._pictures = pictures
        self._moderator = moderator

    def detect_moderation_labels(self, call: Call) -> dict[str, Any]:
        """Labels with those above them.

        Raises InvalidParameter where a human review is asked for, ResourceNotFound where an adapter is, and what
        opening the picture raises.
        """
        _refuse_unserved(call)
        return self.answer(call.input["Image"], float(call.input.get("MinConfidence", DEFAULT_MIN_CONFIDENCE)))

    def answer(self, image: Mapping[str, Any], min_confidence: float) -> dict[str, Any]:
        """The members of an answer about an `Image` structure. Raises what opening the picture raises."""
        pixels = self._pictures.open(image, RULES).pixels(at_least=SIDE)
        labels = self._moderator.labels(pixels, min_confidence)
        return {
            "ModerationLabels": [moderation_members(label) for label in labels],
            "ModerationModelVersion": MODEL_VERSION,
            # No network here tells drawings from photographs (docs/concepts/moderation.md).
            "ContentTypes": [],
        }


def moderation_members(label: ModerationLabel) -> dict[str, Any]:
    """Members of `ModerationLabel`."""
    return {
        "Name": label.name,
        "ParentName": label.parent,
        "Confidence": label.confidence,
        "TaxonomyLevel": label.level,
    }


def _refuse_unserved(call: Call) -> None:
    """Refuse what would otherwise be left undone without a word."""
    if "HumanLoopConfig" in call.input:
        raise InvalidParameter("HumanLoopConfig cannot be used: this service sends no picture to human reviewers")
    refuse_adapter(call.input)


def refuse_adapter(members: Mapping[str, Any]) -> None:
    """Raises ResourceNotFound for a `ProjectVersion`: there are no adapters."""
    if "ProjectVersion" in members:
        raise ResourceNotFound(f"The adapter {members['ProjectVersion']} does not exist")
