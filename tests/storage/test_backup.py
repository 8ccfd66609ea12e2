"""Backups: everything is in them and comes back; what is damaged, cut or dangerous is refused, and nothing is left."""

import fcntl
import io
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.storage.backup import back_up
from regard.storage.errors import BadBackup, Corrupt, DataFolderInUse, StorageError
from regard.storage.job_store import JobStore
from regard.storage.lock import DataLock
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage
from regard.storage.restoring import restore
from tests.storage.killed import run_and_kill
from tests.storage.limits import run_with_file_limit

MASTER = MasterKey(bytes(range(32)), "the test")
FILES = {
    "vectors/1/rows": bytes(range(256)) * 40,
    "ledger/tile/0/000": b"t" * 8192,
    "redactions/0123/job.json": b"{}",
    "jobs/results/abcd/ALL": b"a result",
    "jobs/walks/ef01/chunk-0.jsonl.gz": b"",
}


def silent(done: int, total: int) -> None:
    """No progress."""


def made_backup(folder: Path, out: Path, *, has_buckets: bool = False) -> Path:
    back_up(folder, out, {"regard": "0.1.0"}, silent, has_buckets=has_buckets)
    return out


def content(folder: Path) -> dict[str, bytes]:
    """Files by name, without those that belong to a living process."""
    passing = {"lock", "jobs/opening.lock"}
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in passing}


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with both databases and files of every sort, closed."""
    data = tmp_path / "data"
    Storage.open(data, MASTER).close()
    JobStore.open(data / "jobs").close()
    _write(data, FILES | {"blobs/" + "ab" * 16: b"a sealed crop", "buckets/films/a film.mp4": b"film"})
    (data / "buckets/empty").mkdir()
    return data


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An archive of a few kilobytes, of a folder without databases."""
    top = tmp_path_factory.mktemp("small")
    _write(top / "data", {"vectors/1/rows": bytes(range(256)) * 3, "ledger/vkey": b"key", "ledger/checkpoint": b"c"})
    return made_backup(top / "data", top / "small.tar").read_bytes()


def test_restored_folder_is_the_one_that_was_backed_up(folder: Path, tmp_path: Path) -> None:
    before = {name: data for name, data in content(folder).items() if not name.startswith("buckets/")}
    restored = restore(made_backup(folder, tmp_path / "out.tar"), tmp_path / "new", silent)
    # The database of jobs is copied by SQLite, which may count its pages anew; it is compared below.
    after = content(tmp_path / "new")
    assert after.pop("jobs/jobs.sqlite")
    assert after == {name: data for name, data in before.items() if name != "jobs/jobs.sqlite"}
    assert restored.header == {"form": 1, "regard": "0.1.0"}
    assert content(folder) | before == content(folder)


def test_restored_databases_open_and_say_the_same(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder / "jobs/jobs.sqlite")) as jobs:
        before = list(jobs.iterdump())
    restore(made_backup(folder, tmp_path / "out.tar"), tmp_path / "new", silent)
    with closing(sqlite3.connect(tmp_path / "new/jobs/jobs.sqlite")) as jobs:
        assert list(jobs.iterdump()) == before
    Storage.open(tmp_path / "new", MASTER).close()
    JobStore.open(tmp_path / "new/jobs").close()


def test_what_only_stands_in_the_journal_after_a_kill_is_in_the_backup(tmp_path: Path) -> None:
    run_and_kill(
        "from tests.storage.test_open import MASTER, Storage, _add\n"
        "storage = Storage.open(folder, MASTER)\n"
        "_add(storage, b'entered just before the kill')\n",
        tmp_path / "data",
    )
    assert (tmp_path / "data/regard.sqlite-wal").stat().st_size > 0
    restore(made_backup(tmp_path / "data", tmp_path / "out.tar"), tmp_path / "new", silent)
    assert not (tmp_path / "new/regard.sqlite-wal").exists()
    with closing(sqlite3.connect(tmp_path / "new/regard.sqlite")) as database:
        rows = database.execute("SELECT entry FROM outbox").fetchall()
    assert rows == [(b"entered just before the kill",)]


