"""Labels of videos, from looks to the four views. What is seen in a picture is given by the number of its pixels."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.labels import Instance, Label
from regard.operations.video_labels import LabelKind
from tests.operations.made_looks import look, settled

DOG = Label("Dog", 90.0, (Instance((20, 10, 60, 50), 90.0), Instance((0, 0, 10, 10), 30.0)), ("Animal",), (), "Pets")
ANIMAL = Label("Animal", 90.0, (), (), (), "Pets")
FAINT_DOG = Label("Dog", 60.0, (Instance((20, 10, 60, 50), 60.0),), ("Animal",), (), "Pets")
CAR = Label("Car", 45.0, (Instance((100, 50, 200, 100), 45.0),), (), ("Auto",), "Vehicles")
SEEN = {0: [], 1: [DOG, ANIMAL], 2: [FAINT_DOG], 3: [CAR, DOG]}
ALL = {"MinConfidence": 0.0, "Filters": {}}
USUAL = {"MinConfidence": 50.0, "Filters": {}}


class StubDetector:
    """Sees what the number of the picture's pixels says."""

    def detect(self, image: NDArray[np.uint8], min_confidence: float) -> list[Label]:
        """The labels."""
        return [label for label in SEEN[int(image[0, 0, 0])] if label.confidence >= min_confidence]


KIND = LabelKind(StubDetector)
CLIP = ([look(0, 1), look(500, has_image=False), look(1000, 2)], [look(2000, 0), look(3000, 3)])


def names(rows: list[dict[str, Any]]) -> list[tuple[int, str, float]]:
    return [(row["Timestamp"], row["Label"]["Name"], row["Label"]["Confidence"]) for row in rows]


def test_each_look_has_a_row_for_each_label_by_name() -> None:
    views = settled(KIND, ALL, *CLIP)

    assert names(views["TIMESTAMP/TIMESTAMPS"]) == [
        (0, "Animal", 90.0),
        (0, "Dog", 90.0),
        (1000, "Dog", 60.0),
        (3000, "Car", 45.0),
        (3000, "Dog", 90.0),
    ]


def test_a_row_has_the_members_of_a_label_with_ratios() -> None:
    rows = settled(KIND, USUAL, *CLIP)["TIMESTAMP/TIMESTAMPS"]

    assert rows[1] == {
        "Timestamp": 0,
        "Label": {
            "Name": "Dog",
            "Confidence": 90.0,
            "Instances": [
                {"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.2, "Height": 0.4}, "Confidence": 90.0},
            ],
            "Parents": [{"Name": "Animal"}],
            "Aliases": [],
            "Categories": [{"Name": "Pets"}],
        },
    }


def test_by_name_the_surest_comes_first() -> None:
    views = settled(KIND, ALL, *CLIP)

    assert names(views["NAME/TIMESTAMPS"]) == [
        (0, "Animal", 90.0),
        (3000, "Car", 45.0),
        (0, "Dog", 90.0),
        (3000, "Dog", 90.0),
        (1000, "Dog", 60.0),
    ]


def test_a_run_goes_on_over_chunks_and_ends_at_the_first_look_without_the_thing() -> None:
    rows = settled(KIND, USUAL, *CLIP)["TIMESTAMP/SEGMENTS"]

    spans = [
        (row["Label"]["Name"], row["StartTimestampMillis"], row["EndTimestampMillis"], row["DurationMillis"])
        for row in rows
    ]
    assert spans == [("Animal", 0, 1000, 1000), ("Dog", 0, 2000, 2000), ("Dog", 3000, 4000, 1000)]


def test_a_run_over_two_chunks_is_one_run() -> None:
    rows = settled(KIND, USUAL, [look(0, 1)], [look(2000, 1)])["TIMESTAMP/SEGMENTS"]

    assert [(row["Label"]["Name"], row["DurationMillis"]) for row in rows] == [("Animal", 4000), ("Dog", 4000)]


def test_a_run_is_as_sure_as_its_surest_look_and_has_no_instances() -> None:
    rows = settled(KIND, USUAL, [look(0, 2), look(1000, 1), look(2000, 2)])["NAME/SEGMENTS"]

    dog = rows[-1]
    assert (dog["Timestamp"], dog["Label"]["Confidence"], dog["Label"]["Instances"]) == (0, 90.0, [])


def test_each_job_gets_what_it_asked_for_though_another_one_asked_for_more() -> None:
    alone = settled(KIND, USUAL, *CLIP)
    shared = settled(KIND, USUAL, *CLIP, others=[ALL])

    assert shared == alone


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"LabelInclusionFilters": ["Car"]}, {"Car"}),
        ({"LabelExclusionFilters": ["Dog"]}, {"Animal", "Car"}),
        ({"LabelCategoryInclusionFilters": ["Pets"]}, {"Animal", "Dog"}),
        ({"LabelCategoryExclusionFilters": ["Pets"]}, {"Car"}),
    ],
    ids=["names", "without names", "categories", "without categories"],
)
def test_filters_are_those_of_pictures(filters: dict[str, list[str]], expected: set[str]) -> None:
    rows = settled(KIND, {"MinConfidence": 0.0, "Filters": filters}, *CLIP)["TIMESTAMP/TIMESTAMPS"]

    assert {row["Label"]["Name"] for row in rows} == expected


def test_nothing_seen_makes_empty_views() -> None:
    views = settled(KIND, USUAL, [look(0, 0)])

    assert views == {
        "TIMESTAMP/TIMESTAMPS": [],
        "NAME/TIMESTAMPS": [],
        "TIMESTAMP/SEGMENTS": [],
        "NAME/SEGMENTS": [],
    }
