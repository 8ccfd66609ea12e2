"""The rendering walk, seen from the parent: segments are ordered, rendered by a child in turn, and joined."""

import hashlib
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from regard.media.sandbox import Child
from regard.media.video_errors import VideoError
from regard.media.video_info import VideoInfo
from regard.media.video_limits import VideoLimits
from regard.redaction.plan import PlannedTrack
from regard.redaction.render_child import render
from regard.redaction.settings import RedactionSettings, Span
from regard.redaction.work_folder import segment_path

_SECONDS_BETWEEN_NEWS = 0.1
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Published:
    """The output, which has its name now."""

    sha256: str
    bytes: int
    left_out: tuple[str, ...]


class Rendering:
    """One output on its way. Orders are worked on in a thread; what goes wrong there is raised by the next call."""

    info: VideoInfo

    def __init__(
        self, source: Path, target: Path, folder: Path, settings: RedactionSettings, limits: VideoLimits
    ) -> None:
        """folder: where segments go, and stay if the work is broken off. Raises VideoError."""
        self.target = target
        self.rendered_us = 0
        self._folder, self._draft = folder, folder / f"draft{target.suffix}"
        self._begins: list[int] = []
        self._left_out: tuple[str, ...] = ()
        self._orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._error: VideoError | None = None
        told = orjson.dumps(settings.to_json()).decode()
        self._child = Child(render, source, folder, target.suffix, told, limits, limits=limits, about=source.name)
        self._thread = threading.Thread(target=self._work, name="rendering", daemon=True)

    def __enter__(self) -> "Rendering":
        """Itself, with `info` of the source. Raises VideoError."""
        try:
            self.info = VideoInfo.from_json(self._child.receive() or b"")
        except BaseException:
            self._child.close()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the child, wherever it is."""
        self._child.kill()
        self._orders.put(None)
        self._thread.join()
        self._child.close()

    def order(self, begin_us: int, end_us: int | None, tracks: Sequence[PlannedTrack], damaged: Sequence[Span]) -> None:
        """One more segment; one that is there already, from an earlier run, is passed over. Raises VideoError."""
        self._check()
        self._begins.append(begin_us)
        if segment_path(self._folder, begin_us).exists():
            self.rendered_us = max(self.rendered_us, begin_us)
            return
        told = [track.to_json() for track in tracks]
        segment = {"begin_us": begin_us, "end_us": end_us, "tracks": told, "damaged": list(damaged)}
        self._orders.put({"segment": segment})

    def finishing(self) -> Iterator[None]:
        """Yields now and then until every segment is rendered and joined. Raises VideoError."""
        with suppress(OSError):
            self._draft.unlink()
        self._orders.put({"join": {"draft": str(self._draft), "segments": self._begins}})
        self._orders.put(None)
        while self._thread.is_alive():
            self._check()
            yield
            self._thread.join(_SECONDS_BETWEEN_NEWS)
        self._check()

    def publish(self) -> Published:
        """Gives the joined file its name. Raises VideoError."""
        try:
            digest = hashlib.sha256()
            with self._draft.open("rb") as file:
                os.fsync(file.fileno())
                size = os.fstat(file.fileno()).st_size
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
            self._draft.replace(self.target)
        except OSError as error:
            raise VideoError(f"{self.target} cannot be written: {error.strerror}") from error
        return Published(digest.hexdigest(), size, self._left_out)

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            while (order := self._orders.get()) is not None:
                self._child.send(orjson.dumps(order))
                while not self._is_end(orjson.loads(self._child.receive() or b"{}")):
                    pass
        except VideoError as error:
            self._error = error

    def _is_end(self, news: dict[str, Any]) -> bool:
        """Whether these news end an order."""
        self.rendered_us = max(self.rendered_us, news.get("rendered_us", 0))
        if "left_out" in news:
            self._left_out = tuple(news["left_out"])
            return True
        return "segment" in news or not news
