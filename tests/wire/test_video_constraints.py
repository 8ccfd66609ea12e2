"""Limits of the operations on stored videos, by hand from the service model of botocore."""

import json
from typing import Any

import pytest

from regard.wire import codec
from regard.wire.model import ServiceModel
from tests.wire.complaints import complaint, one

FILM: dict[str, Any] = {"Video": {"S3Object": {"Bucket": "films", "Name": "a.mp4"}}}
SEGMENTS: dict[str, Any] = FILM | {"SegmentTypes": ["SHOT"]}
STARTS = [
    ("StartLabelDetection", FILM),
    ("StartFaceDetection", FILM),
    ("StartTextDetection", FILM),
    ("StartContentModeration", FILM),
    ("StartSegmentDetection", SEGMENTS),
]
GETS = [f"Get{start.removeprefix('Start')}" for start, _ in STARTS]
JOB: dict[str, Any] = {"JobId": "9b" * 32}
TOKEN_PATTERN = "^[a-zA-Z0-9-_]+$"
TAG_PATTERN = r"[a-zA-Z0-9_.\-:+=\/]+"
ALL_TAG_SIGNS = "aZ0_.-:+=/"
NO_MORE_THAN, NO_LESS_THAN = "less than or equal to", "greater than or equal to"


@pytest.mark.parametrize(("start", "members"), STARTS, ids=[start for start, _ in STARTS])
@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("JobTag", "a" * 1025, f"Member must have length {NO_MORE_THAN} 1024"),
        ("JobTag", "batch 17", f"Member must satisfy regular expression pattern: {TAG_PATTERN}"),
        ("JobTag", "größe", f"Member must satisfy regular expression pattern: {TAG_PATTERN}"),
        ("ClientRequestToken", "a" * 65, f"Member must have length {NO_MORE_THAN} 64"),
        ("ClientRequestToken", "a b", f"Member must satisfy regular expression pattern: {TOKEN_PATTERN}"),
        ("ClientRequestToken", "a\n", f"Member must satisfy regular expression pattern: {TOKEN_PATTERN}"),
    ],
    ids=["long tag", "blank in a tag", "umlaut in a tag", "long token", "blank in a token", "newline behind a token"],
)
def test_tag_and_token_are_refused_alike_by_all_that_start_a_job(
    model: ServiceModel, start: str, members: dict[str, Any], name: str, value: str, rule: str
) -> None:
    path = name[0].lower() + name[1:]
    assert complaint(model, start, members | {name: value}) == one(f"Value '{value}'", path, rule)


@pytest.mark.parametrize(
    ("name", "path", "pattern"),
    [("JobTag", "jobTag", TAG_PATTERN), ("ClientRequestToken", "clientRequestToken", TOKEN_PATTERN)],
)
def test_empty_tag_or_token_breaks_two_rules(model: ServiceModel, name: str, path: str, pattern: str) -> None:
    where = f"Value '' at '{path}' failed to satisfy constraint: Member must"
    assert complaint(model, "StartLabelDetection", FILM | {name: ""}) == (
        f"2 validation errors detected: {where} have length {NO_LESS_THAN} 1; "
        f"{where} satisfy regular expression pattern: {pattern}"
    )


@pytest.mark.parametrize("filter_name", ["TechnicalCueFilter", "ShotFilter"])
@pytest.mark.parametrize(
    ("confidence", "text", "rule"),
    [(49, "49.0", f"{NO_LESS_THAN} 50"), (49.99, "49.99", f"{NO_LESS_THAN} 50"), (101, "101.0", f"{NO_MORE_THAN} 100")],
)
def test_confidence_of_segments_is_from_50_to_100(
    model: ServiceModel, filter_name: str, confidence: float, text: str, rule: str
) -> None:
    members = SEGMENTS | {"Filters": {filter_name: {"MinSegmentConfidence": confidence}}}
    path = f"filters.{filter_name[0].lower()}{filter_name[1:]}.minSegmentConfidence"
    assert complaint(model, "StartSegmentDetection", members) == one(
        f"Value '{text}'", path, f"Member must have value {rule}"
    )


