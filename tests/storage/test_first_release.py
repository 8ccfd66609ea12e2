"""A data folder as the first form's own code made it, upgraded by `regard migrate` and read by the product of today.

`first_release/` is made by `make_first_release.py`.
"""

import base64
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regard.cli.main import app
from regard.jobs.queue import JobLimits, JobQueue
from regard.jobs.records import Media, NewJob
from regard.storage import job_schema, schema
from regard.storage.job_store import JobStore
from regard.storage.lock import DataLock
from tests.people.rooms import ASKER, START_MS, Wall, enrol, found, logged, opened

MADE = Path(__file__).parent / "first_release"
HOUR_MS = 3_600_000
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of then; its master key is in the environment."""
    monkeypatch.setenv("REGARD_MASTER_KEY", KEY)
    monkeypatch.delenv("REGARD_DATA", raising=False)
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(data / "regard.sqlite")) as database:
        database.executescript((MADE / "regard.sql").read_text("utf-8"))
    for name, content in json.loads((MADE / "files.json").read_text("utf-8")).items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(base64.b64decode(content))
    return data


def migrate(folder: Path, *options: str) -> Any:
    return CliRunner().invoke(app, ["migrate", "--data", str(folder), *options])


def dump(folder: Path) -> Sequence[str]:
    with closing(sqlite3.connect(folder / "regard.sqlite")) as database:
        return list(database.iterdump())


def test_migrate_says_from_which_form_to_which_and_does_nothing_the_second_time(folder: Path) -> None:
    first = migrate(folder)
    assert (first.exit_code, first.stdout) == (
        0,
        f"{folder}/regard.sqlite went from the form 0001 to {schema.REVISION}\n",
    )
    before = dump(folder)
    second = migrate(folder)
    assert (second.exit_code, second.stdout) == (
        0,
        f"{folder}/regard.sqlite has the form {schema.REVISION} already; nothing is to be done\n",
    )
    assert dump(folder) == before


def test_upgraded_folder_takes_a_job_and_migrate_leaves_it_as_it_is(folder: Path) -> None:
    migrate(folder)
    new = NewJob("123456789012", "us-east-1", "key", "labels", "StartLabelDetection", Media("films", "a.mp4"))
    with JobStore.open(folder / "jobs") as store:
        job = queue_of(store).submit(new, "video")
    told = migrate(folder)
    assert (told.exit_code, told.stdout) == (
        0,
        f"{folder}/regard.sqlite has the form {schema.REVISION} already; nothing is to be done\n"
        f"{folder}/jobs/jobs.sqlite has the form {job_schema.REVISION} already; nothing is to be done\n",
    )
    with JobStore.open(folder / "jobs") as store:
        assert queue_of(store).get(job.id) == job
    assert (job.state, job.new) == ("queued", new)


def queue_of(store: JobStore) -> JobQueue:
    return JobQueue(store, lambda job: (), JobLimits(), lambda: START_MS)


def test_collections_are_there_with_their_tags(folder: Path) -> None:
    migrate(folder)
    with opened(folder, Wall(START_MS + HOUR_MS)) as people:
        page, _ = people.collections.page(ASKER, None, 10)
        assert [(one.name, one.purpose, one.is_verify_only) for one in page] == [
            ("gate", "staff entrance", True),
            ("staff", "staff entrance", False),
            ("tryout", None, False),
        ]
        gate = people.collections.get(ASKER, "gate")
        assert people.collections.tags(ASKER, gate.arn)["floor"] == "2 Süd"


def test_faces_are_found_and_those_erased_then_are_not(folder: Path) -> None:
    migrate(folder)
    with opened(folder, Wall(START_MS + HOUR_MS)) as people:
        staff = people.collections.get(ASKER, "staff")
        assert [found(people, staff, number) for number in (1, 2, 3)] == [["p-1"], ["p-2"], []]
        assert people.collections.counts(staff) == (2, 1)


def test_consents_still_gate(folder: Path) -> None:
    migrate(folder)
    with opened(folder, Wall(START_MS + HOUR_MS)) as people:
        staff = people.collections.get(ASKER, "staff")
        consents, _ = people.consents.page(ASKER, staff, None, None, 10)
        assert [(one.subject, one.end_reason) for one in consents] == [
            ("p-1", None),
            ("p-2", None),
            ("p-3", "withdrawn"),
        ]
        enrol(people, staff, "p-1", 7)
        people.consents.withdraw(ASKER, consents[0].id)
        assert [found(people, staff, number) for number in (1, 7, 2)] == [[], [], ["p-2"]]


def test_kept_crop_opens(folder: Path) -> None:
    migrate(folder)
    with opened(folder, Wall(START_MS + HOUR_MS)) as people:
        exported = people.rights.export(ASKER, "p-2", "staff")
    [held] = json.loads(exported)["collections"]
    assert [base64.b64decode(face["crop"]) for face in held["faces"]] == [b"a crop of person 2"]


def test_acts_of_then_are_in_the_log_in_their_order(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "regard.sqlite")) as database:
        acts = database.execute("SELECT act, collection FROM acts ORDER BY key").fetchall()
    migrate(folder)
    with opened(folder, Wall(START_MS + HOUR_MS)) as people:
        carried = [entry for entry in logged(people) if entry["principal"] == "before keys"]
    assert [(entry["act"], entry.get("collection")) for entry in carried] == acts
    assert len(acts) == 15


def test_check_changes_nothing_and_says_what_would_be_done(folder: Path) -> None:
    before = dump(folder)
    result = migrate(folder, "--check", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (
        1,
        {
            "folder": str(folder),
            "databases": [{"database": "regard.sqlite", "from": "0001", "to": schema.REVISION}],
            "changed": False,
        },
    )
    assert dump(folder) == before
    migrate(folder)
    assert migrate(folder, "--check").exit_code == 0


@pytest.mark.parametrize("options", [[], ["--check"]], ids=["migrate", "check"])
def test_folder_in_use_is_refused(folder: Path, options: list[str]) -> None:
    lock = DataLock(folder)
    result = migrate(folder, *options)
    lock.release()
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"regard: the data folder {folder} is in use by process" in result.stderr


@pytest.mark.parametrize("options", [[], ["--check"]], ids=["migrate", "check"])
def test_folder_of_a_newer_version_is_refused_and_unchanged(folder: Path, options: list[str]) -> None:
    with closing(sqlite3.connect(folder / "regard.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0999'")
        database.commit()
    before = dump(folder)
    result = migrate(folder, *options)
    assert (result.exit_code, result.stderr) == (
        1,
        f"regard: {folder}/regard.sqlite was made by a newer version of Regard (its form is 0999, this version knows "
        f"{schema.REVISION}); use that version\n",
    )
    assert dump(folder) == before


def test_another_master_key_is_refused_and_nothing_is_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGARD_MASTER_KEY", base64.b64encode(bytes(32)).decode())
    before = dump(folder)
    result = migrate(folder)
    assert (result.exit_code, result.stderr) == (
        1,
        "regard: the master key of REGARD_MASTER_KEY is not the one this data folder was made with\n",
    )
    assert dump(folder) == before


@pytest.mark.parametrize("name", ["typo", "empty"])
def test_folder_without_data_is_refused_and_nothing_is_made(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    result = migrate(tmp_path / name)
    assert result.exit_code == 1
    assert result.stderr.startswith("regard: ")
    assert not (tmp_path / "typo").exists()
