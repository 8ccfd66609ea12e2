"""The form of a database, by the revision that Alembic notes in it, and the way to a newer one."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from regard.storage.database import Database
from regard.storage.errors import Corrupt


def revision_of(database: Database, newest: str, migrations: Path) -> str | None:
    """None for a database without tables. newest: this version's. Raises Corrupt for one of a newer version."""
    with database.reading() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if revision not in (None, newest) and not list((migrations / "versions").glob(f"{revision}_*.py")):
        raise Corrupt(
            f"{database.path} was made by a newer version of Regard (its form is {revision}, this version knows "
            f"{newest}); use that version"
        )
    return None if revision is None else str(revision)


def migrate(
    database: Database, newest: str, migrations: Path, when_made: Callable[[Connection], None] = lambda _: None
) -> None:
    """Brings the database to the newest form, in one transaction. when_made: adds what a new one needs besides tables.

    Raises Corrupt for a database of a newer version.
    """
    revision = revision_of(database, newest, migrations)
    if revision == newest:
        return
    # Only here: Alembic takes longer to import than the rest of storage together.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if revision is None:
            when_made(connection)
