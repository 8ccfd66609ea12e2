"""Unsafe content of videos, from looks to views, with networks that see what a picture's number says."""

import numpy as np
from numpy.typing import NDArray

from regard.analysis.moderation import ModerationLabel
from regard.operations.video_moderation import ModerationKind
from tests.operations.made_looks import look, settled

ALCOHOL = [
    ModerationLabel("Alcoholic Beverages", "Alcohol", 2, 70.0),
    ModerationLabel("Alcohol", "", 1, 70.0),
]
GAMBLING = [ModerationLabel("Gambling", "", 1, 55.0)]
SEEN = {0: [], 1: ALCOHOL, 2: GAMBLING}


class StubModerator:
    """Sees what the number of the picture's pixels says."""

    def labels(self, image: NDArray[np.uint8], min_confidence: float) -> list[ModerationLabel]:
        """The labels that are so sure."""
        return [label for label in SEEN[int(image[0, 0, 0])] if label.confidence >= min_confidence]


KIND = ModerationKind(StubModerator)
CLIP = [look(0, 1), look(1000, 2), look(2000, 1)]


def test_labels_and_those_above_them_are_rows_of_each_look() -> None:
    rows = settled(KIND, {"MinConfidence": 50.0}, CLIP)["TIMESTAMP/TIMESTAMPS"]

    assert rows[:2] == [
        {
            "Timestamp": 0,
            "ModerationLabel": {"Name": "Alcohol", "ParentName": "", "Confidence": 70.0, "TaxonomyLevel": 1},
        },
        {
            "Timestamp": 0,
            "ModerationLabel": {
                "Name": "Alcoholic Beverages",
                "ParentName": "Alcohol",
                "Confidence": 70.0,
                "TaxonomyLevel": 2,
            },
        },
    ]
    assert [row["Timestamp"] for row in rows] == [0, 0, 1000, 2000, 2000]


def test_runs_by_name() -> None:
    rows = settled(KIND, {"MinConfidence": 50.0}, CLIP)["NAME/SEGMENTS"]

    spans = [
        (row["ModerationLabel"]["Name"], row["StartTimestampMillis"], row["EndTimestampMillis"], row["DurationMillis"])
        for row in rows
    ]
    assert spans == [
        ("Alcohol", 0, 1000, 1000),
        ("Alcohol", 2000, 4000, 2000),
        ("Alcoholic Beverages", 0, 1000, 1000),
        ("Alcoholic Beverages", 2000, 4000, 2000),
        ("Gambling", 1000, 2000, 1000),
    ]


def test_each_job_has_its_own_confidence() -> None:
    views = settled(KIND, {"MinConfidence": 60.0}, CLIP, others=[{"MinConfidence": 10.0}])

    assert {row["ModerationLabel"]["Name"] for row in views["TIMESTAMP/TIMESTAMPS"]} == {
        "Alcohol",
        "Alcoholic Beverages",
    }
