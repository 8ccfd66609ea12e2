"""Notices on their way: each is sent until somebody has taken it, or until it is given up.

Delivery is at least once. A process that is killed between sending a notice and noting it leaves a row that another
takes over after a minute; what arrives twice has the same id both times.

After the n-th failure the next attempt follows 5 s x 2^(n-1) later, at most an hour, give or take a quarter; with the
60th, about two days after the first, a notice is dead and waits for an operator. Each channel has a thread of its own,
so that one that never answers holds up no other.
"""

import logging
import os
import random
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from regard.jobs.notice_claims import NoticeClaims
from regard.jobs.records import Notice
from regard.storage.job_store import JobStore

ATTEMPTS = 60
FIRST_DELAY_MS = 5_000
LONGEST_DELAY_MS = 3_600_000
_JITTER = 0.25
_POLL_SECONDS = 1.0  # other processes end jobs too
_LOG = logging.getLogger(__name__)


class DeliveryError(Exception):
    """A notice did not arrive, or may not have. The message names no secret and no address with one in it."""

    def __init__(self, message: str, *, is_final: bool = False, wait_seconds: float = 0.0) -> None:
        """is_final: no other attempt is wanted. wait_seconds: how long the other side asks to be left alone."""
        super().__init__(message)
        self.is_final = is_final
        self.wait_seconds = wait_seconds


class Channel(Protocol):
    """One way to tell somebody. One thread uses it."""

    def send(self, notice: Notice) -> None:
        """Returns once the other side has taken the notice, or raises DeliveryError within about ten seconds."""


class Deliverer:
    """Sends the notices of those channels that this process has. Any number of processes may do so at once."""

    def __init__(
        self,
        store: JobStore,
        channels: Mapping[str, Channel],
        now_ms: Callable[[], int],
        pause_seconds: float = 10.0,
    ) -> None:
        """pause_seconds: after something that should not happen, such as a full disk."""
        self._pause_seconds = pause_seconds
        self._claims = NoticeClaims(store, f"{os.getpid()}-{os.urandom(8).hex()}", now_ms)
        self._channels, self._now_ms = channels, now_ms
        self._is_closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begins to send."""
        for name in self._channels:
            thread = threading.Thread(target=self._run, args=(name,), name=f"notices-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Returns once the attempts at hand have ended; what is left waits for the next start."""
        self._is_closing.set()
        for thread in self._threads:
            thread.join()

    def counts(self) -> Mapping[str, int]:
        """How many notices there are by state, whoever sent them."""
        return self._claims.counts()

    def attempt(self, channel: str) -> bool:
        """Makes one attempt to send what is due on that channel; False where nothing is."""
        notice = self._claims.take(channel)
        if notice is None:
            return False
        try:
            self._channels[channel].send(notice)
        except DeliveryError as error:
            self._note(notice, error)
        except Exception as error:
            _LOG.exception("notice %s met a fault", notice.id)
            self._note(notice, DeliveryError(f"a fault of Regard's: {type(error).__name__}"))
        else:
            self._claims.end_delivered(notice)
        return True

    def _run(self, channel: str) -> None:
        while not self._is_closing.is_set():
            try:
                pause = 0.0 if self.attempt(channel) else _POLL_SECONDS
            except Exception:
                _LOG.exception("notices cannot be read or written")
                pause = self._pause_seconds
            self._is_closing.wait(pause)

    def _note(self, notice: Notice, error: DeliveryError) -> None:
        if error.is_final or notice.attempts >= ATTEMPTS:
            self._claims.end_dead(notice, str(error))
            _LOG.warning(
                "notice %s of job %s on %s is dead after %d attempts: %s; `regard jobs redeliver %s` sends it again",
                notice.id, notice.job_id, notice.channel, notice.attempts, error, notice.id,
            )  # fmt: skip
            return
        asked_ms = min(round(error.wait_seconds * 1000), LONGEST_DELAY_MS)
        delay_ms = max(delay_after(notice.attempts, random.uniform(-1, 1)), asked_ms)
        self._claims.end_failed(notice, str(error), self._now_ms() + delay_ms)


def delay_after(attempts: int, jitter: float) -> int:
    """Milliseconds to wait after that many failures. jitter: -1 for the earliest time, 1 for the latest."""
    delay_ms = min(FIRST_DELAY_MS << (attempts - 1), LONGEST_DELAY_MS)
    return round(delay_ms * (1 + _JITTER * jitter))
