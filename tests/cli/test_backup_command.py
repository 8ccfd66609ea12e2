"""`regard backup` and `regard restore` as a person types them: what was there is there again."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regard import __version__
from regard.cli.main import app
from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.records import Media, NewJob
from regard.jobs.results import ResultReader, ResultWriter
from regard.storage.errors import KeyProblem
from regard.storage.job_store import JobStore
from regard.storage.lock import DataLock
from regard.storage.master_key import MasterKey
from regard.storage.open import Storage
from tests.people.rooms import ASKER, GOVERNED, START_MS, enrol, found, grant, opened
from tests.server.service import running

NEW_JOB = NewJob("123456789012", "us-east-1", "local", "labels", "StartLabelDetection", Media("films", "a.mp4"))
ROWS = [{"Timestamp": 0, "Label": {"Name": "Dog"}}, {"Timestamp": 500, "Label": {"Name": "Cat"}}]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_MASTER_KEY", base64.b64encode(bytes(range(32))).decode())
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.delenv("REGARD_DATA", raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two enrolled people, one crop, a log, and a job with its result."""
    folder = tmp_path / "data"
    with opened(folder) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        grant(people, staff, "p-1")
        grant(people, staff, "p-2", keeps_crops=True)
        enrol(people, staff, "p-1", 1)
        enrol(people, staff, "p-2", 2, crop=b"a crop")
    with JobStore.open(folder / "jobs") as store:
        job = queue_of(store).submit(NEW_JOB, "video")
        ResultWriter(store.results / job.id).write("TIMESTAMP/TIMESTAMPS", ROWS)
    (folder / "buckets/films").mkdir(parents=True)
    (folder / "buckets/films/a.mp4").write_bytes(b"a film")
    return folder


def queue_of(store: JobStore) -> JobQueue:
    return JobQueue(store, lambda job: (), JobLimits(), lambda: START_MS)


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def restored(data: Path, tmp_path: Path) -> Path:
    """The same, backed up and restored elsewhere."""
    assert run("backup", tmp_path / "out.tar", "--data", data).exit_code == 0
    assert run("restore", tmp_path / "out.tar", "--data", tmp_path / "new").exit_code == 0
    return tmp_path / "new"


def test_people_are_found_in_the_restored_folder(restored: Path) -> None:
    with opened(restored) as people:
        staff = people.collections.get(ASKER, "staff")
        assert [found(people, staff, number) for number in (1, 2, 3)] == [["p-1"], ["p-2"], []]
        consents, _ = people.consents.page(ASKER, staff, None, None, 10)
        assert {consent.subject for consent in consents} == {"p-1", "p-2"}
        [held] = json.loads(people.rights.export(ASKER, "p-2", "staff"))["collections"]
        assert base64.b64decode(held["faces"][0]["crop"]) == b"a crop"


def test_log_of_the_restored_folder_is_sound_and_as_long(data: Path, restored: Path) -> None:
    before, after = run("log", "verify", "--data", data), run("log", "verify", "--data", restored)
    assert (after.exit_code, after.stdout) == (0, before.stdout)
    assert after.stdout.startswith("The log is sound: 6 entries")


def test_jobs_and_results_are_in_the_restored_folder(restored: Path) -> None:
    with JobStore.open(restored / "jobs") as store:
        [job] = queue_of(store).jobs()
        assert (job.state, job.new) == ("queued", NEW_JOB)
        assert ResultReader(store.results / job.id).page("TIMESTAMP/TIMESTAMPS", 0, 10) == ROWS


def test_restored_folder_does_not_open_with_another_master_key(restored: Path) -> None:
    with pytest.raises(KeyProblem, match="is not the one this data folder was made with"):
        Storage.open(restored, MasterKey(bytes(32), "another file"))


def test_what_is_said_of_a_backup(data: Path, tmp_path: Path) -> None:
    (data / "notes.txt").write_text("mine")
    result = run("backup", tmp_path / "out.tar", "--data", data)
    size = (tmp_path / "out.tar").stat().st_size
    assert (result.exit_code, result.stdout.partition(": ")[2].partition(" files, ")[2]) == (0, f"{size:,} bytes\n")
    assert result.stderr.splitlines() == [
        f"{data}/notes.txt is not Regard's, and is not in it",
        "The master key is not in it, and nothing opens without: keep that apart (`regard keys show`).",
    ]


def test_what_is_said_of_a_backup_as_json(data: Path, tmp_path: Path) -> None:
    result = run("backup", tmp_path / "out.tar", "--data", data, "--json")
    told = json.loads(result.stdout)
    assert (told["file"], told["bytes"], told["left_out"]) == (
        str(tmp_path / "out.tar"),
        (tmp_path / "out.tar").stat().st_size,
        [],
    )
    told = json.loads(run("restore", tmp_path / "out.tar", "--data", tmp_path / "new", "--json").stdout)
    assert (told["folder"], told["backup"]["regard"], told["backup"]["buckets"]) == (
        str(tmp_path / "new"),
        __version__,
        False,
    )


def test_buckets_come_along_when_asked_for(data: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "out.tar", "--data", data, "--buckets")
    run("restore", tmp_path / "out.tar", "--data", tmp_path / "new")
    assert (tmp_path / "new/buckets/films/a.mp4").read_bytes() == b"a film"


@pytest.mark.parametrize("command", ["backup", "migrate"])
def test_folder_in_use_is_refused_with_who_uses_it(data: Path, tmp_path: Path, command: str) -> None:
    lock = DataLock(data)
    result = run(command, *([tmp_path / "out.tar"] if command == "backup" else []), "--data", data)
    lock.release()
    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        f"regard: the data folder {data} is in use by process {os.getpid()}; stop that first\n",
    )
    assert not (tmp_path / "out.tar").exists()


def test_folder_that_holds_something_is_not_restored_into(data: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "out.tar", "--data", data)
    result = run("restore", tmp_path / "out.tar", "--data", data)
    assert (result.exit_code, result.stderr) == (1, f"regard: {data} is not empty; restore into a new folder\n")


def test_damaged_backup_is_refused_with_the_file_that_is(data: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "out.tar", "--data", data)
    rows = (data / "vectors/1/rows").read_bytes()
    archive = (tmp_path / "out.tar").read_bytes()
    (tmp_path / "out.tar").write_bytes(archive.replace(rows, rows[:200] + bytes([rows[200] ^ 1]) + rows[201:]))
    result = run("restore", tmp_path / "out.tar", "--data", tmp_path / "new")
    assert (result.exit_code, result.stderr) == (
        1,
        f"regard: {tmp_path}/out.tar is damaged: vectors/1/rows is not what was backed up\n",
    )
    assert not (tmp_path / "new").exists()


def test_server_makes_nothing_that_backups_do_not_know(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        service.client().create_collection(CollectionId="tryout")
    assert (
        json.loads(run("backup", tmp_path / "out.tar", "--data", tmp_path / "data", "--json").stdout)["left_out"] == []
    )
