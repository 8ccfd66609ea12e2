"""Opening a data folder: the right key, one process, a form that this version knows, private files."""

import base64
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from regard.storage import schema
from regard.storage.errors import Corrupt, DataFolderInUse, KeyProblem
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage, open_storage
from tests.storage.killed import run_and_kill

MASTER = MasterKey(bytes(range(32)), "the test")
OTHER = MasterKey(bytes(32), "another file")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home without any key."""
    return {"XDG_DATA_HOME": str(tmp_path / "home")}


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


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_written_is_there_after_opening_again(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        assert _entries(storage) == [b"first"]


def test_what_was_written_is_there_after_a_kill(folder: Path) -> None:
    run_and_kill(
        "from tests.storage.test_open import MASTER, Storage, _add\n"
        "storage = Storage.open(folder, MASTER)\n"
        "_add(storage, b'second')\n",
        folder,
    )
    with Storage.open(folder, MASTER) as storage:
        assert _entries(storage) == [b"first", b"second"]


def test_wrong_key_is_refused_and_changes_nothing(folder: Path) -> None:
    before = _content(folder)
    with pytest.raises(KeyProblem) as refusal:
        Storage.open(folder, OTHER)
    assert str(refusal.value) == "the master key of another file is not the one this data folder was made with"
    assert _content(folder) == before


def test_right_key_opens_after_a_wrong_one_was_tried_on_what_a_kill_left(folder: Path) -> None:
    run_and_kill(
        "from tests.storage.test_open import MASTER, Storage, _add\n"
        "storage = Storage.open(folder, MASTER)\n"
        "_add(storage, b'second')\n",
        folder,
    )
    with pytest.raises(KeyProblem):
        Storage.open(folder, OTHER)
    with Storage.open(folder, MASTER) as storage:
        assert _entries(storage) == [b"first", b"second"]


def test_data_without_any_key_are_refused_and_nothing_is_made(
    folder: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    before = _content(tmp_path)
    with pytest.raises(KeyProblem) as refusal:
        open_storage(folder, None, None, environ)
    assert str(refusal.value) == (
        f"{folder} holds data, but their master key is not in REGARD_MASTER_KEY, REGARD_MASTER_KEY_FILE, the systemd "
        f"credential regard-master-key or {tmp_path}/home/regard/master-key"
    )
    assert _content(tmp_path) == before


def test_first_start_makes_a_key_outside_the_data_and_says_where(tmp_path: Path, environ: dict[str, str]) -> None:
    with open_storage(tmp_path / "data", None, None, environ) as storage:
        _add(storage, b"first")
        assert storage.new_key_file == tmp_path / "home" / "regard" / "master-key"
    with open_storage(tmp_path / "data", None, None, environ) as storage:
        assert (_entries(storage), storage.new_key_file) == ([b"first"], None)


def test_key_in_the_variable_opens_and_no_file_is_made(folder: Path, environ: dict[str, str], tmp_path: Path) -> None:
    with open_storage(folder, None, base64.b64encode(MASTER.key).decode(), environ) as storage:
        assert _entries(storage) == [b"first"]
    assert not (tmp_path / "home").exists()


def test_key_is_never_made_in_the_data_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="must not lie in the data folder"):
        open_storage(tmp_path, None, None, {"XDG_DATA_HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


def test_second_server_on_the_folder_is_refused_and_the_first_goes_on(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        with pytest.raises(DataFolderInUse, match=f"the data folder {folder} is in use by process {os.getpid()}"):
            Storage.open(folder, MASTER)
        _add(storage, b"second")
        assert _entries(storage) == [b"first", b"second"]


def test_refused_key_lets_go_of_the_folder(folder: Path) -> None:
    with pytest.raises(KeyProblem):
        Storage.open(folder, OTHER)
    Storage.open(folder, MASTER).close()


def test_everything_in_the_folder_is_private(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage:
        _add(storage, b"second")
        storage.blobs.put(b"a crop")
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    private = {path: 0o700 if path.is_dir() else 0o600 for path in modes}
    assert modes | private == modes
    assert {path.name for path in modes} >= {"regard.sqlite", "regard.sqlite-wal", "regard.sqlite-shm", "lock", "blobs"}


def test_database_of_a_newer_version_is_refused_and_unchanged(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage, storage.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    before = _content(folder)
    with pytest.raises(Corrupt, match="was made by a newer version of Regard"):
        Storage.open(folder, MASTER)
    assert _content(folder) == before


def test_file_that_is_no_database_is_refused_and_unchanged(folder: Path) -> None:
    (folder / "regard.sqlite").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Corrupt, match=f"{folder}/regard.sqlite is damaged or not a database"):
        Storage.open(folder, MASTER)
    assert (folder / "regard.sqlite").read_bytes() == b"no database at all" * 1000


def test_damaged_page_is_told_when_it_is_read(folder: Path) -> None:
    with Storage.open(folder, MASTER) as storage, storage.writing() as connection:
        rows = [{"entry": b"x" * 500, "log_size": 0}] * 1000
        connection.execute(insert(schema.outbox), rows)
    with (folder / "regard.sqlite").open("r+b") as file:
        file.seek(-100 * 4096, os.SEEK_END)
        file.write(b"\xff" * 50 * 4096)
    with Storage.open(folder, MASTER) as storage, pytest.raises(Corrupt, match="is damaged"):
        _entries(storage)


def test_database_with_lost_check_value_is_refused(folder: Path) -> None:
    with sqlite3.connect(folder / "regard.sqlite") as connection:
        connection.execute("DELETE FROM secrets")
    connection.close()
    with pytest.raises(Corrupt, match="has lost the value that proves its key"):
        Storage.open(folder, MASTER)


def test_copy_of_the_folder_opens_with_the_same_key(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    with Storage.open(tmp_path / "copy", MASTER) as storage:
        assert _entries(storage) == [b"first"]
