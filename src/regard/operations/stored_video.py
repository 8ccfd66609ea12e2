"""Start… and Get… of the five analyses of stored videos.

A start checks what can be known at once and queues a job; `jobs/` does the rest. An answer of Get… is a page of a view
that was written when the job ended, so that a page costs the same wherever it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from regard.errors import InvalidPaginationToken, ResourceNotFound, VideoTooLarge
from regard.jobs.kinds import Facts
from regard.jobs.queue import JobQueue
from regard.jobs.records import DAY_MS, KEPT_MS, Job, Media, NewJob
from regard.jobs.results import ResultMissing, ResultReader
from regard.media.object_rules import check_not_empty
from regard.media.sources import ObjectSource
from regard.operations import stored_video_wishes as wishes
from regard.operations.call import Call, Operation
from regard.operations.labels import LABEL_MODEL_VERSION
from regard.operations.moderation import MODEL_VERSION as MODERATION_MODEL_VERSION
from regard.operations.stored_video_answers import job_members, listed_media_members, media_members
from regard.operations.text import TEXT_MODEL_VERSION
from regard.operations.video_sightings import AGGREGATES, SORTS, view_name
from regard.wire.tokens import PageTokens

MOST_ROWS = 1000  # of a page; whoever asks for more gets so many (contract 8.3)
HOUR_MS = 3_600_000
TOKEN_MS = 24 * HOUR_MS  # that a page token lives
ONE_VIEW = "ALL"
WAY = "video"  # how `jobs/` works on all five kinds


@dataclass(frozen=True, slots=True)
class Analysis:
    """One pair of operations."""

    start: str
    get: str
    kind: str  # a row of the table of kinds
    rows: str  # the member with the result
    wish: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    versions: tuple[tuple[str, str], ...] = ()  # the member that says whose words these are, and what it says
    has_orders: bool = False  # whether Get… takes SortBy and AggregateBy
    media: Callable[[Facts], dict[str, Any]] = media_members
    outcome: tuple[str, ...] = ()  # members that the kind's outcome has

    def order(self, members: Mapping[str, Any]) -> dict[str, str]:
        """The order in which a Get… wants its rows, in the words of `GetRequestMetadata`."""
        if not self.has_orders:
            return {}
        return {"SortBy": members.get("SortBy", SORTS[0]), "AggregateBy": members.get("AggregateBy", AGGREGATES[0])}


ANALYSES = (
    Analysis(
        "StartLabelDetection",
        "GetLabelDetection",
        "labels",
        "Labels",
        wishes.label_wish,
        (("LabelModelVersion", LABEL_MODEL_VERSION),),
        has_orders=True,
    ),
    Analysis("StartFaceDetection", "GetFaceDetection", "faces", "Faces", wishes.face_wish),
    Analysis(
        "StartTextDetection",
        "GetTextDetection",
        "text",
        "TextDetections",
        wishes.text_wish,
        (("TextModelVersion", TEXT_MODEL_VERSION),),
    ),
    Analysis(
        "StartContentModeration",
        "GetContentModeration",
        "moderation",
        "ModerationLabels",
        wishes.moderation_wish,
        (("ModerationModelVersion", MODERATION_MODEL_VERSION),),
        has_orders=True,
    ),
    Analysis(
        "StartSegmentDetection",
        "GetSegmentDetection",
        "segments",
        "Segments",
        wishes.segment_wish,
        media=listed_media_members,
        outcome=("SelectedSegmentTypes",),
    ),
)


@dataclass(frozen=True, slots=True)
class VideoJobs:
    """What the operations on stored videos work with."""

    queue: JobQueue
    results: Callable[[str], ResultReader]  # of the job with this id
    source: ObjectSource
    tokens: PageTokens
    now_ms: Callable[[], int]
    most_bytes: int | None  # of a video; None: no limit
    has_sns: bool  # whether there is an SNS service to publish to


class StoredVideoOperations:
    """See the module."""

    def __init__(self, video: Callable[[], VideoJobs]) -> None:
        """video: asked for at the first call, since it opens the database of jobs."""
        self._made = video

    @property
    def _video(self) -> VideoJobs:
        return self._made()

    def operations(self) -> dict[str, Operation]:
        """All ten, by AWS's name."""
        starts = {analysis.start: partial(self._start, analysis) for analysis in ANALYSES}
        return starts | {analysis.get: partial(self._get, analysis) for analysis in ANALYSES}

    def _start(self, analysis: Analysis, call: Call) -> dict[str, Any]:
        """Raises InvalidParameter, InvalidS3Object, VideoTooLarge, and what `JobQueue.submit` raises."""
        members = call.input
        media = wishes.media_of(members["Video"])
        wish = analysis.wish(members)
        topic = wishes.topic_of(members, self._video.has_sns)
        self._check_size(media)
        new = NewJob(
            account=call.account,
            region=call.region,
            principal=call.principal,
            kind=analysis.kind,
            operation=call.operation,
            media=media,
            wish=wish,
            token=members.get("ClientRequestToken"),
            tag=members.get("JobTag"),
            topic=topic,
        )
        return {"JobId": self._video.queue.submit(new, WAY).id}

    def _check_size(self, media: Media) -> None:
        size, most = self._video.source.size(media.bucket, media.name, media.version), self._video.most_bytes
        check_not_empty(size, media.bucket, media.name)
        if most is not None and size > most:
            raise VideoTooLarge(f"Video size in bytes: {size} is more than the maximum limit of: {most} bytes.")

    def _get(self, analysis: Analysis, call: Call) -> dict[str, Any]:
        """Raises ResourceNotFound, InvalidPaginationToken."""
        job = self._video.queue.get_of(call.account, call.region, analysis.start, call.input["JobId"])
        order = analysis.order(call.input)
        view = view_name(*order.values()) if order else ONE_VIEW
        first = self._first(_scope(job, view), call.input.get("NextToken"))
        answer = {**job_members(job), analysis.rows: [], **(analysis.media(job.facts) if job.facts else {})}
        if order:
            answer["GetRequestMetadata"] = order
        if job.state == "succeeded":
            answer |= dict(analysis.versions)
            answer |= {member: job.outcome[member] for member in analysis.outcome}
            most = min(call.input.get("MaxResults", MOST_ROWS), MOST_ROWS)
            answer |= self._page(analysis, job, view, first, most)
        return answer

    def _page(self, analysis: Analysis, job: Job, view: str, first: int, most: int) -> dict[str, Any]:
        result = self._video.results(job.id)
        try:
            rows, count = result.page(view, first, most), result.count(view)
        except ResultMissing as error:
            raise _gone(job) from error
        following = first + len(rows)
        if following >= count:
            return {analysis.rows: rows}
        position = f"{following}:{self._video.now_ms()}"
        return {analysis.rows: rows, "NextToken": self._video.tokens.seal(_scope(job, view), position)}

    def _first(self, scope: str, token: str | None) -> int:
        """Where a page begins. Raises InvalidPaginationToken, also for a token that is too old."""
        if not token:
            return 0
        first, made_ms = self._video.tokens.open(scope, token).split(":")
        if self._video.now_ms() - int(made_ms) > TOKEN_MS:
            raise InvalidPaginationToken(f"The page token is older than {TOKEN_MS // HOUR_MS} hours")
        return int(first)


def _scope(job: Job, view: str) -> str:
    """What a page token is good for: this job's result in this order."""
    return f"{job.new.operation}:{job.id}:{view}"


def _gone(job: Job) -> ResourceNotFound:
    return ResourceNotFound(f"The result of job {job.id} is gone: results are kept for {KEPT_MS // DAY_MS} days")
