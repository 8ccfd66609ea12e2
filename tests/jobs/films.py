"""A bucket with a film in it, and walks over that."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from regard.jobs.kinds import Kind, StepWatch
from regard.jobs.records import Job, Media, NewJob, PlannedWalk, Step, Walk
from regard.jobs.video_rules import RELAXED_RULES, VideoRules
from regard.jobs.videos import VideoWalker
from regard.media.sources import LocalBuckets
from regard.media.video_limits import VideoLimits
from tests.jobs.video_kinds import NEVER, FrameKind, NumberKind
from tests.media.made_videos import MadeVideo

LIMITS = VideoLimits()
SHORT = MadeVideo(frames=30)
LONG = MadeVideo(width=64, height=64, frames=1000, rate=5, b_frames=0, key_every=15)  # 200 s: three chunks
KINDS: dict[str, Kind] = {"numbers": NumberKind(), "frames": FrameKind()}


@dataclass
class Film:
    """A bucket with one video, and a walker."""

    folder: Path
    kinds: Mapping[str, Kind] = field(default_factory=lambda: dict(KINDS))
    rules: VideoRules = RELAXED_RULES
    name: str = "in/clip.mp4"

    def __post_init__(self) -> None:
        self.object.parent.mkdir(parents=True, exist_ok=True)
        self.walker = self.new_walker()

    @property
    def object(self) -> Path:
        return self.folder / "buckets" / "films" / self.name

    def new_walker(self) -> VideoWalker:
        source = LocalBuckets(self.folder / "buckets")
        return VideoWalker(self.folder / "jobs", source, self.kinds, LIMITS, self.rules)

    def close(self) -> None:
        self.walker.close()

    def walk(self, *kinds: str, walk_id: str = "a" * 32, facts: Mapping[str, Any] | None = None) -> Walk:
        jobs = tuple(_job(place, kind, self.name) for place, kind in enumerate(kinds or ("numbers", "frames")))
        return Walk(1, walk_id, "account", "region", Media("films", self.name), jobs, facts or {})

    def planned(self, *kinds: str, walk_id: str = "a" * 32, watch: StepWatch = NEVER) -> tuple[Walk, PlannedWalk]:
        planned = self.walker.plan(self.walk(*kinds, walk_id=walk_id), watch)
        return self.walk(*kinds, walk_id=walk_id, facts=planned.facts), planned

    def do(self, walk: Walk, planned: PlannedWalk, *numbers: int, watch: StepWatch = NEVER) -> None:
        for number in numbers or range(len(planned.spans)):
            self.walker.chunk(Step(number, walk, "chunk", number, planned.spans[number], 1), watch)

    def rows(self, number: int, kind: str, walk_id: str = "a" * 32) -> list[dict[str, Any]]:
        path = self.folder / "jobs" / "walks" / walk_id / f"chunk-{number}-{kind}.jsonl.gz"
        return [orjson.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]

    def chunk_files(self, walk_id: str = "a" * 32) -> dict[str, bytes]:
        folder = self.folder / "jobs" / "walks" / walk_id
        return {path.name: path.read_bytes() for path in sorted(folder.glob("chunk-*"))}


def _job(place: int, kind: str, name: str) -> Job:
    new = NewJob("account", "region", "key", kind, "Start", Media("films", name), {"place": place})
    return Job(place, f"{place:064x}", new, "running", 0)


NewFilm = Callable[..., Film]
