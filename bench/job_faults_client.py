"""The client of bench/job_faults.py: starts jobs through boto3 until each is accepted, and reads their results."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError

BUCKET = "films"
# By kind: the name of the pair of operations, and what is asked for besides the video.
KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "labels": ("label_detection", {}),
    "faces": ("face_detection", {}),
    "text": ("text_detection", {}),
    "segments": ("segment_detection", {"SegmentTypes": ["SHOT", "TECHNICAL_CUE"]}),
}
_PAGE_ROWS = 7
_OF_THIS_JOB = ("JobId", "NextToken", "ResponseMetadata")  # the same result may differ in these
_PATIENCE_SECONDS = 180.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Request:
    """One job to be started."""

    kind: str
    clip: str
    token: str


class Client:
    """Of one server, which may be killed at any time."""

    def __init__(self, url: str) -> None:
        # A try of its own is what is counted here, so boto3 makes none.
        config = Config(
            signature_version=UNSIGNED, retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60
        )
        self._boto = boto3.client("rekognition", endpoint_url=url, region_name="us-east-1", config=config)
        self.retried: set[str] = set()  # tokens of those starts that had to be tried again

    def start(self, request: Request) -> str:
        """The job's id, once the server has said it. Raises what the server refuses, and RuntimeError after minutes."""
        name, members = KINDS[request.kind]
        video = {"S3Object": {"Bucket": BUCKET, "Name": request.clip}}
        start = getattr(self._boto, f"start_{name}")
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                return str(start(Video=video, ClientRequestToken=request.token, **members)["JobId"])
            except (NoConnection, HTTPClientError):
                self.retried.add(request.token)
                time.sleep(_PAUSE_SECONDS)
        raise RuntimeError(f"no server has accepted {request} for {_PATIENCE_SECONDS:.0f} s")

    def result(self, kind: str, job_id: str) -> str:
        """All pages of the answer, as JSON, without what is different for each job."""
        return json.dumps(list(self._pages(kind, job_id)), sort_keys=True)

    def _pages(self, kind: str, job_id: str) -> Iterator[dict[str, Any]]:
        get, more = getattr(self._boto, f"get_{KINDS[kind][0]}"), dict[str, str]()
        for _ in range(1000):
            answer = get(JobId=job_id, MaxResults=_PAGE_ROWS, **more)
            yield {name: value for name, value in answer.items() if name not in _OF_THIS_JOB}
            if "NextToken" not in answer:
                return
            more = {"NextToken": answer["NextToken"]}
        raise RuntimeError(f"the answer of {job_id} has more than a thousand pages")
