"""What is kept of work that goes on after its request was answered: jobs, walks, their steps, and notices.

A *job* is what a client started. A *walk* goes once over one object, a video or a list of pictures, for all jobs that
wait for it. A walk is worked off in *steps*: one plans it, one for each chunk, one settles every job's result. A
*notice* tells somebody that a job has ended. All but the enums pass between processes as rows and as JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Stage = Literal["plan", "chunk", "settle"]
NoticeState = Literal["waiting", "delivered", "dead"]
ENDED: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled"})

DAY_MS = 24 * 3_600_000
KEPT_MS = 7 * DAY_MS  # results and request tokens, as with Amazon


@dataclass(frozen=True, slots=True)
class Media:
    """An object in a bucket: a video, or the manifest of a list of pictures."""

    bucket: str
    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a client asks for. `wish` and `operation` mean nothing to this layer; it keeps them."""

    account: str
    region: str
    principal: str  # the access key that asked
    kind: str  # a row of the table of kinds: "labels", "faces", ...
    operation: str  # what the client called it
    media: Media
    wish: Mapping[str, Any] = field(default_factory=dict)  # JSON: what the kind is to do
    token: str | None = None  # the client's; the same again gives the same job
    tag: str | None = None
    topic: str | None = None  # where the client wants to be told of the end
    name: str | None = None
    priority: int = 0  # higher ones first


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands."""

    key: int
    id: str  # 64 hexadecimal digits
    new: NewJob
    state: JobState
    created_ms: int
    started_ms: int | None = None
    ended_ms: int | None = None
    message: str = ""  # why it failed
    is_parked: bool = False  # given up after several tries, for `regard jobs retry`
    facts: Mapping[str, Any] = field(default_factory=dict)  # of its media, once planned; JSON
    outcome: Mapping[str, Any] = field(default_factory=dict)  # what settling told besides the result; JSON
    done_chunks: int = 0
    chunks: int | None = None  # None until planned


@dataclass(frozen=True, slots=True)
class Walk:
    """One way over one object, for the jobs that share it."""

    key: int
    id: str  # 32 hexadecimal digits
    account: str
    region: str
    media: Media
    jobs: tuple[Job, ...]  # those that have not ended, the oldest first; all work in the same way (`Kind.way`)
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_sequential: bool = False  # chunks can only be reached one after the other
    way: str = "video"  # which walker goes it


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a walk that this worker has taken; `attempt` tells it from those who had it before."""

    key: int
    walk: Walk
    stage: Stage
    number: int  # of the chunk, from 0; -1 for the plan
    span: Mapping[str, Any]  # JSON, as the plan gave it; {} but for chunks
    attempt: int  # from 1


@dataclass(frozen=True, slots=True)
class PlannedWalk:
    """What the first step of a walk finds out."""

    facts: Mapping[str, Any]  # JSON
    spans: tuple[Mapping[str, Any], ...]  # JSON, one a chunk, in order; at least one
    is_sequential: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one place, the same however often it is sent."""

    id: str  # a UUID, a pure function of job and place
    job_id: str
    channel: str  # "sns", "webhook", "mqtt"
    target: str  # a topic; "" where the channel has one place
    body: str
    state: NoticeState
    attempts: int
    due_ms: int
    error: str = ""  # of the last attempt
