"""What may be asked of bulk image jobs, through boto3: starts, tokens, limits and lists."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.operations.media_desk import Desk, stubbed_desk

ARN = "arn:aws:rekognition:us-east-1:000000000000:project/p/version/v/1700000000000"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with stubbed_desk(tmp_path) as made:
        yield made


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"OperationsConfig": {}}, "InvalidParameterException", "names no operation"),
    ({"OperationsConfig": {"DetectModerationLabels": {"ProjectVersion": ARN}}}, "ResourceNotFoundException", ARN),
    (
        {"OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 100.1}}},
        "ValidationException",
        "minConfidence",
    ),
    ({"KmsKeyId": "key"}, "InvalidParameterException", "KmsKeyId cannot be used"),
    ({"Input": {"S3Object": {"Bucket": "lists"}}}, "InvalidParameterException", "S3Object has no Name"),
    (
        {"Input": {"S3Object": {"Bucket": "lists", "Name": "no"}}},
        "InvalidS3ObjectException",
        "key 'no': no such object",
    ),
    ({"OutputConfig": {"S3Bucket": "missing"}}, "InvalidS3ObjectException", "bucket 'missing'"),
    ({"OutputConfig": {"S3Bucket": "results", "S3KeyPrefix": "../a"}}, "InvalidS3ObjectException", "no such"),
    ({"OutputConfig": {"S3Bucket": "results", "S3KeyPrefix": "a b"}}, "ValidationException", "s3KeyPrefix"),
    ({"OutputConfig": {"S3Bucket": "results", "S3KeyPrefix": "p" * 801}}, "ValidationException", "s3KeyPrefix"),
    (
        {"OutputConfig": {"S3Bucket": "results", "S3KeyPrefix": "\u00f6" * 600}},
        "InvalidParameterException",
        "is 1279 bytes; the limit is 1024",
    ),
    ({"ClientRequestToken": "to ken"}, "ValidationException", "clientRequestToken"),
]


@pytest.mark.parametrize(("changes", "code", "message"), REFUSED)
def test_what_cannot_be_done_is_refused_at_once(desk: Desk, changes: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        desk.start(**changes)
    assert caught.value.response["Error"]["Code"] == code
    assert message in caught.value.response["Error"]["Message"]
    assert desk.queue.jobs() == []


@pytest.mark.parametrize(
    ("size", "message"),
    [(0, "is empty"), (50 * 1024 * 1024 + 1, "is 52,428,801 bytes; the limit is 52,428,800")],
    ids=["empty", "50 MB and a byte"],
)
def test_a_manifest_of_the_wrong_size_is_refused_at_once(desk: Desk, size: int, message: str) -> None:
    desk.put("lists/input.jsonl", bytes(size))
    with pytest.raises(ClientError) as caught:
        desk.start()
    assert caught.value.response["Error"]["Code"] == "InvalidManifestException"
    assert message in caught.value.response["Error"]["Message"]


def test_a_prefix_may_have_800_characters(desk: Desk) -> None:
    prefix = "/".join(["p" * 99] * 8)
    answer = desk.ended(desk.start(OutputConfig={"S3Bucket": "results", "S3KeyPrefix": prefix}))
    assert len(desk.lines(answer)) == 2


def test_a_token_that_comes_back_names_the_same_job(desk: Desk) -> None:
    first, again = desk.start(ClientRequestToken="token"), desk.start(ClientRequestToken="token")
    assert first == again
    assert len(desk.queue.jobs()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 61.0}}},
        {"OutputConfig": {"S3Bucket": "results"}},
        {"JobName": "other"},
    ],
    ids=["confidence", "output", "name"],
)
def test_a_token_that_comes_back_with_other_parameters_is_refused(desk: Desk, changes: dict[str, Any]) -> None:
    desk.start(ClientRequestToken="token")
    with pytest.raises(ClientError, match="The ClientRequestToken: token you have supplied") as caught:
        desk.start(ClientRequestToken="token", **changes)
    assert caught.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"


def test_a_job_beyond_the_limit_of_jobs_in_progress_is_refused(desk: Desk) -> None:
    for _ in range(20):
        desk.start()
    with pytest.raises(ClientError, match="20 open Jobs") as caught:
        desk.start()
    assert caught.value.response["Error"]["Code"] == "LimitExceededException"


def test_an_unknown_job_does_not_exist(desk: Desk) -> None:
    with pytest.raises(ClientError, match="The job nothing does not exist") as caught:
        desk.get("nothing")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_jobs_are_listed_newest_first_in_pages(desk: Desk) -> None:
    started = [desk.start() for _ in range(5)]
    first = desk.client.list_media_analysis_jobs(MaxResults=2)
    second = desk.client.list_media_analysis_jobs(MaxResults=2, NextToken=first["NextToken"])
    newest = desk.start()
    third = desk.client.list_media_analysis_jobs(MaxResults=2, NextToken=second["NextToken"])
    pages = [[job["JobId"] for job in page["MediaAnalysisJobs"]] for page in (first, second, third)]
    assert pages == [started[:2:-1], started[2:0:-1], started[:1]]
    assert "NextToken" not in third
    assert desk.client.list_media_analysis_jobs()["MediaAnalysisJobs"][0]["JobId"] == newest


def test_a_listed_job_is_described_as_one_that_is_asked_for(desk: Desk) -> None:
    answer = desk.ended(desk.start())
    assert desk.client.list_media_analysis_jobs()["MediaAnalysisJobs"] == [answer]


def test_no_jobs_are_an_empty_list(desk: Desk) -> None:
    assert desk.client.list_media_analysis_jobs()["MediaAnalysisJobs"] == []


def test_a_hundred_jobs_are_the_longest_page(desk: Desk) -> None:
    with pytest.raises(ClientError, match="less than or equal to 100"):
        desk.client.list_media_analysis_jobs(MaxResults=101)


def test_a_token_of_nobody_is_refused(desk: Desk) -> None:
    with pytest.raises(ClientError) as caught:
        desk.client.list_media_analysis_jobs(NextToken="MTIz")
    assert caught.value.response["Error"]["Code"] == "InvalidPaginationTokenException"
