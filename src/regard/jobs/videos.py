"""Walks over stored videos: each is decoded once for all jobs that wait for it.

    walker = VideoWalker(store.folder, source, kinds, VideoLimits(), RELAXED_RULES)

    walks/<walk id>/       see `jobs/walk_folder.py`
    results/<job id>/      see `jobs/results.py`

`analyse_video` does the same without a queue.
"""

import errno
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from regard.errors import ApiError, InvalidS3Object
from regard.jobs.kinds import Facts, JobFault, Kind, Row, StepStopped, StepWatch, Wish
from regard.jobs.records import PlannedWalk, Step, Walk
from regard.jobs.results import ResultWriter
from regard.jobs.video_chunks import ChunkRun, OpenVideo, Wanted, fault_of, wanted_of
from regard.jobs.video_rules import RELAXED_RULES, VideoRules
from regard.jobs.walk_folder import WalkFolder, WalkPlan
from regard.media.sources import ObjectSource
from regard.media.store_faults import may_pass
from regard.media.video_errors import VideoError
from regard.media.video_facts import VideoFacts, video_facts
from regard.media.video_limits import VideoLimits
from regard.storage.durable import sync_folder
from regard.storage.errors import DiskFull

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class VideoWalker:
    """As `Walker`, over videos in buckets."""

    def __init__(
        self,
        folder: Path,
        source: ObjectSource | None,
        kinds: Mapping[str, Kind],
        limits: VideoLimits,
        rules: VideoRules = RELAXED_RULES,
    ) -> None:
        """folder: of all jobs. source: of the objects; None where none is configured. kinds: all there are, since the
        size of pictures depends on them, and is to be the same whoever shares a walk.
        """
        self._folder, self._source, self._limits, self._rules = folder, source, limits, rules
        self._kinds = kinds
        self._decoder = _Decoder(kinds, limits)

    def plan(self, walk: Walk, watch: StepWatch) -> PlannedWalk:
        """As `Walker.plan`; one chunk is about a minute, from one key frame to another."""
        folder, name = self._of(walk.id), walk.media.name
        _go_on(watch, 0.0)
        with _told_of_disk(name):
            folder.path.mkdir(parents=True, exist_ok=True)
            video = self._brought(walk, folder, watch)
            plan, found = _planned(folder, video, name, self._limits, self._rules, watch)
        return PlannedWalk(found.facts, plan.spans, found.is_sequential)

    def chunk(self, step: Step, watch: StepWatch) -> None:
        """As `Walker.chunk`; continues where the last one ended, if this is the next."""
        folder, jobs = self._of(step.walk.id), step.walk.jobs
        wanted = wanted_of(self._kinds, [(job.new.kind, job.new.wish) for job in jobs])
        with _told_of_disk(step.walk.media.name):
            self._decoder.do(folder, step.number, wanted, step.walk.facts, watch)

    def settle(self, walk: Walk, watch: StepWatch) -> Mapping[str, Mapping[str, Any]]:
        """As `Walker.settle`."""
        folder = self._of(walk.id)
        outcomes = {}
        with _told_of_disk(walk.media.name):
            for done, job in enumerate(walk.jobs):
                target = self._folder / "results" / job.id
                kind = self._kinds[job.new.kind]
                outcomes[job.id] = _settled(folder, kind, job.new.wish, walk.facts, target, watch)
                watch.on_share((done + 1) / len(walk.jobs))
        return outcomes

    def forget(self, walk_id: str) -> None:
        """As `Walker.forget`."""
        folder = self._of(walk_id)
        self._decoder.leave(folder)
        folder.remove()

    def close(self) -> None:
        """As `Walker.close`."""
        self._decoder.close()

    def _of(self, walk_id: str) -> WalkFolder:
        return WalkFolder(self._folder / "walks" / walk_id)

    def _brought(self, walk: Walk, folder: WalkFolder, watch: StepWatch) -> Path:
        """The object as a file of the walk. Raises JobFault, and what another try may not meet again."""
        if self._source is None:
            raise JobFault(f"{walk.media.name} cannot be read: no buckets are configured")
        where = walk.media.bucket, walk.media.name, walk.media.version
        target = folder.video(walk.media.name)
        arriving = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            size = self._source.size(*where)
            self._rules.check_bytes(walk.media.name, size)
            most = self._rules.most_bytes or sys.maxsize
            self._source.bring(*where, most, arriving, lambda done: _go_on(watch, 0.5 * done / max(1, size)))
            target.unlink(missing_ok=True)  # another name of the same file would make the next line do nothing
            arriving.replace(target)
        except ApiError as error:
            if isinstance(error, InvalidS3Object) and may_pass(error):
                raise
            raise JobFault(error.message) from error
        finally:
            arriving.unlink(missing_ok=True)
        return target


