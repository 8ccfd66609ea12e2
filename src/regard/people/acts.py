"""Every act upon a person becomes an entry of the log before its answer leaves.

An act that changes something is written into the database's outbox in the same transaction, and into the log before
anybody else may write, so that the log has the order of the changes; the outbox makes good what a crash cut off in
between. An act that changes nothing, such as a search, goes to the log alone.

No entry holds a name, a picture or a vector in the clear: `people/personal.py` says how a subject appears.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from regard.errors import InvalidParameter
from regard.ledger.commit import Ticket
from regard.ledger.entries import ACTS, CHANGES, VERSION, canonical, moment_text, new_id, parse
from regard.ledger.errors import LedgerCorrupt, LedgerError
from regard.ledger.log import Ledger
from regard.ledger.tiles import MOST_ENTRY_BYTES
from regard.people.clock import Clock
from regard.people.personal import Opening, opener, seal_personal
from regard.people.policies import EVERYTHING, Policy
from regard.people.secret_keys import kept_secret
from regard.storage import schema
from regard.storage.open import Storage

LOCAL = "local"  # the principal where no access keys are in use
ITSELF = "regard"  # the principal of what Regard does by itself, such as retention
MOST_IDS = 500  # of faces in one entry: an entry has at most 64 KiB


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, for what, and what they may."""

    account: str
    region: str
    request_id: str
    principal: str = LOCAL  # an access key's id
    operation: str = ""
    policy: Policy = EVERYTHING
    began_ms: int | None = None  # when the request arrived


@dataclass(frozen=True, slots=True)
class About:
    """The subject of an act: its secret key, and what is said under it."""

    key: bytes
    fields: Mapping[str, Any]  # "subject": its name, and more


@dataclass(frozen=True, slots=True)
class Recorded:
    """The entry of an act."""

    id: str
    opening: Opening | None  # of what it says of a subject


def in_parts(face_ids: Sequence[str]) -> Iterator[list[str]]:
    """As many as one entry holds, at least once."""
    for start in range(0, max(1, len(face_ids)), MOST_IDS):
        yield list(face_ids[start : start + MOST_IDS])


