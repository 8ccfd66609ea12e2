"""Several processes send notices, and some die: each notice is taken by one, and none is lost."""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.jobs.delivery import Channel, Deliverer
from regard.jobs.notice_claims import LEASE_MS, NoticeClaims
from regard.storage.job_store import JobStore
from tests.jobs.listening import Listener, listening
from tests.jobs.notice_rows import BODY, NOW_MS, Clock, Standing, add, deliverer, standing, webhook


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
