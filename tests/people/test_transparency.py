"""What an operator's public page says, and that it says nothing of anybody."""

import threading
from dataclasses import asdict, replace
from pathlib import Path

import orjson
import pytest

from regard.errors import AccessDenied
from regard.ledger.notes import Checkpoint, NoteVerifier
from regard.people.clock import DAY_MS
from regard.people.open import People
from regard.people.transparency import ActCounts, PublicPage, Tens, Transparency, tens
from tests.people.rooms import ASKER, GOVERNED, Wall, enrol, found, grant, opened, person

FEW = Tens(0, 9)


def page_of(people: People) -> PublicPage:
    """The page as a server that has just started makes it."""
    ledger = people.acts.ledger
    return Transparency(people.storage, people.clock, ActCounts(ledger), ledger).page()


def busy(people: People) -> None:
    """In January 2027: two people enrolled, three searches, a comparison, a verification, one erasure, refusals."""
    staff = people.collections.create(ASKER, "staff-of-hq", GOVERNED)
    for name, number in (("ada-lovelace", 1), ("grace-hopper", 2)):
        grant(people, staff, name)
        enrol(people, staff, name, number)
    for number in (1, 2, 3):
        found(people, staff, number)
    people.matching.verify(ASKER, staff, "ada-lovelace", person(1), 90.0, b"picture")
    people.matching.compare(ASKER, "1.0", person(1), person(2)[None], b"one", b"another")
    people.rights.erase(ASKER, "grace-hopper", None)
    with pytest.raises(AccessDenied):
        enrol(people, staff, "stranger", 3)
    details = {"operation": "StartFaceSearch", "what": "search video", "why": "a long sentence"}
    people.acts.note("refuse operation", asker=replace(ASKER, principal="RGDKEY"), details=details)


def test_page_counts_what_was_done_from_the_log(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        busy(people)
        (month,) = page_of(people).months
        assert month.month == "2027-01"
        assert month.exact == {"searches": 3, "verifications": 1, "comparisons": 1, "refusals": 2, "alarms": 0}
        assert month.about_one == {"enrolments": FEW, "erasures": FEW, "reports": FEW, "exports": FEW}
        assert month.refusals == {"enrolment: no live consent": 1, "operation: StartFaceSearch": 1}


def test_months_are_told_apart_and_the_newest_is_first(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        busy(people)
        wall.now_ms += 31 * DAY_MS
        found(people, people.collections.get(ASKER, "staff-of-hq"), 1)
        months = page_of(people).months
        assert [(one.month, one.exact["searches"]) for one in months] == [("2027-02", 1), ("2027-01", 3)]
        assert months[0].refusals == {}


def test_page_has_no_name_and_no_id_of_anybody_and_of_no_collection(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        busy(people)
        said = orjson.dumps(page_of(people))
    unwanted = (b"ada-l", b"grace-h", b"stranger", b"staff-of-hq", b"RGDKEY")
    assert [word for word in unwanted if word in said] == []


def test_collections_of_one_purpose_and_kind_are_told_together(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        for name in ("north", "south"):
            door = people.collections.create(ASKER, name, GOVERNED)
            for number in range(6):
                grant(people, door, f"p-{number}")
        people.collections.create(ASKER, "desk", GOVERNED | {"regard:verify-only": "true"})
        people.collections.create(ASKER, "vault", GOVERNED | {"regard:sensitive": "true"})
        people.collections.create(ASKER, "trial", {})
        page = page_of(people)
    told = [(one.is_verify_only, one.is_sensitive, one.collections, one.subjects, one.faces) for one in page.purposes]
    assert told == [
        (False, False, 2, Tens(10, 19), FEW),
        (False, True, 1, FEW, FEW),
        (True, False, 1, FEW, FEW),
    ]
    assert {(one.purpose, one.controller) for one in page.purposes} == {("staff entrance", "Example Ltd")}
    assert page.sandboxes == 1


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "fewer than 10"), (9, "fewer than 10"), (10, "10 to 19"), (19, "10 to 19"), (12345, "12,340 to 12,349")],
)
def test_people_are_counted_in_tens(number: int, told: str) -> None:
    assert tens(number).text == told


def test_page_is_made_once_a_minute(tmp_path: Path) -> None:
    wall = Wall()
    with opened(tmp_path, wall) as people:
        ledger = people.acts.ledger
        transparency = Transparency(people.storage, people.clock, ActCounts(ledger), ledger)
        first = transparency.page()
        busy(people)
        wall.now_ms += 59_999
        assert transparency.page() is first
        wall.now_ms += 1
        assert transparency.page().log_size == ledger.size


def test_checkpoint_of_the_page_is_the_logs(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        busy(people)
        page = page_of(people)
        checkpoint = Checkpoint.parse(NoteVerifier(page.log_vkey).verify(page.checkpoint.encode()))
        assert (checkpoint.origin, checkpoint.size) == (page.log_name, page.log_size)
        assert checkpoint.root == people.acts.ledger.root_at(page.log_size)


def test_counts_go_on_from_where_they_were(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        counts = ActCounts(people.acts.ledger)
        assert counts.totals() == {"start": 1}
        busy(people)
        totals = counts.totals()
        assert totals == ActCounts(people.acts.ledger).totals()
        assert (totals["search faces"], totals["grant consent"], totals["enrol"], totals["erase subject"]) == (
            3,
            2,
            2,
            1,
        )
        assert counts.refusals() == {"enrolment: no live consent": 1, "operation: StartFaceSearch": 1}


def test_threads_that_ask_at_once_count_each_act_once(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        counts = ActCounts(people.acts.ledger)

        def act_and_ask() -> None:
            for _ in range(20):
                people.acts.note("compare", asker=ASKER)
                counts.totals()

        threads = [threading.Thread(target=act_and_ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts.totals() == {"start": 1, "compare": 160}


def test_page_is_json_as_it_stands(tmp_path: Path) -> None:
    with opened(tmp_path) as people:
        page = page_of(people)
        assert orjson.loads(orjson.dumps(page)) == asdict(page)
