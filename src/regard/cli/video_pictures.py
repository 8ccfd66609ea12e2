"""Pictures of a video for its timeline: which moments, and how they are made without an open face."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from regard.cli.redact_rooms import Stopped, Watch
from regard.cli.video_rooms import VIEWS, Analysing, Answer, Box, CoveredPicture, Row, WantedPicture
from regard.cli.video_summary import Segment
from regard.errors import ApiError
from regard.media.small_frames import SmallFrame, SmallFrames
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from regard.redaction.pictures import RedactedPicture
from regard.redaction.report_frames import Request, wanted_frames
from regard.redaction.settings import RedactionSettings, Region

MOST_PICTURES = 120  # about a megabyte and a half in the page; of more shots, evenly chosen ones have one
_NEAR_MS = 1_000  # faces that the analysis saw so near in time are covered too, where they were
_SEARCHED_SIDE, _SIDE = 1280, 360  # pixels of the longer side: where faces are looked for, and in the page
_LEAST_CONFIDENCE = 25.0  # a cover too many does no harm in a picture that shows what a shot is about
_MARGIN = 0.3
_QUALITY_SEARCHED, _QUALITY = 95, 78

Redact = Callable[[bytes, RedactionSettings], RedactedPicture]
"""As `App.redact_picture`."""


def wanted_pictures(shots: Sequence[Segment], answer: Answer, *, has_faces: bool) -> Mapping[str, WantedPicture]:
    """The middle of each shot, by the shots' names. has_faces: the analysis looked for faces."""
    count = min(len(shots), MOST_PICTURES)
    shown = [shots[place * len(shots) // count] for place in range(count)]
    times_ms = [(shot.begin_ms + shot.end_ms) // 2 for shot in shown]
    faces = _faces_near(times_ms, answer.rows("faces", VIEWS["faces"].rows) if has_faces else iter(()))
    return {
        shot.name: WantedPicture(time_ms * 1_000, tuple(boxes))
        for shot, time_ms, boxes in zip(shown, times_ms, faces, strict=True)
    }


def covered_pictures(
    source: Path, wanted: Sequence[WantedPicture], redact: Redact, watch: Watch
) -> dict[WantedPicture, CoveredPicture]:
    """As `VideoRooms.pictures`. Raises Stopped.

    There is none of a damaged frame, where faces cannot be found, nor of what lies behind a place that cannot be read.
    """
    made: dict[WantedPicture, CoveredPicture] = {}
    left = sorted(set(wanted), key=lambda one: one.time_us)
    try:
        for frame, until_us in _frames(source, [one.time_us for one in left]):
            if watch.is_cancelled():
                raise Stopped
            while left and left[0].time_us < until_us:
                one = left.pop(0)
                picture = None if frame.is_damaged else _covered(frame.image, one.faces, redact)
                if picture is not None:
                    made[one] = picture
                watch.on_progress(Analysing(1 - len(left) / len(wanted), "Covering faces in pictures"))
    except VideoError:
        return made
    return made


def _frames(source: Path, times_us: Sequence[int]) -> Iterator[tuple[SmallFrame, int]]:
    """The frames that are shown then, each with the time at which the next one is."""

    def walk(from_us: int) -> Iterator[SmallFrame]:
        with SmallFrames(source, _SEARCHED_SIDE, VideoLimits(), from_us=from_us) as frames:
            yield from frames

    return wanted_frames(walk, Request(is_all=False, spans=tuple((time_us, time_us) for time_us in times_us)))


def _covered(image: NDArray[np.uint8], faces: Sequence[Box], redact: Redact) -> CoveredPicture | None:
    """None where faces could not be covered."""
    regions = tuple(Region(box) for box in map(_grown, faces) if box[0] < box[2] and box[1] < box[3])
    settings = RedactionSettings(margin=_MARGIN, confidence=_LEAST_CONFIDENCE, regions=regions)
    try:
        redacted = redact(_jpeg(Image.fromarray(image), _QUALITY_SEARCHED), settings)
    except ApiError:
        return None
    with Image.open(io.BytesIO(redacted.data), formats=["JPEG"]) as picture:
        picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        return CoveredPicture(_jpeg(picture, _QUALITY), picture.width, picture.height)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


def _grown(box: Box) -> Box:
    """With the margin, inside the picture."""
    wide, high = (box[2] - box[0]) * _MARGIN, (box[3] - box[1]) * _MARGIN
    return max(0.0, box[0] - wide), max(0.0, box[1] - high), min(1.0, box[2] + wide), min(1.0, box[3] + high)


def _faces_near(times_ms: Sequence[int], rows: Iterator[Row]) -> list[list[Box]]:
    """Of each moment, the boxes of faces about then. Both rise."""
    near: list[list[Box]] = [[] for _ in times_ms]
    first = 0
    for row in rows:
        time_ms = row["Timestamp"]
        while first < len(times_ms) and times_ms[first] < time_ms - _NEAR_MS:
            first += 1
        place = first
        while place < len(times_ms) and times_ms[place] <= time_ms + _NEAR_MS:
            near[place].append(_box(row["Face"]["BoundingBox"]))
            place += 1
    return near


def _box(members: Mapping[str, float]) -> Box:
    left, top = members["Left"], members["Top"]
    return left, top, left + members["Width"], top + members["Height"]
