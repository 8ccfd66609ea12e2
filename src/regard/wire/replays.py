"""Signatures that were seen: a request that was overheard cannot be sent again.

Every AWS SDK signs each try anew, but signatures tell time in seconds, so that two equal calls within one second are
signed alike. The same signature is therefore taken for 2 seconds and then never again: it is remembered until it is too
old to be accepted by its date. A restart forgets; what was overheard before it can be sent once more within 5 minutes.
"""

import threading
from datetime import UTC, datetime, timedelta

from regard.errors import InvalidSignature, Throttling

AGAIN_SECONDS = 2.0
MOST_SIGNATURES = 500_000  # 52 MB, measured; 1,600 requests a second for 5 minutes
_DIGITS = 16  # of the hex of a signature: 64 bits tell those of one second apart


class Replays:
    """Threads may share it."""

    def __init__(self, lifetime: timedelta, most: int = MOST_SIGNATURES) -> None:
        """lifetime: how long after its date a signature is accepted."""
        self._lifetime_seconds = int(lifetime.total_seconds())
        self._most = most
        self._lock = threading.Lock()
        self._seen: dict[int, dict[int, float]] = {}  # second of signing -> signature -> when it came first
        self._count = 0
        self._kept_from = 0  # the second of signing from which all are remembered

    def check(self, signature: str, signed_at: datetime, now: datetime) -> None:
        """To be called with signatures that are right, in hex. now: when the request came.

        Raises InvalidSignature for one that came before, Throttling where no more can be remembered.
        """
        second, arrived = int(signed_at.timestamp()), now.timestamp()
        with self._lock:
            self._forget(int(arrived) - self._lifetime_seconds)
            if second < self._kept_from:
                raise InvalidSignature(f"Signature expired: {signed_at:%Y%m%dT%H%M%SZ} is too long ago")
            of_second = self._seen.setdefault(second, {})
            key = int(signature[:_DIGITS], 16)
            first = of_second.get(key)
            if first is None:
                if self._count >= self._most:
                    raise Throttling(f"More than {self._most:,} requests came within 5 minutes; try again later")
                of_second[key] = arrived
                self._count += 1
            elif abs(arrived - first) > AGAIN_SECONDS:
                raise InvalidSignature(
                    "The signature of this request was received before at "
                    f"{datetime.fromtimestamp(first, UTC):%Y%m%dT%H%M%SZ}. Sign each request anew."
                )

    def _forget(self, first_kept: int) -> None:
        if first_kept > self._kept_from:
            self._kept_from = first_kept
            for second in [second for second in self._seen if second < first_kept]:
                self._count -= len(self._seen.pop(second))
