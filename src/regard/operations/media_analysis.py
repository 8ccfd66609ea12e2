"""StartMediaAnalysisJob, GetMediaAnalysisJob, ListMediaAnalysisJobs: DetectModerationLabels over lists of pictures."""

from collections.abc import Callable, Mapping
from typing import Any

from regard.errors import (
    ApiError,
    ImageTooLarge,
    InvalidImageFormat,
    InvalidManifest,
    InvalidParameter,
    InvalidS3Object,
)
from regard.jobs.kinds import Row, Wish
from regard.jobs.manifests import MOST_BYTES, BrokenLine
from regard.jobs.pictures import RESULTS, WAY, PictureAnswers, Place, output_key
from regard.jobs.queue import JobQueue
from regard.jobs.records import Job, JobState, Media, NewJob
from regard.media.sources import ObjectSource
from regard.operations.call import Call
from regard.operations.moderation import DEFAULT_MIN_CONFIDENCE, MODEL_VERSION, refuse_adapter
from regard.wire.tokens import PageTokens

KIND = "moderation-list"
START = "StartMediaAnalysisJob"
MOST_LISTED = 100
MOST_KEY_BYTES = 1024  # as S3 has it

STATUSES: Mapping[JobState, str] = {
    "queued": "QUEUED",
    "running": "IN_PROGRESS",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "cancelled": "FAILED",  # Amazon has no word for it, since nobody can cancel there
}
FAILURES: Mapping[Place, str] = {
    "object": "INVALID_S3_OBJECT",
    "manifest": "INVALID_MANIFEST",
    "output": "INVALID_OUTPUT_CONFIG",
}
# Amazon names no codes for the errors of a summary; these are its exceptions, spelt as its other codes are.
LINE_ERRORS: Mapping[type[Exception], str] = {
    BrokenLine: "INVALID_JSON_LINE",
    ImageTooLarge: "IMAGE_TOO_LARGE",
    InvalidImageFormat: "INVALID_IMAGE_FORMAT",
    InvalidParameter: "INVALID_PARAMETER",  # what is too small
    InvalidS3Object: "INVALID_S3_OBJECT",
}
_UNUSABLE = "Request has invalid parameters. {}"


def moderation_answers(answer: Callable[[Mapping[str, Any], float], Row]) -> PictureAnswers:
    """What lists of pictures are answered with. answer: `ModerationOperations.answer`."""

    def find(picture: Media) -> Row:
        # Every label, whatever its confidence: jobs over the same list may want different ones.
        return answer({"S3Object": {"Bucket": picture.bucket, "Name": picture.name}}, 0.0)

    return PictureAnswers("detect-moderation-labels", find, _confident, _line_error)


class MediaAnalysisOperations:
    """Jobs over lists of pictures."""

    def __init__(self, queue: JobQueue, source: ObjectSource, tokens: PageTokens) -> None:
        self._queue, self._source, self._tokens = queue, source, tokens

    def start_media_analysis_job(self, call: Call) -> dict[str, Any]:
        """The new job's id, or that of the job that was started with the same token.

        Raises InvalidParameter, ResourceNotFound for an adapter, InvalidS3Object, InvalidManifest, LimitExceeded,
        IdempotentParameterMismatch.
        """
        wanted = _moderation(call.input)
        media = _media(call.input["Input"]["S3Object"])
        output = call.input["OutputConfig"]
        self._check_output(output["S3Bucket"], output.get("S3KeyPrefix", ""))
        self._check_manifest(media)
        wish = {
            "min_confidence": float(wanted.get("MinConfidence", DEFAULT_MIN_CONFIDENCE)),
            "output_bucket": output["S3Bucket"],
            "output_prefix": output.get("S3KeyPrefix", ""),
            "OperationsConfig": call.input["OperationsConfig"],
            "OutputConfig": output,
        }
        new = NewJob(
            account=call.account,
            region=call.region,
            principal=call.principal,
            kind=KIND,
            operation=START,
            media=media,
            wish=wish,
            token=call.input.get("ClientRequestToken"),
            name=call.input.get("JobName"),
        )
        return {"JobId": self._queue.submit(new, WAY).id}

    def get_media_analysis_job(self, call: Call) -> dict[str, Any]:
        """A job as it stands. Raises ResourceNotFound."""
        return job_members(self._queue.get_of(call.account, call.region, START, call.input["JobId"]))

    def list_media_analysis_jobs(self, call: Call) -> dict[str, Any]:
        """Jobs, the newest first. Raises InvalidPaginationToken."""
        scope, token = f"ListMediaAnalysisJobs:{call.account}:{call.region}", call.input.get("NextToken")
        before = int(self._tokens.open(scope, token)) if token else None
        most = call.input.get("MaxResults", MOST_LISTED)
        jobs = self._queue.jobs(account=call.account, region=call.region, kind=KIND, before_key=before, limit=most + 1)
        answer: dict[str, Any] = {"MediaAnalysisJobs": [job_members(job) for job in jobs[:most]]}
        if len(jobs) > most:
            answer["NextToken"] = self._tokens.seal(scope, str(jobs[most - 1].key))
        return answer

    def _check_manifest(self, media: Media) -> None:
        size = self._source.size(media.bucket, media.name, media.version)
        if not size:
            raise InvalidManifest(f"The manifest '{media.name}' in bucket '{media.bucket}' is empty")
        if size > MOST_BYTES:
            raise InvalidManifest(
                f"The manifest '{media.name}' in bucket '{media.bucket}' is {size:,} bytes; the limit is {MOST_BYTES:,}"
            )

    def _check_output(self, bucket: str, prefix: str) -> None:
        key = output_key(prefix, "0" * 64, RESULTS)  # no job has this id
        length = len(key.encode())
        if length > MOST_KEY_BYTES:
            message = f"With S3KeyPrefix the key of the results is {length} bytes; the limit is {MOST_KEY_BYTES}"
            raise InvalidParameter(_UNUSABLE.format(message))
        try:
            self._source.check_writable(bucket, key)
        except ConnectionError as error:
            raise InvalidS3Object(str(error)) from error


