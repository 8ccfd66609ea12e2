"""Videos in an S3 service that refuses them, which ends a job, or that fails meanwhile, which does not."""

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from regard.errors import InvalidS3Object
from regard.jobs.kinds import JobFault
from regard.jobs.records import Media
from regard.jobs.videos import VideoWalker
from regard.media.sources import S3Endpoint
from tests.jobs.films import KINDS, LIMITS, SHORT, Film
from tests.jobs.video_kinds import NEVER
from tests.media.made_videos import make_video

KEY, SECRET = "AKIAEXAMPLE", "secret"


@pytest.fixture(scope="module")
def s3(moto: str) -> Any:
    """A service with two buckets: of one even the sizes are refused, of the other only the objects.

    The second is one whose rights were taken away between the two questions.
    """
    client = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    # To moto HEAD is an action of its own; to S3 itself it is s3:GetObject.
    for bucket, actions in (("private", ["s3:GetObject", "s3:HeadObject"]), ("withdrawn", ["s3:GetObject"])):
        client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key="clip.mp4", Body=b"film")
        denial = {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": f"arn:aws:s3:::{bucket}/*"}
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial]}))
    return client


@pytest.mark.parametrize("bucket", ["private", "withdrawn"])
@pytest.mark.usefixtures("s3")
def test_video_in_a_bucket_without_rights_is_told_and_leaves_nothing(film: Film, moto: str, bucket: str) -> None:
    walk = replace(film.walk(), media=Media(bucket, "clip.mp4"))

    with pytest.raises(JobFault) as caught:
        walker_over(film, moto).plan(walk, NEVER)

    assert str(caught.value) == (
        "Unable to get object metadata from S3. Check object key, region and/or access permissions. "
        f"(bucket '{bucket}', key 'clip.mp4': AccessDenied)"
    )
    assert files_in(film.folder / "jobs") == []


@pytest.mark.parametrize(
    "statuses", [{"HEAD": 503, "GET": 503}, {"HEAD": 200, "GET": 503}], ids=["at once", "while it is brought"]
)
def test_a_store_that_fails_is_tried_again_and_no_videos_fault(film: Film, statuses: Mapping[str, int]) -> None:
    make_video(film.object, SHORT)

    with answering(statuses) as url, pytest.raises(InvalidS3Object, match=r"key 'in/clip\.mp4': 503"):
        walker_over(film, url).plan(film.walk(), NEVER)

    assert files_in(film.folder / "jobs") == []
    assert film.planned()[1].facts["frames"] == 30


def test_a_store_that_does_not_answer_is_tried_again_and_no_videos_fault(film: Film) -> None:
    with pytest.raises(InvalidS3Object, match="does not answer"):
        walker_over(film, "http://127.0.0.1:9").plan(film.walk(), NEVER)


def walker_over(film: Film, url: str) -> VideoWalker:
    return VideoWalker(film.folder / "jobs", S3Endpoint(url, "us-east-1", KEY, SECRET), KINDS, LIMITS)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@contextmanager
def answering(statuses: Mapping[str, int]) -> Iterator[str]:
    """The address of a service that answers each method with its status and nothing else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses[self.command])
            self.send_header("Content-Length", "1000" if self.command == "HEAD" else "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