def test_change_of_jobs_that_another_process_has_not_yet_settled_into_the_file_is_in_the_backup(
    folder: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(folder / "jobs/jobs.sqlite")) as other:
        other.execute("CREATE TABLE told (word TEXT)")
        other.execute("INSERT INTO told VALUES ('late')")
        other.commit()
        restore(made_backup(folder, tmp_path / "out.tar"), tmp_path / "new", silent)
    with closing(sqlite3.connect(tmp_path / "new/jobs/jobs.sqlite")) as database:
        assert database.execute("SELECT word FROM told").fetchall() == [("late",)]


@pytest.mark.parametrize("has_buckets", [False, True], ids=["without", "with"])
def test_buckets_are_in_the_backup_only_if_asked_for(folder: Path, tmp_path: Path, has_buckets: bool) -> None:
    restore(made_backup(folder, tmp_path / "out.tar", has_buckets=has_buckets), tmp_path / "new", silent)
    assert (tmp_path / "new/buckets/films/a film.mp4").exists() == has_buckets
    assert (tmp_path / "new/buckets/empty").is_dir() == has_buckets


def test_master_key_in_the_data_folder_is_not_in_the_backup(folder: Path, tmp_path: Path) -> None:
    (folder / "master-key").write_bytes(b"the key")
    made = back_up(folder, tmp_path / "out.tar", {}, silent, has_buckets=True)
    assert made.strangers == ("master-key",)
    assert b"the key" not in (tmp_path / "out.tar").read_bytes()


def test_backup_and_what_is_restored_are_private(folder: Path, tmp_path: Path) -> None:
    restore(made_backup(folder, tmp_path / "out.tar", has_buckets=True), tmp_path / "new", silent)
    paths = (tmp_path / "out.tar", tmp_path / "new", *(tmp_path / "new").rglob("*"))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert modes == {path: 0o700 if path.is_dir() else 0o600 for path in paths}


