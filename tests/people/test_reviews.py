"""Two reviewers before a search of a sensitive collection shows who somebody is."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from regard.errors import AccessDenied, NotAuthorized, ResourceNotFound
from regard.people.acts import Asker
from regard.people.open import People
from regard.people.policies import Policy
from regard.people.records import Collection
from regard.people.reviews import Review
from regard.storage import schema
from tests.people.rooms import ASKER, DAY_MS, GOVERNED, START_MS, Wall, logged, opened, person

SENSITIVE = GOVERNED | {"regard:sensitive": "true"}
DOOR = replace(ASKER, principal="RGDKDOOR", operation="SearchFacesByImage", policy=Policy())
SEARCH, PROBE = "search faces", "ab" * 32


def reviewer(name: str, **policy: Any) -> Asker:
    return replace(ASKER, principal=name, operation="ReviewSearches", policy=Policy(is_reviewer=True, **policy))


ANN, BOB, EVE = (reviewer(f"RGDK{name}") for name in ("ANN", "BOB", "EVE"))


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def people(tmp_path: Path, wall: Wall) -> Iterator[People]:
    with opened(tmp_path / "data", wall) as made:
        yield made


@pytest.fixture
def vault(people: People) -> Collection:
    """A sensitive collection."""
    return people.collections.create(ASKER, "vault", SENSITIVE)


def refused(people: People, vault: Collection, asker: Asker = DOOR, operation: str = SEARCH, probe: str = PROBE) -> str:
    """The id of the review that a refused search names."""
    with pytest.raises(AccessDenied) as refusal:
        people.reviews.check(asker, vault, operation, probe)
    named = re.search(r"regard reviews approve ([0-9a-f-]{36})`", refusal.value.message)
    assert named is not None
    return named[1]


def agreed(people: People, vault: Collection, *reviewers: Asker) -> str:
    """A review with the reviewers' approvals."""
    review_id = refused(people, vault)
    for who in reviewers:
        people.reviews.approve(who, review_id)
    return review_id


def entries(people: People, act: str) -> list[dict[str, Any]]:
    return [entry for entry in logged(people) if entry["act"] == act]


def test_other_collections_need_no_reviewers(people: People) -> None:
    governed = people.collections.create(ASKER, "staff", GOVERNED)
    sandbox = people.collections.create(ASKER, "trial", {})
    not_sensitive = people.collections.create(ASKER, "shop", GOVERNED | {"regard:sensitive": "false"})
    assert [people.reviews.check(DOOR, one, SEARCH, PROBE) for one in (governed, sandbox, not_sensitive)] == [()] * 3


def test_a_refused_search_says_who_is_missing_how_and_until_when(people: People, vault: Collection) -> None:
    with pytest.raises(AccessDenied) as refusal:
        people.reviews.check(DOOR, vault, SEARCH, PROBE)
    [review] = people.reviews.page(ANN, None, 10)[0]
    assert refusal.value.message == (
        "Collection 'vault' is sensitive: this search is answered once, after 2 reviewers have agreed with keys of "
        f"their own; 2 of 2 approvals are missing for review {review.id}. A reviewer gives one with `regard reviews "
        f"approve {review.id}` or POST /v1/reviews/{review.id}/approval; then ask the same again, until "
        "2027-01-16T08:00:00.000Z."
    )


def test_the_request_is_in_the_log_without_what_was_asked_about(people: People, vault: Collection) -> None:
    review_id = refused(people, vault)
    [entry] = entries(people, "request review")
    assert (entry["principal"], entry["collection"], "personal" in entry) == ("RGDKDOOR", "vault", False)
    assert entry["details"] == {
        "review": review_id,
        "search": "search faces",
        "purpose": "staff entrance",
        "probe": PROBE,
        "expires": "2027-01-16T08:00:00.000Z",
    }


def test_asking_again_makes_no_second_review_and_is_entered(people: People, vault: Collection) -> None:
    assert refused(people, vault) == refused(people, vault)
    assert len(entries(people, "request review")) == 1
    [entry] = entries(people, "refuse question")
    assert entry["details"]["why"] == "unreviewed"


@pytest.mark.parametrize(
    "change",
    [
        {"asker": replace(DOOR, principal="RGDKOTHER")},
        {"operation": "search users"},
        {"probe": "cd" * 32},
    ],
    ids=["asker", "operation", "probe"],
)
def test_an_approved_search_allows_no_other(people: People, vault: Collection, change: Any) -> None:
    review_id = agreed(people, vault, ANN, BOB)
    assert refused(people, vault, **change) != review_id


