"""The database of jobs: as migrated, as the code says, shared by processes, and refused."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from regard.storage import job_schema
from regard.storage.errors import Corrupt, StorageError
from regard.storage.job_store import JOB_DATABASE, JOB_MIGRATIONS, JobStore
from tests.storage.limits import run_with_file_limit

WRITER = """
import sys
from pathlib import Path
from sqlalchemy import insert
from regard.storage import job_schema
from regard.storage.job_store import JobStore
with JobStore.open(Path(sys.argv[1])) as store:
    for number in range(50):
        with store.writing() as connection:
            connection.execute(insert(job_schema.walks).values(
                id=f"{sys.argv[2]}-{number}", account="a", region="r", way="video", bucket="b", object_name="n",
                is_sequential=False, priority=0, done_chunks=0, is_forgotten=False))
"""


def _statements(connection: sqlalchemy.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: statement for name, statement in rows if name != "alembic_version"}


def test_migrated_and_fresh_databases_are_the_same(tmp_path: Path) -> None:
    fresh = sqlalchemy.create_engine("sqlite://")
    with JobStore.open(tmp_path) as store, fresh.begin() as connection, store.reading() as migrated:
        job_schema.metadata.create_all(connection)
        assert _statements(migrated) == _statements(connection)


def test_alembic_sees_no_difference_between_database_and_tables(tmp_path: Path) -> None:
    with JobStore.open(tmp_path) as store, store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, job_schema.metadata) == []


def test_last_migration_is_the_one_that_the_tables_name() -> None:
    config = Config()
    config.set_main_option("script_location", str(JOB_MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == job_schema.REVISION


def test_processes_that_come_at_once_make_the_database_once_and_all_write_to_it(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "jobs"), str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    assert [process.communicate()[1] for process in processes] == [b""] * 4
    with JobStore.open(tmp_path / "jobs") as store, store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(job_schema.walks)).scalar() == 200


def test_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with JobStore.open(tmp_path) as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'j9999'")
    with pytest.raises(Corrupt, match=r"made by a newer version of Regard \(its form is j9999"):
        JobStore.open(tmp_path)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / JOB_DATABASE).write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(Corrupt, match="damaged or not a database"):
        JobStore.open(tmp_path)


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageError, match=r"data/jobs cannot be used: Not a directory"):
        JobStore.open(tmp_path / "data" / "jobs")


def test_database_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    with (
        JobStore.open(tmp_path) as store,
        pytest.raises(StorageError, match="it cannot be written to; give this user the right"),
    ):
        _write_to_a_reader(store)


def _write_to_a_reader(store: JobStore) -> None:
    """What SQLite says of a file system that is mounted for reading it says of such a connection too."""
    with store.reading() as connection:
        connection.exec_driver_sql("DELETE FROM walks")


def test_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    printed = run_with_file_limit(
        "from regard.storage.errors import DiskFull\nfrom regard.storage.job_store import JobStore\n"
        "store = JobStore.open(folder)\n"
        "limit(300_000)\n"
        "try:\n"
        "    with store.writing() as connection:\n"
        "        connection.exec_driver_sql('CREATE TABLE filler AS SELECT zeroblob(400000) AS content')\n"
        "except DiskFull as error:\n"
        "    print(error)\n"
        "limit(-1)\n"
        "with store.reading() as connection:\n"
        "    print(connection.exec_driver_sql(\"SELECT name FROM sqlite_master WHERE name = 'filler'\").all())\n",
        tmp_path,
    )
    assert printed == [
        f"nothing more can be written to {tmp_path}/jobs.sqlite (disk I/O error); disk or quota may be full",
        "[]",
    ]
