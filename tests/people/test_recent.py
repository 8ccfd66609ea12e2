"""What was asked lately: limits in a sliding window, and things that are forgotten."""

import pytest

from regard.people.recent import Recent, Requests

MINUTE = 60.0


def test_as_many_as_the_limit_come_through_and_the_next_waits_for_the_first_to_age() -> None:
    requests = Requests()
    waits = [requests.wait(str(second), second, 3, MINUTE) for second in (0, 10, 20, 30)]
    assert waits == [0, 0, 0, 30]


def test_the_window_slides() -> None:
    requests = Requests()
    for second in (0, 10, 20):
        requests.wait(str(second), second, 3, MINUTE)
    assert [requests.wait("a", 60, 3, MINUTE), requests.wait("b", 60, 3, MINUTE)] == [0, 10]


def test_one_that_waits_does_not_count() -> None:
    requests = Requests()
    requests.wait("a", 0, 1, MINUTE)
    assert requests.wait("b", 59, 1, MINUTE) == 1
    assert requests.wait("b", 60, 1, MINUTE) == 0


def test_a_request_that_asks_again_is_let_through_and_counts_once() -> None:
    requests = Requests()
    assert [requests.wait("a", second, 2, MINUTE) for second in (0, 1, 2)] == [0, 0, 0]
    assert requests.wait("b", 3, 2, MINUTE) == 0


def test_without_a_limit_none_waits_and_all_count() -> None:
    requests = Requests()
    assert [requests.wait(str(number), 0, None, MINUTE) for number in range(5)] == [0] * 5
    assert requests.wait("next", 0.5, 1, 2.0) == 1.5


def test_a_thing_is_the_keys_own_until_it_is_unused_for_long() -> None:
    recent: Recent[str, list[int]] = Recent(list, most=2, seconds=600)
    recent.of("a", 0).append(1)
    assert recent.of("a", 599) == [1]
    assert recent.of("a", 1198) == [1]
    assert recent.of("a", 1798) == []


def test_the_one_unused_for_longest_goes_where_there_are_too_many() -> None:
    recent: Recent[str, list[int]] = Recent(list, most=2, seconds=600)
    for second, key in enumerate("abac"):
        recent.of(key, second).append(second)
    assert (len(recent), list(recent.values())) == (2, [[0, 2], [3]])


@pytest.mark.parametrize(("now", "left"), [(599, 1), (600, 0)])
def test_unused_things_are_forgotten(now: float, left: int) -> None:
    recent: Recent[str, list[int]] = Recent(list, most=2, seconds=600)
    recent.of("a", 0)
    recent.forget(now)
    assert len(recent) == left
