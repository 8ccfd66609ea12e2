"""Deleted means gone from every byte of the folder."""

import random
import re
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from regard.storage import schema
from regard.storage.blobs import Blobs
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage
from tests.storage.killed import run_and_kill

MASTER = MasterKey(bytes(range(32)), "the test")
ROWS = 2000
_NAME = re.compile(rb"~[0-9a-f]{24}")
_KEY = re.compile(rb"\xff~KEY[0-9a-f]{24}")


class Crowd:
    """Subjects and consents with recognisable names and keys; names of many lengths, so that pages split unevenly."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.names = {row: f"~{chance.randbytes(12).hex()}" + "-" * chance.randrange(300) for row in range(1, ROWS + 1)}
        self.keys = {row: b"\xff~KEY" + chance.randbytes(12).hex().encode() for row in range(1, ROWS + 1)}
        self.order = chance.sample(range(1, ROWS + 1), ROWS)

    def enter(self, storage: Storage) -> None:
        """Row by row of it in one transaction."""
        collection = {"account": "1", "region": "r", "name": "c", "is_verify_only": False, "model_version": "2.0"}
        with storage.writing() as connection:
            connection.execute(insert(schema.collections).values(**collection, created_ms=1, wrapped_key=b"w"))
            connection.execute(insert(schema.subjects), [self._subject(row) for row in self.names])
            connection.execute(insert(schema.consents), [self._consent(row) for row in self.names])

    def leave(self, storage: Storage, rows: list[int]) -> None:
        """In transactions of ten rows, as withdrawals come."""
        for start in range(0, len(rows), 10):
            some = rows[start : start + 10]
            with storage.writing() as connection:
                connection.execute(delete(schema.subjects).where(schema.subjects.c.key.in_(some)))
                connection.execute(delete(schema.consents).where(schema.consents.c.key.in_(some)))

    def found(self, folder: Path, rows: list[int]) -> set[bytes]:
        """Names and keys of `rows` that stand anywhere in the folder."""
        wanted = {self.names[row][:25].encode() for row in rows} | {self.keys[row] for row in rows}
        data = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
        return wanted & {*_NAME.findall(data), *_KEY.findall(data)}

    def _subject(self, row: int) -> dict[str, object]:
        times = {"created_ms": 1, "last_interaction_ms": 1}
        return {"key": row, "collection_key": 1, "name": self.names[row], "wrapped_key": self.keys[row], **times}

    def _consent(self, row: int) -> dict[str, object]:
        texts = dict.fromkeys(("purpose", "evidence_sha256", "given_by"), "x")
        times = {"granted_ms": 1, "expires_ms": 2, "keeps_crops": False}
        # Longer than a page, so that it stands in pages of its own.
        receipt = self.names[row] * 20
        return {
            **{"key": row, "id": f"id{row}", "collection_key": 1, "subject": self.names[row], "receipt": receipt},
            **texts,
            **times,
        }


@pytest.mark.parametrize("seed", range(3))
def test_nothing_of_deleted_rows_is_left_in_any_file(seed: int, tmp_path: Path) -> None:
    crowd = Crowd(seed)
    gone, staying = crowd.order[:1700], crowd.order[1700:]
    with Storage.open(tmp_path, MASTER) as storage:
        crowd.enter(storage)
        crowd.leave(storage, gone)
        storage.scrub()
        assert crowd.found(tmp_path, gone) == set()
        assert len(crowd.found(tmp_path, staying)) == 2 * len(staying)


def test_everything_that_is_deleted_and_scrubbed_bit_by_bit_is_gone(tmp_path: Path) -> None:
    crowd = Crowd(9)
    with Storage.open(tmp_path, MASTER) as storage:
        crowd.enter(storage)
        for start in range(0, 1800, 200):
            crowd.leave(storage, crowd.order[start : start + 200])
            storage.scrub()
        assert crowd.found(tmp_path, crowd.order[:1800]) == set()


def test_replaced_key_is_gone(tmp_path: Path) -> None:
    crowd = Crowd(3)
    with Storage.open(tmp_path, MASTER) as storage:
        crowd.enter(storage)
        storage.scrub()
        with storage.writing() as connection:
            connection.execute(update(schema.subjects).values(wrapped_key=bytes(60)))
        storage.scrub()
        found = crowd.found(tmp_path, crowd.order)
    assert found == {name[:25].encode() for name in crowd.names.values()}


def test_closing_scrubs(tmp_path: Path) -> None:
    crowd = Crowd(4)
    with Storage.open(tmp_path, MASTER) as storage:
        crowd.enter(storage)
        crowd.leave(storage, crowd.order)
    assert crowd.found(tmp_path, crowd.order) == set()


def test_start_after_a_kill_removes_what_was_deleted_before_it(tmp_path: Path) -> None:
    run_and_kill(
        "from tests.storage.test_leftovers import Crowd, MASTER\n"
        "from regard.storage.open import Storage\n"
        "crowd, storage = Crowd(5), Storage.open(folder, MASTER)\n"
        "crowd.enter(storage)\n"
        "crowd.leave(storage, crowd.order)\n",
        tmp_path,
    )
    crowd = Crowd(5)
    assert crowd.found(tmp_path, crowd.order) != set()
    with Storage.open(tmp_path, MASTER):
        assert crowd.found(tmp_path, crowd.order) == set()


def test_database_is_sound_after_scrubbing(tmp_path: Path) -> None:
    crowd = Crowd(6)
    with Storage.open(tmp_path, MASTER) as storage:
        crowd.enter(storage)
        crowd.leave(storage, crowd.order[:1000])
        storage.scrub()
        with storage.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").all() == [("ok",)]
            left = set(connection.execute(schema.subjects.select()).scalars())
    assert left == set(crowd.order[1000:])


def test_removed_blobs_are_gone(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    blobs.remove([blobs.put(b"a recognisable crop")])
    assert list((tmp_path / "blobs").iterdir()) == []
