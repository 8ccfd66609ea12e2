"""What an operator tells everybody: for what faces are kept, for how long, and what was done with them.

    Transparency(storage, clock, counts, ledger).page()

Nothing here is about one person. How many people there are, and what single people had done (enrolment, erasure, a
report), is told in tens, for who knows of one of them could else watch a number move. What the operator does (searches,
comparisons) and what is refused is told exactly. `/metrics`, which is for the operator, tells all of it exactly.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import func, select

from regard.ledger.entries import moment_text
from regard.ledger.log import Ledger
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.people.clock import Clock
from regard.people.collections import SANDBOX_FACES, SANDBOX_MS, SENSITIVE
from regard.storage import schema
from regard.storage.open import Storage

STEP = 10
HOUR_MS = 3_600_000
_KEPT_MS = 60_000  # for how long a page is answered with again: whoever asks, it is made once a minute at most
_CHUNK = 4096  # entries
_REFUSE = "refuse "

EXACT: Mapping[str, tuple[str, ...]] = {
    "searches": ("search faces", "search users"),
    "verifications": ("verify",),
    "comparisons": ("compare",),
    "refusals": ("refuse enrolment", "refuse question", "refuse operation", "refuse access"),
    "alarms": ("alarm",),
}
ABOUT_ONE: Mapping[str, tuple[str, ...]] = {
    "enrolments": ("enrol",),
    "erasures": ("erase subject",),
    "reports": ("read subject",),
    "exports": ("export subject",),
}
"""Columns of the table of months: the acts of each."""

RETENTION = (
    "A face is kept only while its person's consent holds. A consent names its end, at most three years away; when the "
    "last one ends, faces, vectors, pictures and keys of that person are erased.",
    "Who takes a consent back, or asks to be erased, is erased before the answer to the request, and gets a receipt.",
    "Who has not been recognised and has not agreed anew for three years is erased.",
    "The record of a consent that ended (whose, for what, from when to when; no biometrics) is kept for three years "
    "as evidence.",
    f"Collections for trials, without consents, hold at most {SANDBOX_FACES} faces and are erased after "
    f"{SANDBOX_MS // HOUR_MS} hours.",
    "The log of acts is kept. What it says of a person is sealed under a key of that person's own; once the key is "
    "erased, nobody can read it or tell that it was them.",
)


@dataclass(frozen=True, slots=True)
class Tens:
    """A number of people, or of what single people had done, to the ten."""

    at_least: int
    at_most: int

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.at_least:,} to {self.at_most:,}" if self.at_least else f"fewer than {STEP}"


@dataclass(frozen=True, slots=True)
class Purpose:
    """The governed collections of one purpose, controller and kind, together."""

    purpose: str
    controller: str
    is_verify_only: bool  # answers 1:1 questions alone
    is_sensitive: bool  # each search needs two reviewers
    collections: int
    subjects: Tens
    faces: Tens


@dataclass(frozen=True, slots=True)
class Month:
    """What was done in one month, UTC."""

    month: str  # "2026-11"
    exact: dict[str, int]  # by the names of `EXACT`
    about_one: dict[str, Tens]  # by the names of `ABOUT_ONE`
    refusals: dict[str, int]  # by what was refused


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What anybody may read."""

    made: str
    purposes: list[Purpose]
    sandboxes: int  # collections for trials
    retention: list[str]
    months: list[Month]  # the newest first
    log_name: str
    log_size: int
    log_vkey: str
    checkpoint: str  # signed note of the log as it is


