"""A worker's signs of life while it is at a step, and its ear for cancellation."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from regard.jobs.kinds import StepWatch
from regard.jobs.records import Step
from regard.jobs.steps import StepBoard
from regard.storage.errors import StorageError

LOOK_SECONDS = 0.5
BEAT_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


class Pulse:
    """Beats while in the context, from a thread of its own."""

    def __init__(self, board: StepBoard, step: Step, is_closing: Callable[[], bool]) -> None:
        self._board, self._step, self._is_closing = board, step, is_closing
        self._share = 0.0
        self._is_unwanted = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pulse-{step.key}", daemon=True)
        self.watch = StepWatch(self._note, self._must_stop)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End; nothing is written of the step afterwards."""
        self._ended.set()
        self._thread.join()

    def _note(self, share: float) -> None:
        self._share = share

    def _must_stop(self) -> bool:
        return self._is_unwanted or self._is_closing()

    def _run(self) -> None:
        next_beat = time.monotonic() + BEAT_SECONDS
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self._is_unwanted = not self._board.is_wanted(self._step)
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + BEAT_SECONDS
                    self._board.beat(self._step, self._share)
            except (StorageError, SQLAlchemyError):
                _LOG.warning("A sign of life could not be given", exc_info=True)
