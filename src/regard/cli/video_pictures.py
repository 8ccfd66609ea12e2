"""Pictures of a video for its timeline: which moments, and how they are made without an open face."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from regard.analysis.results import ArraySource
from regard.cli.redact_rooms import Stopped, Watch
from regard.cli.video_rooms import VIEWS, Analysing, Answer, Box, CoveredPicture, Row, WantedPicture
from regard.cli.video_summary import Segment
from regard.errors import ApiError
from regard.media.small_frames import SmallFrame, SmallFrames
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from regard.redaction.pictures import PictureFinder, RedactedPicture
from regard.redaction.report_frames import Request, wanted_frames
from regard.redaction.settings import RedactionSettings, Region

MOST_PICTURES = 120  # about a megabyte and a half in the page; of more shots, evenly chosen ones have one
_NEAR_MS = 1_000  # faces that the analysis saw so near in time are covered too, where they were
_AROUND_US = 400_000  # so long before and behind a picture it is looked too: a face may have turned away for a moment
_SEARCHED_SIDE, _SIDE = 1280, 360  # pixels of the longer side: where faces are looked for, and in the page
_LEAST_CONFIDENCE = 25.0  # a cover too many does no harm in a picture that shows what a shot is about
_MARGIN = 0.3
_QUALITY_SEARCHED, _QUALITY = 95, 78

Find = Callable[[NDArray[np.uint8]], Sequence[Box]]
"""Where there are faces in a (H, W, 3) RGB picture."""
Redact = Callable[[bytes, RedactionSettings], RedactedPicture]
"""As `App.redact_picture`."""


@dataclass(frozen=True, slots=True)
class Covering:
    """What finds faces and covers them."""

    find: Find
    redact: Redact


def face_finder(finder: PictureFinder) -> Find:
    """finder: of faces."""

    def find(image: NDArray[np.uint8]) -> list[Box]:
        height, width = image.shape[:2]
        found = (one for one in finder.find_in_picture(ArraySource(image)) if one.score * 100 >= _LEAST_CONFIDENCE)
        boxes = (one.box / (width, height, width, height) for one in found)
        return [(float(left), float(top), float(right), float(bottom)) for left, top, right, bottom in boxes]

    return find


def wanted_pictures(shots: Sequence[Segment], answer: Answer, *, has_faces: bool) -> Mapping[str, WantedPicture]:
    """The middle of each shot, by the shots' names. has_faces: the analysis looked for faces."""
    count = min(len(shots), MOST_PICTURES)
    shown = [shots[place * len(shots) // count] for place in range(count)]
    times_ms = [(shot.begin_ms + shot.end_ms) // 2 for shot in shown]
    faces = _faces_near(times_ms, answer.rows("faces", VIEWS["faces"].rows) if has_faces else iter(()))
    return {
        shot.name: WantedPicture(time_ms * 1_000, (shot.begin_ms * 1_000, shot.end_ms * 1_000), tuple(boxes))
        for shot, time_ms, boxes in zip(shown, times_ms, faces, strict=True)
    }


def covered_pictures(
    source: Path, wanted: Sequence[WantedPicture], covering: Covering, watch: Watch
) -> dict[WantedPicture, CoveredPicture]:
    """As `VideoRooms.pictures`. Raises Stopped.

    There is none of a damaged frame, where faces cannot be found, nor of what lies behind a place that cannot be read.
    """
    made: dict[WantedPicture, CoveredPicture] = {}
    looks = sorted({(time_us, one) for one in wanted for time_us in _looks_of(one)}, key=lambda look: look[0])
    waiting: dict[WantedPicture, _Waiting] = {}
    done = 0
    try:
        for frame, until_us in _frames(source, sorted({time_us for time_us, _ in looks})):
            if watch.is_cancelled():
                raise Stopped
            while done < len(looks) and looks[done][0] < until_us:
                time_us, one = looks[done]
                held = waiting.setdefault(one, _Waiting(list(one.faces)))
                held.look(frame, is_middle=time_us == one.time_us, find=covering.find)
                if time_us == _looks_of(one)[-1]:
                    made.update(_finished(one, waiting.pop(one), covering.redact))
                done += 1
                watch.on_progress(Analysing(done / len(looks), "Covering faces in pictures"))
    except VideoError:
        return made
    return made


@dataclass(slots=True)
class _Waiting:
    """A picture before all looks around it are done."""

    faces: list[Box]
    image: NDArray[np.uint8] | None = None

    def look(self, frame: SmallFrame, *, is_middle: bool, find: Find) -> None:
        if frame.is_damaged:
            return
        if is_middle:
            self.image = frame.image.copy()
        else:
            self.faces += find(frame.image)


def _looks_of(one: WantedPicture) -> list[int]:
    """Rising; the moment itself is one of them."""
    begin_us, end_us = one.shot_us
    times = (one.time_us + step * _AROUND_US for step in (-1, 0, 1))
    return [time_us for time_us in times if time_us == one.time_us or begin_us <= time_us < end_us]


def _finished(one: WantedPicture, held: _Waiting, redact: Redact) -> dict[WantedPicture, CoveredPicture]:
    covered = None if held.image is None else _covered(held.image, held.faces, redact)
    return {} if covered is None else {one: covered}


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