class ActCounts:
    """How often each act was done, read from the log itself. Threads may share it.

    The first call reads the whole log; later ones what is new.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._read = 0
        self._acts: Counter[tuple[str, str]] = Counter()  # by act and month
        self._refusals: Counter[tuple[str, str]] = Counter()  # by what was refused and month

    def totals(self) -> dict[str, int]:
        """How often, by act."""
        totals: Counter[str] = Counter()
        for (act, _), count in self.by_month()[0].items():
            totals[act] += count
        return dict(totals)

    def refusals(self) -> dict[str, int]:
        """How often, by what was refused."""
        totals: Counter[str] = Counter()
        for (what, _), count in self.by_month()[1].items():
            totals[what] += count
        return dict(totals)

    def by_month(self) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
        """By act and month ("2026-11"), and by what was refused and month."""
        with self._lock:
            while self._read < (size := self._ledger.size):
                stop = min(size, self._read + _CHUNK)
                for entry in self._ledger.entries(self._read, stop):
                    self._count(entry)
                self._read = stop
            return dict(self._acts), dict(self._refusals)

    def _count(self, data: bytes) -> None:
        entry = orjson.loads(data)
        act, month = entry["act"], entry["ended"][:7]
        self._acts[act, month] += 1
        if act.startswith(_REFUSE):
            details = entry["details"]
            what = details.get("operation") or details.get("why")
            self._refusals[f"{act.removeprefix(_REFUSE)}: {what}", month] += 1


class Transparency:
    """Makes the page."""

    def __init__(self, storage: Storage, clock: Clock, counts: ActCounts, ledger: Ledger) -> None:
        self._storage = storage
        self._clock = clock
        self._counts = counts
        self._ledger = ledger
        self._lock = threading.Lock()
        self._made: tuple[int, PublicPage] | None = None

    def page(self) -> PublicPage:
        """As it was within the last minute."""
        with self._lock:
            now = self._clock.now_ms()
            if self._made is None or now - self._made[0] >= _KEPT_MS:
                self._made = now, self._page(now)
            return self._made[1]

    def _page(self, now_ms: int) -> PublicPage:
        note = self._ledger.signed_head()
        head = Checkpoint.parse(NoteVerifier(self._ledger.vkey).verify(note))
        return PublicPage(
            made=moment_text(now_ms),
            purposes=self._purposes(),
            sandboxes=self._sandboxes(),
            retention=list(RETENTION),
            months=_months(*self._counts.by_month()),
            log_name=head.origin,
            log_size=head.size,
            log_vkey=self._ledger.vkey,
            checkpoint=note.decode(),
        )

    def _sandboxes(self) -> int:
        table = schema.collections
        with self._storage.reading() as connection:
            return connection.execute(
                select(func.count()).select_from(table).where(table.c.purpose.is_(None))
            ).scalar_one()

    def _purposes(self) -> list[Purpose]:
        collections, subjects, faces, tags = schema.collections, schema.subjects, schema.faces, schema.collection_tags
        held = {
            table: select(func.count()).where(table.c.collection_key == collections.c.key).scalar_subquery()
            for table in (subjects, faces)
        }
        is_sensitive = (
            select(tags.c.tag)
            .where(tags.c.collection_key == collections.c.key, tags.c.tag == SENSITIVE, tags.c.value == "true")
            .exists()
        )
        query = select(
            collections.c.purpose,
            collections.c.controller,
            collections.c.is_verify_only,
            is_sensitive.label("is_sensitive"),
            held[subjects].label("subjects"),
            held[faces].label("faces"),
        ).where(collections.c.purpose.is_not(None))
        found: dict[tuple[str, str, bool, bool], Counter[str]] = {}
        with self._storage.reading() as connection:
            for row in connection.execute(query).all():
                kind = (row.purpose, row.controller, row.is_verify_only, bool(row.is_sensitive))
                found.setdefault(kind, Counter()).update(collections=1, subjects=row.subjects, faces=row.faces)
        return [
            Purpose(*kind, total["collections"], tens(total["subjects"]), tens(total["faces"]))
            for kind, total in sorted(found.items())
        ]


def tens(number: int) -> Tens:
    """`number` to the ten."""
    least = number - number % STEP
    return Tens(least, least + STEP - 1)


def _months(acts: Mapping[tuple[str, str], int], refusals: Mapping[tuple[str, str], int]) -> list[Month]:
    def total(kinds: tuple[str, ...], month: str) -> int:
        return sum(acts.get((act, month), 0) for act in kinds)

    return [
        Month(
            month=month,
            exact={name: total(kinds, month) for name, kinds in EXACT.items()},
            about_one={name: tens(total(kinds, month)) for name, kinds in ABOUT_ONE.items()},
            refusals={what: count for (what, when), count in sorted(refusals.items()) if when == month},
        )
        for month in sorted({month for _, month in acts}, reverse=True)
    ]
