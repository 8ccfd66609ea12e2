"""Jobs over lists of pictures: a manifest is read in parts, each picture looked at, the results written to a bucket.

A part's rows are a pure function of the manifest and the pictures and hold whatever any job may ask for, so that jobs
over the same manifest share them and a part that is done twice is done the same. What a job failed by begins with one
of `PLACES`, for `operations/` to name.
"""

import gzip
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import Any, Literal

import orjson

from regard.errors import ApiError, ImageTooLarge, InvalidS3Object
from regard.jobs import manifests
from regard.jobs.kinds import JobFault, Row, StepStopped, StepWatch, Wish
from regard.jobs.manifests import BrokenLine, ManifestFault, Span
from regard.jobs.records import Job, Media, PlannedWalk, Step, Walk
from regard.jobs.whole_files import whole_file
from regard.media.sources import ObjectSource
from regard.media.store_faults import may_pass
from regard.storage.durable import sync_folder

WAY = "pictures"
RESULTS, SUMMARY = "results.jsonl", "manifest-summary.json"
Place = Literal["object", "manifest", "output"]
PLACES: tuple[Place, ...] = ("object", "manifest", "output")  # where a fault lies

_MANIFEST = "input.jsonl"
_LEVEL = 6  # of gzip


@dataclass(frozen=True, slots=True)
class PictureAnswers:
    """What is found in pictures, in words that this layer does not know. Threads may share it."""

    member: str  # what a line of results calls the answer
    find: Callable[[Media], Row]  # whatever any job may ask for, as JSON. Raises ApiError for what the picture is
    wanted: Callable[[Row, Wish], Row]  # the part of it that one job asks for
    code: Callable[[ApiError | BrokenLine], str]  # how the summary calls an error


