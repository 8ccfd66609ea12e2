"""The tables: as migrated, as the code says, and how they behave."""

from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from regard.storage import schema
from regard.storage.master_key import MasterKey
from regard.storage.open import MIGRATIONS, Storage

COLLECTION = {
    "account": "123456789012",
    "region": "us-east-1",
    "name": "staff",
    "is_verify_only": False,
    "model_version": "2.0",
    "created_ms": 1,
    "wrapped_key": b"wrapped",
}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.open(tmp_path, MasterKey(bytes(32), "the test"))


def _statements(connection: sqlalchemy.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: statement for name, statement in rows if name != "alembic_version"}


def test_migrated_and_fresh_databases_are_the_same(storage: Storage) -> None:
    fresh = sqlalchemy.create_engine("sqlite://")
    with fresh.begin() as connection, storage.reading() as migrated:
        schema.metadata.create_all(connection)
        assert _statements(migrated) == _statements(connection)


def test_alembic_sees_no_difference_between_database_and_tables(storage: Storage) -> None:
    with storage.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_last_migration_is_the_one_that_the_tables_name() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


@pytest.mark.parametrize(
    "table", ["collections", "subjects", "consents", "users", "faces", "outbox"], ids=lambda name: name
)
def test_keys_are_never_given_twice(table: str, storage: Storage) -> None:
    with storage.reading() as connection:
        assert "AUTOINCREMENT" in _statements(connection)[table]


def test_key_of_a_deleted_collection_is_not_given_again(storage: Storage) -> None:
    with storage.writing() as connection:
        first = connection.execute(insert(schema.collections).values(COLLECTION)).inserted_primary_key
        connection.execute(delete(schema.collections))
        second = connection.execute(insert(schema.collections).values(COLLECTION)).inserted_primary_key
    assert (first, second) == ((1,), (2,))


def test_deleted_collection_takes_everything_in_it_along(storage: Storage) -> None:
    within = {"collection_key": 1, "created_ms": 1}
    rows = {
        schema.collection_tags: {"collection_key": 1, "tag": "t", "value": "v"},
        schema.subjects: {**within, "name": "ada", "wrapped_key": b"w", "last_interaction_ms": 1},
        schema.users: {**within, "name": "ada"},
        schema.request_tokens: {**within, "operation": "CreateUser", "token": "t", "digest": "d", "answer": "{}"},
        schema.faces: {
            **within,
            **dict.fromkeys(("face_id", "image_id", "model_version"), "x"),
            **dict.fromkeys(("left", "top", "width", "height", "confidence"), 0.5),
            "subject_key": 1,
            "user_key": 1,
        },
        schema.consents: {
            "collection_key": 1,
            **dict.fromkeys(("id", "subject", "purpose", "evidence_sha256", "receipt"), "x"),
            **{"given_by": "self", "granted_ms": 1, "expires_ms": 2, "keeps_crops": False},
        },
    }
    with storage.writing() as connection:
        connection.execute(insert(schema.collections).values(COLLECTION))
        for table, row in rows.items():
            connection.execute(insert(table).values(row))
    with storage.writing() as connection:
        connection.execute(delete(schema.collections))
    with storage.reading() as connection:
        assert {table.name: connection.execute(select(table)).all() for table in rows} == {
            table.name: [] for table in rows
        }


def test_collection_name_is_taken_once_an_account_and_region(storage: Storage) -> None:
    with storage.writing() as connection:
        connection.execute(insert(schema.collections).values(COLLECTION))
        connection.execute(insert(schema.collections).values({**COLLECTION, "region": "eu-west-1"}))
    with pytest.raises(IntegrityError, match="UNIQUE"), storage.writing() as connection:
        connection.execute(insert(schema.collections).values(COLLECTION))


def test_subject_of_a_collection_that_is_not_there_is_refused(storage: Storage) -> None:
    row = {"collection_key": 9, "name": "ada", "wrapped_key": b"w", "created_ms": 1, "last_interaction_ms": 1}
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), storage.writing() as connection:
        connection.execute(insert(schema.subjects).values(row))
