"""Data folders of earlier versions: what they hold is there in the form of this one."""

import secrets
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, inspect, select, text

from regard.storage import schema
from regard.storage.database import Database
from regard.storage.keyring import Keyring
from regard.storage.master_key import MasterKey
from regard.storage.open import DATABASE, MIGRATIONS, Storage

MASTER = MasterKey(bytes(range(32)), "the test")
ENROLLED = {
    "at_ms": 1_800_000_000_123,
    "act": "enrol",
    "collection": "staff",
    "subject": "ab" * 32,
    "request_id": "r-1",
    "details": '{"faces":1,"purpose":"Gebäude A"}',
}
SEARCHED = {
    "at_ms": 1_800_000_001_000,
    "act": "search faces",
    "collection": "staff",
    "subject": None,
    "request_id": "r-2",
    "details": '{"threshold":99.0,"false_match_rate":0.00001,"matches":0}',
}
SWEPT = {
    "at_ms": 1_800_000_002_500,
    "act": "compare",
    "collection": None,
    "subject": None,
    "request_id": "",
    "details": "{}",
}


def _first_form(folder: Path, acts: list[dict[str, Any]]) -> None:
    """A data folder as version 0.1 made it, by its own migration."""
    folder.mkdir(exist_ok=True)
    database = Database(folder / DATABASE)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        check = Keyring(MASTER.key).wrap(secrets.token_bytes(32), "secret:check")
        connection.execute(insert(schema.secrets).values(name="check", wrapped=check))
        for act in acts:
            connection.execute(
                text(
                    "INSERT INTO acts (at_ms, act, collection, subject, request_id, details)"
                    " VALUES (:at_ms, :act, :collection, :subject, :request_id, :details)"
                ),
                act,
            )
    database.close()


def _waiting(folder: Path) -> list[tuple[bytes, int]]:
    with Storage.open(folder, MASTER) as storage, storage.reading() as connection:
        rows = connection.execute(select(schema.outbox).order_by(schema.outbox.c.key)).all()
    return [(row.entry, row.log_size) for row in rows]


def test_acts_of_the_first_form_become_entries_that_wait_for_the_log_in_their_order(tmp_path: Path) -> None:
    _first_form(tmp_path, [ENROLLED, SEARCHED, SWEPT])
    waiting = _waiting(tmp_path)
    entries = [orjson.loads(entry) for entry, _ in waiting]
    ids = [entry.pop("id") for entry in entries]
    carried = {"v": 1, "principal": "before keys", "account": "", "region": ""}
    assert entries == [
        carried
        | {
            "act": "enrol",
            "began": "2027-01-15T08:00:00.123Z",
            "ended": "2027-01-15T08:00:00.123Z",
            "request": "r-1",
            "collection": "staff",
            "details": {"faces": 1, "purpose": "Gebäude A"},
        },
        carried
        | {
            "act": "search faces",
            "began": "2027-01-15T08:00:01.000Z",
            "ended": "2027-01-15T08:00:01.000Z",
            "request": "r-2",
            "collection": "staff",
            "details": {"threshold": 99.0, "false_match_rate": 0.00001, "matches": 0},
        },
        carried
        | {
            "act": "compare",
            "began": "2027-01-15T08:00:02.500Z",
            "ended": "2027-01-15T08:00:02.500Z",
            "request": "",
            "details": {},
        },
    ]
    assert [len(bytes.fromhex(one)) for one in ids] == [16, 16, 16]
    assert len(set(ids)) == 3
    assert [size for _, size in waiting] == [0, 0, 0]


@pytest.mark.parametrize("act", [ENROLLED, SEARCHED, SWEPT], ids=["letters", "small number", "nothing"])
def test_entries_of_acts_are_in_the_form_that_the_log_takes(act: dict[str, Any], tmp_path: Path) -> None:
    _first_form(tmp_path, [act])
    [(entry, _)] = _waiting(tmp_path)
    assert entry == orjson.dumps(orjson.loads(entry), option=orjson.OPT_SORT_KEYS)


def test_acts_are_carried_over_once(tmp_path: Path) -> None:
    _first_form(tmp_path, [ENROLLED])
    assert _waiting(tmp_path) == _waiting(tmp_path)
    with Storage.open(tmp_path, MASTER) as storage, storage.reading() as connection:
        assert "acts" not in inspect(connection).get_table_names()


def test_folder_of_the_first_form_without_acts_has_nothing_waiting(tmp_path: Path) -> None:
    _first_form(tmp_path, [])
    assert _waiting(tmp_path) == []
