"""What a whole application takes of videos: its limits, its quota, and the service that its buckets are in."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.server.service import Service, running

TEN_GIB = 10 * 1024**3
KEY, SECRET = "AKIAEXAMPLE", "secret"


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Service]:
    """A server with Amazon's limits, on which no job ever ends."""
    with running(tmp_path, limits="aws", job_workers=0) as made:
        yield made


@pytest.fixture
def relaxed(tmp_path: Path) -> Iterator[Service]:
    """A server with wide limits, on which no job ever ends."""
    with running(tmp_path, limits="relaxed", job_workers=0) as made:
        yield made


def put(service: Service, size: int = 1000) -> dict[str, Any]:
    """An object of so many bytes, none of which is on the disk, as a `Video` member."""
    path = service.settings.buckets / "media" / "clip.mp4"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.truncate(path, size)
    return {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}}


def test_a_video_of_10_gib_and_a_byte_is_too_large_by_amazons_limits(strict: Service) -> None:
    client = strict.client()
    client.start_label_detection(Video=put(strict, TEN_GIB))

    with pytest.raises(client.exceptions.VideoTooLargeException, match=f"{TEN_GIB + 1} .* {TEN_GIB} bytes"):
        client.start_label_detection(Video=put(strict, TEN_GIB + 1))


def test_a_video_of_10_gib_and_a_byte_is_taken_by_wide_limits(relaxed: Service) -> None:
    client = relaxed.client()

    job_id = client.start_label_detection(Video=put(relaxed, TEN_GIB + 1))["JobId"]

    assert client.get_label_detection(JobId=job_id)["JobStatus"] == "IN_PROGRESS"


def test_the_21st_job_at_once_is_refused_by_amazons_limits(strict: Service) -> None:
    client, video = strict.client(), put(strict)
    for _ in range(20):
        client.start_label_detection(Video=video)

    with pytest.raises(client.exceptions.LimitExceededException, match=r"20 open Jobs.*Maximum limit: 20"):
        client.start_face_detection(Video=video)


def test_the_21st_job_at_once_is_queued_by_wide_limits(relaxed: Service) -> None:
    client, video = relaxed.client(), put(relaxed)

    job_ids = {client.start_face_detection(Video=video)["JobId"] for _ in range(21)}

    states = [client.get_face_detection(JobId=job_id)["JobStatus"] for job_id in job_ids]
    assert states == ["IN_PROGRESS"] * 21


def test_a_start_over_the_quota_of_the_disk_is_refused_with_the_setting(tmp_path: Path) -> None:
    earlier = tmp_path / "jobs" / "results" / "earlier"
    earlier.mkdir(parents=True)
    (earlier / "ALL").write_bytes(bytes(5_000_000))
    with running(tmp_path, job_workers=0, job_disk_bytes=5_000_000) as service:
        client = service.client()

        with pytest.raises(
            client.exceptions.LimitExceededException,
            match=r"Jobs and their results take 5,\d{3},\d{3} bytes of the disk; the limit is 5,000,000 "
            r"\(REGARD_JOB_DISK\)",
        ):
            client.start_label_detection(Video=put(service))


def test_a_video_that_the_quota_can_never_hold_is_too_large(tmp_path: Path) -> None:
    with running(tmp_path, limits="relaxed", job_workers=0, job_disk_bytes=5_000_000) as service:
        client = service.client()
        client.start_label_detection(Video=put(service, 5_000_000))

        with pytest.raises(client.exceptions.VideoTooLargeException, match=r"5000001 .* 5000000 bytes"):
            client.start_label_detection(Video=put(service, 5_000_001))


@pytest.fixture
def private(moto: str, tmp_path: Path) -> Iterator[Service]:
    """A server over an S3 service whose one bucket refuses all."""
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    s3 = boto3.client("s3", endpoint_url=moto, region_name="us-east-1", **keys)
    s3.create_bucket(Bucket="private")
    s3.put_object(Bucket="private", Key="clip.mp4", Body=b"film")
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::private/*"}
    s3.put_bucket_policy(Bucket="private", Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial]}))
    chosen: dict[str, Any] = {"s3_endpoint": moto, "s3_access_key_id": KEY, "s3_secret_access_key": SECRET}
    with running(tmp_path, job_workers=0, **chosen) as made:
        yield made


def test_a_video_in_a_bucket_without_rights_is_told_at_once(private: Service) -> None:
    client = private.client()

    with pytest.raises(client.exceptions.InvalidS3ObjectException) as caught:
        client.start_label_detection(Video={"S3Object": {"Bucket": "private", "Name": "clip.mp4"}})

    assert caught.value.response["Error"]["Message"] == (
        "Unable to get object metadata from S3. Check object key, region and/or access permissions. "
        "(bucket 'private', key 'clip.mp4': AccessDenied)"
    )
