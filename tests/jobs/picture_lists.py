"""Jobs over lists of pictures, done without a queue: buckets, a walk, and what stands in for looking at pictures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from regard.errors import InvalidImageFormat
from regard.jobs.kinds import StepWatch
from regard.jobs.manifests import BrokenLine
from regard.jobs.pictures import PictureAnswers, PictureWalker
from regard.jobs.records import Job, Media, NewJob, Step, Walk
from regard.media.sources import ObjectSource

WATCH = StepWatch(lambda share: None, lambda: False)


@dataclass
class Looker:
    """Finds the length of pictures, and nothing in what does not begin as a picture."""

    source: ObjectSource
    looked: list[str] = field(default_factory=list)

    def find(self, picture: Media) -> dict[str, Any]:
        self.looked.append(picture.name)
        data = self.source.read(picture.bucket, picture.name, picture.version, 1000)
        if not data.startswith(b"picture"):
            raise InvalidImageFormat("Request has invalid image format")
        return {"Length": len(data)}

    def answers(self) -> PictureAnswers:
        return PictureAnswers("look", self.find, _wanted, _code)


def _wanted(row: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "Wish": wish["wanted"]}


def _code(error: Exception) -> str:
    return "BROKEN" if isinstance(error, BrokenLine) else type(error).__name__


def job(name: str = "1", bucket: str = "results", prefix: str = "out", wanted: str = "all") -> Job:
    """A job with an id that ends with this name."""
    wish = {"output_bucket": bucket, "output_prefix": prefix, "wanted": wanted}
    new = NewJob("000000000000", "us-east-1", "local", "list", "Start", Media("lists", "input.jsonl"), wish)
    return Job(1, name.rjust(64, "0"), new, "running", 0)


def walk_of(*jobs: Job, facts: Mapping[str, Any] | None = None, walk_id: str = "a" * 32) -> Walk:
    return Walk(
        1, walk_id, "000000000000", "us-east-1", Media("lists", "input.jsonl"), jobs, facts or {}, way="pictures"
    )


def walked(walker: PictureWalker, walk: Walk, watch: StepWatch = WATCH) -> Mapping[str, Mapping[str, Any]]:
    """All steps of a walk, one after the other; the jobs' outcomes."""
    planned = walker.plan(walk, watch)
    done = replace(walk, facts=planned.facts)
    for number, span in enumerate(planned.spans):
        walker.chunk(Step(number, done, "chunk", number, span, 1), watch)
    return walker.settle(done, watch)


def listed(*sources: str) -> bytes:
    """A manifest."""
    return b"".join(json.dumps({"source-ref": source}).encode() + b"\n" for source in sources)


def put(buckets: Path, name: str, data: bytes) -> None:
    """A file that stands for the object BUCKET/KEY."""
    file = buckets / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
