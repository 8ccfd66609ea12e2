"""Bringing a data folder to the form that this version knows, with a word on what it was before."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regard.storage import job_schema, schema
from regard.storage.alone import held_alone
from regard.storage.backup_contents import JOBS_DATABASE
from regard.storage.database import Database
from regard.storage.errors import Corrupt, StorageError
from regard.storage.job_store import JOB_MIGRATIONS, JobStore
from regard.storage.master_key import required_key
from regard.storage.migrating import revision_of
from regard.storage.open import DATABASE, MIGRATIONS, open_with


@dataclass(frozen=True, slots=True)
class Form:
    """Of one database: the revision it has, and the one that this version gives it."""

    database: str  # its name in the data folder
    revision: str
    newest: str

    @property
    def is_newest(self) -> bool:
        """Whether there is nothing to be done."""
        return self.revision == self.newest


def forms_of(folder: Path) -> list[Form]:
    """Of the databases that are there; nothing is changed.

    Raises DataFolderInUse where a server or a worker is at work, StorageError where there is none, and Corrupt for one
    that is damaged or of a newer version.
    """
    found: list[Form] = []
    with held_alone(folder) as jobs:
        if (folder / DATABASE).is_file() and (folder / DATABASE).stat().st_size:
            people = Database(folder / DATABASE)
            try:
                found.append(_form(people, DATABASE, schema.REVISION, MIGRATIONS))
            finally:
                people.close()
        if jobs is not None:
            found.append(_form(jobs, JOBS_DATABASE, job_schema.REVISION, JOB_MIGRATIONS))
    if not found:
        raise StorageError(f"{folder} holds no data of Regard's")
    return found


def upgrade(folder: Path, file: Path | None, value: str | None, environ: Mapping[str, str]) -> list[Form]:
    """What the databases were before; they have the newest form now.

    Each is changed in one transaction, so that it has the old form or the new one whatever happens. file, value,
    environ: where the master key is, as for `find_master_key`. Raises what `forms_of` does, KeyProblem and DiskFull.
    """
    before = forms_of(folder)
    present = {form.database for form in before}
    if DATABASE in present:
        open_with(folder, required_key(folder, file, value, environ)).close()
    if JOBS_DATABASE in present:
        JobStore.open((folder / JOBS_DATABASE).parent).close()
    return before


def _form(database: Database, name: str, newest: str, migrations: Path) -> Form:
    revision = revision_of(database, newest, migrations)
    if revision is None:
        raise Corrupt(f"{database.path} was made by something else, or never got its first form")
    return Form(name, revision, newest)
