"""Ends of jobs as those hear of them who wait: a queue behind a topic, and a webhook."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.jobs.listening import SECRET, Listener, listening
from tests.media.made_videos import MadeVideo, make_video
from tests.server.service import Service, running, wait_until

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "hidden-secret"}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening(Listener()) as served:
        yield served


@pytest.fixture
def telling(tmp_path: Path, listener: Listener, moto: str) -> Iterator[Service]:
    """A server that tells a webhook of each job, and topics of theirs."""
    with running(
        tmp_path / "data",
        webhook_url=listener.url,
        webhook_secret=f"whsec_{b64encode(SECRET).decode()}",
        sns_endpoint=moto,
        sns_access_key_id=KEYS["aws_access_key_id"],
        sns_secret_access_key=KEYS["aws_secret_access_key"],
    ) as service:
        (service.settings.buckets / "media").mkdir()
        (service.settings.buckets / "media" / "clip.mp4").write_bytes(b"no video, so that its job fails at once")
        yield service


def test_the_end_of_a_job_reaches_its_topic_and_the_webhook_with_the_same_words(
    telling: Service, listener: Listener, moto: str
) -> None:
    topic, sqs, queue = subscribed(moto, "done")

    job_id = telling.client().start_face_detection(
        Video={"S3Object": {"Bucket": "media", "Name": "clip.mp4"}},
        NotificationChannel={"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::123456789012:role/any"},
        JobTag="batch-17",
    )["JobId"]
    message = received(sqs, queue)

    body = json.loads(message)
    assert body.pop("Timestamp") > 0
    assert body == {
        "JobId": job_id,
        "Status": "FAILED",
        "API": "StartFaceDetection",
        "JobTag": "batch-17",
        "Video": {"S3ObjectName": "clip.mp4", "S3Bucket": "media"},
    }
    wait_until(listener.asked.is_set)
    ((_, headers, posted),) = listener.requests
    assert posted == message
    assert is_signed(headers, posted)
    wait_until(lambda: telling.metric("regard_notices", state="delivered") == 2)
    assert telling.metric("regard_notices", state="dead") == 0


def test_who_waits_at_the_queue_gets_all_pages(telling: Service, moto: str) -> None:
    topic, sqs, queue = subscribed(moto, "pages")
    make_video(telling.settings.buckets / "media" / "still.mp4", MadeVideo(width=320, height=240, frames=150))
    client = telling.client()

    job_id = client.start_face_detection(
        Video={"S3Object": {"Bucket": "media", "Name": "still.mp4"}},
        NotificationChannel={"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::123456789012:role/any"},
    )["JobId"]
    body = json.loads(received(sqs, queue))
    assert (body["JobId"], body["Status"]) == (job_id, "SUCCEEDED")

    pages = [client.get_face_detection(JobId=job_id, MaxResults=1, NextToken="")]  # as AWS's own examples begin
    while "NextToken" in pages[-1]:
        pages.append(client.get_face_detection(JobId=job_id, MaxResults=1, NextToken=pages[-1]["NextToken"]))
    whole = client.get_face_detection(JobId=job_id)["Faces"]
    assert len(pages) == len(whole) > 2
    assert [face for page in pages for face in page["Faces"]] == whole


def subscribed(moto: str, name: str) -> tuple[str, Any, str]:
    """A topic, the client of its queue, and the queue's address."""
    sns, sqs = (boto3.client(service, endpoint_url=moto, **KEYS) for service in ("sns", "sqs"))
    topic = sns.create_topic(Name=f"AmazonRekognition-{name}")["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, sqs, queue


def received(sqs: Any, queue: str) -> str:
    """The text of the message, as consumers of the queue read it."""
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    return str(json.loads(message["Body"])["Message"])


def is_signed(headers: dict[str, str], body: str) -> bool:
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    version, _, signature = headers["webhook-signature"].partition(",")
    return version == "v1" and hmac.compare_digest(hmac.digest(SECRET, said, "sha256"), b64decode(signature))


def test_a_webhook_that_gives_up_is_counted(telling: Service, listener: Listener) -> None:
    listener.statuses = [410]
    telling.client().start_text_detection(Video={"S3Object": {"Bucket": "media", "Name": "clip.mp4"}})
    wait_until(lambda: telling.metric("regard_notices", state="dead") == 1)
    assert len(listener.requests) == 1


def test_a_topic_is_refused_where_no_service_would_hear_of_it(service: Service) -> None:
    with pytest.raises(ClientError, match="NotificationChannel"):
        service.client().start_text_detection(
            Video={"S3Object": {"Bucket": "media", "Name": "clip.mp4"}},
            NotificationChannel={
                "SNSTopicArn": "arn:aws:sns:us-east-1:123456789012:done",
                "RoleArn": "arn:aws:iam::123456789012:role/any",
            },
        )
