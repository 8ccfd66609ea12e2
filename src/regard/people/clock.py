"""A clock that never goes back."""

import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection, select, update

from regard.storage import schema
from regard.storage.open import Storage

YEAR_MS = 365 * 24 * 3_600_000
DAY_MS = 24 * 3_600_000


def wall_ms() -> int:
    """Milliseconds since 1970 UTC, as the machine has them."""
    return time.time_ns() // 1_000_000


class Clock:
    """The machine's clock, held at the latest moment ever recorded.

    A clock set back would make an expired consent live again. The latest moment is written with every
    change, every minute and at the end, and every entry of the log has its own, so that neither a restart nor a change
    of the machine's time goes behind it.
    """

    def __init__(self, storage: Storage, wall: Callable[[], int] = wall_ms) -> None:
        self._wall = wall
        self._lock = threading.Lock()
        with storage.reading() as connection:
            self._latest = connection.execute(select(schema.clock.c.latest_ms)).scalar() or 0

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC; never less than before."""
        with self._lock:
            self._latest = max(self._latest, self._wall())
            return self._latest

    def hold(self, moment_ms: int) -> None:
        """It has been `moment_ms`: the clock does not go behind that either."""
        with self._lock:
            self._latest = max(self._latest, moment_ms)

    def keep(self, connection: Connection, now_ms: int) -> None:
        """Writes that it has been `now_ms`, as part of the caller's transaction."""
        done = connection.execute(
            update(schema.clock).where(schema.clock.c.latest_ms < now_ms).values(latest_ms=now_ms)
        )
        if done.rowcount == 0 and connection.execute(select(schema.clock.c.key)).first() is None:
            connection.execute(schema.clock.insert().values(key=1, latest_ms=now_ms))
