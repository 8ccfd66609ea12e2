"""The composition root's part about jobs over stored objects: their store, their queue, and who works on them."""

from collections.abc import Callable, Mapping

from regard.app_notices import make_announcer, make_channels
from regard.jobs import pictures
from regard.jobs.delivery import Deliverer
from regard.jobs.kinds import Kind, Walker
from regard.jobs.pictures import PictureAnswers, PictureWalker
from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.results import ResultReader
from regard.jobs.video_rules import VideoRules
from regard.jobs.videos import VideoWalker
from regard.jobs.worker import Worker
from regard.lazy import Lazy
from regard.media.sources import ObjectSource
from regard.media.video_limits import VideoLimits
from regard.operations.call import Operation
from regard.operations.limits import BY_NAME
from regard.operations.stored_video import StoredVideoOperations, VideoJobs
from regard.people.clock import wall_ms
from regard.settings import Settings
from regard.storage.job_store import JobStore
from regard.wire.tokens import PageTokens

JOBS_FOLDER = "jobs"
_MOST_IN_PROGRESS = {"aws": 20, "relaxed": None}  # of one account and region (contract 8.1)


class AppJobs:
    """Everything about jobs that one process needs, made when first needed. The people's database is not touched."""

    def __init__(
        self,
        settings: Settings,
        source: ObjectSource,
        kinds: Callable[[], Mapping[str, Kind]],
        answers: PictureAnswers,
    ) -> None:
        """kinds: the analyses of videos, by their names. answers: what lists of pictures are answered with."""
        self._settings, self._source, self._kinds, self._answers = settings, source, kinds, answers
        self.announcer = make_announcer(settings)
        self.store = Lazy(lambda: JobStore.open(settings.data / JOBS_FOLDER))
        self.deliverer = Lazy(lambda: Deliverer(self.store(), make_channels(settings), wall_ms))
        self.queue = Lazy(self._make_queue)
        self._workers: list[Worker] = []

    def make_worker(self) -> Worker:
        """One that works on all jobs of the data folder, and hears at once of those that are started here."""
        worker = Worker(
            self.store(),
            self._walkers(),
            self.announcer.places,
            wall_ms,
            most_disk_bytes=self._settings.job_disk_bytes,
        )
        self.queue().when_queued(worker.wake)
        return worker

    def operations(self, tokens: Callable[[], PageTokens]) -> dict[str, Operation]:
        """Those on stored videos, by AWS's name."""
        return StoredVideoOperations(Lazy(lambda: self._video_jobs(tokens()))).operations()

    def start(self) -> None:
        """Has as many workers in this process as are configured, and sends notices. Raises StorageError."""
        self.deliverer().start()
        self._workers = [self.make_worker() for _ in range(self._settings.job_workers)]
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        """Returns once the workers have given back what they were at, and no notice is on its way."""
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.close()
        if self.deliverer.is_made:
            self.deliverer().close()
        if self.store.is_made:
            self.store().close()

    def _video_jobs(self, tokens: PageTokens) -> VideoJobs:
        return VideoJobs(
            queue=self.queue(),
            results=lambda job_id: ResultReader(self.store().results / job_id),
            source=self._source,
            tokens=tokens,
            now_ms=wall_ms,
            most_bytes=self._rules.most_bytes,
            has_sns=self._settings.sns_endpoint is not None,
        )

    @property
    def _rules(self) -> VideoRules:
        return BY_NAME[self._settings.limits].video.within(self._settings.job_disk_bytes)

    def _walkers(self) -> dict[str, Walker]:
        """By the ways of walks; new ones, since each worker has its own."""
        return {
            "video": VideoWalker(self.store().folder, self._source, self._kinds(), VideoLimits(), self._rules),
            pictures.WAY: PictureWalker(self.store().walks, self._source, self._answers),
        }

    def _make_queue(self) -> JobQueue:
        limits = JobLimits(_MOST_IN_PROGRESS[self._settings.limits], self._settings.job_disk_bytes)
        return JobQueue(self.store(), self.announcer.places, limits, wall_ms)