def test_one_approval_is_not_enough(people: People, vault: Collection) -> None:
    review_id = agreed(people, vault, ANN)
    with pytest.raises(AccessDenied, match=f"1 of 2 approvals are missing for review {review_id}"):
        people.reviews.check(DOOR, vault, SEARCH, PROBE)


def test_with_two_approvals_the_search_is_answered_once(people: People, vault: Collection) -> None:
    review_id = agreed(people, vault, ANN, BOB)
    assert people.reviews.check(DOOR, vault, SEARCH, PROBE) == ("RGDKANN", "RGDKBOB")
    assert people.reviews.get(DOOR, review_id).used_ms == START_MS
    assert refused(people, vault) != review_id


def test_of_three_the_first_two_are_named(people: People, vault: Collection, wall: Wall) -> None:
    review_id = refused(people, vault)
    for who in (EVE, BOB, ANN):
        wall.now_ms += 1
        people.reviews.approve(who, review_id)
    assert people.reviews.check(DOOR, vault, SEARCH, PROBE) == ("RGDKEVE", "RGDKBOB")


def test_an_approval_is_in_the_log(people: People, vault: Collection) -> None:
    review_id = agreed(people, vault, ANN)
    [entry] = entries(people, "approve search")
    assert (entry["principal"], entry["collection"]) == ("RGDKANN", "vault")
    assert entry["details"] == {
        "review": review_id,
        "search": "search faces",
        "purpose": "staff entrance",
        "probe": PROBE,
        "asker": "RGDKDOOR",
    }


def test_threads_together_use_a_review_once(people: People, vault: Collection) -> None:
    agreed(people, vault, ANN, BOB)
    answers: list[tuple[str, ...]] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        try:
            answers.append(people.reviews.check(DOOR, vault, SEARCH, PROBE))
        except AccessDenied:
            answers.append(())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [()] * 7 + [("RGDKANN", "RGDKBOB")]
    assert len(entries(people, "request review")) == 2  # the one that was used, and one for those who came too late


@pytest.mark.parametrize(
    ("who", "sentence", "why"),
    [
        (replace(ANN, principal="RGDKDOOR"), "another key has to agree to it", "own search"),
        (ANN, "RGDKANN has agreed to review .* already", "twice"),
        (replace(ANN, principal="local"), "needs an access key", "no key"),
    ],
    ids=["own", "twice", "local"],
)
def test_who_cannot_agree_is_told_and_entered(
    people: People, vault: Collection, who: Asker, sentence: str, why: str
) -> None:
    review_id = agreed(people, vault, ANN)
    with pytest.raises(AccessDenied, match=sentence):
        people.reviews.approve(who, review_id)
    [entry] = entries(people, "refuse access")
    assert entry["details"] == {"why": why, "operation": "ReviewSearches", "review": review_id}
    assert people.reviews.get(ANN, review_id).approved_by == ("RGDKANN",)


def test_a_used_review_takes_no_approval(people: People, vault: Collection) -> None:
    review_id = agreed(people, vault, ANN, BOB)
    people.reviews.check(DOOR, vault, SEARCH, PROBE)
    with pytest.raises(AccessDenied, match=r"was used at 2027-01-15T08:00:00\.000Z"):
        people.reviews.approve(EVE, review_id)


@pytest.mark.parametrize(
    "who",
    [
        replace(EVE, policy=Policy()),
        reviewer("RGDKEVE", collections=("staff",)),
        reviewer("RGDKEVE", purposes=("shop",)),
    ],
    ids=["no reviewer", "other collections", "other purposes"],
)
def test_a_key_without_the_right_cannot_agree(people: People, vault: Collection, who: Asker) -> None:
    review_id = refused(people, vault)
    with pytest.raises(NotAuthorized, match=r"rekognition:ReviewSearches on resource: .*collection/vault"):
        people.reviews.approve(who, review_id)
    assert people.reviews.get(DOOR, review_id).missing == 2


def test_approvals_of_keys_revoked_since_do_not_count(people: People, vault: Collection) -> None:
    key, _ = people.access.create(ASKER, "ann", Policy(is_reviewer=True))
    agreed(people, vault, replace(ANN, principal=key.id), BOB)
    people.access.revoke(ASKER, key.id)
    with pytest.raises(AccessDenied, match="1 of 2 approvals"):
        people.reviews.check(DOOR, vault, SEARCH, PROBE)


