"""A server that starts jobs over videos, and a hand that ends them as a worker would."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from regard.jobs.ending import end_job
from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.records import Job, JobState
from regard.jobs.results import ResultReader, ResultWriter
from regard.media.sources import LocalBuckets
from regard.operations.stored_video import StoredVideoOperations, VideoJobs
from regard.storage.job_schema import jobs, walks
from regard.storage.job_store import JobStore
from regard.wire.tokens import PageTokens
from tests.server.service import running

MOST_BYTES = 10 << 30
FACTS: dict[str, Any] = {
    "codec": "h264",
    "format": "QuickTime / MOV",
    "duration_ms": 5005,
    "frame_rate": 23.976,
    "width": 1280,
    "height": 674,
    "color_range": "LIMITED",
    "frames": 120,
    "audio": [{"codec": "aac", "duration_ms": 5000, "sample_rate": 48000, "channels": 2}],
    "file_bytes": 1000,
    "time_base_fps": [24000, 1001],
}
METADATA = {
    "Codec": "h264",
    "DurationMillis": 5005,
    "Format": "QuickTime / MOV",
    "FrameRate": 23.976,
    "FrameHeight": 674,
    "FrameWidth": 1280,
    "ColorRange": "LIMITED",
}


class Wall:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def now_ms(self) -> int:
        """What it shows."""
        return self.now


@dataclass
class VideoDesk:
    """The server's client, its queue and its clock."""

    client: Any
    queue: JobQueue
    store: JobStore
    wall: Wall
    buckets: Path

    def put(self, name: str = "clip.mp4", size: int = 1000) -> dict[str, Any]:
        """An object of so many bytes in the bucket `media`, as a `Video` member."""
        path = self.buckets / "media" / name
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)
        return {"S3Object": {"Bucket": "media", "Name": name}}

    def wishes(self, job_id: str) -> Job:
        """The job as it is kept."""
        return self.queue.get(job_id)

    def plan(self, job_id: str) -> None:
        """A worker has looked at the video."""
        job = self.queue.get(job_id)
        media = {"bucket": job.new.media.bucket, "object_name": job.new.media.name, "way": "video"}
        owner = {"account": job.new.account, "region": job.new.region, "id": job.id[:32]}
        beginning = {"is_sequential": False, "priority": 0, "done_chunks": 0, "is_forgotten": False}
        with self.store.writing() as connection:
            done = connection.execute(insert(walks).values(**media, **owner, **beginning, facts=json.dumps(FACTS)))
            assert done.inserted_primary_key is not None
            taken = {"state": "running", "walk_key": done.inserted_primary_key[0]}
            connection.execute(update(jobs).where(jobs.c.key == job.key).values(**taken))

    def end(
        self,
        job_id: str,
        views: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        *,
        state: JobState = "succeeded",
        message: str = "",
        outcome: Mapping[str, Any] | None = None,
    ) -> None:
        """A worker has written the views and ended the job."""
        self.plan(job_id)
        writer = ResultWriter(self.store.results / job_id)
        for view, rows in (views or {}).items():
            writer.write(view, (dict(row) for row in rows))
        with self.store.writing() as connection:
            key = self.queue.get(job_id).key
            end_job(connection, key, state, self.wall.now, lambda job: [], message=message, outcome=outcome)


@contextlib.contextmanager
def video_desk(folder: Path, *, has_sns: bool = True) -> Iterator[VideoDesk]:
    """A running server; what it analyses is up to the test."""
    store, wall = JobStore.open(folder / "jobs"), Wall()
    buckets = folder / "data" / "buckets"
    queue = JobQueue(store, lambda job: [], JobLimits(most_in_progress=20), wall.now_ms)
    video = VideoJobs(
        queue=queue,
        results=lambda job_id: ResultReader(store.results / job_id),
        source=LocalBuckets(buckets),
        tokens=PageTokens(b"key"),
        now_ms=wall.now_ms,
        most_bytes=MOST_BYTES,
        has_sns=has_sns,
    )
    with store, running(folder / "data", StoredVideoOperations(lambda: video).operations()) as service:
        buckets.mkdir(parents=True, exist_ok=True)
        yield VideoDesk(service.client(), queue, store, wall, buckets)
