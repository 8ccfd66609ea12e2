"""Text in videos, from looks to the view, with a reader that sees two lines in every picture."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.text import Line, Word
from regard.operations.video_text import TextKind
from tests.operations.made_looks import look, settled


def word(text: str, box: tuple[float, float, float, float], confidence: float) -> Word:
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return Word(text, confidence, np.array(corners, np.float32))


class StubReader:
    """GATE 7 on top and a doubtful word below, in a picture of 200 by 100; nothing in a white one."""

    def read(self, image: NDArray[np.uint8]) -> list[Line]:
        """The lines."""
        if image[0, 0, 0] == 255:
            return []
        gate = Line((word("GATE", (20, 10, 100, 30), 0.9), word("7", (120, 10, 140, 30), 0.95)))
        return [gate, Line((word("exit", (20, 50, 60, 90), 0.6),))]


KIND = TextKind(StubReader, 100)


def texts(filters: dict[str, Any], kind: TextKind = KIND) -> list[str]:
    rows = settled(kind, {"Filters": filters}, [look(0)])["ALL"]
    return [row["TextDetection"]["DetectedText"] for row in rows]


def test_words_below_80_are_left_out_though_no_filter_asks_for_it() -> None:
    assert texts({}) == ["GATE 7", "GATE", "7"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"WordFilter": {"MinConfidence": 0}}, ["GATE 7", "exit", "GATE", "7", "exit"]),
        ({"WordFilter": {"MinConfidence": 92}}, ["7", "7"]),
        ({"WordFilter": {"MinBoundingBoxWidth": 0.2}}, ["GATE", "GATE"]),
        (
            {"RegionsOfInterest": [{"BoundingBox": {"Left": 0.5, "Top": 0, "Width": 0.5, "Height": 1}}]},
            ["7", "7"],
        ),
    ],
    ids=["any confidence", "confidence", "width", "region"],
)
def test_filters_are_those_of_pictures(filters: dict[str, Any], expected: list[str]) -> None:
    assert texts(filters) == expected


def test_ids_begin_anew_at_each_look() -> None:
    rows = settled(KIND, {"Filters": {}}, [look(0), look(500, 255)], [look(1000)])["ALL"]

    numbers = [(row["Timestamp"], row["TextDetection"]["Id"], row["TextDetection"].get("ParentId")) for row in rows]
    assert numbers == [(0, 0, None), (0, 1, 0), (0, 2, 0), (1000, 0, None), (1000, 1, 0), (1000, 2, 0)]


def test_geometry_is_ratios() -> None:
    gate = settled(KIND, {"Filters": {}}, [look(0)])["ALL"][1]["TextDetection"]

    assert gate["Geometry"]["BoundingBox"] == {"Left": 0.1, "Top": 0.1, "Width": 0.4, "Height": 0.2}
    assert gate["Geometry"]["Polygon"][2] == {"X": 0.5, "Y": 0.3}
    assert gate["Confidence"] == 90.0


def test_a_look_has_its_first_words_only() -> None:
    assert texts({}, TextKind(StubReader, 1)) == ["GATE", "GATE"]
