"""The database: many who read, one who writes, and a disk that is full."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, update

from regard.storage import schema
from regard.storage.errors import DiskFull, StorageError
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage
from tests.storage.limits import run_with_file_limit

MASTER = MasterKey(bytes(range(32)), "the test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one entry in it, closed."""
    with Storage.open(tmp_path / "data", MASTER) as storage:
        _add(storage, b"first")
    return tmp_path / "data"


def _add(storage: Storage, entry: bytes) -> None:
    with storage.writing() as connection:
        connection.execute(insert(schema.outbox).values(entry=entry, log_size=0))


def _entries(storage: Storage) -> list[bytes]:
    with storage.reading() as connection:
        return list(connection.execute(select(schema.outbox.c.entry).order_by(schema.outbox.c.key)).scalars())


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"),
        ("secure_delete", 1),
        ("foreign_keys", 1),
        ("synchronous", 2),
        ("temp_store", 2),
        ("busy_timeout", 30_000),
    ],
)
def test_connections_are_set_up(pragma: str, expected: object, folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage, storage.writing() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == expected


def test_writing_that_fails_is_undone(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        with pytest.raises(ZeroDivisionError):
            _change_and_fail(storage)
        assert _entries(storage) == [b"first"]


def test_everything_that_follows_a_change_is_ended_though_one_end_fails(folder: Path) -> None:
    ended: list[str] = []

    def end(name: str) -> None:
        ended.append(name)
        raise ZeroDivisionError

    with Storage.open(folder, MASTER) as storage:
        with pytest.raises(ZeroDivisionError):
            _follow(storage, [lambda: end("one"), lambda: end("other")])
        assert sorted(ended) == ["one", "other"]


def _follow(storage: Storage, ends: list[Callable[[], None]]) -> None:
    with storage.writing():
        for end in ends:
            storage.after_commit(partial(partial, end))


def _change_and_fail(storage: Storage) -> None:
    with storage.writing() as connection:
        connection.execute(update(schema.outbox).values(entry=b"changed"))
        raise ZeroDivisionError


def test_reading_cannot_write(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        with pytest.raises(Exception, match="attempt to write a readonly database"), storage.reading() as connection:
            connection.execute(update(schema.outbox).values(entry=b"changed"))
        assert _entries(storage) == [b"first"]


def test_reader_sees_one_state_while_others_write(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        with storage.reading() as connection:
            before = _number(connection)
            writer = threading.Thread(target=_add, args=(storage, b"second"))
            writer.start()
            writer.join()
            assert (before, _number(connection)) == (1, 1)
        assert _entries(storage) == [b"first", b"second"]


def _number(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(schema.outbox)).scalar_one()


def test_writers_queue_and_none_is_lost(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage, storage.writing() as connection:
        connection.execute(insert(schema.clock).values(key=1, latest_ms=0))

    def count() -> None:
        for _ in range(25):
            with storage.writing() as connection:
                now = connection.execute(select(schema.clock.c.latest_ms)).scalar_one()
                connection.execute(update(schema.clock).values(latest_ms=now + 1))

    with Storage.open(folder, MASTER) as storage:
        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with storage.reading() as connection:
            assert connection.execute(select(schema.clock.c.latest_ms)).scalar_one() == 100


def test_thread_that_writes_twice_at_once_is_told_instead_of_waiting_for_ever(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage, storage.writing():
        with pytest.raises(StorageError, match="this thread is writing already"), storage.writing():
            pass
        with pytest.raises(StorageError, match="this thread is writing already"):
            storage.scrub()


def test_scrub_waits_for_those_who_read(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        _add(storage, b"second")
        with storage.reading() as connection:
            assert _number(connection) == 2
            _add_by_another_thread(storage)
            scrubbing = threading.Thread(target=storage.scrub)
            scrubbing.start()
            assert (folder / "regard.sqlite-wal").stat().st_size > 0
        scrubbing.join()
        assert (folder / "regard.sqlite-wal").stat().st_size == 0


def _add_by_another_thread(storage: Storage) -> None:
    thread = threading.Thread(target=_add, args=(storage, b"third"))
    thread.start()
    thread.join()


def test_journal_stays_short_without_scrubbing(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        for _ in range(12):
            with storage.writing() as connection:
                connection.execute(insert(schema.outbox).values(entry=bytes(1_000_000), log_size=0))
        assert (folder / "regard.sqlite-wal").stat().st_size < 7_000_000


def test_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    printed = run_with_file_limit(
        "from tests.storage.test_database import DiskFull, MASTER, Storage, _add, _entries\n"
        "storage = Storage.open(folder, MASTER)\n"
        "_add(storage, b'first')\n"
        "limit(300_000)\n"
        "try:\n"
        "    with storage.writing() as connection:\n"
        "        for size in (10, 200_000, 200_000):\n"
        "            connection.exec_driver_sql('INSERT INTO outbox (entry, log_size)'\n"
        "                                       ' VALUES (zeroblob(?), 0)', (size,))\n"
        "except DiskFull as error:\n"
        "    print(error)\n"
        "print(_entries(storage))\n"
        "limit(-1)\n"
        "_add(storage, b'second')\n"
        "print(_entries(storage))\n",
        tmp_path,
    )
    assert printed == [
        f"nothing more can be written to {tmp_path}/regard.sqlite (disk I/O error); disk or quota may be full",
        "[b'first']",
        "[b'first', b'second']",
    ]


def test_full_database_is_told_and_nothing_is_half_written(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        with pytest.raises(DiskFull, match="database or disk is full"):
            _outgrow(storage)
        assert _entries(storage) == [b"first"]


def _outgrow(storage: Storage) -> None:
    with storage.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 60")
        rows = [{"entry": bytes(4000), "log_size": 0}] * 100
        connection.execute(insert(schema.outbox), rows)
