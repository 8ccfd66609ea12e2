"""What a kind of analysis has to offer, so that videos can be walked once for several of them.

The kinds themselves are in `operations/`, where the words of their results belong; `app.py` has the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from regard.jobs.records import PlannedWalk, Step, Walk
from regard.media.looks import Look

Facts = Mapping[str, Any]
Wish = Mapping[str, Any]
Row = dict[str, Any]  # JSON


class ChunkAnalyser(Protocol):
    """Looks at one chunk of one video. One thread uses it; what it holds must not grow with the chunk but for rows."""

    def add(self, look: Look) -> None:
        """The next frame. Raises nothing that another try would not raise again."""

    def rows(self) -> list[Row]:
        """What was found, in order, once all frames were added; a pure function of the chunk's frames."""


class Result(Protocol):
    """Where a job's result is written; see `jobs/results.py`."""

    def write(self, view: str, rows: Iterable[Row]) -> None:
        """A view of the result: rows in the order in which they will be read, compressed, in pages."""

    def write_sorted(self, view: str, rows: Iterable[Row], key: Callable[[Row], Any]) -> None:
        """The same, sorted on the disk: memory does not grow with the rows. Equal keys keep their order."""


class Kind(Protocol):
    """One kind of analysis of videos. Threads may share it."""

    name: str
    longer_side: int  # pixels of the pictures that it is given, at most

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> ChunkAnalyser:
        """For one chunk, finding whatever any of the wishes asks for. facts: of the video (`media/video_facts.py`)."""

    def settle(
        self, chunks: Callable[[], Iterable[Sequence[Row]]], wish: Wish, facts: Facts, result: Result
    ) -> Mapping[str, Any]:
        """Makes one job's result of the rows of all chunks, which can be read several times, and says what its
        outcome is, as JSON. A pure function of its arguments.
        """


class Walker(Protocol):
    """Walks over one sort of object. One for each worker, used by its one thread."""

    def plan(self, walk: Walk, watch: "StepWatch") -> PlannedWalk:
        """Fetches the object and divides it. Raises JobFault for what will not be better another time."""

    def chunk(self, step: Step, watch: "StepWatch") -> None:
        """Does a chunk and leaves its rows on the disk; the same again gives the same. Raises JobFault."""

    def settle(self, walk: Walk, watch: "StepWatch") -> Mapping[str, Mapping[str, Any]]:
        """Writes each job's result, and gives their outcomes by the jobs' ids. Raises JobFault."""

    def forget(self, walk_id: str) -> None:
        """Removes what a walk that has ended left on the disk."""

    def close(self) -> None:
        """Lets go of what is open between two chunks."""


@dataclass(frozen=True, slots=True)
class StepWatch:
    """How a step tells how far it is, and hears that it should end."""

    on_share: Callable[[float], None]  # of this step, 0 to 1
    must_stop: Callable[[], bool]  # the worker closes, or every job of the walk was cancelled


class JobFault(Exception):
    """What is wrong with a job's input, said to whoever started it; trying again would not help."""


class StepStopped(Exception):
    """A step ended early because `StepWatch.must_stop` said so."""