@pytest.mark.parametrize(
    ("operation", "members", "text"),
    [
        (
            "StartSegmentDetection",
            FILM | {"SegmentTypes": ["SHOT", "SCENE"]},
            one(
                "Value '[SHOT, SCENE]'",
                "segmentTypes",
                "Member must satisfy constraint: [Member must satisfy enum value set: [TECHNICAL_CUE, SHOT]]",
            ),
        ),
        (
            "StartSegmentDetection",
            FILM | {"SegmentTypes": []},
            one("Value '[]'", "segmentTypes", f"Member must have length {NO_LESS_THAN} 1"),
        ),
        ("StartSegmentDetection", FILM, one("Value null", "segmentTypes", "Member must not be null")),
        (
            "StartFaceDetection",
            FILM | {"FaceAttributes": "SMILE"},
            one("Value 'SMILE'", "faceAttributes", "Member must satisfy enum value set: [DEFAULT, ALL]"),
        ),
        (
            "StartLabelDetection",
            FILM | {"Features": ["IMAGE_PROPERTIES"]},
            one(
                "Value '[IMAGE_PROPERTIES]'",
                "features",
                "Member must satisfy constraint: [Member must satisfy enum value set: [GENERAL_LABELS]]",
            ),
        ),
        ("StartTextDetection", {}, one("Value null", "video", "Member must not be null")),
    ],
    ids=["unknown segment", "no segments", "segments unsaid", "face attribute", "label feature", "no video"],
)
def test_what_is_to_be_looked_for_is_one_of_the_models_words(
    model: ServiceModel, operation: str, members: dict[str, Any], text: str
) -> None:
    assert complaint(model, operation, members) == text


@pytest.mark.parametrize("operation", ["GetLabelDetection", "GetContentModeration"])
@pytest.mark.parametrize(
    ("name", "path", "words"),
    [("SortBy", "sortBy", "NAME, TIMESTAMP"), ("AggregateBy", "aggregateBy", "TIMESTAMPS, SEGMENTS")],
)
@pytest.mark.parametrize("value", ["CONFIDENCE", "name", ""])
def test_order_of_a_result_is_one_of_the_models_words(
    model: ServiceModel, operation: str, name: str, path: str, words: str, value: str
) -> None:
    assert complaint(model, operation, JOB | {name: value}) == one(
        f"Value '{value}'", path, f"Member must satisfy enum value set: [{words}]"
    )


@pytest.mark.parametrize("operation", GETS)
@pytest.mark.parametrize("count", [0, -1])
def test_page_without_rows_is_refused(model: ServiceModel, operation: str, count: int) -> None:
    rule = f"Member must have value {NO_LESS_THAN} 1"
    assert complaint(model, operation, JOB | {"MaxResults": count}) == one(f"Value '{count}'", "maxResults", rule)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("StartLabelDetection", FILM | {"JobTag": ALL_TAG_SIGNS + "a" * 1014}),
        ("StartTextDetection", FILM | {"ClientRequestToken": "aZ0-_" + "a" * 59}),
        ("StartFaceDetection", FILM | {"JobTag": "a", "ClientRequestToken": "a"}),
        ("StartSegmentDetection", SEGMENTS | {"Filters": {"ShotFilter": {"MinSegmentConfidence": 50}}}),
        ("StartSegmentDetection", SEGMENTS | {"Filters": {"TechnicalCueFilter": {"MinSegmentConfidence": 100}}}),
        ("GetLabelDetection", JOB | {"MaxResults": 1, "SortBy": "TIMESTAMP", "AggregateBy": "SEGMENTS"}),
        ("GetSegmentDetection", JOB | {"MaxResults": 1_000_000}),
        ("GetFaceDetection", JOB | {"NextToken": "a" * 255}),
    ],
    ids=["tag", "token", "short ones", "confidence 50", "confidence 100", "one row", "a million rows", "page"],
)
def test_value_on_its_limit_is_accepted(model: ServiceModel, operation: str, members: dict[str, Any]) -> None:
    assert codec.decode(model.operations[operation], json.dumps(members).encode()) == members
