"""The working folder beside an output: what is settled and rendered so far, so that a crash costs little.

`state.json` says which input, settings and networks the rest belongs to; `settled.jsonl` has a line for each segment;
the segments themselves are files of `media/segments.py`. Nothing in it has the output's name.
"""

import fcntl
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from regard.media.video_errors import VideoError
from regard.redaction.plan import PlannedTrack
from regard.redaction.settings import Span


@dataclass(slots=True)
class Segment:
    """A while of the video that is rendered in one piece, with what was settled since the segment before."""

    begin_us: int
    end_us: int | None  # its frames are before this; None for the last segment
    frames: int = 0  # of the whole video; known with the last segment
    last_us: int = 0  # the time of the last frame; the same
    tracks: list[PlannedTrack] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    damaged: list[Span] = field(default_factory=list)

    def to_line(self) -> bytes:
        """As a line of JSON."""
        times = {"begin_us": self.begin_us, "end_us": self.end_us, "frames": self.frames, "last_us": self.last_us}
        found = {"tracks": [track.to_json() for track in self.tracks], "cuts": self.cuts, "damaged": self.damaged}
        return orjson.dumps({**times, **found}) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Segment":
        """What `to_line` wrote."""
        members = orjson.loads(line)
        tracks = [PlannedTrack.from_json(one, "a track of the working folder") for one in members["tracks"]]
        damaged = [(begin, end) for begin, end in members["damaged"]]
        begin_us, end_us, frames, last_us = (members[name] for name in ("begin_us", "end_us", "frames", "last_us"))
        return cls(begin_us, end_us, frames, last_us, tracks, members["cuts"], damaged)


def segment_path(folder: Path, begin_us: int) -> Path:
    """Where the rendered segment that begins then is, once it is whole."""
    return folder / f"{begin_us:016d}.nut"


class WorkFolder:
    """One run's, or what an earlier run of the same work left."""

    def __init__(self, target: Path, work: Mapping[str, Any]) -> None:
        """work: what the result depends on; a folder of other work is emptied.

        Raises VideoError where it cannot be made, or another process is at it.
        """
        self.path = target.parent / f".{target.name}.regard"
        self.segments: list[Segment] = []  # settled by now, in order
        state = orjson.dumps(work, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
        try:
            self.path.mkdir(exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                self._take(target)
                self._settle(state)
                self._lines = (self.path / "settled.jsonl").open("ab")
            except BaseException:
                os.close(self._lock)
                raise
        except OSError as error:
            raise VideoError(f"{self.path} cannot be written: {error.strerror}") from error

    def __enter__(self) -> "WorkFolder":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    @property
    def is_settled(self) -> bool:
        """Whether the last segment is known."""
        return bool(self.segments) and self.segments[-1].end_us is None

    @property
    def settled_us(self) -> int:
        """Where the segment after the known ones begins; only while not `is_settled`."""
        return (self.segments[-1].end_us or 0) if self.segments else 0

    @property
    def last_track(self) -> int:
        """The highest number of a track, 0 where there is none."""
        return max((track.track for segment in self.segments for track in segment.tracks), default=0)

    def add(self, segment: Segment) -> Segment:
        """Keeps a segment; returned as it will be read after a crash, numbers rounded, so that both give one result."""
        line = segment.to_line()
        try:
            self._lines.write(line)
            self._lines.flush()
            os.fsync(self._lines.fileno())
        except OSError as error:
            raise VideoError(f"{self.path} cannot be written: {error.strerror}") from error
        self.segments.append(Segment.from_line(line))
        return self.segments[-1]

    def close(self) -> None:
        """Leaves what was settled for the next run of the same work. A second call does nothing."""
        if self._lines.closed:
            return
        with suppress(OSError):
            self._lines.close()
        if not self.segments:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def remove(self) -> None:
        """Leaves nothing."""
        self.segments = []
        self.close()

    def _take(self, target: Path) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise VideoError(f"Another process is writing {target}") from error

    def _settle(self, state: bytes) -> None:
        kept, lines = self.path / "state.json", self.path / "settled.jsonl"
        if kept.is_file() and kept.read_bytes() == state:
            self._read(lines)
            return
        for path in self.path.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        draft = kept.with_suffix(".new")
        draft.write_bytes(state)
        draft.replace(kept)

    def _read(self, lines: Path) -> None:
        """Takes the whole lines, and cuts off one that a crash tore."""
        if not lines.is_file():
            return
        data = lines.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        self.segments = [Segment.from_line(line) for line in whole.splitlines()]
        if len(whole) < len(data):
            os.truncate(lines, len(whole))
