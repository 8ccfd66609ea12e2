"""The five Get… operations through boto3: states, pages, orders and what is said of the video."""

from collections.abc import Iterator
from typing import Any

import pytest

from regard.wire.tokens import PageTokens
from tests.operations.video_jobs import METADATA, VideoDesk, video_desk

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SHOT = {
    "Type": "SHOT",
    "StartTimestampMillis": 0,
    "EndTimestampMillis": 1000,
    "DurationMillis": 1000,
    "StartTimecodeSMPTE": "00:00:00:00",
    "EndTimecodeSMPTE": "00:00:01:00",
    "DurationSMPTE": "00:00:01:00",
    "StartFrameNumber": 0,
    "EndFrameNumber": 24,
    "DurationFrames": 24,
    "ShotSegment": {"Index": 0, "Confidence": 99.0},
}
# The names of a pair, what its start needs, the member with the rows and one row.
PAIRS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "label_detection": ({}, "Labels", {"Timestamp": 0, "Label": {"Name": "Dog", "Confidence": 90.0}}),
    "face_detection": ({}, "Faces", {"Timestamp": 0, "Face": {"Confidence": 90.0}}),
    "text_detection": ({}, "TextDetections", {"Timestamp": 0, "TextDetection": {"DetectedText": "GATE"}}),
    "content_moderation": ({}, "ModerationLabels", {"Timestamp": 0, "ModerationLabel": {"Name": "Gambling"}}),
    "segment_detection": ({"SegmentTypes": ["SHOT"]}, "Segments", SHOT),
}
ORDERED = ("label_detection", "content_moderation")
TYPES = [{"Type": "SHOT", "ModelVersion": "2.0"}]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoDesk]:
    with video_desk(tmp_path_factory.mktemp("answers")) as made:
        yield made


def start(desk: VideoDesk, pair: str, **members: Any) -> str:
    job_id: str = getattr(desk.client, f"start_{pair}")(Video=desk.put(), **PAIRS[pair][0], **members)["JobId"]
    return job_id


def get(desk: VideoDesk, pair: str, job_id: str, **members: Any) -> dict[str, Any]:
    answer: dict[str, Any] = getattr(desk.client, f"get_{pair}")(JobId=job_id, **members)
    del answer["ResponseMetadata"]
    return answer


def ended(desk: VideoDesk, pair: str, rows: list[dict[str, Any]], view: str | None = None, **members: Any) -> str:
    job_id = start(desk, pair, **members)
    usual = "TIMESTAMP/TIMESTAMPS" if pair in ORDERED else "ALL"
    desk.end(job_id, {view or usual: rows}, outcome={"SelectedSegmentTypes": TYPES})
    return job_id


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"Timestamp": number, "Face": {"Confidence": 90.0}} for number in range(count)]


def times(answer: dict[str, Any]) -> list[int]:
    return [row["Timestamp"] for row in answer["Faces"]]


@pytest.mark.parametrize("pair", PAIRS)
def test_a_waiting_job_is_in_progress_with_an_empty_list(desk: VideoDesk, pair: str) -> None:
    job_id = start(desk, pair, JobTag="batch-17")

    answer = get(desk, pair, job_id)
    desk.queue.cancel(job_id)
    answer.pop("GetRequestMetadata", None)
    assert answer == {
        "JobStatus": "IN_PROGRESS",
        "JobId": job_id,
        "Video": {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}},
        "JobTag": "batch-17",
        PAIRS[pair][1]: [],
    }


def test_a_job_that_is_worked_on_is_in_progress_and_knows_its_video(desk: VideoDesk) -> None:
    job_id = start(desk, "face_detection")
    desk.plan(job_id)

    answer = get(desk, "face_detection", job_id)
    desk.queue.cancel(job_id)
    assert (answer["JobStatus"], answer["VideoMetadata"]) == ("IN_PROGRESS", METADATA)