def analyse_video(
    path: Path,
    kinds: Mapping[str, Kind],
    wishes: Mapping[str, Wish],
    folder: Path,
    limits: VideoLimits,
    watch: StepWatch,
) -> Facts:
    """Analyses a file without a queue, in the same chunks and to the same rows as a job would.

    kinds: by name; `wishes` has those that are wanted. The views of each are left in `folder / name`. Returns the facts
    of the video (`media/video_facts.py`). Raises JobFault, StepStopped, DiskFull and OSError.
    """
    walk = WalkFolder(folder / ".walk")
    decoder = _Decoder(kinds, limits)
    wanted = wanted_of(kinds, list(wishes.items()))
    try:
        with _told_of_disk(path.name):
            walk.path.mkdir(parents=True, exist_ok=True)
            plan, found = _planned(walk, path, path.name, limits, RELAXED_RULES, _share_of(watch, 0, 0.02))
            chunks = len(plan.starts_us)
            for number in range(chunks):
                part = _share_of(watch, 0.02 + 0.96 * number / chunks, 0.96 / chunks)
                decoder.do(walk, number, wanted, found.facts, part)
            for kind, (wish, *_) in wanted:
                _settled(walk, kind, wish, found.facts, folder / kind.name, watch)
        watch.on_share(1.0)
        return found.facts
    finally:
        decoder.close()
        walk.remove()


class _Decoder:
    """Does chunks, and keeps the video open that stands at the next one."""

    def __init__(self, kinds: Mapping[str, Kind], limits: VideoLimits) -> None:
        self._longer_side = max((kind.longer_side for kind in kinds.values()), default=0)
        self._limits = limits
        self._video: OpenVideo | None = None

    def do(self, folder: WalkFolder, number: int, wanted: Wanted, facts: Facts, watch: StepWatch) -> None:
        """Leaves the rows of a chunk in the folder, where they are not there already."""
        plan = folder.plan()
        plan.check_same()
        lacking = [(kind, wishes) for kind, wishes in wanted if not folder.has_rows(number, kind.name)]
        if lacking:
            rows = self._rows(folder, plan, number, lacking, facts, watch)
            plan.check_same()
            folder.keep_rows(number, rows)
        watch.on_share(1.0)

    def leave(self, folder: WalkFolder) -> None:
        """Closes the video of a walk."""
        if self._video is not None and self._video.folder == folder.path:
            self.close()

    def close(self) -> None:
        """Closes what is open."""
        if self._video is not None:
            self._video.close()
            self._video = None

    def _rows(
        self, folder: WalkFolder, plan: WalkPlan, number: int, wanted: Wanted, facts: Facts, watch: StepWatch
    ) -> Sequence[tuple[str, list[Row]]]:
        starts_us = (*plan.starts_us, None)
        from_us, to_us = plan.starts_us[number], starts_us[number + 1]
        try:
            video = self._at(folder, plan, wanted, from_us)
            return ChunkRun(video, wanted, facts, (from_us, to_us)).rows(watch)
        except VideoError as error:
            self.close()
            plan.check_same()
            raise fault_of(error, Path(plan.video), plan.name) from error
        except BaseException:
            self.close()
            raise

    def _at(self, folder: WalkFolder, plan: WalkPlan, wanted: Wanted, from_us: int) -> OpenVideo:
        """The video at a chunk's begin: the open one, where it stands there."""
        side = self._longer_side if any(kind.longer_side > 0 for kind, _ in wanted) else 0
        video = self._video
        if video is None or (video.folder, video.longer_side, video.at_us) != (folder.path, side, from_us):
            self.close()
            video = self._video = OpenVideo(folder, plan, side, self._limits, from_us)
        return video


def _planned(
    folder: WalkFolder, video: Path, name: str, limits: VideoLimits, rules: VideoRules, watch: StepWatch
) -> tuple[WalkPlan, VideoFacts]:
    """Reads a video through, and leaves the plan in the walk's folder. Raises JobFault, StepStopped."""
    unfinished = folder.path / f".frames.{secrets.token_hex(4)}.part"
    try:
        found = video_facts(video, limits, unfinished, lambda share: _go_on(watch, 0.5 + 0.5 * share))
        rules.check(name, found)
        if not found.is_sequential:
            unfinished.replace(folder.table)
    except VideoError as error:
        raise fault_of(error, video, name) from error
    finally:
        unfinished.unlink(missing_ok=True)
    plan = WalkPlan.of(video, name, found.starts_us, has_table=not found.is_sequential)
    folder.keep_plan(plan)
    return plan, found


def _settled(
    folder: WalkFolder, kind: Kind, wish: Wish, facts: Facts, target: Path, watch: StepWatch
) -> Mapping[str, Any]:
    """Writes a result, and then gives it its place, where another try may have left one already."""
    count = len(folder.plan().starts_us)

    def chunks() -> Iterator[list[Row]]:
        for rows in folder.chunks(kind.name, count):
            if watch.must_stop():
                raise StepStopped
            yield rows

    unfinished = folder.path / f"result-{secrets.token_hex(4)}"
    try:
        outcome = kind.settle(chunks, wish, facts, ResultWriter(unfinished))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.replace(folder.path / f"replaced-{secrets.token_hex(4)}")
        unfinished.replace(target)
        sync_folder(target.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return outcome


def _go_on(watch: StepWatch, share: float) -> None:
    """Raises StepStopped where the step is to end."""
    if watch.must_stop():
        raise StepStopped
    watch.on_share(min(1.0, share))


def _share_of(watch: StepWatch, begin: float, length: float) -> StepWatch:
    """A watch of a part of something."""
    on_share: Callable[[float], None] = watch.on_share
    return StepWatch(lambda share: on_share(begin + length * share), watch.must_stop)


@contextmanager
def _told_of_disk(name: str) -> Iterator[None]:
    """Says in plain words that a disk is full, which is no fault of the video. Raises DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull(f"{name} cannot be analysed: the disk of the data folder is full") from error
