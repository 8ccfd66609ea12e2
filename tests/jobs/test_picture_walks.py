"""Walks over lists of pictures: what is read, what is written where, and what becomes of what is wrong."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from regard.errors import InvalidS3Object
from regard.jobs.kinds import JobFault, StepStopped, StepWatch
from regard.jobs.pictures import PictureWalker
from regard.jobs.records import Job, Step
from regard.media.sources import LocalBuckets, S3Endpoint
from tests.jobs.picture_lists import WATCH, Looker, job, listed, put, walk_of, walked

ID = "0" * 63 + "1"
KEY, SECRET = "AKIAEXAMPLE", "secret"


@dataclass
class Rooms:
    """Buckets in folders, and a walker over what is in them."""

    buckets: Path
    walks: Path
    looker: Looker
    walker: PictureWalker

    def put(self, name: str, data: bytes) -> None:
        put(self.buckets, name, data)

    def results(self, job_id: str = ID, prefix: str = "out") -> list[dict[str, Any]]:
        path = self.buckets / "results" / prefix / job_id / "results.jsonl"
        return [json.loads(line) for line in path.read_bytes().splitlines()]

    def summary(self, job_id: str = ID, prefix: str = "out") -> dict[str, Any]:
        path = self.buckets / "results" / prefix / job_id / "manifest-summary.json"
        read: dict[str, Any] = json.loads(path.read_bytes())
        return read


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    buckets, walks = tmp_path / "buckets", tmp_path / "walks"
    source = LocalBuckets(buckets)
    looker = Looker(source)
    made = Rooms(buckets, walks, looker, PictureWalker(walks, source, looker.answers()))
    made.put("photos/a.jpg", b"picture a")
    made.put("photos/deep/b.jpg", b"picture of b")
    (buckets / "results").mkdir()
    return made


def test_each_picture_has_a_line_in_the_order_of_the_manifest(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/deep/b.jpg", "s3://photos/a.jpg"))
    outcomes = walked(rooms.walker, walk_of(job()))
    assert rooms.results() == [
        {"source-ref": "s3://photos/deep/b.jpg", "look": {"Length": 12, "Wish": "all"}},
        {"source-ref": "s3://photos/a.jpg", "look": {"Length": 9, "Wish": "all"}},
    ]
    assert rooms.summary() == {
        "version": "1.0",
        "statistics": {"total-json-lines": 2, "valid-json-lines": 2, "invalid-json-lines": 0},
        "errors": [],
    }
    assert outcomes == {
        ID: {
            "bucket": "results",
            "results": f"out/{ID}/results.jsonl",
            "summary": f"out/{ID}/manifest-summary.json",
            "pictures": 2,
            "errors": 0,
        }
    }


def test_a_picture_that_is_listed_twice_is_looked_at_twice(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg") * 2)
    walked(rooms.walker, walk_of(job()))
    assert rooms.looker.looked == ["a.jpg", "a.jpg"]
    assert [line["source-ref"] for line in rooms.results()] == ["s3://photos/a.jpg"] * 2


def test_what_is_wrong_with_lines_and_pictures_is_in_the_summary_and_the_rest_is_done(rooms: Rooms) -> None:
    rooms.put("photos/text.jpg", b"no picture")
    rooms.put("photos/large.jpg", b"picture" * 1000)
    rooms.put(
        "lists/input.jsonl",
        listed("s3://photos/a.jpg")
        + b"{broken\n\n"
        + b'{"source-ref": "s3://photos/\xff.jpg"}\n'
        + b'{"source-ref": "photos/a.jpg"}\n'
        + listed("s3://photos/missing.jpg", "s3://photos/text.jpg", "s3://photos/large.jpg")
        + listed("s3://missing/a.jpg", "s3://photos/../lists/input.jsonl", "s3://photos/deep/b.jpg"),
    )
    walked(rooms.walker, walk_of(job()))
    summary = rooms.summary()
    assert summary["statistics"] == {"total-json-lines": 10, "valid-json-lines": 2, "invalid-json-lines": 8}
    assert [(error["line-numer"], error.get("source-ref"), error["code"]) for error in summary["errors"]] == [
        (2, None, "BROKEN"),
        (4, None, "BROKEN"),
        (5, "photos/a.jpg", "BROKEN"),
        (6, "s3://photos/missing.jpg", "InvalidS3Object"),
        (7, "s3://photos/text.jpg", "InvalidImageFormat"),
        (8, "s3://photos/large.jpg", "ImageTooLarge"),
        (9, "s3://missing/a.jpg", "InvalidS3Object"),
        (10, "s3://photos/../lists/input.jsonl", "InvalidS3Object"),
    ]
    assert [line["source-ref"] for line in rooms.results()] == ["s3://photos/a.jpg", "s3://photos/deep/b.jpg"]


def test_a_list_of_which_nothing_can_be_read_has_no_results_and_says_why(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", b"one\ntwo\n")
    walked(rooms.walker, walk_of(job()))
    assert rooms.results() == []
    assert [error["line-numer"] for error in rooms.summary()["errors"]] == [1, 2]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "manifest: The manifest is empty"),
        (b"\n \n", "manifest: The manifest has no lines"),
        (b"{}\n" * 10_001, "manifest: The manifest has 10,001 lines; the limit is 10,000"),
        (b" " * (50 * 1024 * 1024 + 1), "manifest: The manifest has more than 52,428,800 bytes"),
    ],
    ids=["empty", "blank", "10,001 lines", "50 MB and a byte"],
)
def test_a_manifest_that_cannot_be_used_is_told(rooms: Rooms, content: bytes, told: str) -> None:
    rooms.put("lists/input.jsonl", content)
    with pytest.raises(JobFault) as caught:
        rooms.walker.plan(walk_of(job()), WATCH)
    assert str(caught.value) == told


def test_a_manifest_of_50_mb_and_10_000_lines_is_read(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", b"{}\n" * 10_000 + b" " * (50 * 1024 * 1024 - 30_000))
    planned = rooms.walker.plan(walk_of(job()), WATCH)
    assert (len(planned.spans), planned.facts) == (200, {"pictures": 10_000, "chunks": 200})


def test_a_missing_manifest_is_told(rooms: Rooms) -> None:
    with pytest.raises(JobFault, match=r"object: Unable to get .*key 'input\.jsonl': no such"):
        rooms.walker.plan(walk_of(job()), WATCH)


@pytest.mark.parametrize(
    "missing",
    [job(bucket="missing"), job(prefix="../out"), job(prefix="a//b")],
    ids=["bucket", "climbing", "empty part"],
)
def test_results_that_cannot_be_written_are_told_before_any_picture_is_looked_at(rooms: Rooms, missing: Job) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg"))
    with pytest.raises(JobFault, match="output: Unable to write object"):
        rooms.walker.plan(walk_of(missing), WATCH)
    assert rooms.looker.looked == []


def test_a_job_whose_results_cannot_be_written_fails_no_other(rooms: Rooms) -> None:
    """The walk is tried again, and then each job goes alone."""
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg"))
    with pytest.raises(InvalidS3Object):
        rooms.walker.plan(walk_of(job("1"), job("2", bucket="missing")), WATCH)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_bucket_without_rights_is_told(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg"))
    (rooms.buckets / "results").chmod(0o500)
    try:
        with pytest.raises(JobFault, match=r"output: .*Permission denied"):
            rooms.walker.plan(walk_of(job()), WATCH)
    finally:
        (rooms.buckets / "results").chmod(0o700)


@pytest.mark.parametrize(
    ("prefix", "folder"),
    [("", ""), ("out", "out"), ("out/", "out"), ("a/b", "a/b")],
    ids=["none", "out", "out/", "a/b"],
)
def test_results_stand_below_the_prefix_in_a_folder_of_the_job(rooms: Rooms, prefix: str, folder: str) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg"))
    walked(rooms.walker, walk_of(job(prefix=prefix)))
    assert len(rooms.results(prefix=folder)) == 1


def test_jobs_over_the_same_list_look_once_and_are_answered_apart(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg"))
    one, other = job("1", wanted="little"), job("2", prefix="", wanted="much")
    walked(rooms.walker, walk_of(one, other))
    assert rooms.looker.looked == ["a.jpg"]
    assert rooms.results()[0]["look"]["Wish"] == "little"
    assert rooms.results(other.id, "")[0]["look"]["Wish"] == "much"


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_done_twice_is_the_same_to_the_byte(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg", "s3://photos/missing.jpg") * 60)
    walk = walk_of(job())
    walked(rooms.walker, walk)
    rows, written = files_in(rooms.walks), files_in(rooms.buckets / "results")
    again = replace(walk, facts=rooms.walker.plan(walk, WATCH).facts)
    rooms.walker.chunk(Step(1, again, "chunk", 1, rooms.walker.plan(walk, WATCH).spans[1], 2), WATCH)
    rooms.walker.settle(again, WATCH)
    assert files_in(rooms.walks) == rows
    assert files_in(rooms.buckets / "results") == written
    assert sorted(written) == [f"out/{ID}/manifest-summary.json", f"out/{ID}/results.jsonl"]


def test_a_part_ends_when_it_is_told_to_and_leaves_nothing(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg") * 50)
    walk = walk_of(job())
    (span,) = rooms.walker.plan(walk, WATCH).spans
    shares: list[float] = []
    watch = StepWatch(shares.append, lambda: len(shares) == 3)
    with pytest.raises(StepStopped):
        rooms.walker.chunk(Step(1, walk, "chunk", 0, span, 1), watch)
    assert shares == pytest.approx([0.02, 0.04, 0.06])
    assert [path.name for path in (rooms.walks / walk.id).iterdir()] == ["input.jsonl"]


def test_a_walk_that_is_forgotten_leaves_nothing_on_the_disk(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg"))
    walk = walk_of(job())
    walked(rooms.walker, walk)
    rooms.walker.forget(walk.id)
    rooms.walker.forget(walk.id)
    assert list(rooms.walks.iterdir()) == []


@pytest.fixture(scope="module")
def s3(moto: str) -> Any:
    """A service with buckets to read and to write, and one each that may not be."""
    client = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    for bucket in ("photos", "private", "lists", "results", "sealed"):
        client.create_bucket(Bucket=bucket)
    client.put_object(Bucket="photos", Key="a.jpg", Body=b"picture a")
    client.put_object(Bucket="private", Key="a.jpg", Body=b"picture a")
    client.put_object(Bucket="lists", Key="input.jsonl", Body=listed("s3://private/a.jpg", "s3://photos/a.jpg"))
    for bucket, action in (("private", "s3:GetObject"), ("sealed", "s3:PutObject")):
        denial = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{bucket}/*"}
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial]}))
    return client


@pytest.fixture
def walker(moto: str, s3: Any, tmp_path: Path) -> PictureWalker:
    source = S3Endpoint(moto, "us-east-1", KEY, SECRET)
    return PictureWalker(tmp_path / "walks", source, Looker(source).answers())


def read(s3: Any, key: str) -> bytes:
    data: bytes = s3.get_object(Bucket="results", Key=key)["Body"].read()
    return data


def test_pictures_in_a_bucket_without_rights_are_told_in_the_summary(walker: PictureWalker, s3: Any) -> None:
    outcome = walked(walker, walk_of(job()))[ID]
    assert [json.loads(line)["source-ref"] for line in read(s3, outcome["results"]).splitlines()] == [
        "s3://photos/a.jpg"
    ]
    (error,) = json.loads(read(s3, outcome["summary"]))["errors"]
    assert (error["line-numer"], error["code"]) == (1, "InvalidS3Object")
    assert "access permissions" in error["message"]


def test_results_for_a_bucket_without_rights_are_told(walker: PictureWalker) -> None:
    with pytest.raises(JobFault, match=r"output: .*bucket 'sealed'.*AccessDenied"):
        walked(walker, walk_of(job(bucket="sealed")))


def test_a_store_that_does_not_answer_is_tried_again_and_no_pictures_fault(rooms: Rooms) -> None:
    rooms.put("lists/input.jsonl", listed("s3://photos/a.jpg"))
    walk = walk_of(job())
    (span,) = rooms.walker.plan(walk, WATCH).spans
    silent = S3Endpoint("http://127.0.0.1:9", "us-east-1", KEY, SECRET)
    walker = PictureWalker(rooms.walks, silent, Looker(silent).answers())
    with pytest.raises(InvalidS3Object, match="does not answer"):
        walker.chunk(Step(1, walk, "chunk", 0, span, 1), WATCH)
