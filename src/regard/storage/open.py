"""Opening a data folder: its lock, its key, its database in the form that this version knows."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, insert, inspect, select

from regard.storage import schema
from regard.storage.blobs import Blobs
from regard.storage.database import Database, Follower
from regard.storage.errors import Corrupt, KeyProblem
from regard.storage.keyring import KEY_BYTES, Keyring
from regard.storage.lock import DataLock
from regard.storage.master_key import (
    MasterKey,
    adopt_pending,
    create_default,
    default_file,
    find_master_key,
    pending_file,
    read_key_file,
    refuse_inside,
    required_key,
)
from regard.storage.migrating import migrate

DATABASE = "regard.sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"
_CHECK = "check"  # the secret that only the right master key opens


class Storage:
    """One data folder, held by this process. Threads may share it."""

    def __init__(self, folder: Path, keyring: Keyring, database: Database, lock: DataLock) -> None:
        """`Storage.open` makes one."""
        self.folder = folder
        self.keyring = keyring
        self.blobs = Blobs(folder / "blobs")
        self.new_key_file: Path | None = None
        """Where `open_storage` has just made a master key, which somebody should be told to keep safe."""
        self._database = database
        self._lock = lock

    @classmethod
    def open(cls, folder: Path, master: MasterKey) -> Self:
        """Take the folder, which is made if it is not there; make or migrate its database as needed.

        Raises DataFolderInUse, KeyProblem where the data were made with another master key, and Corrupt for a
        database that is damaged or of a newer version; nothing is changed then.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DataLock(folder)
        try:
            database = Database(folder / DATABASE)
            try:
                keyring = Keyring(master.key)
                _check_key(database, keyring, master.source)
                migrate(database, schema.REVISION, MIGRATIONS, lambda connection: _add_check(connection, keyring))
                database.begin_use()
                return cls(folder, keyring, database, lock)
            except BaseException:
                database.close()
                raise
        except BaseException:
            lock.release()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state from its first statement on: `Database.reading`."""
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept when the block ends well, one writer at a time: `Database.writing`."""
        with self._database.writing() as connection:
            yield connection

    def after_commit(self, follow: Follower) -> None:
        """Within `writing`: what is to follow it, in the same order as the changes: `Database.after_commit`."""
        self._database.after_commit(follow)

    def scrub(self) -> None:
        """Return once nothing that was deleted is left in the database's files: `Database.scrub`."""
        self._database.scrub()

    def close(self) -> None:
        """Let go of the folder, scrubbed. Raises StorageError where that fails; it is done at the next start then."""
        try:
            self._database.end_use()
        finally:
            self._database.close()
            self._lock.release()

    def __enter__(self) -> Self:
        """Itself; it is open already."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


def open_storage(folder: Path, file: Path | None, value: str | None, environ: Mapping[str, str]) -> Storage:
    """`Storage.open` with the key that `find_master_key` finds, or with a new one for a folder without a database.

    Raises what both raise, and KeyProblem where there is a database but no key; nothing is made or changed then.
    """
    database = folder / DATABASE
    if database.exists() and database.stat().st_size:
        master = required_key(folder, file, value, environ)
    else:
        master = find_master_key(file, value, environ) or _made(folder, environ)
    storage = open_with(folder, master)
    storage.new_key_file = master.file if master.is_new else None
    return storage


def open_with(folder: Path, master: MasterKey) -> Storage:
    """`Storage.open`; where `rekeying` was interrupted, it is completed and the new key taken."""
    try:
        return Storage.open(folder, master)
    except KeyProblem as error:
        if master.file is None or not pending_file(master.file).exists():
            raise
        try:
            storage = Storage.open(folder, read_key_file(pending_file(master.file)))
        except KeyProblem:
            raise error from None
    try:
        adopt_pending(master.file)
    except KeyProblem:
        storage.close()
        raise
    return storage


def _made(folder: Path, environ: Mapping[str, str]) -> MasterKey:
    refuse_inside(folder, default_file(environ))
    return create_default(environ)


def _check_key(database: Database, keyring: Keyring, source: str) -> None:
    with database.reading() as connection:
        if not inspect(connection).has_table(schema.secrets.name):
            return
        wrapped = connection.execute(select(schema.secrets.c.wrapped).where(schema.secrets.c.name == _CHECK)).scalar()
    if wrapped is None:
        raise Corrupt(f"{database.path} was made by something else, or has lost the value that proves its key")
    try:
        keyring.unwrap(wrapped, f"secret:{_CHECK}")
    except KeyProblem as error:
        raise KeyProblem(f"the master key of {source} is not the one this data folder was made with") from error


def _add_check(connection: Connection, keyring: Keyring) -> None:
    check = keyring.wrap(secrets.token_bytes(KEY_BYTES), f"secret:{_CHECK}")
    connection.execute(insert(schema.secrets).values(name=_CHECK, wrapped=check))
