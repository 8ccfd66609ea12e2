"""Unsafe content of stored videos: what each look shows, and the views that answer GetContentModeration."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.moderation import SIDE, ModerationLabel
from regard.jobs.kinds import ChunkAnalyser, Facts, Result, Row, Wish
from regard.operations.moderation import moderation_members
from regard.operations.video_rows import Chunks, PictureAnalyser, each_row
from regard.operations.video_sightings import Look, SightingViews


class Classifier(Protocol):
    """`analysis.moderation.Moderator`."""

    def labels(self, image: NDArray[np.uint8], min_confidence: float) -> list[ModerationLabel]:
        """Labels of a (H, W, 3) RGB picture that are at least so sure, with those above them."""


class ModerationKind:
    """A wish is `MinConfidence`. A chunk's row is one look, also where nothing was found, since runs end there."""

    name = "moderation"
    longer_side = SIDE

    def __init__(self, moderator: Callable[[], Classifier]) -> None:
        self._moderator = moderator

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> ChunkAnalyser:
        """As `Kind.begin`."""
        least = min(wish["MinConfidence"] for wish in wishes)
        moderator = self._moderator()

        def look_at(image: NDArray[np.uint8]) -> Iterator[Row]:
            yield {"ModerationLabels": [moderation_members(label) for label in moderator.labels(image, least)]}

        return PictureAnalyser(look_at)

    def settle(self, chunks: Chunks, wish: Wish, facts: Facts, result: Result) -> Mapping[str, Any]:
        """As `Kind.settle`; the outcome says nothing more."""
        least = wish["MinConfidence"]

        def looks() -> Iterator[Look]:
            for row in each_row(chunks):
                yield row["Timestamp"], [label for label in row["ModerationLabels"] if label["Confidence"] >= least]

        SightingViews("ModerationLabel", looks, facts, {}).write(result)
        return {}
