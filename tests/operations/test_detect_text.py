"""DetectText, from a decoded call to the members of the answer. What is read is given; all else is real."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from numpy.typing import NDArray
from PIL import Image

from regard.analysis.text import Line, Word
from regard.errors import InvalidImageFormat, InvalidParameter
from regard.media.sources import LocalBuckets
from regard.operations.call import Call
from regard.operations.images import Pictures
from regard.operations.limits import AWS
from regard.operations.text import TextOperations

WIDTH, HEIGHT = 200, 100


def word(text: str, box: tuple[float, float, float, float], confidence: float = 0.9) -> Word:
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return Word(text, confidence, np.array(corners, np.float32))


class StubReader:
    """Two lines in a picture of 200 by 100: GATE 7 on top, and below it a doubtful word that runs upwards."""

    def read(self, image: NDArray[np.uint8]) -> list[Line]:
        assert image.shape == (HEIGHT, WIDTH, 3)
        upwards = Word("exit", 0.6, np.array([(20, 90), (20, 50), (30, 50), (30, 90)], np.float32))
        return [Line((word("GATE", (20, 10, 100, 30)), word("7", (120, 10, 140, 30), 0.95))), Line((upwards,))]


def operations(folder: Path, max_words: int | None = 100) -> TextOperations:
    return TextOperations(Pictures(LocalBuckets(folder), AWS), StubReader(), max_words)


def call(**filters: Any) -> Call:
    file = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), "white").save(file, "PNG")
    members: dict[str, Any] = {"Image": {"Bytes": file.getvalue()}}
    if filters:
        members["Filters"] = filters
    return Call("DetectText", members, "request", "us-east-1", "000000000000")


def texts(answer: Mapping[str, Any]) -> list[str]:
    return [item["DetectedText"] for item in answer["TextDetections"]]


def box(left: float, top: float, width: float, height: float) -> dict[str, Any]:
    return {"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height}}


def polygon(*points: tuple[float, float]) -> dict[str, Any]:
    return {"Polygon": [{"X": x, "Y": y} for x, y in points]}


def test_lines_come_first_and_words_name_their_line(tmp_path: Path) -> None:
    answer = operations(tmp_path).detect_text(call())

    assert [
        (item["DetectedText"], item["Type"], item["Id"], item.get("ParentId")) for item in answer["TextDetections"]
    ] == [
        ("GATE 7", "LINE", 0, None),
        ("exit", "LINE", 1, None),
        ("GATE", "WORD", 2, 0),
        ("7", "WORD", 3, 0),
        ("exit", "WORD", 4, 1),
    ]
    assert answer["TextModelVersion"] == "3.0"


def test_the_answer_fits_the_service_model(tmp_path: Path) -> None:
    model = ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")

    answer = operations(tmp_path).detect_text(call())

    report = ParamValidator().validate(answer, model.operation_model("DetectText").output_shape)
    assert not report.has_errors(), report.generate_report()


def test_geometry_is_ratios_in_the_texts_own_order(tmp_path: Path) -> None:
    upwards = operations(tmp_path).detect_text(call())["TextDetections"][1]

    assert upwards["Geometry"]["BoundingBox"] == pytest.approx({"Left": 0.1, "Top": 0.5, "Width": 0.05, "Height": 0.4})
    corners = [(point["X"], point["Y"]) for point in upwards["Geometry"]["Polygon"]]
    assert np.array(corners) == pytest.approx(np.array([(0.1, 0.9), (0.1, 0.5), (0.15, 0.5), (0.15, 0.9)]))


def test_a_lines_confidence_is_the_mean_over_its_letters(tmp_path: Path) -> None:
    line = operations(tmp_path).detect_text(call())["TextDetections"][0]

    assert line["Confidence"] == pytest.approx((4 * 90 + 95) / 5)


@pytest.mark.parametrize(
    ("word_filter", "expected"),
    [
        ({}, ["GATE 7", "GATE", "7"]),
        ({"MinConfidence": 0}, ["GATE 7", "exit", "GATE", "7", "exit"]),
        ({"MinConfidence": 92}, ["7", "7"]),
        ({"MinConfidence": 0, "MinBoundingBoxWidth": 0.1}, ["GATE 7", "GATE", "7"]),
        ({"MinConfidence": 0, "MinBoundingBoxHeight": 0.3}, ["exit", "exit"]),
        ({"MinConfidence": 99}, []),
    ],
    ids=["80 by default", "none", "confidence", "width", "height", "all gone"],
)
def test_word_filters_take_words_and_empty_lines_away(
    tmp_path: Path, word_filter: dict[str, Any], expected: list[str]
) -> None:
    assert texts(operations(tmp_path).detect_text(call(WordFilter=word_filter))) == expected


def test_a_line_that_lost_a_word_is_what_is_left_of_it(tmp_path: Path) -> None:
    (line, _) = operations(tmp_path).detect_text(call(WordFilter={"MinConfidence": 92}))["TextDetections"]

    assert line["Confidence"] == pytest.approx(95)
    assert line["Geometry"]["BoundingBox"] == pytest.approx({"Left": 0.6, "Top": 0.1, "Width": 0.1, "Height": 0.2})


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        ([], ["GATE 7", "exit", "GATE", "7", "exit"]),
        ([box(0, 0, 0.55, 0.4)], ["GATE", "GATE"]),
        ([box(0, 0, 0.29, 0.4)], []),
        ([box(0, 0, 0.3, 0.4)], []),
        ([box(0, 0, 0.31, 0.4)], ["GATE", "GATE"]),
        ([box(0, 0, 0.2, 0.4), box(0.2, 0, 0.4, 0.4)], ["GATE", "GATE"]),
        ([box(0, 0.5, 1, 0.5), box(0.55, 0, 0.4, 0.4)], ["7", "exit", "7", "exit"]),
        ([polygon((0, 0.4), (0.4, 0.4), (0.4, 1), (0, 1))], ["exit", "exit"]),
        ([polygon((0, 0.4), (0.5, 1), (0, 1))], ["exit", "exit"]),
    ],
    ids=["none", "one word", "less than half", "half", "over half", "the second", "two", "polygon", "triangle"],
)
def test_a_word_counts_when_over_half_of_it_is_in_a_region(
    tmp_path: Path, regions: list[dict[str, Any]], expected: list[str]
) -> None:
    assert texts(operations(tmp_path).detect_text(call(RegionsOfInterest=regions))) == expected


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        ({}, "exactly one of BoundingBox and Polygon"),
        ({**box(0, 0, 1, 1), **polygon((0, 0), (1, 0), (1, 1))}, "exactly one of BoundingBox and Polygon"),
        ({"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.5}}, "Height is missing"),
        ({"Polygon": [{"X": 0.1}, {"X": 0.2}, {"X": 0.3}]}, "Y is missing"),
        (polygon((0, 0), (1, 1)), "3 to 10 points; this one has 2"),
        (polygon(*[(i / 10, i % 2) for i in range(11)]), "3 to 10 points; this one has 11"),
    ],
    ids=["neither", "both", "box without height", "points without y", "two points", "eleven points"],
)
def test_a_region_that_is_none_is_refused(tmp_path: Path, region: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidParameter, match=reason):
        operations(tmp_path).detect_text(call(RegionsOfInterest=[region]))


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, 3), (3, 3), (2, 2), (1, 1)],
    ids=["no limit", "just enough", "a line less", "half a line"],
)
def test_the_first_words_are_answered(tmp_path: Path, limit: int | None, expected: int) -> None:
    answer = operations(tmp_path, limit).detect_text(call())

    words = [item["DetectedText"] for item in answer["TextDetections"] if item["Type"] == "WORD"]
    lines = [item["DetectedText"] for item in answer["TextDetections"] if item["Type"] == "LINE"]
    assert words == ["GATE", "7", "exit"][:expected]
    assert " ".join(lines) == " ".join(words)


def test_filters_are_applied_before_words_are_counted(tmp_path: Path) -> None:
    answer = operations(tmp_path, 1).detect_text(call(RegionsOfInterest=[box(0, 0.5, 1, 0.5)]))

    assert texts(answer) == ["exit", "exit"]


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidImageFormat):
        operations(tmp_path).detect_text(
            Call("DetectText", {"Image": {"Bytes": b"%PDF-1.7"}}, "request", "us-east-1", "000000000000")
        )
