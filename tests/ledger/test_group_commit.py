"""How threads share a write; the disk is a function that the test lets go on."""

import threading
from collections.abc import Callable

import pytest

from regard.ledger.commit import GroupCommit
from regard.ledger.errors import LedgerError, LedgerFull


class Disk:
    """Writes when it is let, and keeps what it wrote."""

    def __init__(self) -> None:
        self.groups: list[list[bytes]] = []
        self.is_writing = threading.Semaphore(0)
        self.may_write = threading.Semaphore(0)
        self.failure: BaseException | None = None

    def write(self, entries: list[bytes]) -> int:
        self.is_writing.release()
        self.may_write.acquire()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        first = sum(map(len, self.groups))
        self.groups.append(entries)
        return first


class Waiters:
    """Threads that wait for tickets, and what they were told."""

    def __init__(self) -> None:
        self.told: dict[int, range | BaseException] = {}
        self._threads: list[threading.Thread] = []

    def start(self, number: int, wait: Callable[[], range]) -> None:
        def run() -> None:
            try:
                self.told[number] = wait()
            except BaseException as error:  # which the test looks at
                self.told[number] = error

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)


def test_what_is_queued_during_a_write_is_written_as_one_group() -> None:
    disk, waiters = Disk(), Waiters()
    commit = GroupCommit(disk.write)
    waiters.start(0, commit.enqueue([b"0"]).wait)
    disk.is_writing.acquire()
    waiters.start(1, commit.enqueue([b"1", b"2"]).wait)
    waiters.start(2, commit.enqueue([b"3"]).wait)
    disk.may_write.release(2)
    waiters.join()
    assert disk.groups == [[b"0"], [b"1", b"2", b"3"]]
    assert waiters.told == {0: range(1), 1: range(1, 3), 2: range(3, 4)}


def test_order_is_that_of_enqueueing_and_not_of_waiting() -> None:
    disk = Disk()
    disk.may_write.release(9)
    commit = GroupCommit(disk.write)
    first, second = commit.enqueue([b"first"]), commit.enqueue([b"second"])
    assert second.wait() == range(1, 2)
    assert first.wait() == range(1)
    assert disk.groups == [[b"first", b"second"]]


def test_no_entries_have_a_place_too() -> None:
    disk = Disk()
    disk.may_write.release(9)
    assert GroupCommit(disk.write).enqueue([]).wait() == range(0)


def test_long_queue_is_written_in_several_groups() -> None:
    disk = Disk()
    disk.may_write.release(9)
    commit = GroupCommit(disk.write)
    tickets = [commit.enqueue([bytes(2 << 20)]) for _ in range(5)]
    assert tickets[4].wait() == range(4, 5)
    assert [len(group) for group in disk.groups] == [2, 2, 1]


def test_failure_is_told_to_all_of_the_group_and_to_nobody_else() -> None:
    disk, waiters = Disk(), Waiters()
    commit = GroupCommit(disk.write)
    disk.failure = LedgerFull("no room")
    early = commit.enqueue([b"early"])
    waiters.start(0, commit.enqueue([b"0"]).wait)
    disk.is_writing.acquire()
    waiters.start(1, commit.enqueue([b"1"]).wait)
    disk.may_write.release(2)
    waiters.join()
    assert isinstance(waiters.told[0], LedgerFull)
    assert waiters.told[1] == range(1)
    with pytest.raises(LedgerFull, match="no room"):
        early.wait()
    assert disk.groups == [[b"1"]]


def test_interrupted_writer_leaves_the_turn_to_the_next() -> None:
    disk, waiters = Disk(), Waiters()
    commit = GroupCommit(disk.write)
    disk.failure = KeyboardInterrupt()
    together = commit.enqueue([b"together"])
    waiters.start(0, commit.enqueue([b"0"]).wait)
    disk.is_writing.acquire()
    waiters.start(1, commit.enqueue([b"1"]).wait)
    disk.may_write.release(2)
    waiters.join()
    assert isinstance(waiters.told[0], KeyboardInterrupt)
    assert waiters.told[1] == range(1)
    with pytest.raises(LedgerError, match="may be in the log or not"):
        together.wait()


def test_closing_writes_what_nobody_waits_for_and_takes_no_more() -> None:
    disk = Disk()
    disk.may_write.release(9)
    commit = GroupCommit(disk.write)
    ticket = commit.enqueue([b"left"])
    commit.close()
    assert disk.groups == [[b"left"]]
    assert ticket.wait() == range(1)
    with pytest.raises(LedgerError, match="closed"):
        commit.enqueue([b"late"])
