"""The pace of questions: limits by key, and the patterns that are an alarm."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.errors import ProvisionedThroughputExceeded, Throttling
from regard.people.acts import Asker
from regard.people.open import People
from regard.people.pace import CLIMBING, SCANNING, STARING, Pace
from regard.people.policies import Policy
from tests.people.rooms import ASKER, another_picture, logged, opened, person

Floats = NDArray[np.float32]
QUIET = {CLIMBING: 0, STARING: 0, SCANNING: 0}


@dataclass
class Seconds:
    """A clock in the test's hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with opened(tmp_path / "data") as made:
        yield made


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def pace(people: People, clock: Seconds) -> Pace:
    return Pace(people.acts, clock)


def asker(request: int | str, principal: str = "RGDKDOOR", limit: int | None = None) -> Asker:
    policy = Policy(searches_per_minute=limit)
    return replace(ASKER, request_id=f"request {request}", principal=principal, operation="SearchFaces", policy=policy)


def entries(people: People, act: str) -> list[dict[str, Any]]:
    return [entry for entry in logged(people) if entry["act"] == act]


def climb(pace: Pace, clock: Seconds, steps: int, cosine: float = 0.95, seconds: float = 1.0) -> None:
    """Altered copies of one picture, whose cosine with it is `cosine`."""
    for step in range(steps):
        clock.now += seconds
        pace.probed(asker(step), "staff", another_picture(1, step, cosine), f"picture {step}")


def compare(pace: Pace, number: int, source: Floats, target: Floats, first: str = "", second: str = "") -> None:
    who = asker(number)
    pace.check_compare(who)
    pace.compared(who, source, target[None], first or f"source {number}", second or f"target {number}")


def scan(pace: Pace, clock: Seconds, count: int) -> None:
    """One picture with pictures of as many strangers, one a second."""
    for number in range(count):
        clock.now += 1
        compare(pace, number, person(0), person(number + 1), first="wanted")


def test_searches_up_to_the_keys_rate_are_let_through(pace: Pace) -> None:
    for number in range(5):
        pace.check_search(asker(number, limit=5), "staff")
    with pytest.raises(ProvisionedThroughputExceeded, match=r"RGDKDOOR.* 5 searches.* in 60 s"):
        pace.check_search(asker(5, limit=5), "staff")


def test_another_key_has_a_rate_of_its_own(pace: Pace) -> None:
    pace.check_search(asker(0, limit=1), "staff")
    pace.check_search(asker(1, "RGDKOTHER", limit=1), "staff")


def test_collections_share_the_keys_rate(pace: Pace) -> None:
    pace.check_search(asker(0, limit=1), "staff")
    with pytest.raises(ProvisionedThroughputExceeded):
        pace.check_search(asker(1, limit=1), "visitors")


def test_the_checks_of_one_request_count_once(pace: Pace) -> None:
    for _ in range(3):
        pace.check_search(asker("the same", limit=1), "staff")


def test_without_a_rate_nothing_is_refused(pace: Pace) -> None:
    for number in range(500):
        pace.check_search(asker(number), "staff")


def test_a_flood_of_refused_searches_is_one_entry_a_minute(pace: Pace, people: People, clock: Seconds) -> None:
    pace.check_search(asker("first", limit=1), "staff")
    for number in range(119):
        clock.now += 0.5
        with pytest.raises(ProvisionedThroughputExceeded):
            pace.check_search(asker(number, limit=1), "staff")
    [entry] = entries(people, "refuse access")
    assert (entry["principal"], entry["collection"]) == ("RGDKDOOR", "staff")
    assert entry["details"] == {"why": "rate", "operation": "SearchFaces", "limit": 1}


def test_the_next_minute_has_an_entry_of_its_own(pace: Pace, people: People, clock: Seconds) -> None:
    for number, second in enumerate((0, 1, 60, 61)):
        clock.now = 1000.0 + second
        if number % 2:
            with pytest.raises(ProvisionedThroughputExceeded):
                pace.check_search(asker(number, limit=1), "staff")
        else:
            pace.check_search(asker(number, limit=1), "staff")
    assert len(entries(people, "refuse access")) == 2


def test_threads_together_get_no_more_than_the_rate(pace: Pace) -> None:
    let_through: list[int] = []

    def ask(number: int) -> None:
        try:
            pace.check_search(asker(number, limit=10), "staff")
        except ProvisionedThroughputExceeded:
            return
        let_through.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_through) == 10


def test_twenty_altered_copies_of_a_picture_are_an_alarm(
    pace: Pace, people: People, clock: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    climb(pace, clock, 19, cosine=0.98)
    assert pace.alarms == QUIET
    clock.now += 1
    pace.probed(asker(19), "staff", person(1), "picture 19")
    assert pace.alarms == QUIET | {CLIMBING: 1}
    [entry] = entries(people, "alarm")
    assert (entry["principal"], entry["collection"]) == ("RGDKDOOR", "staff")
    assert entry["details"] == {"pattern": "near-duplicate probes", "probes": 20, "minutes": 10}
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "near-duplicate probes by RGDKDOOR")
    ]


def test_a_pattern_that_goes_on_is_one_alarm_in_ten_minutes(pace: Pace, people: People, clock: Seconds) -> None:
    climb(pace, clock, 580, cosine=0.98)
    assert [entry["details"]["pattern"] for entry in entries(people, "alarm")] == [CLIMBING, STARING]
    climb(pace, clock, 80, cosine=0.98)
    assert pace.alarms == {CLIMBING: 2, STARING: 2, SCANNING: 0}


