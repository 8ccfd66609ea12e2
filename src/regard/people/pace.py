"""How fast one principal may ask who somebody is, and which patterns of asking are an alarm.

    pace.check_search(asker, "staff")                      before a 1:N or 1:1 question
    pace.probed(asker, "staff", vector, digest)            once it is known what is asked about
    pace.check_compare(asker)                              before two pictures are compared
    pace.compared(asker, source, targets, first, second)   once their faces are known

Answers about identity leak the templates behind them, step by step, even where they are only yes and no
(https://arxiv.org/abs/2601.17620), so there is a limit for each key, and climbing is told. CompareFaces leaks nothing,
since the asker has both pictures, but one face held against many pictures is a search by another name: it is slowed.
What a pattern is, what it misses and what was measured: docs/concepts/pace-and-review.md.

Everything is kept in memory and starts anew with the process. What asks the same question several times in one request
counts once.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from regard.errors import ProvisionedThroughputExceeded, Throttling
from regard.people.acts import Acts, Asker
from regard.people.recent import Recent, Requests
from regard.people.sketches import NEAR_DUPLICATE, SAME_FACE, Sketcher, Sketches, Window

Floats = NDArray[np.float32]

# The patterns.
CLIMBING, STARING, SCANNING = "near-duplicate probes", "many probes of one face", "scanning"
WINDOW_SECONDS = 600.0
NEAR_DUPLICATES = 20  # so many distinct pictures within the window are an alarm
ALIKE = 50  # and so many of what may be one face: a climb in wider steps, or a camera
MOST_PICTURES = 20  # that one face may be compared with within the window
SLOWED_SECONDS = 2.0  # between comparisons of a principal that scans

_MINUTE = 60.0
_MOST_PRINCIPALS = 1024
_MOST_WINDOWS = 256  # of a principal and a collection; a full one is 230 kB
_LOG = logging.getLogger("regard.pace")


@dataclass(slots=True)
class _Rate:
    requests: Requests = field(default_factory=Requests)
    told: float = -math.inf  # when a refusal was last entered in the log


@dataclass(slots=True)
class _Comparisons:
    requests: Requests = field(default_factory=Requests)
    window: Window = field(default_factory=lambda: Window(WINDOW_SECONDS))
    slowed_until: float = -math.inf


@dataclass(slots=True)
class _Told:
    at: float = -math.inf


class Pace:
    """Limits and watches principals. Threads may share it; no call waits."""

    def __init__(self, acts: Acts, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds that never go back."""
        self._acts = acts
        self._clock = clock
        self._lock = threading.Lock()
        self._sketcher = Sketcher()
        self._rates: Recent[str, _Rate] = Recent(_Rate, _MOST_PRINCIPALS, 2 * _MINUTE)
        self._probes: Recent[tuple[str, str, str], Window] = Recent(
            lambda: Window(WINDOW_SECONDS), _MOST_WINDOWS, WINDOW_SECONDS
        )
        # A principal is slowed until a window after its last comparison, and is not to be forgotten before.
        self._comparisons: Recent[str, _Comparisons] = Recent(_Comparisons, _MOST_WINDOWS, WINDOW_SECONDS)
        self._told: Recent[tuple[str, str], _Told] = Recent(_Told, 2 * _MOST_PRINCIPALS, WINDOW_SECONDS)
        self._alarms = {CLIMBING: 0, STARING: 0, SCANNING: 0}

    @property
    def alarms(self) -> Mapping[str, int]:
        """How many alarms there were since the start, by pattern."""
        return dict(self._alarms)

    def check_search(self, asker: Asker, collection_name: str) -> None:
        """Counts a 1:N or 1:1 question against the limit of the asker's key.

        Raises ProvisionedThroughputExceeded above it, which is entered in the log once a minute: a flood of calls is
        not to become a flood of entries.
        """
        limit = asker.policy.searches_per_minute
        if limit is None:
            return
        with self._lock:
            now = self._clock()
            rate = self._rates.of(asker.principal, now)
            wait = rate.requests.wait(asker.request_id, now, limit, _MINUTE)
            is_to_be_told = wait > 0 and now >= rate.told + _MINUTE
            if is_to_be_told:
                rate.told = now
        if is_to_be_told:
            details = {"why": "rate", "operation": asker.operation, "limit": limit}
            self._acts.note("refuse access", asker=asker, collection=collection_name, details=details)
        if wait > 0:
            raise ProvisionedThroughputExceeded(
                f"Provisioned Rate exceeded. Key '{asker.principal}' may ask {limit:,} searches and verifications a "
                f"minute and has asked them; the next is answered in {math.ceil(wait)} s."
            )

    def probed(self, asker: Asker, collection_name: str, probe: Floats, picture_digest: str) -> None:
        """Remembers the sketch of (D,) `probe`, what a collection is asked about.

        An alarm where there are many near-duplicates of it, or very many pictures of the like of it.
        """
        sketch = self._sketcher.sketches(probe[None])
        with self._lock:
            now = self._clock()
            window = self._probes.of((asker.principal, asker.region, collection_name), now)
            window.add(now, picture_digest, picture_digest, sketch)
            alarms = {
                pattern: probes
                for pattern, probes in patterns(window, picture_digest, sketch).items()
                if self._is_new(pattern, asker, now)
            }
        for pattern, probes in alarms.items():
            self._alarm(asker, collection_name, pattern, {"probes": probes})

    def check_compare(self, asker: Asker) -> None:
        """Raises Throttling where a principal that scans has compared within the last two seconds."""
        with self._lock:
            now = self._clock()
            mine = self._comparisons.of(asker.principal, now)
            left = mine.slowed_until - now
            wait = mine.requests.wait(asker.request_id, now, 1 if left > 0 else None, SLOWED_SECONDS)
        if wait > 0:
            raise Throttling(
                f"Slow down; one face was compared with more than {MOST_PICTURES} pictures within "
                f"{WINDOW_SECONDS / _MINUTE:.0f} minutes, which is scanning. For {math.ceil(left)} s from now "
                f"'{asker.principal}' is answered one comparison in {SLOWED_SECONDS:.0f} s, longer if it goes on; the "
                f"next in {math.ceil(wait)} s."
            )

    def compared(self, asker: Asker, source: Floats, targets: Floats, source_picture: str, target_picture: str) -> None:
        """Remembers the sketches of (D,) `source` and (N, D) `targets`, and the digests of the pictures they are in.

        Where either face was compared with too many pictures, that is an alarm, and `check_compare` slows the asker.
        """
        sketches = self._sketcher.sketches(np.vstack([source[None], targets]))
        with self._lock:
            now = self._clock()
            mine = self._comparisons.of(asker.principal, now)
            pictures = seen_with(mine.window, now, (source_picture, target_picture), (sketches[:1], sketches[1:]))
            if pictures > MOST_PICTURES:
                mine.slowed_until = now + WINDOW_SECONDS
            is_alarm = pictures > MOST_PICTURES and self._is_new(SCANNING, asker, now)
        if is_alarm:
            self._alarm(asker, None, SCANNING, {"pictures": pictures})

    def forget_old(self) -> None:
        """Drops every sketch older than the window, also of those who ask no more."""
        with self._lock:
            now = self._clock()
            self._probes.forget(now)
            self._comparisons.forget(now)
            for window in self._probes.values():
                window.forget(now)
            for mine in self._comparisons.values():
                mine.window.forget(now)

    def _is_new(self, pattern: str, asker: Asker, now: float) -> bool:
        told = self._told.of((pattern, asker.principal), now)
        if now < told.at + WINDOW_SECONDS:
            return False
        told.at = now
        return True

    def _alarm(self, asker: Asker, collection_name: str | None, pattern: str, counted: Mapping[str, int]) -> None:
        minutes = round(WINDOW_SECONDS / _MINUTE)
        with self._lock:
            self._alarms[pattern] += 1
        fields = {"pattern": pattern, "principal": asker.principal, "minutes": minutes, **counted}
        _LOG.warning("%s by %s", pattern, asker.principal, extra={"fields": fields})
        details = {"pattern": pattern, "minutes": minutes, **counted}
        self._acts.note("alarm", asker=asker, collection=collection_name, details=details)


def patterns(window: Window, picture: str, sketch: Sketches) -> dict[str, int]:
    """The patterns that a probe, added to `window` just now, completes: of how many distinct pictures each is."""
    found = {}
    for pattern, distance, enough in ((CLIMBING, NEAR_DUPLICATE, NEAR_DUPLICATES), (STARING, SAME_FACE, ALIKE)):
        probes = window.others(picture, sketch, distance)
        if probes >= enough:
            found[pattern] = probes
    return found


def seen_with(window: Window, now: float, pictures: tuple[str, str], faces: tuple[Sketches, Sketches]) -> int:
    """Adds a comparison of two pictures to `window`. With how many pictures were the faces of either compared?"""
    for own, other in ((0, 1), (1, 0)):
        window.add(now, pictures[own], pictures[other], faces[own])
    return max(window.others(pictures[own], faces[own], SAME_FACE) for own in (0, 1))
