"""Rows of notices that are due, a clock that stands still, and what becomes of them."""

from dataclasses import dataclass

from sqlalchemy import Text, insert, select

from regard.jobs.channel_webhook import Webhook
from regard.jobs.delivery import Deliverer
from regard.storage.job_schema import jobs, notices
from regard.storage.job_store import JobStore
from tests.jobs.listening import SECRET, Listener

NOW_MS = 1_741_083_330_123
BODY = '{"JobId":"9b","Status":"SUCCEEDED"}'


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: int = NOW_MS

    def now_ms(self) -> int:
        """As it is wanted by those who are told the time."""
        return self.now


def webhook(listener: Listener) -> Webhook:
    """The channel to it."""
    return Webhook(listener.url, [SECRET])


def deliverer(store: JobStore, listener: Listener, clock: Clock) -> Deliverer:
    """What sends to it, at the time of the clock."""
    return Deliverer(store, {"webhook": webhook(listener)}, clock.now_ms)


def add(store: JobStore, *ids: str, channel: str = "webhook", attempts: int = 0) -> None:
    """Notices that are due, each of a job of its own."""
    job = {column.name: "" if isinstance(column.type, Text) else 0 for column in jobs.c if not column.nullable}
    del job["key"]
    waiting = {"channel": channel, "target": "", "body": BODY, "state": "waiting", "due_ms": NOW_MS, "error": ""}
    with store.writing() as connection:
        for name in ids:
            statement = insert(jobs).values(job | {"id": f"job-{name}", "state": "succeeded"}).returning(jobs.c.key)
            key = connection.execute(statement).scalar_one()
            connection.execute(insert(notices).values(id=name, job_key=key, attempts=attempts, **waiting))


@dataclass(frozen=True)
class Standing:
    """What a row says."""

    state: str
    attempts: int
    error: str


def standing(store: JobStore, name: str) -> Standing:
    """That of a notice."""
    with store.reading() as connection:
        row = connection.execute(select(notices).where(notices.c.id == name)).one()
    return Standing(row.state, row.attempts, row.error)


def due_ms(store: JobStore, name: str) -> int:
    """When a notice is due."""
    with store.reading() as connection:
        return int(connection.execute(select(notices.c.due_ms).where(notices.c.id == name)).scalar_one())
