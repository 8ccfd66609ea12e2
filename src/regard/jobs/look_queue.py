"""Looks on their way from the thread that reads them to one that analyses them."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

from regard.media.looks import Look

_MOST_LOOKS: Final = 256
_MOST_IMAGES: Final = 6  # of some megabytes each


class LookQueue:
    """Holds a few seconds of frames, and fewer pictures; who puts waits for room."""

    is_stopped: bool  # nothing more is wanted

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()
        self._images = 0
        self._has_ended = self.is_stopped = False
        self._changed = threading.Condition()

    def put(self, look: Look) -> bool:
        """Waits for room. False where the looks are not wanted any more."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_stopped or self._has_room())
            if self.is_stopped:
                return False
            self._looks.append(look)
            self._images += look.image is not None
            self._changed.notify_all()
            return True

    def end(self) -> None:
        """No more will come; those that wait are still given out."""
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Nothing more goes in or out."""
        with self._changed:
            self.is_stopped = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Look]:
        """Looks in turn until `end` or `stop`."""
        while (look := self._next()) is not None:
            yield look

    def _next(self) -> Look | None:
        with self._changed:
            self._changed.wait_for(lambda: self._looks or self._has_ended or self.is_stopped)
            if self.is_stopped or not self._looks:
                return None
            look = self._looks.popleft()
            self._images -= look.image is not None
            self._changed.notify_all()
            return look

    def _has_room(self) -> bool:
        return len(self._looks) < _MOST_LOOKS and self._images < _MOST_IMAGES
