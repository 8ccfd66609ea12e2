"""Runs AWS's own Python examples of stored video against a server: `python -m tools.run_aws_examples FOLDER`.

FOLDER holds them as AWS publishes them; they are no part of this repository:

- `stored_video_sample.py`: the program with the class `VideoDetect` on the developer guide's page "Analyzing a video
  stored in an Amazon S3 bucket with Java or Python";
- `rekognition_video_detection.py`: the file of this name, with the class `RekognitionVideo`, in AWS's repository of SDK
  examples.

Only endpoints are set, through the environment: for Rekognition that of a server of this working tree, for S3, SNS, SQS
and IAM moto's. Both classes wait at a queue for the job's end; a third run polls. What they print is shown. The exit
code is 0 where every job succeeded and person tracking was refused.
"""

import logging
import os
import runpy
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from tools.run_conformance import served, write_video

_REGION, _BUCKET, _KEY, _NAME = "eu-west-1", "clips", "in/clip.mp4", "AmazonRekognition-examples"
_REGARDS = ("S3", "SNS")


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    examples = Path(arguments[0])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # which would tell of each request to moto
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        _set_environment("http://{}:{}".format(*moto.get_host_and_port()))
        with tempfile.TemporaryDirectory(prefix="regard-examples-") as name:
            stored = _stored(Path(name))
            with served(Path(name), ["--limits", "aws"]) as url:
                os.environ["AWS_ENDPOINT_URL_REKOGNITION"] = url
                return _run(examples, stored)
    finally:
        moto.stop()


def _set_environment(moto: str) -> None:
    keys = {"ACCESS_KEY_ID": "testing", "SECRET_ACCESS_KEY": "testing"}
    os.environ |= {"AWS_ENDPOINT_URL": moto, "AWS_DEFAULT_REGION": _REGION}
    os.environ |= {f"AWS_{name}": value for name, value in keys.items()}
    for service in _REGARDS:
        settings = {"ENDPOINT": moto, "REGION": _REGION, **keys}
        os.environ |= {f"REGARD_{service}_{name}": value for name, value in settings.items()}


def _stored(folder: Path) -> Any:
    """A video in a bucket, as boto3's resource."""
    write_video(folder / "clip.mp4")
    bucket = boto3.resource("s3").create_bucket(
        Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": _REGION}
    )
    bucket.upload_file(str(folder / "clip.mp4"), _KEY)
    return bucket.Object(_KEY)


def _run(examples: Path, stored: Any) -> int:
    client = boto3.client("rekognition")
    video = _class(examples, "rekognition_video_detection", "RekognitionVideo").from_bucket(stored, client)
    video.create_notification_channel(_NAME, *map(boto3.resource, ("iam", "sns", "sqs")))
    for name in ("do_label_detection", "do_face_detection", "do_content_moderation"):
        print(f"{name}: {len(getattr(video, name)())} items", flush=True)
    is_refused = _is_tracking_refused(video)

    detect = _class(examples, "stored_video_sample", "VideoDetect")()
    detect.queueUrl, detect.topicArn, detect.roleArn = video.queue.url, video.topic.arn, video.role.arn
    detect.bucket, detect.video = _BUCKET, _KEY
    detect.main()
    status = _polled(client)
    print(f"polling: {status}; person tracking was {'' if is_refused else 'NOT '}refused")
    return 0 if is_refused and status == "SUCCEEDED" else 1


def _is_tracking_refused(video: Any) -> bool:
    try:
        video.do_person_tracking()
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "AccessDeniedException")
    return False


def _polled(client: Any) -> str:
    job_id = client.start_face_detection(Video={"S3Object": {"Bucket": _BUCKET, "Name": _KEY}})["JobId"]
    while (status := client.get_face_detection(JobId=job_id)["JobStatus"]) == "IN_PROGRESS":
        time.sleep(1)
    return str(status)


def _class(examples: Path, program: str, name: str) -> Any:
    return runpy.run_path(str(examples / f"{program}.py"))[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