class PictureWalker:
    """Implements `kinds.Walker`. A job's wish has `output_bucket` and `output_prefix` besides what `wanted` reads."""

    def __init__(self, folder: Path, source: ObjectSource, answers: PictureAnswers) -> None:
        """folder: of all walks, each of which has one of its own in it, by its id."""
        self._folder, self._source, self._answers = folder, source, answers

    def plan(self, walk: Walk, watch: StepWatch) -> PlannedWalk:
        """As `Walker.plan`: looks whether results can be written, and fetches the manifest."""
        for job in walk.jobs:
            self._check_output(walk, job)
        path = self._path(walk.id, _MANIFEST)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fetch(walk.media, path)
        try:
            spans = manifests.spans_of(path)
        except ManifestFault as error:
            raise _fault("manifest", str(error)) from error
        facts = {"pictures": sum(span.pictures for span in spans), "chunks": len(spans)}
        return PlannedWalk(facts, tuple(span.to_json() for span in spans))

    def chunk(self, step: Step, watch: StepWatch) -> None:
        """As `Walker.chunk`."""
        span = Span(**step.span)
        rows: list[Row] = []
        for number, line in manifests.lines_of(self._path(step.walk.id, _MANIFEST), span):
            if watch.must_stop():
                raise StepStopped
            rows.append(self._row(number, line))
            watch.on_share(len(rows) / span.pictures)
        path = self._chunk(step.walk.id, step.number)
        with whole_file(path) as file, GzipFile("", "wb", _LEVEL, file, mtime=0) as lines:
            lines.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        sync_folder(path.parent)

    def settle(self, walk: Walk, watch: StepWatch) -> Mapping[str, Mapping[str, Any]]:
        """As `Walker.settle`; an outcome says where the two files are and what they count."""
        return {job.id: self._written(walk, job) for job in walk.jobs}

    def forget(self, walk_id: str) -> None:
        """As `Walker.forget`."""
        shutil.rmtree(self._folder / walk_id, ignore_errors=True)

    def close(self) -> None:
        """As `Walker.close`; nothing is open."""

    def _fetch(self, manifest: Media, path: Path) -> None:
        where = (manifest.bucket, manifest.name, manifest.version)
        try:
            if not self._source.size(*where):
                raise _fault("manifest", "The manifest is empty")
            with whole_file(path) as file:  # by name, and therefore written through another handle
                self._source.copy(*where, manifests.MOST_BYTES, Path(file.name))
        except ImageTooLarge as error:
            raise _fault("manifest", f"The manifest has more than {manifests.MOST_BYTES:,} bytes") from error
        except InvalidS3Object as error:
            if may_pass(error):
                raise
            raise _fault("object", error.message) from error

    def _row(self, line: int, text: bytes) -> Row:
        """What is found in the picture of a line, or what is wrong with either."""
        source = None
        try:
            source = manifests.source_of(text)
            return {"line": line, "source": source, "answer": self._answers.find(manifests.picture_of(source))}
        except (BrokenLine, ApiError) as error:
            if isinstance(error, InvalidS3Object) and may_pass(error):
                raise
            return {"line": line, "source": source, "code": self._answers.code(error), "message": str(error)}

    def _written(self, walk: Walk, job: Job) -> Mapping[str, Any]:
        """Writes one job's results and its summary, in this order, so that a summary speaks of what is there."""
        valid, errors = 0, list[dict[str, Any]]()
        results, summary = (self._path(walk.id, f"{job.id}.{name}") for name in (RESULTS, SUMMARY))
        with whole_file(results) as file:
            for row in self._rows(walk):
                if "answer" not in row:
                    errors.append(manifests.error_entry(row["line"], row["source"], row["code"], row["message"]))
                    continue
                answer = self._answers.wanted(row["answer"], job.new.wish)
                file.write(manifests.result_line(row["source"], self._answers.member, answer))
                valid += 1
        with whole_file(summary) as file:
            file.write(manifests.summary(valid, errors))
        for name, path in ((RESULTS, results), (SUMMARY, summary)):
            self._put(walk, job, name, path)
        return {
            "bucket": job.new.wish["output_bucket"],
            "results": output_name(job, RESULTS),
            "summary": output_name(job, SUMMARY),
            "pictures": valid,
            "errors": len(errors),
        }

    def _check_output(self, walk: Walk, job: Job) -> None:
        with _told_of_output(walk):
            self._source.check_writable(job.new.wish["output_bucket"], output_name(job, RESULTS))

    def _put(self, walk: Walk, job: Job, name: str, path: Path) -> None:
        with _told_of_output(walk):
            self._source.write(job.new.wish["output_bucket"], output_name(job, name), path)

    def _rows(self, walk: Walk) -> Iterator[Row]:
        """The rows of all chunks; one chunk's file is open."""
        for number in range(walk.facts["chunks"]):
            with gzip.open(self._chunk(walk.id, number), "rb") as lines:
                yield from map(orjson.loads, lines)

    def _chunk(self, walk_id: str, number: int) -> Path:
        return self._path(walk_id, f"chunk-{number}.jsonl.gz")

    def _path(self, walk_id: str, name: str) -> Path:
        return self._folder / walk_id / name


def output_name(job: Job, file: str) -> str:
    """The key of a file that a job writes."""
    return output_key(job.new.wish["output_prefix"], job.id, file)


def output_key(prefix: str, job_id: str, file: str) -> str:
    """PREFIX/JOB/FILE; a prefix may end with a stroke or not, and be empty."""
    return "/".join(part for part in (prefix.removesuffix("/"), job_id, file) if part)


@contextmanager
def _told_of_output(walk: Walk) -> Iterator[None]:
    """Makes a fault of what keeps results from being written.

    It is one job's fault and not the others': where several share the walk, it is given up, and each goes alone.
    """
    try:
        yield
    except InvalidS3Object as error:
        if len(walk.jobs) > 1:
            raise
        raise _fault("output", error.message) from error


def _fault(place: Place, message: str) -> JobFault:
    return JobFault(f"{place}: {message}")
