"""A new master key: the old one opens nothing, and no crash loses either."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from regard.storage import schema
from regard.storage.errors import DataFolderInUse, KeyProblem
from regard.storage.master_key import MasterKey, find_master_key
from regard.storage.open import Storage, open_storage
from regard.storage.rekeying import rotate_master_key

OLD = bytes(range(32))
SUBJECTS = 1003  # more than are wrapped in one go


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a collection, subjects, a secret and an access key, closed."""
    path = tmp_path / "home" / "data"
    path.mkdir(parents=True)
    with Storage.open(path, MasterKey(OLD, "the test")) as storage, storage.writing() as connection:
        wrap = storage.keyring.wrap
        collection = {"account": "1", "region": "r", "name": "c", "is_verify_only": False, "model_version": "2.0"}
        connection.execute(
            insert(schema.collections).values(**collection, created_ms=1, wrapped_key=wrap(b"the key", "collection:1"))
        )
        times = {"created_ms": 1, "last_interaction_ms": 1}
        subjects = [
            {"collection_key": 1, "name": f"{key}", "wrapped_key": wrap(b"%d" % key, f"subject:{key}"), **times}
            for key in range(1, SUBJECTS + 1)
        ]
        connection.execute(insert(schema.subjects), subjects)
        connection.execute(insert(schema.secrets).values(name="receipts", wrapped=wrap(b"seed", "secret:receipts")))
        access = {"id": "RG1", "name": "door", "policy": "{}", "created_ms": 1, "created_by": "local"}
        connection.execute(
            insert(schema.access_keys).values(**access, wrapped_secret=wrap(b"its secret", "access key:RG1"))
        )
    return path


@pytest.fixture
def key_file(folder: Path) -> Path:
    """The file of the old key."""
    path = folder.parent / "master-key"
    path.write_bytes(base64.b64encode(OLD))
    path.chmod(0o600)
    return path


def _key(path: Path) -> bytes:
    return base64.b64decode(path.read_bytes())


def _opened_by(key: bytes, folder: Path) -> tuple[bytes, list[bytes], bytes, bytes]:
    with Storage.open(folder, MasterKey(key, "the test")) as storage, storage.reading() as connection:
        unwrap = storage.keyring.unwrap
        [collection] = connection.execute(select(schema.collections.c.wrapped_key)).scalars()
        subjects = connection.execute(select(schema.subjects.c.key, schema.subjects.c.wrapped_key))
        secret = select(schema.secrets.c.wrapped).where(schema.secrets.c.name == "receipts")
        access = select(schema.access_keys.c.wrapped_secret)
        return (
            unwrap(collection, "collection:1"),
            [unwrap(wrapped, f"subject:{key}") for key, wrapped in subjects],
            unwrap(connection.execute(secret).scalar_one(), "secret:receipts"),
            unwrap(connection.execute(access).scalar_one(), "access key:RG1"),
        )


EVERYTHING = (b"the key", [b"%d" % key for key in range(1, SUBJECTS + 1)], b"seed", b"its secret")


def test_new_key_opens_everything_and_the_old_one_nothing(folder: Path, key_file: Path) -> None:
    done = rotate_master_key(folder, key_file, None, {})
    assert (done.file, done.values) == (key_file, 1 + SUBJECTS + 2 + 1)
    assert _key(key_file) != OLD
    assert _opened_by(_key(key_file), folder) == EVERYTHING
    with pytest.raises(KeyProblem, match="is not the one this data folder was made with"):
        Storage.open(folder, MasterKey(OLD, "the test"))


def test_old_wrappings_are_nowhere_on_disk(folder: Path, key_file: Path) -> None:
    with Storage.open(folder, MasterKey(OLD, "the test")) as storage, storage.reading() as connection:
        wrapped = list(connection.execute(select(schema.subjects.c.wrapped_key)).scalars())
        wrapped += connection.execute(select(schema.secrets.c.wrapped)).scalars()
        wrapped += connection.execute(select(schema.access_keys.c.wrapped_secret)).scalars()
    rotate_master_key(folder, key_file, None, {})
    data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert [value for value in wrapped if value in data] == []


def test_old_key_is_put_aside_privately(folder: Path, key_file: Path) -> None:
    done = rotate_master_key(folder, key_file, None, {})
    assert done.old_file is not None
    assert (_key(done.old_file), done.old_file.stat().st_mode & 0o777) == (OLD, 0o600)
    assert {path.name for path in folder.parent.iterdir()} == {"data", "master-key", done.old_file.name}


