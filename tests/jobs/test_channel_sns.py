"""Topics of an SNS service: moto's, read as consumers read them, and a server that answers as it is told."""

import functools
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest

from regard.jobs.channel_sns import SnsTopics
from regard.jobs.delivery import DeliveryError
from tests.jobs.listening import Contacts, Listener, listening, notice

KEY, SECRET, REGION = "AKIAEXAMPLE", "hidden-secret", "us-east-1"
ID = "5f0c3d6e-0a53-5b0f-9a3c-2f8a3f3f7f11"
BODY = json.dumps(
    {
        "JobId": "9b" * 32,
        "Status": "SUCCEEDED",
        "API": "StartLabelDetection",
        "JobTag": "batch-17",
        "Timestamp": 1741083330123,
        "Video": {"S3ObjectName": "in/clip.mp4", "S3Bucket": "media"},
    }
)


@pytest.fixture(scope="module")
def topics(moto: str) -> SnsTopics:
    return SnsTopics(moto, REGION, KEY, SECRET)


def client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )


@pytest.fixture(params=["done", "done.fifo"])
def subscribed(request: pytest.FixtureRequest, moto: str) -> tuple[str, Any]:
    """A topic, and what reads the one message of a queue that is subscribed to it."""
    sns, sqs = client("sns", moto), client("sqs", moto)
    fifo = {"FifoTopic": "true"} if request.param.endswith(".fifo") else {}
    topic = sns.create_topic(Name=f"AmazonRekognition-{request.param}", Attributes=fifo)["TopicArn"]
    queue = sqs.create_queue(QueueName=request.param, Attributes={"FifoQueue": "true"} if fifo else {})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, lambda: sqs.receive_message(QueueUrl=queue)["Messages"]


def test_a_queue_gets_what_its_consumers_read(topics: SnsTopics, subscribed: tuple[str, Any]) -> None:
    topic, received = subscribed
    topics.send(notice(ID, BODY, topic))
    (message,) = received()
    envelope = json.loads(message["Body"])
    job = json.loads(envelope["Message"])
    assert (job["JobId"], job["Status"], job["API"]) == ("9b" * 32, "SUCCEEDED", "StartLabelDetection")
    assert envelope["Message"] == BODY
    assert envelope["MessageAttributes"] == {"regard.notice-id": {"Type": "String", "Value": ID}}


def test_a_topic_that_is_not_there_is_told(topics: SnsTopics) -> None:
    with pytest.raises(DeliveryError, match=r"^the SNS service refused it: NotFound"):
        topics.send(notice(ID, BODY, "arn:aws:sns:us-east-1:123456789012:missing"))


@pytest.fixture(scope="module")
def only_listener() -> Iterator[Listener]:
    with listening(Listener()) as served:
        yield served


@pytest.fixture
def listener(only_listener: Listener) -> Listener:
    """The server as new; one for all tests, since botocore takes long to make a client."""
    only_listener.statuses, only_listener.headers = [], {}
    only_listener.requests.clear()
    return only_listener


@functools.cache
def topics_at(endpoint: str) -> SnsTopics:
    return SnsTopics(endpoint, REGION, KEY, SECRET)


@pytest.fixture
def contacts() -> Contacts:
    return Contacts.from_now()


def sent_to(listener: Listener, topic: str) -> None:
    with pytest.raises(DeliveryError):
        topics_at(listener.url).send(notice(ID, BODY, topic))


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:eu-west-1:123456789012:topic",
        "arn:aws-cn:sns:cn-north-1:123456789012:topic",
        "arn:aws:sns:evil.example.com/:123456789012:topic",
        "arn:aws:sns:us-east-1:evil.example.com:topic",
        "arn:aws:sns:us-east-1:123456789012:http://evil.example.com/",
        "arn:aws:sns:us-east-1@evil.example.com:123456789012:topic",
        "arn:aws:sns:169.254.169.254:123456789012:topic",
        "arn:aws:sns:us-east-1:123456789012:app/APNS/x",
        "arn:aws:sns:us-east-1:123456789012:x&TargetArn=arn:aws:sns:us-east-1:1:y",
        "arn:aws:sns:us-east-1:123456789012:x\r\nHost: evil.example.com",
        "http://evil.example.com/",
        "//evil.example.com",
        "",
    ],
)
def test_only_the_configured_endpoint_is_contacted_whatever_the_topic(
    listener: Listener, topic: str, contacts: Contacts
) -> None:
    listener.statuses = [404]
    sent_to(listener, topic)
    ((path, _, body),) = listener.requests
    assert path == "/hooks/T0KEN?to=us"
    assert parse_qs(body, keep_blank_values=True)["TopicArn"] == [topic]
    assert parse_qs(body)["Action"] == ["Publish"]
    assert set(contacts.urls) == {listener.url.removesuffix("/hooks/T0KEN?to=us")}


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308])
def test_a_redirect_is_not_followed(listener: Listener, status: int, contacts: Contacts) -> None:
    listener.statuses, listener.headers = [status], {"Location": "http://127.0.0.2:9/elsewhere"}
    sent_to(listener, "arn:aws:sns:us-east-1:123456789012:topic")
    assert len(listener.requests) == 1
    assert set(contacts.urls) == {listener.url.removesuffix("/hooks/T0KEN?to=us")}


@pytest.mark.parametrize("status", [200, 204, 400, 403, 500, 503])
def test_an_answer_of_something_else_is_a_failure_and_one_attempt(listener: Listener, status: int) -> None:
    listener.statuses = [status]
    sent_to(listener, "arn:aws:sns:us-east-1:123456789012:topic")
    assert len(listener.requests) == 1


def test_neither_proxies_nor_credentials_of_the_environment_are_used(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, contacts: Contacts
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone-elses")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "someone-elses")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9")
    with pytest.raises(DeliveryError):
        SnsTopics(listener.url, REGION, None, None).send(notice(ID, BODY, "arn:aws:sns:us-east-1:123456789012:t"))
    assert "authorization" not in listener.requests[0][1]
    assert set(contacts.urls) == {listener.url.removesuffix("/hooks/T0KEN?to=us")}


def test_a_service_that_is_down_is_told_without_its_secret() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(DeliveryError) as caught:
        SnsTopics(endpoint, REGION, KEY, SECRET).send(notice(ID, BODY, "arn:aws:sns:us-east-1:123456789012:t"))
    assert str(caught.value) == "the SNS service does not answer: EndpointConnectionError"