def test_fifty_pictures_of_what_may_be_one_face_are_an_alarm(pace: Pace, people: People, clock: Seconds) -> None:
    climb(pace, clock, 120, cosine=0.85)  # 0.72 with each other, as photographs of one person
    assert pace.alarms[STARING] == 1
    assert 50 <= entries(people, "alarm")[0]["details"]["probes"] <= 120


def test_the_same_picture_again_is_no_climb(pace: Pace, clock: Seconds) -> None:
    for number in range(100):
        clock.now += 1
        pace.probed(asker(number), "staff", person(1), "the picture")
    assert pace.alarms == QUIET


def test_different_people_are_no_climb(pace: Pace, clock: Seconds) -> None:
    for number in range(200):
        clock.now += 1
        pace.probed(asker(number), "staff", person(number), f"picture {number}")
    assert pace.alarms == QUIET


def test_photographs_of_a_few_people_are_no_climb(pace: Pace, clock: Seconds) -> None:
    for number in range(200):
        clock.now += 1
        photograph = another_picture(number % 10, number, 0.81)  # 0.66 with each other
        pace.probed(asker(number), "staff", photograph, f"picture {number}")
    assert pace.alarms == QUIET


def test_a_climb_slower_than_the_window_is_not_seen(pace: Pace, clock: Seconds) -> None:
    climb(pace, clock, 60, seconds=32)
    assert pace.alarms == QUIET


@pytest.mark.parametrize("other", ["principal", "region", "collection"])
def test_half_a_climb_each_is_none(pace: Pace, other: str) -> None:
    for step in range(38):
        who, where = asker(step), "staff"
        if step % 2:
            who = replace(who, principal="RGDKOTHER") if other == "principal" else who
            who = replace(who, region="eu-west-1") if other == "region" else who
            where = "visitors" if other == "collection" else where
        pace.probed(who, where, another_picture(1, step, 0.98), f"picture {step}")
    assert pace.alarms == QUIET


def test_one_face_with_more_than_twenty_pictures_is_slowed(pace: Pace, people: People, clock: Seconds) -> None:
    scan(pace, clock, 20)
    assert pace.alarms == QUIET
    clock.now += 1
    compare(pace, 20, person(0), person(21), first="wanted")
    assert pace.alarms == QUIET | {SCANNING: 1}
    [entry] = entries(people, "alarm")
    assert entry["details"] == {"pattern": "scanning", "pictures": 21, "minutes": 10}
    assert "collection" not in entry
    clock.now += 1
    with pytest.raises(Throttling, match=r"more than 20 pictures.*RGDKDOOR.*in 1 s"):
        pace.check_compare(asker("next"))
    clock.now += 1
    pace.check_compare(asker("next"))


def test_many_faces_with_one_picture_are_scanning_too(pace: Pace) -> None:
    for number in range(21):
        compare(pace, number, person(number + 1), person(0), second="wanted")
    assert pace.alarms[SCANNING] == 1


def test_changing_sides_and_photographs_hides_no_scan(pace: Pace) -> None:
    for number in range(21):
        wanted, other = another_picture(0, number, 0.95), person(number + 1)
        compare(pace, number, *((wanted, other) if number % 2 else (other, wanted)))
    assert pace.alarms[SCANNING] == 1


def test_a_group_photograph_is_one_picture(pace: Pace) -> None:
    group = np.array([person(number) for number in range(15)])
    for number in range(20):
        who = asker(number)
        pace.compared(who, person(100 + number), group, f"source {number}", "the group")
    assert pace.alarms == QUIET
    pace.compared(asker(20), person(120), group, "source 20", "the group")
    assert pace.alarms[SCANNING] == 1


def test_documents_and_their_holders_are_no_scan(pace: Pace, clock: Seconds) -> None:
    for number in range(200):
        clock.now += 3
        compare(pace, number, person(number), another_picture(number, number, 0.66))
    assert pace.alarms == QUIET


def test_two_pictures_compared_again_and_again_are_no_scan(pace: Pace) -> None:
    for number in range(100):
        compare(pace, number, person(1), person(2), first="one", second="other")
    assert pace.alarms == QUIET


def test_another_key_is_not_slowed(pace: Pace, clock: Seconds) -> None:
    scan(pace, clock, 21)
    for number in range(3):
        pace.check_compare(asker(number, "RGDKOTHER"))


def test_a_scan_that_began_before_it_was_slowed_is_finished(pace: Pace, clock: Seconds) -> None:
    pace.check_compare(asker("on its way"))
    scan(pace, clock, 21)
    pace.check_compare(asker("on its way"))


def test_ten_minutes_after_the_scan_nobody_is_slowed(pace: Pace, clock: Seconds) -> None:
    scan(pace, clock, 21)
    clock.now += 599
    pace.check_compare(asker("slowed"))
    with pytest.raises(Throttling):
        pace.check_compare(asker("too soon"))
    clock.now += 1
    pace.check_compare(asker("free"))
    pace.check_compare(asker("free too"))


def test_a_scan_that_goes_on_slowly_stays_slowed(pace: Pace, clock: Seconds) -> None:
    scan(pace, clock, 21)
    for number in range(21, 400):
        clock.now += 2
        compare(pace, number, person(0), person(number + 1), first="wanted")
    with pytest.raises(Throttling):
        pace.check_compare(asker("next"))
    assert pace.alarms[SCANNING] == 2  # one in ten minutes


def test_old_sketches_are_dropped_though_nobody_asks(pace: Pace, clock: Seconds) -> None:
    climb(pace, clock, 19, cosine=0.98)
    clock.now += 300
    pace.probed(asker("later"), "staff", person(2), "later")
    clock.now += 301
    pace.forget_old()
    clock.now -= 301
    pace.probed(asker("again"), "staff", person(1), "again")
    assert pace.alarms == QUIET
