"""Many threads write as one: whoever waits first writes what all have queued, and wakes them.

No thread is kept for writing: handing work to one costs a turn at the interpreter's lock each way, up to 5 ms under
load.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from regard.ledger.errors import LedgerError

# A group ends with the call that takes it over this, so that it is in memory a few times without harm.
_GROUP_BYTES = 4 << 20


class Ticket:
    """Entries in the queue. One thread waits for it."""

    __slots__ = ("_commit", "entries", "error", "first", "leads", "size_bytes", "sleep")

    def __init__(self, commit: "GroupCommit", entries: Sequence[bytes]) -> None:
        self._commit = commit
        self.entries = entries
        self.size_bytes = sum(map(len, entries))
        self.first: int | None = None  # the index of the first entry, once they are written
        self.error: LedgerError | None = None
        self.sleep: threading.Lock | None = None  # held while a thread sleeps on it
        self.leads = False  # whether the sleeper was woken to write

    @property
    def is_done(self) -> bool:
        """Whether it is known what became of it."""
        return self.first is not None or self.error is not None

    def wait(self) -> range:
        """The indices of the entries, which are on the disk. Raises LedgerFull or LedgerError."""
        self._commit.finish(self)
        if self.error is not None:
            # Each thread raises an error of its own, since raising adds to the traceback.
            raise type(self.error)(*self.error.args) from self.error
        assert self.first is not None
        return range(self.first, self.first + len(self.entries))


class GroupCommit:
    """The queue. It is led by at most one thread, which is one that waits for a ticket of its own."""

    def __init__(self, write: Callable[[list[bytes]], int]) -> None:
        """write: makes entries durable and returns the index of the first, or raises LedgerError; called by turns."""
        self._write = write
        self._lock = threading.Lock()
        self._queue: deque[Ticket] = deque()
        self._is_led = False
        self._is_closed = False

    def enqueue(self, entries: Sequence[bytes]) -> Ticket:
        """Entries that get neighbouring indices, after all queued before. Raises LedgerError after `close`."""
        ticket = Ticket(self, entries)
        with self._lock:
            if self._is_closed:
                raise LedgerError("the log is closed")
            self._queue.append(ticket)
        return ticket

    def close(self) -> None:
        """Writes what is queued, and takes no more."""
        last = Ticket(self, ())
        with self._lock:
            self._is_closed = True
            self._queue.append(last)
        self.finish(last)

    def finish(self, ticket: Ticket) -> None:
        """Return once it is known what became of the ticket."""
        with self._lock:
            if ticket.is_done:
                return
            leads, self._is_led = not self._is_led, True
            if not leads:
                sleep = ticket.sleep = threading.Lock()
                sleep.acquire()
        if not leads:
            try:
                sleep.acquire()
            except BaseException:
                self._leave(ticket)
                raise
        if not ticket.is_done:
            self._lead(ticket)

    def _leave(self, ticket: Ticket) -> None:
        """What an interrupted sleeper does, so that it is not waited for."""
        with self._lock:
            ticket.sleep = None
            if ticket.leads and not ticket.is_done:
                self._hand_on()

    def _lead(self, ticket: Ticket) -> None:
        try:
            while not ticket.is_done:
                self._write_group()
        finally:
            with self._lock:
                self._hand_on()

    def _write_group(self) -> None:
        with self._lock:
            group = self._next_group()
        first: int | None = None
        error: LedgerError | None = LedgerError("writing was interrupted; it may be in the log or not")
        try:
            first, error = self._write([entry for ticket in group for entry in ticket.entries]), None
        except LedgerError as caught:
            error = caught
        finally:
            with self._lock:
                self._settle(group, first, error)

    def _next_group(self) -> list[Ticket]:
        group, size_bytes = [], 0
        while self._queue and size_bytes < _GROUP_BYTES:
            group.append(self._queue.popleft())
            size_bytes += group[-1].size_bytes
        return group

    def _settle(self, group: list[Ticket], first: int | None, error: LedgerError | None) -> None:
        """Gives each ticket its outcome. The lock is held."""
        for ticket in group:
            ticket.first, ticket.error = first, error
            if first is not None:
                first += len(ticket.entries)
            if ticket.sleep is not None:
                ticket.sleep.release()

    def _hand_on(self) -> None:
        """Wakes a sleeper to lead. Where nobody sleeps, whoever waits next leads. The lock is held."""
        for ticket in self._queue:
            if ticket.sleep is not None:
                ticket.leads = True
                ticket.sleep.release()
                return
        self._is_led = False
