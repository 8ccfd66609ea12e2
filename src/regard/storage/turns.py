"""Many readers at once, or one writer alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A waiting writer goes before readers that come later, so that a stream of readers cannot starve it.

    Neither kind may be taken again by the thread that holds it.
    """

    def __init__(self) -> None:
        """Nobody is inside."""
        self._changed = threading.Condition()
        self._readers = 0
        self._writers_waiting = 0
        self._is_writing = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the turn beside other readers."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_writing and not self._writers_waiting)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the turn with nobody else inside."""
        with self._changed:
            self._writers_waiting += 1
            self._changed.wait_for(lambda: not self._is_writing and not self._readers)
            self._writers_waiting -= 1
            self._is_writing = True
        try:
            yield
        finally:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