def job_members(job: Job) -> dict[str, Any]:
    """Members of `MediaAnalysisJobDescription`."""
    media, wish = job.new.media, job.new.wish
    version = {"Version": media.version} if media.version is not None else {}
    members: dict[str, Any] = {
        "JobId": job.id,
        "OperationsConfig": wish["OperationsConfig"],
        "Status": STATUSES[job.state],
        "CreationTimestamp": job.created_ms / 1000,
        "Input": {"S3Object": {"Bucket": media.bucket, "Name": media.name, **version}},
        "OutputConfig": wish["OutputConfig"],
    }
    if job.new.name is not None:
        members["JobName"] = job.new.name
    if job.ended_ms is not None:
        members["CompletionTimestamp"] = job.ended_ms / 1000
    if STATUSES[job.state] == "FAILED":
        members["FailureDetails"] = _failure(job)
    if job.state == "succeeded":
        members |= _results(job.outcome)
    return members


def _results(outcome: Mapping[str, Any]) -> dict[str, Any]:
    bucket = outcome["bucket"]
    return {
        "Results": {
            "S3Object": {"Bucket": bucket, "Name": outcome["results"]},
            "ModelVersions": {"Moderation": MODEL_VERSION},
        },
        "ManifestSummary": {"S3Object": {"Bucket": bucket, "Name": outcome["summary"]}},
    }


def _failure(job: Job) -> dict[str, str]:
    """Members of `MediaAnalysisJobFailureDetails`."""
    for place, code in FAILURES.items():
        if job.message.startswith(f"{place}: "):
            return {"Code": code, "Message": job.message.removeprefix(f"{place}: ")}
    return {"Code": "INTERNAL_ERROR", "Message": job.message or f"The job was {job.state}"}


def _moderation(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Members of `MediaAnalysisDetectModerationLabelsConfig`. Raises for what would be left undone without a word."""
    wanted: Mapping[str, Any] | None = members["OperationsConfig"].get("DetectModerationLabels")
    if wanted is None:
        raise InvalidParameter(_UNUSABLE.format("OperationsConfig names no operation; DetectModerationLabels is one"))
    refuse_adapter(wanted)
    if "KmsKeyId" in members:
        message = "KmsKeyId cannot be used: keys are not managed here, and a bucket decides how it stores results"
        raise InvalidParameter(_UNUSABLE.format(message))
    return wanted


def _media(named: Mapping[str, Any]) -> Media:
    for member in ("Bucket", "Name"):
        if not named.get(member):
            raise InvalidParameter(_UNUSABLE.format(f"Input.S3Object has no {member}."))
    return Media(named["Bucket"], named["Name"], named.get("Version"))


def _confident(answer: Row, wish: Wish) -> Row:
    """The labels that one job asked for.

    A label is never less confident than those below it, so none is left without the one above it.
    """
    labels = [label for label in answer["ModerationLabels"] if label["Confidence"] >= wish["min_confidence"]]
    return {**answer, "ModerationLabels": labels}


def _line_error(error: ApiError | BrokenLine) -> str:
    return LINE_ERRORS[type(error)]
