"""A walker over objects that are not there: its chunks are numbers, and a job's result is their list."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regard.jobs.kinds import JobFault, StepStopped, StepWatch
from regard.jobs.records import PlannedWalk, Step, Walk
from regard.jobs.retention import remove_folder


class FakeWalker:
    """As `Walker`. The object's name says what happens: `3` is of three chunks, and see `_meet` for the rest."""

    def __init__(self, folder: Path, chunk_seconds: float = 0.0) -> None:
        """folder: that of the jobs. chunk_seconds: how long a chunk takes."""
        self._walks, self._results = folder / "walks", folder / "results"
        self._chunk_seconds = chunk_seconds
        self.done: list[tuple[str, int]] = []  # stage and number of each step, as they came

    def plan(self, walk: Walk, watch: StepWatch) -> PlannedWalk:
        """As many chunks as the name says."""
        self.done.append(("plan", -1))
        (self._walks / walk.id).mkdir(exist_ok=True)
        self._meet(walk, "plan", watch)
        return self.planned(int(walk.media.name.split()[0]), "sequential" in walk.media.name)

    @staticmethod
    def planned(count: int, is_sequential: bool = False) -> PlannedWalk:
        """A plan of that many chunks."""
        return PlannedWalk({"chunks": count}, tuple({"from": number} for number in range(count)), is_sequential)

    def chunk(self, step: Step, watch: StepWatch) -> None:
        """Leaves the chunk's rows."""
        self.done.append(("chunk", step.number))
        self._meet(step.walk, f"chunk {step.number}", watch)
        time.sleep(self._chunk_seconds)
        watch.on_share(0.5)
        _write(self._chunk(step.walk, step.number), {"span": step.span, "square": step.number**2})

    def settle(self, walk: Walk, watch: StepWatch) -> Mapping[str, Mapping[str, Any]]:
        """Writes what all chunks left, once for each job."""
        self.done.append(("settle", walk.facts["chunks"]))
        self._meet(walk, "settle", watch)
        rows = [json.loads(self._chunk(walk, number).read_bytes()) for number in range(walk.facts["chunks"])]
        for job in walk.jobs:
            (self._results / job.id).mkdir(exist_ok=True)
            _write(self._results / job.id / "rows", [job.new.kind, *rows])
        return {job.id: {"rows": len(rows)} for job in walk.jobs}

    def forget(self, walk_id: str) -> None:
        """As `Walker`."""
        remove_folder(self._walks / walk_id)

    def close(self) -> None:
        """Nothing is open."""

    def _chunk(self, walk: Walk, number: int) -> Path:
        return self._walks / walk.id / f"chunk-{number}"

    def _meet(self, walk: Walk, where: str, watch: StepWatch) -> None:
        """`... fault at STEP`, `... error at STEP`, `... wait at STEP`; `of KIND` where one kind alone is to blame."""
        kinds = {job.new.kind for job in walk.jobs}
        _, _, name = walk.media.name.partition(" ")
        if " of " in name and name.rpartition(" of ")[2] not in kinds:
            return
        if f"fault at {where}" in name:
            raise JobFault("the video has no picture")
        if f"error at {where}" in name:
            raise RuntimeError(f"this went wrong in {self._walks}")
        while f"wait at {where}" in name:
            if watch.must_stop():
                raise StepStopped
            time.sleep(0.005)


def _write(path: Path, value: object) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(value))
    draft.replace(path)