def test_archive_can_be_read_by_others(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(made_backup(folder, tmp_path / "out.tar")) as tar:
        rows = tar.extractfile("vectors/1/rows")
        assert rows is not None
        assert rows.read() == FILES["vectors/1/rows"]


def test_progress_ends_with_every_byte(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    back_up(folder, tmp_path / "out.tar", {}, lambda done, total: told.append((done, total)), has_buckets=False)
    assert told[-1][0] == told[-1][1] > 10_000


def test_folder_that_a_server_holds_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    lock = DataLock(folder)
    with pytest.raises(DataFolderInUse, match=f"in use by process {os.getpid()}; stop that first"):
        made_backup(folder, tmp_path / "out.tar")
    lock.release()
    assert os.listdir(tmp_path) == ["data"]


def test_folder_in_which_a_worker_is_at_work_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    (folder / "jobs/workers/w-7.lock").write_text("4711\n")
    with (folder / "jobs/workers/w-7.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DataFolderInUse, match="in use by the worker process 4711; stop that first"):
            made_backup(folder, tmp_path / "out.tar")
    made_backup(folder, tmp_path / "out.tar")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("data/out.tar", "lies in the data folder"),
        ("data/buckets/films/out.tar", "lies in the data folder"),
        ("there", "is there already"),
        ("missing/out.tar", "there is no folder"),
    ],
)
def test_place_where_no_backup_can_be_is_refused(folder: Path, tmp_path: Path, place: str, told: str) -> None:
    (tmp_path / "there").write_bytes(b"something")
    with pytest.raises(StorageError, match=told):
        made_backup(folder, tmp_path / place)
    assert (tmp_path / "there").read_bytes() == b"something"


def test_folder_without_data_is_not_backed_up(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(StorageError, match="holds no data of Regard's"):
        made_backup(tmp_path / "data", tmp_path / "out.tar")
    with pytest.raises(StorageError, match="there is no data folder"):
        made_backup(tmp_path / "typo", tmp_path / "out.tar")


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc"), os.mkfifo], ids=["link", "pipe"])
def test_link_in_the_folder_is_named(folder: Path, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(folder / "vectors/1/odd")
    with pytest.raises(StorageError, match="data/vectors/1/odd is neither a file nor a folder"):
        made_backup(folder, tmp_path / "out.tar")
    assert sorted(os.listdir(tmp_path)) == ["data"]


def test_part_that_lies_on_another_disk_is_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "vectors").rename(tmp_path / "elsewhere")
    (folder / "vectors").symlink_to(tmp_path / "elsewhere")
    restore(made_backup(folder, tmp_path / "out.tar"), tmp_path / "new", silent)
    assert (tmp_path / "new/vectors/1/rows").read_bytes() == FILES["vectors/1/rows"]


def test_damaged_database_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    (folder / "regard.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(Corrupt, match="is damaged or not a database"):
        made_backup(folder, tmp_path / "out.tar")
    assert os.listdir(tmp_path) == ["data"]


@pytest.mark.parametrize("limit_bytes", [0, 5_000, 100_000, 200_000])
def test_backup_onto_a_full_disk_says_so_and_leaves_nothing(folder: Path, tmp_path: Path, limit_bytes: int) -> None:
    _write(folder, {"vectors/2/rows": bytes(300_000)})
    said = run_with_file_limit(
        "from regard.storage.backup import back_up\n"
        "from regard.storage.errors import StorageError\n"
        f"limit({limit_bytes})\n"
        "try:\n"
        "    back_up(folder, folder.parent / 'out.tar', {}, lambda done, total: None, has_buckets=False)\n"
        "except StorageError as error:\n"
        "    print(error)\n",
        folder,
    )
    assert len(said) == 1, "one sentence"
    assert os.listdir(tmp_path) == ["data"]


@pytest.mark.parametrize("limit_bytes", [0, 5_000, 100_000])
def test_restoring_onto_a_full_disk_says_so_and_leaves_nothing(folder: Path, tmp_path: Path, limit_bytes: int) -> None:
    made_backup(folder, tmp_path / "out.tar")
    said = run_with_file_limit(
        "from regard.storage.restoring import restore\n"
        "from regard.storage.errors import DiskFull\n"
        f"limit({limit_bytes})\n"
        "try:\n"
        "    restore(folder.parent / 'out.tar', folder.parent / 'new', lambda done, total: None)\n"
        "except DiskFull as error:\n"
        "    print(error)\n",
        folder,
    )
    assert said == [f"{tmp_path}/new: File too large"]
    assert sorted(os.listdir(tmp_path)) == ["data", "out.tar"]


def test_folder_that_is_not_empty_is_not_restored_into(folder: Path, tmp_path: Path) -> None:
    archive, before = made_backup(folder, tmp_path / "out.tar"), content(folder)
    with pytest.raises(StorageError, match="is not empty; restore into a new folder"):
        restore(archive, folder, silent)
    assert content(folder) == before


def test_empty_folder_is_restored_into(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    restore(made_backup(folder, tmp_path / "out.tar"), tmp_path / "new", silent)
    assert (tmp_path / "new/regard.sqlite").is_file()


@pytest.mark.parametrize("name", ["missing.tar", "empty.tar", "text.tar", "other.tar"])
def test_file_that_is_no_backup_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.tar").touch()
    (tmp_path / "text.tar").write_bytes(b"no archive at all\n" * 1000)
    (tmp_path / "other.tar").write_bytes(archive_of({"readme": b"hello"}))
    with pytest.raises(StorageError, match=r"is no backup of Regard's|No such file or directory"):
        restore(tmp_path / name, tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()


def test_backup_of_a_newer_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out.tar").write_bytes(archive_of({"regard-backup.json": b'{"form": 2}'}))
    with pytest.raises(BadBackup, match="has the form 2; this version of Regard reads 1"):
        restore(tmp_path / "out.tar", tmp_path / "new", silent)


@pytest.mark.parametrize("name", ["vectors/1/rows", "ledger/vkey", "regard-backup.json"])
def test_flipped_bit_is_told_with_the_file_that_has_it(small: bytes, tmp_path: Path, name: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(small)) as tar:
        member = tar.getmember(name)
    (tmp_path / "out.tar").write_bytes(flipped(small, member.offset_data + member.size - 2))
    with pytest.raises(BadBackup, match=name):
        restore(tmp_path / "out.tar", tmp_path / "new", silent)
    assert os.listdir(tmp_path) == ["out.tar"]


def test_archive_that_was_cut_is_told_with_the_file_in_which_it_ends(small: bytes, tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(small)) as tar:
        member = tar.getmember("vectors/1/rows")
    (tmp_path / "out.tar").write_bytes(small[: member.offset_data + 68])
    with pytest.raises(BadBackup, match=r"out\.tar ends within vectors/1/rows"):
        restore(tmp_path / "out.tar", tmp_path / "new", silent)
    assert os.listdir(tmp_path) == ["out.tar"]


@settings(max_examples=300, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), is_cut=st.booleans(), bit=st.integers(0, 7))
def test_spoilt_archive_is_refused_or_gives_what_was_backed_up(
    small: bytes, tmp_path_factory: pytest.TempPathFactory, place: float, is_cut: bool, bit: int
) -> None:
    top = tmp_path_factory.mktemp("spoilt")
    at = int(place * len(small))
    (top / "out.tar").write_bytes(small[:at] if is_cut else flipped(small, at, bit))
    try:
        restore(top / "out.tar", top / "new", silent)
        restored = content(top / "new")
    except BadBackup:
        assert os.listdir(top) == ["out.tar"]
        return
    assert restored == {"vectors/1/rows": bytes(range(256)) * 3, "ledger/vkey": b"key", "ledger/checkpoint": b"c"}


@pytest.mark.parametrize(
    "name",
    ["/etc/regard", "../regard.sqlite", "vectors/../../x", "vectors/./x", "vectors//x", "lock", "other", "~/x", "."],
)
def test_member_outside_of_a_data_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "out.tar").write_bytes(archive_of({"regard-backup.json": b'{"form": 1}', name: b"bad"}))
    with pytest.raises(BadBackup, match="which is no name within a data folder"):
        restore(tmp_path / "out.tar", tmp_path / "new", silent)
    assert os.listdir(tmp_path) == ["out.tar"]


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE],
    ids=["symbolic link", "hard link", "characters", "blocks", "pipe", "contiguous"],
)
def test_member_that_is_neither_file_nor_folder_is_refused(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "out.tar").write_bytes(archive_of({"regard-backup.json": b'{"form": 1}', "vectors": b""}, kind))
    with pytest.raises(BadBackup, match="holds vectors, which is neither a file nor a folder"):
        restore(tmp_path / "out.tar", tmp_path / "new", silent)
    assert os.listdir(tmp_path) == ["out.tar"]


@pytest.mark.parametrize("second", ["vectors", "vectors/rows"], ids=["the same", "below a file"])
def test_member_where_a_file_is_already_is_refused(tmp_path: Path, second: str) -> None:
    data = archive_of({"regard-backup.json": b'{"form": 1}', "vectors": b"one"})[:2048] + archive_of({second: b"two"})
    (tmp_path / "out.tar").write_bytes(data)
    with pytest.raises(BadBackup, match=f"holds {second}"):
        restore(tmp_path / "out.tar", tmp_path / "new", silent)
    assert os.listdir(tmp_path) == ["out.tar"]


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    """`data` with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def archive_of(files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    """A tar archive whose members but the first are of a kind."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for number, (name, data) in enumerate(files.items()):
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind if number else tarfile.REGTYPE, "/etc/passwd"
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()
