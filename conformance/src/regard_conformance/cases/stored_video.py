"""Stored videos: what a start refuses, jobs that are waited for, and the pages and orders of their results."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from regard_conformance.case import Answered, Case, Expectation, Json, Refused
from regard_conformance.cases.checks import lists_present, members_present, model_version
from regard_conformance.cases.minimal import minimal
from regard_conformance.fixtures import Fixtures, Unavailable

Request = Callable[[Fixtures], Json]
Check = Callable[[Json, Fixtures], Iterator[str]]

NO_SUCH_OBJECT = Refused(("InvalidS3ObjectException",))
NO_SUCH_JOB = Refused(("ResourceNotFoundException",))
WRONG_PARAMETERS = Refused(("InvalidParameterException",))
WRONG_TOKEN = Refused(("InvalidPaginationTokenException",))
METADATA = ("Codec", "DurationMillis", "Format", "FrameRate", "FrameHeight", "FrameWidth", "ColorRange")
# A process for each question while a job goes on is not worth it.
WAITING = ("boto3", "js")


@dataclass(frozen=True, slots=True)
class Pair:
    """A start and its Get."""

    name: str  # behind Start and Get
    rows: str
    versions: tuple[str, ...] = ()
    thing: str = ""  # the member of a row that says what was seen
    required: tuple[tuple[str, object], ...] = ()
    is_ordered: bool = False

    def started(self) -> str:
        """The name under which the answer to the start is kept."""
        return f"job of {self.name}"


PAIRS = (
    Pair("LabelDetection", "Labels", ("LabelModelVersion",), "Label", is_ordered=True),
    Pair("FaceDetection", "Faces", thing="Face"),
    Pair("TextDetection", "TextDetections", ("TextModelVersion",), "TextDetection"),
    Pair("ContentModeration", "ModerationLabels", ("ModerationModelVersion",), "ModerationLabel", is_ordered=True),
    Pair("SegmentDetection", "Segments", required=(("SegmentTypes", ["TECHNICAL_CUE", "SHOT"]),)),
)
LABELS = PAIRS[0]


def has_job(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """An id of 64 hexadecimal digits."""
    job = answer.get("JobId", "")
    if len(job) != 64 or not set(job) <= set("0123456789abcdef"):
        yield f"the JobId {job!r} is not 64 hexadecimal digits"


def has_ended(answer: Json) -> bool:
    """Whether a job need not be asked about again."""
    return answer.get("JobStatus") in ("SUCCEEDED", "FAILED")


def _is_whole(pair: Pair, order: Json) -> Check:
    """What holds for the answer about a job that has succeeded."""

    def check(answer: Json, fixtures: Fixtures) -> Iterator[str]:
        if answer.get("JobStatus") != "SUCCEEDED":
            yield f"the job is {answer.get('JobStatus')}: {answer.get('StatusMessage')}"
            return
        yield from lists_present(answer, [pair.rows], "answer")
        yield from members_present(answer, ("JobId", "Video", "VideoMetadata"), "answer")
        if answer.get("JobTag") != "conformance":
            yield f"the JobTag is {answer.get('JobTag')!r}, not the start's"
        for version in pair.versions:
            yield from model_version(answer, version)
        if pair.is_ordered and answer.get("GetRequestMetadata") != {**_usual_order(), **order}:
            yield f"GetRequestMetadata is {answer.get('GetRequestMetadata')}"
        yield from _video_is_told(answer)
        yield from _rows_are_sound(pair, answer, order)

    return check


def _usual_order() -> dict[str, str]:
    return {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"}


def _video_is_told(answer: Json) -> Iterator[str]:
    metadata = answer.get("VideoMetadata", {})
    for one in metadata if isinstance(metadata, list) else [metadata]:
        yield from members_present(one, METADATA, "VideoMetadata")


def _rows_are_sound(pair: Pair, answer: Json, order: Json) -> Iterator[str]:
    rows = answer.get(pair.rows, [])
    if not pair.thing:
        wanted: tuple[str, ...] = ("Type", "StartTimestampMillis", "EndTimestampMillis", "StartTimecodeSMPTE")
    elif order.get("AggregateBy") == "SEGMENTS":
        wanted = ("Timestamp", pair.thing, "StartTimestampMillis", "EndTimestampMillis", "DurationMillis")
    else:
        wanted = ("Timestamp", pair.thing)
    for row in rows:
        yield from members_present(row, wanted, pair.rows)
    if not pair.thing:
        return
    keys = [row[pair.thing]["Name"] if order.get("SortBy") == "NAME" else row["Timestamp"] for row in rows]
    if any(second < first for first, second in itertools.pairwise(keys)):
        yield f"{pair.rows} are not in the order that was asked for"


def _has_next_page(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    if len(answer.get("Labels", [])) != 1:
        yield f"{len(answer.get('Labels', []))} rows where MaxResults is 1"
    yield from members_present(answer, ("NextToken", "VideoMetadata"), "answer")


def _start(pair: Pair) -> Request:
    def request(fixtures: Fixtures) -> Json:
        bucket, key = fixtures.s3_video
        video = {"S3Object": {"Bucket": bucket, "Name": key}}
        return {"Video": video, "JobTag": "conformance", **dict(pair.required)}

    return request


def _get(pair: Pair, **members: object) -> Request:
    return lambda fixtures: {"JobId": fixtures.saved(pair.started())["JobId"], **members}


def _following(fixtures: Fixtures) -> Json:
    token = fixtures.saved("first page of labels").get("NextToken")
    if token is None:
        raise Unavailable("the first page of labels has no NextToken: give a video with more to see")
    return {**_get(LABELS)(fixtures), "MaxResults": 1, "NextToken": token}


def _no_object(pair: Pair) -> Request:
    return lambda _fixtures: {"Video": {}, **dict(pair.required)}


def _refused(operation: str, name: str, request: Request, expect: Expectation) -> Case:
    return Case(operation, name, request, expect, "intake", WAITING)


def _waited(pair: Pair, name: str, **order: object) -> Case:
    return Case(
        f"Get{pair.name}",
        name,
        _get(pair, **order),
        Answered(_is_whole(pair, order)),
        "answers",
        WAITING,
        is_done=has_ended,
    )


CASES = [
    *(
        _refused(f"Start{pair.name}", "an object that is not there", minimal(f"Start{pair.name}"), NO_SUCH_OBJECT)
        for pair in PAIRS
    ),
    *(_refused(f"Start{pair.name}", "a video without an object", _no_object(pair), WRONG_PARAMETERS) for pair in PAIRS),
    *(_refused(f"Get{pair.name}", "an unknown job", minimal(f"Get{pair.name}"), NO_SUCH_JOB) for pair in PAIRS),
    *(
        Case(f"Start{pair.name}", "a video", _start(pair), Answered(has_job), "answers", WAITING, saves=pair.started())
        for pair in PAIRS
    ),
    *(_waited(pair, "waited for until it ends") for pair in PAIRS),
    _waited(LABELS, "by name", SortBy="NAME"),
    _waited(LABELS, "in runs", AggregateBy="SEGMENTS"),
    _waited(LABELS, "in runs by name", SortBy="NAME", AggregateBy="SEGMENTS"),
    Case(
        "GetLabelDetection",
        "one row",
        _get(LABELS, MaxResults=1),
        Answered(_has_next_page),
        "answers",
        WAITING,
        saves="first page of labels",
    ),
    Case("GetLabelDetection", "the row behind it", _following, Answered(), "answers", WAITING),
    _refused(
        "GetLabelDetection", "a token of another order", lambda f: {**_following(f), "SortBy": "NAME"}, WRONG_TOKEN
    ),
    _refused("GetLabelDetection", "a token nobody made", _get(LABELS, NextToken="bm9uZQ"), WRONG_TOKEN),
    _refused("GetFaceDetection", "the job of another operation", _get(LABELS), NO_SUCH_JOB),
]
