"""Bulk image jobs, as far as an endpoint can be asked without a bucket of its own to write into."""

from collections.abc import Iterator

from regard_conformance.case import Answered, Case, Expectation, Json, Refused
from regard_conformance.cases.checks import lists_present, members_present
from regard_conformance.cases.minimal import minimal
from regard_conformance.fixtures import Fixtures

SDKS = ("boto3", "js")
DESCRIBED = ("JobId", "OperationsConfig", "Status", "CreationTimestamp", "Input", "OutputConfig")


def jobs_are_described(answer: Json, _fixtures: Fixtures) -> Iterator[str]:
    """The list is there, empty too, and each job has what the model requires."""
    yield from lists_present(answer, ["MediaAnalysisJobs"], "answer")
    for job in answer.get("MediaAnalysisJobs", []):
        yield from members_present(job, DESCRIBED, "a job")


def _refused(operation: str, name: str, expect: Expectation, **members: object) -> Case:
    return Case(operation, name, lambda f: {**minimal(operation)(f), **members}, expect, "intake", SDKS)


CASES = [
    _refused("StartMediaAnalysisJob", "a missing manifest", Refused(("InvalidS3ObjectException",))),
    _refused("StartMediaAnalysisJob", "no operation", Refused(("InvalidParameterException",)), OperationsConfig={}),
    _refused("GetMediaAnalysisJob", "an unknown job", Refused(("ResourceNotFoundException",))),
    Case("ListMediaAnalysisJobs", "all", lambda _: {}, Answered(jobs_are_described), "answers", SDKS),
    _refused(
        "ListMediaAnalysisJobs",
        "a token nobody made",
        Refused(("InvalidPaginationTokenException",)),
        NextToken="bm9uZQ",
    ),
]