def test_without_access_keys_a_sensitive_collection_answers_no_search(people: People, vault: Collection) -> None:
    with pytest.raises(AccessDenied, match=r"this server has no access keys.*`regard access create`"):
        people.reviews.check(ASKER, vault, SEARCH, PROBE)
    assert [entry["details"] for entry in entries(people, "refuse question")] == [{"why": "unreviewed"}]
    assert people.reviews.page(ANN, None, 10) == ([], False)


def test_after_a_day_a_review_is_no_more(people: People, vault: Collection, wall: Wall) -> None:
    review_id = agreed(people, vault, ANN, BOB)
    wall.now_ms += DAY_MS
    assert refused(people, vault) != review_id
    with pytest.raises(ResourceNotFound, match=review_id):
        people.reviews.approve(EVE, review_id)


def test_a_millisecond_before_it_still_is(people: People, vault: Collection, wall: Wall) -> None:
    agreed(people, vault, ANN, BOB)
    wall.now_ms += DAY_MS - 1
    assert people.reviews.check(DOOR, vault, SEARCH, PROBE) == ("RGDKANN", "RGDKBOB")


def test_sweep_removes_what_has_expired_with_its_approvals(people: People, vault: Collection, wall: Wall) -> None:
    agreed(people, vault, ANN, BOB)
    wall.now_ms += DAY_MS - 1
    kept = refused(people, vault, probe="cd" * 32)
    with people.storage.writing() as connection:
        people.reviews.sweep(connection, START_MS + DAY_MS)
        assert connection.execute(select(schema.reviews.c.id)).scalars().all() == [kept]
        assert connection.execute(select(func.count()).select_from(schema.approvals)).scalar() == 0


def test_reviews_go_with_their_collection(people: People, vault: Collection) -> None:
    review_id = agreed(people, vault, ANN)
    people.collections.delete(ASKER, "vault")
    with pytest.raises(ResourceNotFound):
        people.reviews.get(ANN, review_id)


def ids(page: tuple[list[Review], bool]) -> list[str]:
    return [review.id for review in page[0]]


def test_reviewers_see_all_and_others_their_own(people: People, vault: Collection) -> None:
    mine = refused(people, vault)
    theirs = refused(people, vault, replace(DOOR, principal="RGDKOTHER"))
    assert ids(people.reviews.page(ANN, None, 10)) == sorted([mine, theirs])
    assert ids(people.reviews.page(DOOR, None, 10)) == [mine]
    with pytest.raises(NotAuthorized):
        people.reviews.get(DOOR, theirs)


def test_reviews_of_collections_that_a_key_may_not_touch_are_not_listed(people: People, vault: Collection) -> None:
    review_id = refused(people, vault)
    elsewhere = reviewer("RGDKEVE", collections=("staff",))
    assert people.reviews.page(elsewhere, None, 10) == ([], False)
    with pytest.raises(NotAuthorized):
        people.reviews.get(elsewhere, review_id)


def test_reviews_of_another_region_are_not_there(people: People, vault: Collection) -> None:
    review_id = refused(people, vault)
    abroad = replace(ANN, region="eu-west-1")
    assert people.reviews.page(abroad, None, 10) == ([], False)
    with pytest.raises(ResourceNotFound):
        people.reviews.get(abroad, review_id)


def test_pages_go_on_where_the_last_ended(people: People, vault: Collection) -> None:
    made = sorted(refused(people, vault, probe=f"{number:064x}") for number in range(3))
    first, second = people.reviews.page(ANN, None, 2), people.reviews.page(ANN, made[1], 2)
    assert (ids(first), first[1], ids(second), second[1]) == (made[:2], True, made[2:], False)


def test_a_search_that_was_agreed_to_names_its_reviewers_in_the_log(people: People, vault: Collection) -> None:
    def search(number: int) -> None:
        asker = replace(DOOR, request_id=f"request {number}")
        people.matching.faces_like(asker, vault, person(1), 0.0, 10, b"the picture")

    with pytest.raises(AccessDenied, match="2 of 2 approvals are missing"):
        search(1)
    [review] = people.reviews.page(ANN, None, 10)[0]
    for who in (ANN, BOB):
        people.reviews.approve(who, review.id)
    search(2)
    [entry] = entries(people, "search faces")
    assert entry["details"]["reviewers"] == ["RGDKANN", "RGDKBOB"]
    assert entry["details"]["probe"] == review.probe
    with pytest.raises(AccessDenied, match="2 of 2 approvals are missing"):
        search(3)
