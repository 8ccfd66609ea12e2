"""A process that makes a collection, and dies of SIGKILL between the database and the log.

python -m tests.people.dying_ledger FOLDER MOMENT
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from regard.ledger.commit import Ticket
from regard.ledger.errors import LedgerError
from regard.ledger.log import Ledger
from regard.people.acts import Acts
from regard.people.open import People
from tests.people.rooms import ASKER, opened


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


class _DiesBefore(Ledger):
    """The database has the change, the log has nothing of it."""

    def enqueue(self, entries: Sequence[bytes]) -> Ticket:
        _die()


class _DiesAfter(Ledger):
    """The log has the entry, and the outbox has it still."""

    def enqueue(self, entries: Sequence[bytes]) -> Ticket:
        super().enqueue(entries).wait()
        _die()


class _Refuses(Ledger):
    """The log cannot be written just now."""

    def enqueue(self, entries: Sequence[bytes]) -> Ticket:
        raise LedgerError("refused by the test")


def _before(people: People) -> None:
    people.acts.ledger.__class__ = _DiesBefore
    people.collections.create(ASKER, "trial", {})


def _after(people: People) -> None:
    people.acts.ledger.__class__ = _DiesAfter
    people.collections.create(ASKER, "trial", {})


def _while_draining(people: People) -> None:
    """As at a start that finds an entry in the outbox."""
    people.acts.ledger.__class__ = _Refuses
    with suppress(LedgerError):
        people.collections.create(ASKER, "trial", {})
    people.acts.ledger.__class__ = _DiesAfter
    Acts(people.storage, people.clock, people.acts.ledger)


MOMENTS = {"before the log": _before, "after the log": _after, "while the outbox is entered": _while_draining}

if __name__ == "__main__":
    with opened(Path(sys.argv[1])) as its_people:
        MOMENTS[sys.argv[2]](its_people)
