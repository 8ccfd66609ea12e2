"""Where a video has sound, in the spans asked for.

    loud = loud_spans(path, [(0, 2_000_000)], limits)

Sound is heard in steps of 100 ms: a step is loud where one of its channels, of any stream, is on average (root of the
mean square) above -60 dB of full scale, the level from which FFmpeg's `silencedetect` no longer calls it silence.
A child process decodes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from regard.media.sandbox import Child
from regard.media.silence_child import STEP_US, hear
from regard.media.video_limits import VideoLimits

Span = tuple[int, int]  # microseconds from the video's first frame; the end is not included


@runtime_checkable
class Hearing(Protocol):
    """What wants to hear a video besides seeing its frames."""

    def hear(self, path: Path, limits: VideoLimits) -> None:
        """Where the video lies and what reading it may cost; told before the first frame."""


def loud_spans(path: Path, spans: Sequence[Span], limits: VideoLimits) -> list[Span]:
    """Spans of whole steps, in order and apart, that are loud; only steps that touch one of `spans` are heard.

    spans: in order. Sound that cannot be decoded is none. Raises VideoError where the file cannot be read.
    """
    if not spans:
        return []
    steps = _steps(spans)
    with Child(hear, path, limits, [list(pair) for pair in steps], limits=limits, about=path.name) as child:
        loud = {step for message in child.messages() for step in json.loads(message)}
    return _spans(sorted(loud))


def _steps(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """First and last step of each span; those that touch each other as one."""
    found: list[tuple[int, int]] = []
    for begin_us, end_us in spans:
        first, last = begin_us // STEP_US, max(begin_us, end_us - 1) // STEP_US
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def _spans(steps: Sequence[int]) -> list[Span]:
    found: list[Span] = []
    for step in steps:
        if found and found[-1][1] == step * STEP_US:
            found[-1] = found[-1][0], (step + 1) * STEP_US
        else:
            found.append((step * STEP_US, (step + 1) * STEP_US))
    return found
