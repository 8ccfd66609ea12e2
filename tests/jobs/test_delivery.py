"""Notices on their way: tried again, given up, counted. Where they go are real HTTP servers."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from regard.jobs.delivery import ATTEMPTS, Deliverer, delay_after
from regard.jobs.records import Notice
from regard.storage.job_schema import notices
from regard.storage.job_store import JobStore
from tests.jobs.listening import SECRET, Listener, listening
from tests.jobs.notice_rows import BODY, NOW_MS, Clock, Standing, add, deliverer, due_ms, standing


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


def test_what_was_dead_is_sent_when_it_waits_again(store: JobStore, listener: Listener, clock: Clock) -> None:
    add(store, "a")
    listener.statuses = [410]
    sender = deliverer(store, listener, clock)
    sender.attempt("webhook")
    with store.writing() as connection:
        connection.execute(update(notices).values(state="waiting", attempts=0, due_ms=NOW_MS))
    assert sender.attempt("webhook")
    assert standing(store, "a") == Standing("delivered", 1, "")
