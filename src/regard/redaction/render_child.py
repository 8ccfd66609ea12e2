"""The child of `redaction/rendering.py`: decodes full frames, covers them, encodes segments, joins them.

It is told one thing at a time, as JSON: {"segment": {...}} to render, {"join": {...}} to write the draft of the output.
It answers {"rendered_us": N} now and then, the same with {"segment": BEGIN} for each that is whole, {"joined_us": N}
and {"left_out": [...]}.
"""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from regard.media.sandbox_child import Channel
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from regard.redaction.plan import PlannedTrack, Timeline
from regard.redaction.settings import RedactionSettings
from regard.redaction.work_folder import segment_path

if TYPE_CHECKING:
    from regard.media.video import Decoded, Decoding

_FRAMES_BETWEEN_NEWS = 10


def render(channel: Channel, source: Path, folder: Path, suffix: str, settings: str, limits: VideoLimits) -> None:
    """Does what it is told until the parent ends it. folder: of segments. settings: JSON of RedactionSettings."""
    from regard.media.encoding import choice_for
    from regard.media.picture_facts import picture_facts
    from regard.media.video import Decoding

    wanted = RedactionSettings.from_json(orjson.loads(settings))
    with Decoding(source, limits) as decoding:
        choice = choice_for(decoding.info, suffix, picture_facts(next(decoding.frames()).frame))
        channel.send(decoding.info.to_json())
        work = _Work(channel, decoding, folder, wanted, choice)
        while True:
            order = orjson.loads(channel.receive())
            try:
                if "segment" in order:
                    work.render(**order["segment"])
                else:
                    work.join(source, Path(order["join"]["draft"]), order["join"]["segments"], limits)
            except OSError as error:
                where = folder.parent if "segment" in order else Path(order["join"]["draft"]).parent
                raise VideoError(f"{where} cannot be written: {_words(error)}") from error


class _Work:
    def __init__(
        self, channel: Channel, decoding: "Decoding", folder: Path, settings: RedactionSettings, choice: Any
    ) -> None:
        from regard.redaction.frame_painter import FramePainter

        self._channel, self._decoding, self._folder = channel, decoding, folder
        self._settings, self._choice = settings, choice
        self._walk: Iterator[Decoded] | None = None
        self._ahead: Decoded | None = None  # read, and of the next segment
        self._place_us = 0  # before it, everything was read
        self._painter = FramePainter(decoding.info, choice, settings)

    def render(
        self, begin_us: int, end_us: int | None, tracks: list[dict[str, Any]], damaged: list[tuple[int, int]]
    ) -> None:
        """One segment: frames from `begin_us` to before `end_us`."""
        from regard.media.segments import SegmentEncoder

        timeline = Timeline(self._settings.margin)
        timeline.add([PlannedTrack.from_json(one, "a track") for one in tracks])
        self._painter.begin_segment()
        path = segment_path(self._folder, begin_us)
        encoder, frames, last_us = SegmentEncoder(path, self._decoding.info, self._choice), 0, begin_us
        for decoded in self._frames(begin_us, end_us):
            is_damaged = decoded.is_damaged or any(begin <= decoded.time_us <= end for begin, end in damaged)
            areas = None if is_damaged else timeline.areas_at(decoded.time_us)
            encoder.encode(self._painter.painted(decoded.frame, areas), decoded.time_us)
            frames, last_us = frames + 1, decoded.time_us
            if frames % _FRAMES_BETWEEN_NEWS == 0:
                self._channel.send(orjson.dumps({"rendered_us": last_us}))
        encoder.close()
        self._channel.send(orjson.dumps({"segment": begin_us, "rendered_us": last_us}))

    def join(self, source: Path, draft: Path, segments: list[int], limits: VideoLimits) -> None:
        """Writes the output under a draft's name."""
        from regard.media.muxing import MuxOptions, mux

        settings = self._settings
        left_out = mux(
            [segment_path(self._folder, begin_us) for begin_us in segments],
            source,
            draft,
            self._decoding.info,
            self._choice,
            MuxOptions(settings.sound == "keep", settings.mute, settings.metadata == "keep"),
            limits,
            lambda time_us: self._channel.send(orjson.dumps({"joined_us": time_us})),
        )
        self._channel.send(orjson.dumps({"left_out": left_out}))

    def _frames(self, begin_us: int, end_us: int | None) -> Iterator["Decoded"]:
        """From where the last segment ended, or from a place that is sought."""
        if self._walk is None or begin_us != self._place_us:
            self._walk, self._ahead = self._decoding.frames(begin_us), None
        while True:
            decoded = self._ahead if self._ahead is not None else next(self._walk, None)
            self._ahead = None
            if decoded is None:
                break
            if end_us is not None and decoded.time_us >= end_us:
                self._ahead = decoded
                break
            yield decoded
        self._place_us = end_us if end_us is not None else -1


def _words(error: OSError) -> str:
    return error.strerror or errno.errorcode.get(error.errno or 0, "unknown reason")
