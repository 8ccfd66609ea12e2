"""Writing objects: into folders that stand for buckets, and into an S3 service."""

import functools
import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from regard.errors import InvalidS3Object
from regard.media.sources import LocalBuckets, ObjectSource, S3Endpoint
from regard.media.store_faults import may_pass

UNWRITABLE = "Unable to write object to S3. Check object key, region and/or access permissions."
KEY, SECRET = "AKIAEXAMPLE", "secret"
needs_rights = pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")


@dataclass
class Bucket:
    """A bucket `results` behind one kind of source, and how a test reads it."""

    source: ObjectSource
    get: Callable[[str], bytes]


@pytest.fixture(scope="module")
def s3(moto: str) -> Any:
    client = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    client.create_bucket(Bucket="results")
    return client


@functools.cache
def signed(endpoint: str) -> S3Endpoint:
    return S3Endpoint(endpoint, "us-east-1", KEY, SECRET)


@pytest.fixture(params=["folder", "endpoint"])
def results(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    if request.param == "endpoint":
        client, endpoint = request.getfixturevalue("s3"), request.getfixturevalue("moto")
        return Bucket(signed(endpoint), lambda key: client.get_object(Bucket="results", Key=key)["Body"].read())
    folder = tmp_path / "buckets" / "results"
    folder.mkdir(parents=True)
    return Bucket(LocalBuckets(folder.parent), lambda key: (folder / key).read_bytes())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "data"
    file.write_bytes(b"line\n" * 500_000)
    return file


@pytest.mark.parametrize("key", ["results.jsonl", "jobs/1/results.jsonl", "with space/höhle.json", ".hidden"])
def test_a_file_becomes_the_object_of_its_key(results: Bucket, data: Path, key: str) -> None:
    results.source.check_writable("results", key)
    results.source.write("results", key, data)
    assert results.get(key) == data.read_bytes()


def test_an_object_that_is_there_is_replaced(results: Bucket, data: Path, tmp_path: Path) -> None:
    results.source.write("results", "a", data)
    (tmp_path / "other").write_bytes(b"other")
    results.source.write("results", "a", tmp_path / "other")
    assert results.get("a") == b"other"


def test_what_was_written_can_be_read_as_an_object(results: Bucket, data: Path) -> None:
    results.source.write("results", "deep/er/a", data)
    assert results.source.read("results", "deep/er/a", None, 10_000_000) == data.read_bytes()


def check(source: ObjectSource, bucket: str, key: str, data: Path) -> None:
    source.check_writable(bucket, key)


def write(source: ObjectSource, bucket: str, key: str, data: Path) -> None:
    source.write(bucket, key, data)


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("missing-bucket", "a"),
        ("..", "a"),
        ("re sults", "a"),
        ("results", "../others/a"),
        ("results", "a/../../others/a"),
        ("results", "./a"),
    ],
)
@pytest.mark.parametrize("act", [check, write])
def test_what_cannot_be_written_is_told_before_and_at_writing(
    results: Bucket, data: Path, bucket: str, key: str, act: Callable[[ObjectSource, str, str, Path], None]
) -> None:
    with pytest.raises(InvalidS3Object) as caught:
        act(results.source, bucket, key, data)
    assert caught.value.message.startswith(f"{UNWRITABLE} (bucket '{bucket}', key '{key}': no such")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A folder of buckets that holds links to a folder outside."""
    secrets, photos = tmp_path / "secrets", tmp_path / "buckets" / "results"
    secrets.mkdir()
    (secrets / "secret").write_bytes(b"secret")
    photos.mkdir(parents=True)
    (photos / "file").symlink_to(secrets / "secret")
    (photos / "folder").symlink_to(secrets)
    (photos / "loop").symlink_to(photos / "loop")
    (tmp_path / "buckets" / "linked").symlink_to(secrets)
    (tmp_path / "buckets" / "loose").write_bytes(b"loose")
    return tmp_path / "buckets"


@pytest.mark.parametrize(
    ("bucket", "key"),
    [("results", "folder/a"), ("results", "folder/new/a"), ("results", "loop/a"), ("linked", "a"), ("loose", "a")],
)
def test_links_out_of_a_bucket_are_not_followed(folders: Path, data: Path, bucket: str, key: str) -> None:
    with pytest.raises(InvalidS3Object):
        LocalBuckets(folders).write(bucket, key, data)
    assert [file.name for file in (folders.parent / "secrets").iterdir()] == ["secret"]


def test_a_link_in_the_place_of_an_object_is_replaced_and_not_written_through(folders: Path, data: Path) -> None:
    LocalBuckets(folders).write("results", "file", data)
    assert (folders.parent / "secrets" / "secret").read_bytes() == b"secret"
    assert (folders / "results" / "file").read_bytes() == data.read_bytes()


@pytest.mark.parametrize("key", ["a//b", "/a", "a/", "a\\b", "n" * 300], ids=["empty", "first", "last", "\\", "long"])
def test_a_key_that_no_file_can_have_is_refused(folders: Path, data: Path, key: str) -> None:
    with pytest.raises(InvalidS3Object):
        LocalBuckets(folders).write("results", key, data)
    assert sorted(file.name for file in (folders / "results").iterdir()) == ["file", "folder", "loop"]


def test_an_object_below_an_object_is_refused(folders: Path, data: Path) -> None:
    LocalBuckets(folders).write("results", "a", data)
    with pytest.raises(InvalidS3Object, match=r"Not a directory|File exists"):
        LocalBuckets(folders).write("results", "a/b", data)


@needs_rights
def test_a_folder_without_rights_is_told_before_and_at_writing(folders: Path, data: Path) -> None:
    (folders / "results").chmod(0o500)
    try:
        with pytest.raises(InvalidS3Object, match="Permission denied"):
            LocalBuckets(folders).check_writable("results", "new/a")
        with pytest.raises(InvalidS3Object, match="Permission denied"):
            LocalBuckets(folders).write("results", "new/a", data)
    finally:
        (folders / "results").chmod(0o700)


def test_nothing_is_left_of_a_file_that_could_not_be_read(folders: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LocalBuckets(folders).write("results", "new/a", folders / "missing")
    assert list((folders / "results" / "new").iterdir()) == []


def test_a_service_that_does_not_answer_may_be_asked_again(data: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        source = S3Endpoint(f"http://127.0.0.1:{free.getsockname()[1]}", "us-east-1", KEY, SECRET)
    with pytest.raises(ConnectionError, match="does not answer for 'a' in bucket 'results'"):
        source.write("results", "a", data)
    with pytest.raises(InvalidS3Object) as caught:
        source.read("results", "a", None, 1000)
    assert may_pass(caught.value)


def test_a_missing_object_may_not_be_asked_for_again(results: Bucket) -> None:
    with pytest.raises(InvalidS3Object) as caught:
        results.source.read("results", "missing", None, 1000)
    assert not may_pass(caught.value)


@pytest.fixture
def closed(s3: Any) -> str:
    """A bucket whose policy lets nobody write."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::closed/*"}
    s3.create_bucket(Bucket="closed")
    s3.put_bucket_policy(Bucket="closed", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return "closed"


def test_a_bucket_without_rights_is_told_at_writing(moto: str, closed: str, data: Path) -> None:
    signed(moto).check_writable(closed, "a")
    with pytest.raises(InvalidS3Object, match=r"\(bucket 'closed', key 'a': AccessDenied\)"):
        signed(moto).write(closed, "a", data)
