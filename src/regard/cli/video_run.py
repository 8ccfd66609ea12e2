"""How `regard video` goes through its files: one after the other, each in a folder of its own that goes again."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from regard import __version__
from regard.cli.redact_files import BadPath
from regard.cli.redact_rooms import Fault, Stopped, Watch
from regard.cli.redact_run import Run
from regard.cli.video_pictures import wanted_pictures
from regard.cli.video_reports import show
from regard.cli.video_rooms import VIEWS, Answer, VideoRooms
from regard.cli.video_summary import summary
from regard.cli.video_timeline import timeline_page
from regard.redaction.whole_files import write_whole

_PAGES = (".html", ".htm")
_MANY_LINES = 1_000  # of JSON that are written at once


@dataclass(frozen=True, slots=True)
class VideoWork:
    """What is to be done with every file."""

    wishes: Mapping[str, Mapping[str, Any]]  # by kind, of what is shown; members as in the request that starts it
    is_json: bool
    timelines: Mapping[Path, Path]  # where each file's page goes; empty where there are none

    @property
    def all_wishes(self) -> Mapping[str, Mapping[str, Any]]:
        """With what the timeline needs besides."""
        return {**({"segments": SEGMENTS} if self.timelines else {}), **self.wishes}


SEGMENTS: Mapping[str, Any] = {"SegmentTypes": ["SHOT", "TECHNICAL_CUE"]}


def pages_of(files: Sequence[Path], target: Path | None) -> dict[Path, Path]:
    """Where each file's timeline goes: one file's into a page, those of several into a folder. Raises BadPath."""
    if target is None:
        return {}
    if len(files) == 1 and not target.is_dir():
        if target.suffix.lower() not in _PAGES:
            raise BadPath(f"{target} ends in '{target.suffix}'; a timeline ends in {' or '.join(_PAGES)}")
        if not target.parent.is_dir():
            raise BadPath(f"{target} cannot be made: there is no folder {target.parent}")
        return {files[0]: target}
    if target.exists() and not target.is_dir():
        raise BadPath(f"{target} is a file; for {len(files)} videos --timeline must be a folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadPath(f"{target} cannot be made: {error.strerror}") from error
    return {path: target / f"{index:04d}-{path.stem}.html" for index, path in enumerate(files)}


def analyse_all(rooms: VideoRooms, run: Run, files: Sequence[Path], work: VideoWork) -> int:
    """How many files could not be analysed. Raises Stopped, and Fault for what is wrong with all of them."""
    rooms.fetch(work.all_wishes.keys(), run.console, has_pictures=bool(work.timelines))
    failed = 0
    for path in files:
        if run.is_stopped:
            raise Stopped
        try:
            _analyse(rooms, run, path, work)
        except Fault as error:
            if error.is_usage or run.is_stopped:
                raise
            failed += 1
            run.complain(str(error) if printable(Path(path.name)) in str(error) else f"{printable(path)}: {error}")
    return failed


def printable(path: Path) -> str:
    """The path as text; bytes in a name that are no UTF-8 become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")


def _analyse(rooms: VideoRooms, run: Run, path: Path, work: VideoWork) -> None:
    with tempfile.TemporaryDirectory(prefix="regard-video-", ignore_cleanup_errors=True) as folder:
        with run.watching(printable(Path(path.name))) as watch:
            answer = rooms.analyse(path, work.all_wishes, Path(folder), watch)
            page = _page(rooms, path, answer, work, watch) if path in work.timelines else None
        if work.is_json:
            _tell(path, answer, work)
        else:
            show(Console(), printable(path), summary(answer, work.wishes))
    if page is not None:
        write_whole(work.timelines[path], page)
        if not work.is_json:
            run.say(f"{printable(work.timelines[path])}: its timeline")


def _page(rooms: VideoRooms, path: Path, answer: Answer, work: VideoWork, watch: Watch) -> bytes:
    told = summary(answer, work.all_wishes)
    shots = told.segments.shots if told.segments else ()
    wanted = wanted_pictures(shots, answer, has_faces="faces" in work.wishes)
    made = rooms.pictures(path, list(wanted.values()), watch)
    pictures = {name: made[one] for name, one in wanted.items() if one in made}
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return timeline_page(printable(Path(path.name)), told, pictures, f"Made on {now} by Regard {__version__}.").encode()


def _tell(path: Path, answer: Answer, work: VideoWork) -> None:
    """Lines of JSON, each with the file and the kind; the first is about the video."""
    name = printable(path)
    lines = [orjson.dumps({"Path": name, "Kind": "video", "Facts": dict(answer.facts)})]
    for kind in work.wishes:
        for row in answer.rows(kind, VIEWS[kind].rows):
            lines.append(orjson.dumps({"Path": name, "Kind": kind, **row}))
            if len(lines) == _MANY_LINES:
                _write(lines)
                lines = []
    _write(lines)


def _write(lines: Sequence[bytes]) -> None:
    sys.stdout.buffer.write(b"".join(line + b"\n" for line in lines))
    sys.stdout.buffer.flush()
