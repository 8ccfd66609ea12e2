"""A server that starts jobs over lists of pictures, its buckets, and a worker that works when told."""

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from regard.analysis.moderation import Moderator
from regard.jobs.pictures import WAY, PictureWalker
from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.worker import Worker
from regard.media.sources import LocalBuckets
from regard.operations.images import Pictures
from regard.operations.limits import AWS
from regard.operations.media_analysis import MediaAnalysisOperations, moderation_answers
from regard.operations.moderation import ModerationOperations
from regard.storage.job_store import JobStore
from regard.wire.tokens import PageTokens
from tests.jobs.picture_lists import listed, put
from tests.operations.test_detect_moderation_labels import StubNsfwjs, StubOpenNsfw, StubSafety, StubTags
from tests.server.service import running, wait_until

NOW_MS = 1_700_000_000_000


def picture(red: int, side: int = 100) -> bytes:
    """A PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), (red, 0, 0)).save(file, "PNG")
    return file.getvalue()


@dataclass
class Desk:
    """A client of a server, its buckets, and a worker that works when told."""

    client: Any
    buckets: Path
    queue: JobQueue
    store: JobStore
    walker: PictureWalker

    def put(self, name: str, data: bytes) -> None:
        put(self.buckets, name, data)

    def asked(self, **changes: Any) -> dict[str, Any]:
        """A request, of which members may be changed, or left out with None."""
        members = {
            "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 60.0}},
            "Input": {"S3Object": {"Bucket": "lists", "Name": "input.jsonl"}},
            "OutputConfig": {"S3Bucket": "results", "S3KeyPrefix": "out"},
        }
        return {name: value for name, value in (members | changes).items() if value is not None}

    def start(self, **changes: Any) -> str:
        job_id: str = self.client.start_media_analysis_job(**self.asked(**changes))["JobId"]
        return job_id

    def get(self, job_id: str) -> dict[str, Any]:
        """What is answered, without what is not of the operation."""
        answer: dict[str, Any] = self.client.get_media_analysis_job(JobId=job_id)
        del answer["ResponseMetadata"]
        return answer

    def ended(self, job_id: str) -> dict[str, Any]:
        """The same, once a worker has ended it."""
        worker = Worker(self.store, {WAY: self.walker}, lambda job: (), lambda: NOW_MS + 5000)
        worker.start()
        try:
            wait_until(lambda: self.queue.get(job_id).ended_ms is not None)
        finally:
            worker.close()
        return self.get(job_id)

    def read(self, named: dict[str, Any]) -> bytes:
        data: bytes = (self.buckets / named["S3Object"]["Bucket"] / named["S3Object"]["Name"]).read_bytes()
        return data

    def lines(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read(answer["Results"]).splitlines()]


@contextlib.contextmanager
def desk_in(folder: Path, moderation: ModerationOperations, limits: JobLimits) -> Iterator[Desk]:
    source = LocalBuckets(folder / "buckets")
    store = JobStore.open(folder / "jobs")
    queue = JobQueue(store, lambda job: (), limits, lambda: NOW_MS)
    operations = MediaAnalysisOperations(queue, source, PageTokens(bytes(32)))
    served = {
        "StartMediaAnalysisJob": operations.start_media_analysis_job,
        "GetMediaAnalysisJob": operations.get_media_analysis_job,
        "ListMediaAnalysisJobs": operations.list_media_analysis_jobs,
        "DetectModerationLabels": moderation.detect_moderation_labels,
    }
    walker = PictureWalker(store.walks, source, moderation_answers(moderation.answer))
    with running(folder / "data", served) as service:
        yield Desk(service.client(), folder / "buckets", queue, store, walker)
    store.close()


@contextlib.contextmanager
def stubbed_desk(folder: Path) -> Iterator[Desk]:
    """One with a red and a black picture, a list of both, and networks that see a revolver in red pictures."""
    moderator = Moderator(StubSafety(), StubNsfwjs(), StubOpenNsfw(), StubTags())
    moderation = ModerationOperations(Pictures(LocalBuckets(folder / "buckets"), AWS), moderator)
    with desk_in(folder, moderation, JobLimits(most_in_progress=20)) as made:
        made.put("photos/red.png", picture(255))
        made.put("photos/black.png", picture(0))
        made.put("lists/input.jsonl", listed("s3://photos/red.png", "s3://photos/black.png"))
        (made.buckets / "results").mkdir()
        yield made
