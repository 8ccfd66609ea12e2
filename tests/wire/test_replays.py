"""Signatures that come again, on a clock in the test's hand."""

from datetime import UTC, datetime, timedelta

import pytest

from regard.errors import InvalidSignature, Throttling
from regard.wire.replays import Replays

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
LIFETIME = timedelta(minutes=5)
ONE, OTHER = "0123456789abcdef" * 4, "f" * 64


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [0, 0.5, 2])
def test_equal_calls_within_two_seconds_are_taken(seconds: float) -> None:
    replays = Replays(LIFETIME)
    replays.check(ONE, NOW, NOW)
    replays.check(ONE, NOW, later(seconds))


@pytest.mark.parametrize("seconds", [2.01, 60, 299, 300])
def test_same_signature_later_is_refused_with_the_time_it_came(seconds: float) -> None:
    replays = Replays(LIFETIME)
    replays.check(ONE, NOW, NOW)
    with pytest.raises(InvalidSignature, match=r"was received before at 20261123T120000Z\. Sign each request anew\."):
        replays.check(ONE, NOW, later(seconds))


def test_two_seconds_count_from_the_first_time_and_not_from_the_last() -> None:
    replays = Replays(LIFETIME)
    for seconds in (0, 1, 2):
        replays.check(ONE, NOW, later(seconds))
    with pytest.raises(InvalidSignature):
        replays.check(ONE, NOW, later(3))


def test_refused_signature_stays_refused() -> None:
    replays = Replays(LIFETIME)
    replays.check(ONE, NOW, NOW)
    for seconds in (3, 4):
        with pytest.raises(InvalidSignature):
            replays.check(ONE, NOW, later(seconds))


def test_other_signatures_of_the_same_second_are_taken() -> None:
    replays = Replays(LIFETIME)
    replays.check(ONE, NOW, NOW)
    replays.check(OTHER, NOW, later(10))
    replays.check(ONE, later(1), later(10))


def test_signature_dated_ahead_is_remembered_until_its_date_is_too_old() -> None:
    """A client's clock may be 5 minutes fast, and its signature is accepted for 10."""
    replays = Replays(LIFETIME)
    replays.check(ONE, later(300), NOW)
    with pytest.raises(InvalidSignature, match="received before"):
        replays.check(ONE, later(300), later(599))


def test_signature_older_than_what_is_remembered_is_not_believed() -> None:
    """As a request that waited while others came would have it."""
    replays = Replays(LIFETIME)
    replays.check(ONE, NOW, NOW)
    replays.check(OTHER, later(301), later(301))
    with pytest.raises(InvalidSignature, match="Signature expired: 20261123T120000Z is too long ago"):
        replays.check(ONE, NOW, later(299))


def test_clock_that_is_set_back_does_not_let_a_signature_in_again() -> None:
    replays = Replays(LIFETIME)
    replays.check(ONE, NOW, NOW)
    with pytest.raises(InvalidSignature, match="received before"):
        replays.check(ONE, NOW, later(-120))


def test_memory_is_bounded_and_freed_as_signatures_grow_old() -> None:
    replays = Replays(LIFETIME, most=2)
    replays.check(ONE, NOW, NOW)
    replays.check(OTHER, NOW, NOW)
    with pytest.raises(Throttling, match="More than 2 requests"):
        replays.check("1" * 64, NOW, NOW)
    replays.check("1" * 64, later(301), later(301))
