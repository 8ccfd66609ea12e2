"""What is said of a job's end. The example of contract 8.2 is the measure."""

import json
from dataclasses import replace

import pytest

from regard.jobs.records import Job, JobState, Media, NewJob
from regard.operations.job_messages import completion_message

NEW = NewJob(
    "123456789012", "eu-west-1", "RGDKX", "labels", "StartLabelDetection", Media("media", "in/clip.mp4"), tag="batch-17"
)
JOB = Job(7, "9b" * 32, NEW, "succeeded", 1741083300000, ended_ms=1741083330123)


def test_the_message_is_amazons() -> None:
    assert json.loads(completion_message(JOB)) == {
        "JobId": "9b" * 32,
        "Status": "SUCCEEDED",
        "API": "StartLabelDetection",
        "JobTag": "batch-17",
        "Timestamp": 1741083330123,
        "Video": {"S3ObjectName": "in/clip.mp4", "S3Bucket": "media"},
    }


def test_a_job_without_a_tag_has_no_tag_in_its_message() -> None:
    assert "JobTag" not in json.loads(completion_message(replace(JOB, new=replace(NEW, tag=None))))


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_job_without_a_result_failed(state: JobState) -> None:
    assert json.loads(completion_message(replace(JOB, state=state)))["Status"] == "FAILED"


def test_a_list_of_pictures_is_no_video() -> None:
    pictures = replace(NEW, operation="StartMediaAnalysisJob", media=Media("media", "list.jsonl"), tag=None)

    message = json.loads(completion_message(replace(JOB, new=pictures)))
    assert message["Input"] == {"S3Object": {"Bucket": "media", "Name": "list.jsonl"}}
    assert "Video" not in message