def test_key_from_the_variable_goes_to_a_named_file(folder: Path, tmp_path: Path) -> None:
    value = base64.b64encode(OLD).decode()
    done = rotate_master_key(folder, None, value, {}, new_file=tmp_path / "keys" / "new")
    assert (done.file, done.old_file) == (tmp_path / "keys" / "new", None)
    assert _opened_by(_key(tmp_path / "keys" / "new"), folder) == EVERYTHING


def test_key_from_the_variable_cannot_be_replaced_in_place(folder: Path) -> None:
    with pytest.raises(KeyProblem, match="comes from REGARD_MASTER_KEY, which cannot be replaced; give --new-key-file"):
        rotate_master_key(folder, None, base64.b64encode(OLD).decode(), {})
    assert _opened_by(OLD, folder) == EVERYTHING


def test_key_that_is_in_the_named_file_is_used(folder: Path, key_file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_bytes(base64.b64encode(b"o" * 32))
    own.chmod(0o600)
    rotate_master_key(folder, key_file, None, {}, new_file=own)
    assert (_opened_by(b"o" * 32, folder), _key(key_file)) == (EVERYTHING, OLD)


@pytest.mark.parametrize(
    ("new_file", "message"),
    [
        pytest.param("home/master-key", "holds the key that .* has already", id="the same key"),
        pytest.param("home/data/new", "must not lie in the data folder", id="with the data"),
    ],
)
def test_unfit_new_file_changes_nothing(
    new_file: str, message: str, folder: Path, key_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyProblem, match=message):
        rotate_master_key(folder, key_file, None, {}, new_file=tmp_path / new_file)
    assert _opened_by(OLD, folder) == EVERYTHING


def test_running_server_keeps_its_key(folder: Path, key_file: Path) -> None:
    with Storage.open(folder, MasterKey(OLD, "the test")), pytest.raises(DataFolderInUse, match="stop that first"):
        rotate_master_key(folder, key_file, None, {})
    assert (_opened_by(OLD, folder), _key(key_file)) == (EVERYTHING, OLD)


def test_folder_without_data_is_refused_and_not_made(key_file: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="nowhere holds no data"):
        rotate_master_key(tmp_path / "nowhere", key_file, None, {})
    assert not (tmp_path / "nowhere").exists()


def test_value_that_the_old_key_does_not_open_stops_it_all(folder: Path, key_file: Path) -> None:
    with Storage.open(folder, MasterKey(OLD, "the test")) as storage, storage.writing() as connection:
        connection.execute(insert(schema.secrets).values(name="zz", wrapped=bytes(60)))
    with pytest.raises(KeyProblem, match="secret:zz does not open with this key, or was altered"):
        rotate_master_key(folder, key_file, None, {})
    assert (_opened_by(OLD, folder), _key(key_file)) == (EVERYTHING, OLD)


def test_two_folders_of_one_key_are_both_brought_over(folder: Path, key_file: Path) -> None:
    """The second's old key is the first's put aside."""
    second = folder.parent / "second"
    Storage.open(second, MasterKey(OLD, "the test")).close()
    done = rotate_master_key(folder, key_file, None, {})
    rotate_master_key(second, done.old_file, None, {}, new_file=key_file)
    for path in (folder, second):
        open_storage(path, key_file, None, {}).close()


def test_rotation_killed_before_any_step_loses_nothing(folder: Path, key_file: Path) -> None:
    script = Path(__file__).with_name("killed_rotation.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder.parent)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    kills = [line.split("\t") for line in done.stdout.splitlines()]
    assert {outcome for _, outcome in kills} == {"the key by the old key", "the key by the new key only"}
    assert {"os.link", "os.rename", "sqlite3.connect"} <= {before for before, _ in kills}
    assert kills[-1] == ["complete", "the key by the new key only"]


def test_pending_key_of_another_folder_is_not_replaced(folder: Path, key_file: Path) -> None:
    pending = key_file.with_name("master-key.new")
    pending.write_bytes(base64.b64encode(b"p" * 32))
    pending.chmod(0o600)
    rotate_master_key(folder, key_file, None, {})
    found = find_master_key(key_file, None, {})
    assert found is not None
    assert (found.key, pending.exists()) == (b"p" * 32, False)
