"""Changes and their entries: together, in one order, and neither without the other."""

import contextlib
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from regard.errors import ResourceAlreadyExists
from regard.ledger.errors import LedgerCorrupt
from regard.people.open import log_folder
from regard.storage import schema
from tests.people.rooms import ASKER, GOVERNED, Wall, enrol, grant, logged, opened


def test_entries_stand_in_the_order_of_the_changes(tmp_path: Path) -> None:
    with opened(tmp_path) as people:

        def make(first: int) -> None:
            for number in range(first, first + 10):
                people.collections.create(ASKER, f"c{number}", {})

        threads = [threading.Thread(target=make, args=(100 * number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with people.storage.reading() as connection:
            made = connection.execute(select(schema.collections.c.name).order_by(schema.collections.c.key)).scalars()
            assert [e["collection"] for e in logged(people) if e["act"] == "create collection"] == list(made)


def test_change_that_is_rolled_back_leaves_no_entry(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        people.collections.create(ASKER, "trial", {})
        before = people.acts.ledger.size
        with pytest.raises(ResourceAlreadyExists):
            people.collections.create(ASKER, "trial", {})
        assert people.acts.ledger.size == before


def test_outbox_is_empty_after_a_quiet_end_and_the_next_start_adds_its_own_entry_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        people.collections.create(ASKER, "trial", {})
    with opened(tmp_path) as people:
        with people.storage.reading() as connection:
            assert connection.execute(select(func.count()).select_from(schema.outbox)).scalar_one() == 0
        assert [entry["act"] for entry in logged(people)] == ["start", "create collection", "start"]


def test_database_that_is_older_than_its_log_is_not_opened(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with opened(data) as people:
        people.collections.create(ASKER, "staff", GOVERNED)
        people.collections.create(ASKER, "other", {})
    shutil.copytree(data, tmp_path / "backup")
    with opened(data) as people:
        people.collections.delete(ASKER, "staff")
        people.collections.create(ASKER, "more", {})
    shutil.rmtree(tmp_path / "backup" / "ledger")
    shutil.copytree(log_folder(data), log_folder(tmp_path / "backup"))
    with pytest.raises(LedgerCorrupt, match="older than its log: entry 4, 'delete collection', is not in it"):
        contextlib.ExitStack().enter_context(opened(tmp_path / "backup"))


def test_clock_does_not_go_behind_the_last_entry(tmp_path: Path) -> None:
    with opened(tmp_path, Wall(1_900_000_000_000)) as people:
        people.acts.note("compare", asker=ASKER)
    with opened(tmp_path, Wall(1_800_000_000_000)) as people:
        assert people.clock.now_ms() == 1_900_000_000_000


def test_entries_about_a_subject_are_found_by_the_key_until_it_is_destroyed(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        staff = people.collections.create(ASKER, "staff", GOVERNED)
        for name in ("ada", "bob"):
            grant(people, staff, name)
            enrol(people, staff, name, len(name))
        with people.storage.reading() as connection:
            row = connection.execute(select(schema.subjects).where(schema.subjects.c.name == "ada")).one()
        key = people.storage.keyring.unwrap(row.wrapped_key, f"subject:{row.key}")
        people.erasure.subject(staff, "ada", asker=ASKER, why="erased")
        about = [(entry["act"], opening.fields["subject"]) for _, entry, opening in people.acts.entries_about(key)]
        assert about == [("grant consent", "ada"), ("enrol", "ada"), ("erase subject", "ada")]
        assert "'ada'" not in "".join(map(repr, logged(people)))
