"""One chunk of a video for several kinds of analysis at once.

A thread reads frames from the decoding process, and each kind has a thread of its own, so that decoding and networks
overlap; the caller's thread watches. What is decoded is decoded once.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from regard.jobs.kinds import ChunkAnalyser, Facts, JobFault, Kind, Row, StepStopped, StepWatch, Wish
from regard.jobs.look_queue import LookQueue
from regard.jobs.walk_folder import WalkFolder, WalkPlan
from regard.media.looks import Look, Looks, shrunk
from regard.media.silence import Hearing
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits

_POLL_S: Final = 0.2
_SHARE_STEP: Final = 0.01

Wanted = Sequence[tuple[Kind, Sequence[Wish]]]  # each kind once, with what is asked of it


class OpenVideo:
    """A video that stands at the beginning of a chunk."""

    def __init__(self, folder: WalkFolder, plan: WalkPlan, longer_side: int, limits: VideoLimits, from_us: int) -> None:
        """Raises VideoError."""
        self.folder, self.longer_side, self.at_us = folder.path, longer_side, from_us
        self.path, self.limits = Path(plan.video), limits
        later = [start for start in plan.starts_us if start > from_us]
        table = folder.table if plan.has_table else None
        self._looks = Looks(self.path, longer_side, limits, from_us, later, table).__enter__()
        self._iterator = iter(self._looks)
        self._waiting: Look | None = None

    def until(self, to_us: int | None) -> Iterator[Look]:
        """The looks before `to_us`; then the video stands there. Raises VideoError."""
        while (look := self._next()) is not None:
            if to_us is not None and look.time_us >= to_us:
                self._waiting = look
                break
            yield look
        self.at_us = to_us if to_us is not None else -1

    def kill(self) -> None:
        """Ends the decoding; an iteration in another thread raises VideoError."""
        self._looks.kill()

    def close(self) -> None:
        """Lets go of it."""
        self._looks.__exit__()

    def _next(self) -> Look | None:
        look, self._waiting = self._waiting, None
        return look if look is not None else next(self._iterator, None)


class ChunkRun:
    """One chunk. Use once."""

    def __init__(self, video: OpenVideo, wanted: Wanted, facts: Facts, span_us: tuple[int, int | None]) -> None:
        self._video, self._span_us = video, span_us
        self._lines = [_Line(kind, wishes, facts, video, self._failed) for kind, wishes in wanted]
        last_us = span_us[1] if span_us[1] is not None else 1000 * int(facts["duration_ms"])
        self._length_us = max(1, last_us - span_us[0])
        self._time_us = span_us[0]
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._has_stopped = False

    def rows(self, watch: StepWatch) -> list[tuple[str, list[Row]]]:
        """What each kind found. Raises StepStopped soon after it is to, VideoError, and what an analyser raised."""
        reader = threading.Thread(target=self._read, name="looks", daemon=True)
        threads = [reader, *(line.thread for line in self._lines)]
        for thread in threads:
            thread.start()
        try:
            self._wait(threads, watch)
        finally:
            if any(thread.is_alive() for thread in threads):
                self._stop()
            for thread in threads:
                thread.join()
        if self._error is not None:
            raise self._error
        found = [(line.name, line.rows) for line in self._lines]
        self._lines = []  # which hold this chunk, so that its rows would stay for a while
        return found

    def _wait(self, threads: Sequence[threading.Thread], watch: StepWatch) -> None:
        told = -1.0
        for thread in threads:
            while thread.is_alive():
                thread.join(_POLL_S)
                if watch.must_stop():
                    raise StepStopped
                share = min(1.0, (self._time_us - self._span_us[0]) / self._length_us)
                if share - told >= _SHARE_STEP:
                    told = share
                    watch.on_share(share)

    def _read(self) -> None:
        try:
            for look in self._video.until(self._span_us[1]):
                self._time_us = look.time_us
                if not all(line.queue.put(look) for line in self._lines):
                    return
        except Exception as error:  # a thread's edge; raised again in the caller's
            self._failed(error)
        for line in self._lines:
            line.queue.end()

    def _failed(self, error: BaseException) -> None:
        with self._lock:
            if self._has_stopped or self._error is not None:
                return
            self._error = error
        self._stop()

    def _stop(self) -> None:
        """Ends all threads as soon as each has done with the look in its hands."""
        with self._lock:
            self._has_stopped = True
        for line in self._lines:
            line.queue.stop()
        self._video.kill()


class _Line:
    """One kind's way through a chunk, in a thread."""

    def __init__(
        self,
        kind: Kind,
        wishes: Sequence[Wish],
        facts: Facts,
        video: OpenVideo,
        on_error: Callable[[BaseException], None],
    ) -> None:
        self.name, self.queue = kind.name, LookQueue()
        self.rows: list[Row] = []
        self.thread = threading.Thread(target=self._run, name=f"video-{kind.name}", daemon=True)
        self._longer_side, self._video, self._on_error = kind.longer_side, video, on_error
        self._begin = partial(kind.begin, wishes, facts)

    def _run(self) -> None:
        try:
            analyser: ChunkAnalyser = self._begin()
            if isinstance(analyser, Hearing):
                analyser.hear(self._video.path, self._video.limits)
            for look in self.queue:
                analyser.add(self._own(look))
            if not self.queue.is_stopped:
                self.rows = analyser.rows()
        except Exception as error:  # a thread's edge; raised again in the caller's
            self._on_error(error)

    def _own(self, look: Look) -> Look:
        """The look with a picture of the size that the kind asks for, whoever else looks at it."""
        if look.image is None:
            return look
        if self._longer_side <= 0:
            return replace(look, image=None)
        image = shrunk(look.image, self._longer_side)
        return look if image is look.image else replace(look, image=image)


def wanted_of(kinds: Mapping[str, Kind], wishes: Sequence[tuple[str, Wish]]) -> Wanted:
    """Each kind once, in the order of their names, with all wishes for it. Raises JobFault for an unknown kind."""
    unknown = sorted({name for name, _ in wishes} - set(kinds))
    if unknown:
        raise JobFault(f"There is no analysis of videos called '{unknown[0]}'")
    names = sorted({name for name, _ in wishes})
    return [(kinds[name], [wish for other, wish in wishes if other == name]) for name in names]


def fault_of(error: VideoError, video: Path, name: str) -> JobFault:
    """What is wrong with a video, by the name that its owner knows."""
    message = str(error)
    return JobFault(name + message.removeprefix(video.name) if message.startswith(video.name) else message)
