"""What a video is, found by reading its file through once without decoding it: length, frames, sound, key frames.

    found = video_facts(path, limits)
    found.facts["duration_ms"], found.starts_us

The file is read in a child process.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regard.media.sandbox import Child
from regard.media.video_errors import VideoError
from regard.media.video_facts_child import describe
from regard.media.video_limits import VideoLimits
from regard.media.video_times import PacketTable


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """A video, and where its chunks begin."""

    facts: dict[str, Any]  # JSON, see `media/video_facts_child.py`
    container: str  # FFmpeg's names of it, with commas
    starts_us: tuple[int, ...]  # times of key frames that are about a minute apart; the first is 0
    is_sequential: bool  # there is no way to begin in the middle but through all that is before


def video_facts(
    path: Path, limits: VideoLimits, table: Path | None = None, on_share: Callable[[float], None] = lambda _: None
) -> VideoFacts:
    """What a video is. table: where to write the stamps of all frames, for walks that begin in the middle (`Looks`);
    nothing is written where they would be of no use. on_share: of the file that was read, 0 to 1; may raise.

    Raises VideoError where the file is no video, has none in it, is encrypted or over a limit.
    """
    target = str(table) if table is not None else None
    with Child(describe, path, limits, target, limits=limits, about=path.name) as child:
        found: dict[str, Any] | None = None
        for message in child.messages():
            told = json.loads(message)
            if isinstance(told, float):
                on_share(told)
            else:
                found = told
    try:
        assert found is not None
        return VideoFacts(found["facts"], found["container"], tuple(found["starts_us"]), found["is_sequential"])
    except (AssertionError, KeyError, TypeError) as error:
        raise VideoError(f"{path.name} cannot be described") from error


def read_table(path: Path) -> PacketTable:
    """What `video_facts` wrote. Raises VideoError."""
    try:
        return PacketTable.from_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise VideoError(f"The list of frames {path.name} cannot be read: {error}") from error
