"""What a walk over a video has on the disk: the video, its plan, and the rows of the chunks that are done.

    input.mp4                      the video
    frames                         stamps of all frames, for walks that begin in the middle
    plan.json                      written last: the walk was planned
    chunk-0-labels.jsonl.gz        one kind's rows of one chunk

A file that has its name is whole.
"""

import gzip
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from regard.jobs.kinds import JobFault, Row
from regard.jobs.whole_files import whole_file
from regard.storage.durable import sync_folder

_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_LEVEL: Final = 6  # of gzip


@dataclass(frozen=True, slots=True)
class WalkPlan:
    """How a video is divided, and which file it was then."""

    video: str  # the file's path
    name: str  # what its owner calls it
    inode: int
    size: int
    modified_ns: int
    starts_us: tuple[int, ...]  # of the chunks
    has_table: bool

    @classmethod
    def of(cls, video: Path, name: str, starts_us: Sequence[int], *, has_table: bool) -> "WalkPlan":
        """A plan for a file as it stands. Raises OSError."""
        status = video.stat()
        return cls(str(video), name, status.st_ino, status.st_size, status.st_mtime_ns, tuple(starts_us), has_table)

    def check_same(self) -> None:
        """Raises JobFault where the video is not the file any more that was planned."""
        try:
            status = Path(self.video).stat()
            is_same = (status.st_ino, status.st_size, status.st_mtime_ns) == (self.inode, self.size, self.modified_ns)
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise JobFault(f"{self.name} was changed while it was read")

    @property
    def spans(self) -> tuple[dict[str, int | None], ...]:
        """JSON for each chunk; the last one has no end."""
        ends = (*self.starts_us[1:], None)
        return tuple({"from_us": start, "to_us": end} for start, end in zip(self.starts_us, ends, strict=True))


class WalkFolder:
    """The folder of one walk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder

    def video(self, key: str) -> Path:
        """Where the video goes whose object has this key."""
        suffix = _SUFFIX.search(key)
        return self.path / f"input{suffix[0].lower() if suffix else ''}"

    @property
    def table(self) -> Path:
        """The stamps of all frames; see `media/video_facts.py`."""
        return self.path / "frames"

    def keep_plan(self, plan: WalkPlan) -> None:
        """Raises OSError."""
        with whole_file(self.path / "plan.json") as file:
            file.write(json.dumps(asdict(plan)).encode())
        sync_folder(self.path)

    def plan(self) -> WalkPlan:
        """What was kept. Raises OSError."""
        told = json.loads((self.path / "plan.json").read_bytes())
        return WalkPlan(**told | {"starts_us": tuple(told["starts_us"])})

    def has_rows(self, number: int, kind: str) -> bool:
        """Whether a chunk was done for a kind."""
        return self._rows(number, kind).exists()

    def keep_rows(self, number: int, found: Iterable[tuple[str, Sequence[Row]]]) -> None:
        """Each kind's rows of a chunk; the same rows give the same bytes. Raises OSError."""
        for kind, rows in found:
            with (
                whole_file(self._rows(number, kind)) as file,
                gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as lines,
            ):
                lines.writelines(orjson.dumps(row) + b"\n" for row in rows)
        sync_folder(self.path)

    def chunks(self, kind: str, count: int) -> Iterator[list[Row]]:
        """A kind's rows, one chunk after the other. Raises OSError."""
        for number in range(count):
            with gzip.open(self._rows(number, kind), "rb") as lines:
                yield [_row(line) for line in lines]

    def remove(self) -> None:
        """All of it, where there is something."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _rows(self, number: int, kind: str) -> Path:
        return self.path / f"chunk-{number}-{kind}.jsonl.gz"


def _row(line: bytes) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(line)
    return row
