"""What is said to whoever wants to hear of a job's end: the JSON that Amazon publishes to a topic (contract 8.2)."""

from typing import Any

import orjson

from regard.jobs.records import Job

STATUSES = {"succeeded": "SUCCEEDED", "failed": "FAILED", "cancelled": "FAILED"}
CANCELLED = "The job was cancelled."
_PICTURES = "StartMediaAnalysisJob"  # whose object is no video


def completion_message(job: Job) -> str:
    """The text for a job that has ended, the same each time."""
    media, message = job.new.media, {"JobId": job.id, "Status": STATUSES[job.state], "API": job.new.operation}
    tag = {"JobTag": job.new.tag} if job.new.tag is not None else {}
    named: dict[str, Any] = {"Video": {"S3ObjectName": media.name, "S3Bucket": media.bucket}}
    if job.new.operation == _PICTURES:
        named = {"Input": {"S3Object": {"Bucket": media.bucket, "Name": media.name}}}
    return orjson.dumps({**message, **tag, "Timestamp": job.ended_ms, **named}).decode()


def status_message(job: Job) -> str:
    """Why a job that has ended has no result."""
    return CANCELLED if job.state == "cancelled" else job.message