@pytest.mark.parametrize(
    ("pair", "more"),
    [
        (
            "label_detection",
            {
                "VideoMetadata": METADATA,
                "LabelModelVersion": "3.0",
                "GetRequestMetadata": {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"},
            },
        ),
        ("face_detection", {"VideoMetadata": METADATA}),
        ("text_detection", {"VideoMetadata": METADATA, "TextModelVersion": "3.0"}),
        (
            "content_moderation",
            {
                "VideoMetadata": METADATA,
                "ModerationModelVersion": "7.0",
                "GetRequestMetadata": {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"},
            },
        ),
        (
            "segment_detection",
            {
                "VideoMetadata": [METADATA],
                "AudioMetadata": [{"Codec": "aac", "DurationMillis": 5000, "SampleRate": 48000, "NumberOfChannels": 2}],
                "SelectedSegmentTypes": TYPES,
            },
        ),
    ],
    ids=list(PAIRS),
)
def test_an_ended_job_has_rows_video_and_versions(desk: VideoDesk, pair: str, more: dict[str, Any]) -> None:
    _, member, row = PAIRS[pair]
    job_id = ended(desk, pair, [row])

    assert get(desk, pair, job_id) == {
        "JobStatus": "SUCCEEDED",
        "JobId": job_id,
        "Video": {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}},
        member: [row],
        **more,
    }


@pytest.mark.parametrize("sort", ["TIMESTAMP", "NAME"])
@pytest.mark.parametrize("aggregate", ["TIMESTAMPS", "SEGMENTS"])
@pytest.mark.parametrize("pair", ORDERED)
def test_each_order_has_its_view(desk: VideoDesk, pair: str, sort: str, aggregate: str) -> None:
    _, member, row = PAIRS[pair]
    job_id = ended(desk, pair, [row], f"{sort}/{aggregate}")

    answer = get(desk, pair, job_id, SortBy=sort, AggregateBy=aggregate)
    assert answer[member] == [row]
    assert answer["GetRequestMetadata"] == {"SortBy": sort, "AggregateBy": aggregate}


def test_pages_follow_each_other_and_the_last_has_no_token(desk: VideoDesk) -> None:
    job_id = ended(desk, "face_detection", numbered(5))

    first = get(desk, "face_detection", job_id, MaxResults=2)
    second = get(desk, "face_detection", job_id, MaxResults=2, NextToken=first["NextToken"])
    third = get(desk, "face_detection", job_id, MaxResults=2, NextToken=second["NextToken"])
    assert (times(first), times(second), times(third)) == ([0, 1], [2, 3], [4])
    assert "NextToken" not in third
    assert first["NextToken"] != second["NextToken"]
    assert third["VideoMetadata"] == METADATA


@pytest.mark.parametrize("members", [{}, {"MaxResults": 5000}], ids=["unsaid", "more"])
def test_a_page_has_1000_rows_at_most(desk: VideoDesk, members: dict[str, int]) -> None:
    job_id = ended(desk, "face_detection", numbered(1001))

    first = get(desk, "face_detection", job_id, **members)
    second = get(desk, "face_detection", job_id, NextToken=first["NextToken"])
    assert (len(first["Faces"]), times(second)) == (1000, [1000])


def test_an_exact_page_has_no_token(desk: VideoDesk) -> None:
    assert "NextToken" not in get(desk, "face_detection", ended(desk, "face_detection", numbered(2)), MaxResults=2)


def test_a_token_is_good_for_a_day(desk: VideoDesk) -> None:
    job_id = ended(desk, "face_detection", numbered(2))
    token = get(desk, "face_detection", job_id, MaxResults=1)["NextToken"]

    desk.wall.now += DAY_MS
    assert times(get(desk, "face_detection", job_id, NextToken=token)) == [1]
    desk.wall.now += 1
    with pytest.raises(desk.client.exceptions.InvalidPaginationTokenException, match="older than 24 hours"):
        get(desk, "face_detection", job_id, NextToken=token)


def test_a_token_of_another_job_is_refused(desk: VideoDesk) -> None:
    token = get(desk, "face_detection", ended(desk, "face_detection", numbered(2)), MaxResults=1)["NextToken"]
    other = ended(desk, "face_detection", numbered(2))

    with pytest.raises(desk.client.exceptions.InvalidPaginationTokenException):
        get(desk, "face_detection", other, NextToken=token)


@pytest.mark.parametrize("pair", PAIRS)
def test_a_token_of_another_server_is_refused(desk: VideoDesk, pair: str) -> None:
    row = PAIRS[pair][2]
    job_id = ended(desk, pair, [row, row])
    view = "TIMESTAMP/TIMESTAMPS" if pair in ORDERED else "ALL"
    operation = desk.queue.get(job_id).new.operation
    token = PageTokens(b"another key").seal(f"{operation}:{job_id}:{view}", f"1:{desk.wall.now}")

    with pytest.raises(desk.client.exceptions.InvalidPaginationTokenException, match="Invalid Pagination Token"):
        get(desk, pair, job_id, NextToken=token)


@pytest.mark.parametrize("token", ["1", "~1", "A" * 255, "../../results", "höhle", "' OR 1=1 --"])
def test_a_made_up_token_is_refused(desk: VideoDesk, token: str) -> None:
    job_id = ended(desk, "face_detection", numbered(2))

    with pytest.raises(desk.client.exceptions.InvalidPaginationTokenException, match="Invalid Pagination Token"):
        get(desk, "face_detection", job_id, NextToken=token)


@pytest.mark.parametrize("order", [{"SortBy": "NAME"}, {"AggregateBy": "SEGMENTS"}], ids=["sort", "aggregation"])
def test_a_token_of_another_order_is_refused(desk: VideoDesk, order: dict[str, str]) -> None:
    row = PAIRS["label_detection"][2]
    job_id = ended(desk, "label_detection", [row, row])
    token = get(desk, "label_detection", job_id, MaxResults=1)["NextToken"]

    with pytest.raises(desk.client.exceptions.InvalidPaginationTokenException):
        get(desk, "label_detection", job_id, NextToken=token, **order)


def test_nothing_found_is_an_empty_list(desk: VideoDesk) -> None:
    answer = get(desk, "face_detection", ended(desk, "face_detection", []))

    assert (answer["JobStatus"], answer["Faces"]) == ("SUCCEEDED", [])


def test_a_failed_job_says_why(desk: VideoDesk) -> None:
    job_id = start(desk, "face_detection")
    desk.end(job_id, state="failed", message="clip.mp4 has no video stream")

    answer = get(desk, "face_detection", job_id)
    assert (answer["JobStatus"], answer["StatusMessage"]) == ("FAILED", "clip.mp4 has no video stream")
    assert answer["Faces"] == []


def test_a_cancelled_job_failed(desk: VideoDesk) -> None:
    job_id = start(desk, "face_detection")
    desk.queue.cancel(job_id)

    answer = get(desk, "face_detection", job_id)
    assert (answer["JobStatus"], answer["StatusMessage"]) == ("FAILED", "The job was cancelled.")


def test_an_unknown_job_is_not_found(desk: VideoDesk) -> None:
    with pytest.raises(desk.client.exceptions.ResourceNotFoundException, match="The job abc does not exist"):
        get(desk, "face_detection", "abc")


def test_a_job_of_another_operation_is_not_found(desk: VideoDesk) -> None:
    job_id = ended(desk, "label_detection", [])

    with pytest.raises(desk.client.exceptions.ResourceNotFoundException):
        get(desk, "face_detection", job_id)


def test_a_result_is_kept_for_seven_days(desk: VideoDesk) -> None:
    job_id = ended(desk, "face_detection", [])

    desk.wall.now += 7 * DAY_MS - 1
    assert get(desk, "face_detection", job_id)["JobStatus"] == "SUCCEEDED"
    desk.wall.now += 1
    with pytest.raises(desk.client.exceptions.ResourceNotFoundException):
        get(desk, "face_detection", job_id)


def test_a_result_whose_files_are_gone_is_not_found(desk: VideoDesk) -> None:
    job_id = start(desk, "face_detection")
    desk.end(job_id)

    with pytest.raises(desk.client.exceptions.ResourceNotFoundException, match="kept for 7 days"):
        get(desk, "face_detection", job_id)
