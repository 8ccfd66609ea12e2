"""Notices on their way: taken by one, tried again, given up, and never lost. Where they go are real HTTP servers."""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Text, insert, select, update

from regard.jobs.channel_webhook import Webhook
from regard.jobs.delivery import ATTEMPTS, Channel, Deliverer, delay_after
from regard.jobs.notice_claims import LEASE_MS, NoticeClaims
from regard.jobs.records import Notice
from regard.storage.job_schema import jobs, notices
from regard.storage.job_store import JobStore
from tests.jobs.listening import SECRET, Listener, listening

NOW_MS = 1_741_083_330_123
BODY = '{"JobId":"9b","Status":"SUCCEEDED"}'


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: int = NOW_MS

    def now_ms(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with JobStore.open(tmp_path / "jobs") as store:
        yield store


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening(Listener()) as served:
        yield served


def webhook(listener: Listener) -> Webhook:
    return Webhook(listener.url, [SECRET])


def deliverer(store: JobStore, listener: Listener, clock: Clock) -> Deliverer:
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
    with store.reading() as connection:
        row = connection.execute(select(notices).where(notices.c.id == name)).one()
    return Standing(row.state, row.attempts, row.error)


def due_ms(store: JobStore, name: str) -> int:
    with store.reading() as connection:
        return int(connection.execute(select(notices.c.due_ms).where(notices.c.id == name)).scalar_one())


def test_a_notice_is_sent_once_and_is_then_delivered(store: JobStore, listener: Listener, clock: Clock) -> None:
    add(store, "a")
    sender = deliverer(store, listener, clock)
    assert [sender.attempt("webhook"), sender.attempt("webhook")] == [True, False]
    assert [(headers["webhook-id"], body) for _, headers, body in listener.requests] == [("a", BODY)]
    assert standing(store, "a") == Standing("delivered", 1, "")


def test_what_failed_is_tried_again_when_it_is_due_and_under_the_same_id(
    store: JobStore, listener: Listener, clock: Clock
) -> None:
    add(store, "a")
    listener.statuses = [503]
    sender = deliverer(store, listener, clock)
    assert [sender.attempt("webhook"), sender.attempt("webhook")] == [True, False]
    assert standing(store, "a") == Standing("waiting", 1, "the answer was 503")
    assert NOW_MS + 3_750 <= due_ms(store, "a") <= NOW_MS + 6_250
    clock.now = due_ms(store, "a")
    assert sender.attempt("webhook")
    assert standing(store, "a") == Standing("delivered", 2, "")
    assert listener.ids == ["a", "a"]


@pytest.mark.parametrize(
    ("attempts", "jitter", "delay_ms"),
    [
        (1, 0, 5_000),
        (2, 0, 10_000),
        (10, 0, 2_560_000),
        (11, 0, 3_600_000),
        (10_000, 0, 3_600_000),
        (1, -1, 3_750),
        (1, 1, 6_250),
        (60, 1, 4_500_000),
    ],
)
def test_each_failure_doubles_the_wait_up_to_an_hour_give_or_take_a_quarter(
    attempts: int, jitter: float, delay_ms: int
) -> None:
    assert delay_after(attempts, jitter) == delay_ms


def test_a_notice_is_tried_for_about_two_days() -> None:
    assert 48 <= sum(delay_after(attempts, 0) for attempts in range(1, ATTEMPTS)) / 3_600_000 <= 52


def test_a_server_that_asks_for_a_pause_gets_it(store: JobStore, listener: Listener, clock: Clock) -> None:
    add(store, "a")
    listener.statuses, listener.headers = [429], {"Retry-After": "600"}
    deliverer(store, listener, clock).attempt("webhook")
    assert due_ms(store, "a") == NOW_MS + 600_000


def test_what_failed_too_often_is_dead_and_the_log_says_so(
    store: JobStore, listener: Listener, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    add(store, "a", attempts=ATTEMPTS - 1)
    listener.statuses = [500]
    sender = deliverer(store, listener, clock)
    sender.attempt("webhook")
    assert standing(store, "a") == Standing("dead", ATTEMPTS, "the answer was 500")
    clock.now += 10 * 24 * 3_600_000
    assert not sender.attempt("webhook")
    assert "notice a of job job-a on webhook is dead after 60 attempts: the answer was 500" in caplog.text


def test_gone_is_dead_at_once(store: JobStore, listener: Listener, clock: Clock) -> None:
    add(store, "a")
    listener.statuses = [410]
    deliverer(store, listener, clock).attempt("webhook")
    assert standing(store, "a") == Standing("dead", 1, "the answer was 410")


def test_an_operator_sees_how_many_notices_there_are(store: JobStore, listener: Listener, clock: Clock) -> None:
    add(store, "a", "b", "c")
    listener.statuses = [410, 204]
    sender = deliverer(store, listener, clock)
    assert sender.counts() == {"waiting": 3, "delivered": 0, "dead": 0}
    sender.attempt("webhook")
    sender.attempt("webhook")
    assert sender.counts() == {"waiting": 1, "delivered": 1, "dead": 1}


def test_a_notice_of_a_channel_that_this_process_lacks_waits_for_one_that_has_it(
    store: JobStore, listener: Listener, clock: Clock
) -> None:
    add(store, "a", channel="sns")
    assert not deliverer(store, listener, clock).attempt("webhook")
    assert standing(store, "a") == Standing("waiting", 0, "")


def test_a_fault_of_a_channel_is_logged_and_tried_again(
    store: JobStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty:
        def send(self, notice: Notice) -> None:
            raise KeyError(notice.id)

    add(store, "a")
    assert Deliverer(store, {"webhook": Faulty()}, clock.now_ms).attempt("webhook")
    assert standing(store, "a") == Standing("waiting", 1, "a fault of Regard's: KeyError")
    assert "Traceback" in caplog.text


def test_no_log_and_no_row_holds_a_secret(
    store: JobStore, listener: Listener, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    add(store, "a", "b", attempts=ATTEMPTS - 1)
    listener.statuses = [500, 302]
    sender = deliverer(store, listener, clock)
    sender.attempt("webhook")
    sender.attempt("webhook")
    with store.reading() as connection:
        rows = connection.execute(select(notices)).all()
    said = f"{caplog.text} {[record.__dict__ for record in caplog.records]} {rows}"
    assert "is dead after" in said
    assert [secret for secret in ("T0KEN", "MfKQ9r8GKYqrTwjU", str(SECRET)) if secret in said] == []


def test_what_one_has_taken_no_other_takes_until_a_minute_has_gone(store: JobStore, clock: Clock) -> None:
    add(store, "a")
    first, second = (NoticeClaims(store, name, clock.now_ms) for name in ("first", "second"))
    assert first.take("webhook") is not None
    clock.now += LEASE_MS - 1
    assert second.take("webhook") is None
    clock.now += 1
    taken = second.take("webhook")
    assert taken is not None
    assert taken.attempts == 2


def test_what_somebody_says_of_a_notice_that_was_taken_from_them_does_not_count(store: JobStore, clock: Clock) -> None:
    add(store, "a")
    slow, quick = (NoticeClaims(store, name, clock.now_ms) for name in ("slow", "quick"))
    before = slow.take("webhook")
    clock.now += LEASE_MS
    after = quick.take("webhook")
    assert before is not None
    assert after is not None
    slow.end_dead(before, "too late")
    assert standing(store, "a") == Standing("waiting", 2, "")
    quick.end_delivered(after)
    slow.end_failed(before, "too late", NOW_MS)
    assert standing(store, "a") == Standing("delivered", 2, "")


def test_several_at_once_send_each_notice_once(
    store: JobStore, tmp_path: Path, listener: Listener, clock: Clock
) -> None:
    names = [f"n{number:02}" for number in range(30)]
    add(store, *names)
    with JobStore.open(tmp_path / "jobs") as other:
        senders = [deliverer(opened, listener, clock) for opened in (store, store, other, other)]
        threads = [threading.Thread(target=drain, args=(sender,)) for sender in senders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(listener.ids) == names
    assert senders[0].counts()["delivered"] == 30


def drain(sender: Deliverer) -> None:
    while sender.attempt("webhook"):
        pass


def test_a_webhook_that_never_answers_holds_up_no_other_channel(
    store: JobStore, listener: Listener, clock: Clock
) -> None:
    with listening(Listener(is_silent=True)) as silent:
        channels: dict[str, Channel] = {"webhook": webhook(silent), "mqtt": webhook(listener)}
        sender = Deliverer(store, channels, clock.now_ms)
        sender.start()
        add(store, "a")
        assert silent.asked.wait(30)
        add(store, "b", channel="mqtt")
        assert listener.asked.wait(30)
        assert standing(store, "a") == Standing("waiting", 1, "")
        silent.released.set()
        sender.close()
    assert standing(store, "a") == Standing("delivered", 1, "")
    assert standing(store, "b") == Standing("delivered", 1, "")


class Heard(logging.Handler):
    """Whether anything was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.is_told = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Notes it."""
        self.is_told.set()


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, logger = Heard(), logging.getLogger("regard.jobs.delivery")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def test_a_database_that_fails_for_a_while_stops_nothing_for_good(
    store: JobStore, listener: Listener, clock: Clock, heard: Heard
) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE notices RENAME TO away")
    sender = Deliverer(store, {"webhook": webhook(listener)}, clock.now_ms, pause_seconds=0.05)
    sender.start()
    assert heard.is_told.wait(30)
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO notices")
    add(store, "a")
    assert listener.asked.wait(30)
    sender.close()
    assert standing(store, "a").state == "delivered"


DYING = """
import os, signal, sys
from pathlib import Path
from regard.jobs.channel_webhook import Webhook
from regard.jobs.delivery import Deliverer
from regard.storage.job_store import JobStore

class Dying(Webhook):
    def send(self, notice):
        {before}
        super().send(notice)
        {after}

store = JobStore.open(Path(sys.argv[1]))
Deliverer(store, {{"webhook": Dying(sys.argv[2], [bytes(24)])}}, lambda: int(sys.argv[3])).attempt("webhook")
"""
DIE = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.parametrize(
    ("program", "arrived"),
    [(DYING.format(before=DIE, after=""), 1), (DYING.format(before="", after=DIE), 2)],
    ids=["before-it-was-sent", "after-it-was-sent"],
)
def test_a_process_killed_while_it_sends_loses_nothing_and_what_comes_twice_has_one_id(
    store: JobStore, tmp_path: Path, listener: Listener, clock: Clock, program: str, arrived: int
) -> None:
    add(store, "a")
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "jobs"), listener.url, str(NOW_MS)], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    sender = deliverer(store, listener, clock)
    assert not sender.attempt("webhook")
    clock.now += LEASE_MS
    assert sender.attempt("webhook")
    assert listener.ids == ["a"] * arrived
    assert {body for _, _, body in listener.requests} == {BODY}
    assert standing(store, "a") == Standing("delivered", 2, "")


def test_what_was_dead_is_sent_when_it_waits_again(store: JobStore, listener: Listener, clock: Clock) -> None:
    add(store, "a")
    listener.statuses = [410]
    sender = deliverer(store, listener, clock)
    sender.attempt("webhook")
    with store.writing() as connection:
        connection.execute(update(notices).values(state="waiting", attempts=0, due_ms=NOW_MS))
    assert sender.attempt("webhook")
    assert standing(store, "a") == Standing("delivered", 1, "")
