"""What is removed from the folder of jobs, and when.

A job and its result are kept for seven days after its end. The files of a walk go once nobody is at it any more, which
its worker sees to; what a crash left of either goes here.
"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import delete, exists, select

from regard.jobs.records import KEPT_MS
from regard.jobs.worker_locks import remove_dead
from regard.storage.job_schema import jobs, walks
from regard.storage.job_store import JobStore

_LOG = logging.getLogger(__name__)


class JobRetention:
    """The sweep of one folder of jobs; several processes may sweep at once."""

    def __init__(self, store: JobStore, now_ms: Callable[[], int]) -> None:
        self._store, self._now_ms = store, now_ms

    def sweep(self) -> int:
        """Removes what is due; how many jobs. Raises StorageError."""
        removed = self._remove_old()
        self._remove_strangers()
        remove_dead(self._store.workers)
        return removed

    def _remove_old(self) -> int:
        old = jobs.c.ended_ms <= self._now_ms() - KEPT_MS
        with self._store.reading() as connection:
            if connection.execute(select(jobs.c.key).where(old).limit(1)).first() is None:
                return 0
        with self._store.writing() as connection:
            removed = connection.execute(delete(jobs).where(old)).rowcount
            unused = ~exists().where(jobs.c.walk_key == walks.c.key)
            connection.execute(delete(walks).where(walks.c.is_forgotten, unused))
        return removed

    def _remove_strangers(self) -> None:
        """Folders of walks and results that no row is about. A row is always older than its folder."""
        walk_folders, result_folders = list(self._store.walks.iterdir()), list(self._store.results.iterdir())
        with self._store.reading() as connection:
            kept_walks = set(connection.execute(select(walks.c.id).where(~walks.c.is_forgotten)).scalars())
            may_have = jobs.c.state.in_(("queued", "running", "succeeded"))
            kept_results = set(connection.execute(select(jobs.c.id).where(may_have)).scalars())
        for folder in walk_folders:
            if folder.name not in kept_walks:
                remove_folder(folder)
        for folder in result_folders:
            if folder.name not in kept_results:
                remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Removes it with all that is in it; what cannot be removed is told in the log, for the next sweep to try again."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError:
        _LOG.warning("%s cannot be removed", folder, exc_info=True)
