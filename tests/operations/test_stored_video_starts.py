"""The five starts through boto3: what is asked for, checked and kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.operations.video_jobs import MOST_BYTES, VideoDesk, video_desk

CHANNEL = {
    "SNSTopicArn": "arn:aws:sns:eu-west-1:123456789012:AmazonRekognitionEnds",
    "RoleArn": "arn:aws:iam::123456789012:role/r",
}
STARTS = {
    "start_label_detection": ("labels", "StartLabelDetection", {}, {"MinConfidence": 50.0, "Filters": {}}),
    "start_face_detection": ("faces", "StartFaceDetection", {}, {"FaceAttributes": "DEFAULT"}),
    "start_text_detection": ("text", "StartTextDetection", {}, {"Filters": {}}),
    "start_content_moderation": ("moderation", "StartContentModeration", {}, {"MinConfidence": 50.0}),
    "start_segment_detection": (
        "segments",
        "StartSegmentDetection",
        {"SegmentTypes": ["SHOT"]},
        {"SegmentTypes": ["SHOT"], "Filters": {}},
    ),
}
REGION = {"BoundingBox": {"Left": 0.5, "Top": 0.0, "Width": 0.5, "Height": 1.0}}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoDesk]:
    with video_desk(tmp_path_factory.mktemp("starts")) as made:
        yield made


def start(desk: VideoDesk, name: str, **members: Any) -> str:
    job_id: str = getattr(desk.client, name)(**members)["JobId"]
    desk.queue.cancel(job_id)  # so that the limit of jobs at once is never reached
    return job_id


@pytest.mark.parametrize("name", STARTS)
def test_a_start_answers_with_64_hexadecimal_digits(desk: VideoDesk, name: str) -> None:
    job_id = start(desk, name, Video=desk.put(), **STARTS[name][2])

    assert len(job_id) == 64
    assert set(job_id) <= set("0123456789abcdef")


@pytest.mark.parametrize("name", STARTS)
def test_what_is_not_said_is_the_default(desk: VideoDesk, name: str) -> None:
    kind, operation, members, wish = STARTS[name]

    new = desk.queue.get(start(desk, name, Video=desk.put(), **members)).new
    assert (new.kind, new.operation, new.wish) == (kind, operation, wish)
    assert (new.token, new.tag, new.topic, new.account) == (None, None, None, "123456789012")


@pytest.mark.parametrize(
    ("name", "members", "wish"),
    [
        (
            "start_label_detection",
            {
                "MinConfidence": 70,
                "Features": ["GENERAL_LABELS"],
                "Settings": {"GeneralLabels": {"LabelInclusionFilters": ["Dog"]}},
            },
            {"MinConfidence": 70.0, "Filters": {"LabelInclusionFilters": ["Dog"]}},
        ),
        ("start_face_detection", {"FaceAttributes": "ALL"}, {"FaceAttributes": "ALL"}),
        (
            "start_text_detection",
            {"Filters": {"WordFilter": {"MinConfidence": 90.0}, "RegionsOfInterest": [REGION]}},
            {"Filters": {"WordFilter": {"MinConfidence": 90.0}, "RegionsOfInterest": [REGION]}},
        ),
        ("start_content_moderation", {"MinConfidence": 0}, {"MinConfidence": 0.0}),
        (
            "start_segment_detection",
            {
                "SegmentTypes": ["TECHNICAL_CUE", "SHOT", "SHOT"],
                "Filters": {"ShotFilter": {"MinSegmentConfidence": 80.0}},
            },
            {
                "SegmentTypes": ["TECHNICAL_CUE", "SHOT"],
                "Filters": {"ShotFilter": {"MinSegmentConfidence": 80.0}},
            },
        ),
    ],
    ids=["labels", "faces", "text", "moderation", "segments"],
)
def test_what_is_said_is_kept(desk: VideoDesk, name: str, members: dict[str, Any], wish: dict[str, Any]) -> None:
    assert desk.queue.get(start(desk, name, Video=desk.put(), **members)).new.wish == wish


def test_tag_topic_and_object_are_kept(desk: VideoDesk) -> None:
    video = desk.put("in a folder.mp4")
    job_id = start(desk, "start_face_detection", Video=video, JobTag="batch-17", NotificationChannel=CHANNEL)

    new = desk.queue.get(job_id).new
    assert (new.tag, new.topic) == ("batch-17", CHANNEL["SNSTopicArn"])
    assert (new.media.bucket, new.media.name, new.media.version) == ("media", "in a folder.mp4", None)


def test_a_token_used_again_gives_the_same_job(desk: VideoDesk) -> None:
    members = {"Video": desk.put(), "ClientRequestToken": "once"}

    assert start(desk, "start_face_detection", **members) == start(desk, "start_face_detection", **members)


def test_a_token_used_for_something_else_is_refused(desk: VideoDesk) -> None:
    members = {"Video": desk.put(), "ClientRequestToken": "twice"}
    start(desk, "start_face_detection", **members)

    with pytest.raises(desk.client.exceptions.IdempotentParameterMismatchException, match="twice"):
        start(desk, "start_face_detection", **members, FaceAttributes="ALL")


def test_tokens_of_two_operations_do_not_meet(desk: VideoDesk) -> None:
    members = {"Video": desk.put(), "ClientRequestToken": "shared"}

    assert start(desk, "start_face_detection", **members) != start(desk, "start_label_detection", **members)


@pytest.mark.parametrize("name", STARTS)
def test_a_missing_object_is_told_at_once(desk: VideoDesk, name: str) -> None:
    missing = {"S3Object": {"Bucket": "media", "Name": "missing.mp4"}}

    with pytest.raises(desk.client.exceptions.InvalidS3ObjectException, match=r"missing\.mp4"):
        start(desk, name, Video=missing, **STARTS[name][2])


def test_an_empty_object_is_told_at_once(desk: VideoDesk) -> None:
    with pytest.raises(desk.client.exceptions.InvalidS3ObjectException, match=r"'empty\.mp4': the object is empty"):
        start(desk, "start_face_detection", Video=desk.put("empty.mp4", 0))


def test_a_video_of_10_gib_may_come_and_one_byte_more_may_not(desk: VideoDesk) -> None:
    start(desk, "start_face_detection", Video=desk.put("large.mp4", MOST_BYTES))

    with pytest.raises(
        desk.client.exceptions.VideoTooLargeException,
        match=r"Video size in bytes: 10737418241 is more than the maximum limit of: 10737418240 bytes\.",
    ):
        start(desk, "start_face_detection", Video=desk.put("larger.mp4", MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("video", "text"),
    [
        ({}, "Video has no S3Object"),
        ({"S3Object": {"Name": "clip.mp4"}}, "S3Object has no Bucket"),
        ({"S3Object": {"Bucket": "media"}}, "S3Object has no Name"),
    ],
    ids=["object", "bucket", "name"],
)
def test_a_video_that_names_no_object_is_refused(desk: VideoDesk, video: dict[str, Any], text: str) -> None:
    with pytest.raises(desk.client.exceptions.InvalidParameterException, match=text):
        start(desk, "start_label_detection", Video=video)


def test_a_region_that_is_no_region_is_told_at_once(desk: VideoDesk) -> None:
    with pytest.raises(desk.client.exceptions.InvalidParameterException, match="exactly one of BoundingBox"):
        start(desk, "start_text_detection", Video=desk.put(), Filters={"RegionsOfInterest": [{}]})


def test_a_topic_is_refused_where_nobody_can_publish_to_it(tmp_path: Path) -> None:
    with (
        video_desk(tmp_path, has_sns=False) as desk,
        pytest.raises(desk.client.exceptions.InvalidParameterException, match="the setting sns_endpoint is empty"),
    ):
        start(desk, "start_face_detection", Video=desk.put(), NotificationChannel=CHANNEL)