class Acts:
    """Writes the log."""

    def __init__(self, storage: Storage, clock: Clock, ledger: Ledger) -> None:
        """Enters what a crash left in the outbox.

        Raises LedgerCorrupt where the log holds less than it did: it was cut, or replaced by an older copy.
        """
        self._storage = storage
        self._clock = clock
        self.ledger = ledger
        self._secret = kept_secret(storage, "commitments")
        self._lock = threading.Lock()
        self._entered: list[int] = []  # rows of the outbox that the log has
        self._owed: list[tuple[int, bytes]] = []  # rows that it refused, to be tried again with the next act
        head = self._checked_head()
        self._drain(head)

    def record(
        self,
        connection: Connection,
        act: str,
        *,
        asker: Asker | None,
        collection: str | None = None,
        about: About | None = None,
        details: Mapping[str, Any] | None = None,
        is_change: bool = True,
    ) -> Recorded:
        """An act within `Storage.writing`; in the log, through a loss of power too, when that block has been left.

        is_change: False where the transaction changes nothing that the log describes. asker: None for what Regard does
        by itself. Leaving the block raises LedgerError where the log cannot be written.
        """
        recorded, entry = self._entry(act, asker, collection, about, details)
        row = None
        if is_change:
            row = self._post(connection, entry)
        self._storage.after_commit(partial(self._send, row, entry))
        return recorded

    def note(
        self,
        act: str,
        *,
        asker: Asker | None,
        collection: str | None = None,
        about: About | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """An act that changes nothing; durable at return. Its index in the log. Raises LedgerError."""
        _, entry = self._entry(act, asker, collection, about, details)
        return self._send(None, entry)()

    def commitment(self, kind: str, data: bytes) -> str:
        """What stands for something in an entry that belongs to no collection: HMAC-SHA256 in hex under the data
        folder's key, so that only its holder can tell what stands behind it."""
        return hmac.new(self._secret, f"{kind}:".encode() + data, hashlib.sha256).hexdigest()

    def entries_about(self, key: bytes) -> list[tuple[int, dict[str, Any], Opening]]:
        """Index, entry and opening of each entry about the subject with this secret key, oldest first."""
        found, opened = [], opener(key)
        for index, data in enumerate(self.ledger.entries(0)):
            if b'"personal":' in data:
                entry = orjson.loads(data)
                opening = opened(entry)
                if opening is not None:
                    found.append((index, entry, opening))
        return found

    def close(self) -> None:
        """Ends the log; to be called before the storage is closed."""
        try:
            with self._storage.writing() as connection:
                self._clock.keep(connection, self._clock.now_ms())
                self._keep(connection)
        finally:
            self.ledger.close()

    def _entry(
        self,
        act: str,
        asker: Asker | None,
        collection: str | None,
        about: About | None,
        details: Mapping[str, Any] | None,
    ) -> tuple[Recorded, bytes]:
        assert act in ACTS, act
        now = self._clock.now_ms()
        began = asker.began_ms if asker is not None and asker.began_ms is not None else now
        entry: dict[str, Any] = {
            "v": VERSION,
            "id": new_id(),
            "act": act,
            "began": moment_text(min(began, now)),
            "ended": moment_text(now),
            "principal": asker.principal if asker else ITSELF,
            "request": asker.request_id if asker else "",
            "account": asker.account if asker else "",
            "region": asker.region if asker else "",
            "details": dict(details or {}),
        }
        if collection is not None:
            entry["collection"] = collection
        opening = None
        if about is not None:
            entry["personal"], opening = seal_personal(about.key, entry["id"], about.fields)
        data = canonical(entry)
        if len(data) > MOST_ENTRY_BYTES:
            raise InvalidParameter(
                f"The log's entry of this call would have {len(data):,} bytes; the limit is {MOST_ENTRY_BYTES:,}"
            )
        return Recorded(entry["id"], opening), data

    def _post(self, connection: Connection, entry: bytes) -> int:
        self._clock.keep(connection, self._clock.now_ms())
        self._keep(connection)
        made = connection.execute(
            insert(schema.outbox).values(entry=entry, log_size=self.ledger.size)
        ).inserted_primary_key
        assert made is not None
        return int(made[0])

    def _send(self, row: int | None, entry: bytes) -> Callable[[], int]:
        """Fixes the entry's place in the log; what it returns waits until it is durable, and returns the place."""
        with self._lock:
            owed, self._owed = self._owed, []
            mine = [] if row is None else [(row, entry)]
            ticket = self.ledger.enqueue([*(data for _, data in owed), entry])
        return partial(self._wait, ticket, owed + mine)

    def _wait(self, ticket: Ticket, rows: list[tuple[int, bytes]]) -> int:
        try:
            places = ticket.wait()
        except LedgerError:
            with self._lock:
                self._owed = rows + self._owed
            raise
        with self._lock:
            self._entered += [row for row, _ in rows]
        return places[-1]

    def _keep(self, connection: Connection) -> None:
        """Empties the outbox of what the log has, and notes how much that is."""
        with self._lock:
            entered = list(self._entered)
        if not entered:
            return
        connection.execute(delete(schema.outbox).where(schema.outbox.c.key.in_(entered)))
        head = self.ledger.head()
        values = {"size": head.size, "root": head.root}
        if connection.execute(update(schema.log_head).values(values)).rowcount == 0:
            connection.execute(insert(schema.log_head).values(key=1, **values))
        self._storage.after_commit(lambda: partial(self._forget, entered))

    def _forget(self, entered: list[int]) -> None:
        gone = set(entered)
        with self._lock:
            self._entered = [row for row in self._entered if row not in gone]

    def _checked_head(self) -> int:
        """How much the log held for certain."""
        with self._storage.reading() as connection:
            row = connection.execute(select(schema.log_head)).first()
        if row is None:
            return 0
        folder = self._storage.folder / "ledger"
        if self.ledger.size < row.size:
            raise LedgerCorrupt(
                f"the log in {folder} holds {self.ledger.size:,} entries; the database saw it hold {row.size:,}: it "
                "was cut, or replaced by an older copy",
                str(folder),
            )
        if self.ledger.root_at(row.size) != row.root:
            raise LedgerCorrupt(
                f"the first {row.size:,} entries of the log in {folder} are not those that the database saw there",
                str(folder),
            )
        return int(row.size)

    def _drain(self, head: int) -> None:
        """Enters what is in the outbox and not in the log.

        Raises LedgerCorrupt where the log has changes that the database does not know: since `head`, what it has of
        them is in the outbox.
        """
        with self._storage.reading() as connection:
            rows = connection.execute(select(schema.outbox).order_by(schema.outbox.c.key)).all()
        ids = {parse(row.entry)["id"]: row.key for row in rows}
        first = min([head, *(row.log_size for row in rows)])
        known = set()
        for index, entry in enumerate(map(parse, self.ledger.entries(first)), first):
            entry_id, act = entry["id"], entry["act"]
            known.add(entry_id)
            if index >= head and act in CHANGES and entry_id not in ids:
                folder = self._storage.folder
                raise LedgerCorrupt(
                    f"the database in {folder} is older than its log: entry {index}, '{act}', is not in it. Restore "
                    "the folder as a whole, from one moment",
                    f"entry {index}",
                )
        self._entered = [key for entry_id, key in ids.items() if entry_id in known]
        owed = [(row.key, row.entry) for row in rows if parse(row.entry)["id"] not in known]
        if owed:
            self._wait(self.ledger.enqueue([entry for _, entry in owed]), owed)
        with self._storage.writing() as connection:
            self._keep(connection)
